#include "agent/search.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/ppo.h"
#include "agent/random_search.h"
#include "traces/error.h"

namespace kirchhoff::agent {
namespace {

constexpr const char* kEpisodeColumns =
    "episode,policy,cost_ratio,latency_ratio,energy_ratio,power_ratio,accuracy_pct,reward,feasible,"
    "best_accuracy_pct,best_cost_ratio,accuracy_evaluations,simulator_calls";

constexpr double kCheckpointInterval_s = 1.0;

RunConfig merged(RunConfig settings, const RunConfig& options) {
  settings.insert(options.begin(), options.end());
  return settings;
}

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double seconds_since(std::int64_t start_ns) {
  return static_cast<double>(now_ns() - start_ns) * 1e-9;
}

template <typename Part>
std::string saved(const Part& part) {
  std::ostringstream bytes;
  part.save(bytes);
  return bytes.str();
}

template <typename Part>
void restore(Part& part, const std::string& bytes, const std::string& path) {
  std::istringstream stream(bytes);
  try {
    part.load(stream);
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: broken checkpoint: {}", path, error.what()));
  }
}

/// The order of the final choice; an earlier episode wins a tie, because a later one must be
/// better.
bool better(const Outcome& candidate, const BestEpisode& best) {
  if (*candidate.accuracy_pct != best.accuracy_pct) {
    return *candidate.accuracy_pct > best.accuracy_pct;
  }
  return candidate.cost.cost < best.cost.cost;
}

}  // namespace

void SearchOptions::validate() const {
  const auto& names = search_methods();
  if (std::find(names.begin(), names.end(), method) == names.end()) {
    throw InputError(fmt::format("method = {}: must be one of {}", method, fmt::join(names, ", ")));
  }
  if (episodes < 1) throw InputError(fmt::format("episodes = {}: must be at least 1", episodes));
  if (!std::isfinite(reward.threshold) || reward.threshold <= 0.0) {
    throw InputError(fmt::format("th = {}: must be greater than 0", reward.threshold));
  }
  if (!std::isfinite(reward.scale) || reward.scale <= 0.0) {
    throw InputError(fmt::format("reward.scale = {}: must be greater than 0", reward.scale));
  }
  if (!std::isfinite(reward.max_loss_points) || reward.max_loss_points < 0.0) {
    throw InputError(
        fmt::format("reward.max_loss_points = {}: must be at least 0", reward.max_loss_points));
  }
  ppo.validate();
}

RunConfig SearchOptions::config() const {
  RunConfig config = {{"method", method},
                      {"episodes", fmt::format("{}", episodes)},
                      {"seed", fmt::format("{}", seed)},
                      {"th", fmt::format("{}", reward.threshold)},
                      {"reward.scale", fmt::format("{}", reward.scale)},
                      {"reward.max_loss_points", fmt::format("{}", reward.max_loss_points)}};
  if (method == "ppo") {
    visit_ppo_options(ppo, [&](const char* key, auto value, auto, auto, const char*) {
      config[key] = fmt::format("{}", value);
    });
  }
  return config;
}

const std::vector<std::string>& search_methods() {
  static const std::vector<std::string> names = {"ppo", "random"};
  return names;
}

std::unique_ptr<SearchMethod> make_search_method(const SearchOptions& options,
                                                 Environment& environment) {
  options.validate();
  if (options.method == "random") {
    return std::make_unique<RandomSearch>(environment.space(), options.seed);
  }
  return std::make_unique<Ppo>(environment.space(), options.ppo, options.seed);
}

Search::Search(const quant::Network& network, CostModel& costs, AccuracyModel& accuracies,
               const SearchOptions& options, const std::string& folder, const RunConfig& settings,
               bool resume)
    : options_(options),
      folder_(folder, merged(settings, options.config()), resume),
      environment_(network, costs, accuracies, options.reward),
      method_(make_search_method(options, environment_)),
      episode_log_(folder_.file("episodes.csv")),
      update_log_(folder_.file("updates.csv")) {}

Search::~Search() = default;

std::optional<Summary> Search::run(const SearchCallbacks& callbacks) {
  if (folder_.has("summary.json")) {
    return load_summary(folder_.file("summary.json"), environment_.space().network());
  }
  session_start_ns_ = now_ns();
  start();
  report_progress(callbacks, last_reward_);
  while (state_.episodes < options_.episodes) {
    if (callbacks.stop && callbacks.stop()) {
      store();
      write_timing();
      return std::nullopt;
    }
    episode();
    store_sometimes();
    report_progress(callbacks, last_reward_);
  }
  store();
  return finish(callbacks);
}

void Search::start() {
  const std::string checkpoint = folder_.file("checkpoint");
  const bool resumed = folder_.has("checkpoint");
  if (resumed) {
    state_ = load_checkpoint(checkpoint);
    restore(environment_, state_.environment, checkpoint);
    restore(*method_, state_.method, checkpoint);
    earlier_wall_s_ = state_.wall_s;
  }
  refuse_unreachable_threshold();
  folder_.create();

  const std::string columns = method_->log_columns();
  if (resumed) {
    episode_log_.resume(state_.episode_rows);
    if (!columns.empty()) update_log_.resume(state_.update_rows);
    stored_ns_ = now_ns();
    return;
  }
  std::error_code error;
  const std::string episodes = folder_.file("episodes.csv");
  if (std::filesystem::exists(episodes, error) &&
      std::filesystem::file_size(episodes, error) > std::string(kEpisodeColumns).size() + 1) {
    throw InputError(fmt::format("{}: missing, although the run has episodes", checkpoint));
  }
  environment_.reference_accuracy_pct();
  episode_log_.create(kEpisodeColumns);
  if (!columns.empty()) update_log_.create(columns);
  store();
}

void Search::refuse_unreachable_threshold() {
  const double floor = environment_.cost(environment_.space().floor()).cost;
  if (options_.reward.threshold >= floor) return;
  // Rounded up, so that the number in the message is a threshold that works.
  throw InputError(
      fmt::format("th = {}: must be at least {:.3f}, the cost ratio of {}, the cheapest policy "
                  "that the search may choose",
                  options_.reward.threshold, std::ceil(floor * 1000.0) / 1000.0,
                  environment_.space().floor().to_string()));
}

void Search::episode() {
  auto start = now_ns();
  const Actions actions = method_->propose();
  state_.method_s += seconds_since(start);
  const Outcome outcome = environment_.evaluate(actions);
  start = now_ns();
  const std::string update = method_->observe(actions, outcome);
  state_.method_s += seconds_since(start);

  ++state_.episodes;
  last_reward_ = outcome.reward;
  if (outcome.feasible) {
    ++state_.feasible_episodes;
    if (!state_.best || better(outcome, *state_.best)) {
      state_.best =
          BestEpisode{state_.episodes, outcome.policy, outcome.cost, *outcome.accuracy_pct};
    }
  }

  const auto number = [](std::optional<double> value) {
    return value ? fmt::format("{}", *value) : std::string();
  };
  const auto& best = state_.best;
  episode_log_.append(fmt::format(
      "{},\"{}\",{},{},{},{},{},{},{},{},{},{},{}", state_.episodes, outcome.policy.to_string(),
      outcome.cost.cost, outcome.cost.latency, outcome.cost.energy, outcome.cost.power,
      number(outcome.accuracy_pct), outcome.reward, outcome.feasible ? 1 : 0,
      best ? number(best->accuracy_pct) : "", best ? number(best->cost.cost) : "",
      environment_.evaluations().accuracy, environment_.evaluations().simulator));
  if (!update.empty()) update_log_.append(update);
}

void Search::store_sometimes() {
  // Reaching the disk takes longer than a fast evaluation, so a checkpoint per episode would be
  // most of such a search. The interval decides how much a killed run repeats, never what comes
  // out.
  if (seconds_since(stored_ns_) > kCheckpointInterval_s) store();
}

void Search::store() {
  if (state_.best && state_.best->episode != stored_best_) {
    folder_.write("best_policy.json",
                  quant::policy_json(state_.best->policy, environment_.space().network()));
    stored_best_ = state_.best->episode;
  }
  episode_log_.sync();
  update_log_.sync();
  state_.method = saved(*method_);
  state_.environment = saved(environment_);
  state_.episode_rows = episode_log_.mark();
  state_.update_rows = update_log_.mark();
  state_.wall_s = earlier_wall_s_ + seconds_since(session_start_ns_);
  folder_.write("checkpoint", checkpoint_bytes(state_));
  stored_ns_ = now_ns();
}

void Search::report_progress(const SearchCallbacks& callbacks, double reward) {
  if (callbacks.progress) {
    callbacks.progress({state_.episodes, options_.episodes, reward, state_.best});
  }
}

Summary Search::finish(const SearchCallbacks& callbacks) {
  Summary summary;
  summary.network = environment_.space().network().name;
  summary.method = options_.method;
  summary.threshold = options_.reward.threshold;
  summary.seed = options_.seed;
  summary.episodes = state_.episodes;
  summary.feasible_episodes = state_.feasible_episodes;
  summary.accuracy_evaluations = environment_.evaluations().accuracy;
  summary.simulator_calls = environment_.evaluations().simulator;
  summary.floor_cost = environment_.cost(environment_.space().floor()).cost;
  summary.reference_accuracy_pct = environment_.reference_accuracy_pct();
  summary.best = state_.best;
  if (summary.best && callbacks.test) summary.test = callbacks.test(summary.best->policy);
  write_timing();
  folder_.write("summary.json", summary_json(summary));
  return summary;
}

void Search::write_timing() {
  timing_.wall_s = earlier_wall_s_ + seconds_since(session_start_ns_);
  timing_.method_s = state_.method_s;
  timing_.simulator_s = environment_.evaluations().simulator_s;
  timing_.accuracy_s = environment_.evaluations().accuracy_s;
  const nlohmann::ordered_json json = {{"wall_s", timing_.wall_s},
                                       {"method_s", timing_.method_s},
                                       {"simulator_s", timing_.simulator_s},
                                       {"accuracy_s", timing_.accuracy_s}};
  folder_.write("timing.json", json.dump(2) + "\n");
}

}  // namespace kirchhoff::agent
