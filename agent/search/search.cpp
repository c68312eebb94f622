#include "agent/search/search.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "base/stop_request.h"

namespace kirchhoff::agent {
namespace {

constexpr const char* kEpisodeColumns =
    "episode,policy,cost_ratio,latency_ratio,energy_ratio,power_ratio,accuracy_pct,divergence_nats,"
    "reward,feasible,best_accuracy_pct,best_cost_ratio,accuracy_evaluations,simulator_calls,probe,"
    "decrements,chosen_policy,chosen_cost_ratio";

constexpr double kCheckpointSeconds = 1.0;

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

/// InputError when a summary in the folder is that of another search.
void check_owner(const Summary& summary, const std::string& network, const SearchOptions& options,
                 const std::string& path) {
  const auto same = [&](const char* key, const auto& found, const auto& expected) {
    if (found == expected) return;
    throw InputError(fmt::format("{}: {} = {}: is the summary of another run, this one has {}",
                                 path, key, found, expected));
  };
  same("network", summary.network, network);
  same("method", summary.method, options.method);
  same("th", summary.threshold, options.reward.threshold);
  same("seed", summary.seed, options.seed);
  if (summary.episodes <= options.episodes) return;
  throw InputError(fmt::format("{}: episodes = {}: must be in [0, {}]", path, summary.episodes,
                               options.episodes));
}

/// The contents of sensitivities.csv.
std::string sensitivities_csv(const PolicySpace& space, const Sensitivities& sensitivities) {
  std::string text = "layer,operand,bits,divergence_nats\n";
  for (const SlotId s : space.slots().ids()) {
    const Slot& slot = space.slots()[s];
    for (int action = 0; action < kActions; ++action) {
      text += fmt::format("{},{},{},{}\n", quote(space.network().layers[slot.layer].name),
                          slot.activation ? "activations" : "weights", quant::kMinBits + action,
                          sensitivities[s][static_cast<std::size_t>(action)]);
    }
  }
  return text;
}

/// Of so many episodes, those that can end with a new accuracy; the W8A8 reference is one of the
/// evaluations.
int most_measured(const SearchOptions& options, std::int64_t episodes) {
  if (options.accuracy_evaluations == 0) return static_cast<int>(episodes);
  return static_cast<int>(std::min(episodes, options.accuracy_evaluations - 1));
}

/// The state at the end of the episodes, before the final stage adds what it has measured.
constexpr char kSearched[] = "searched.checkpoint";

}  // namespace

const std::vector<std::string>& score_names() {
  static const std::vector<std::string> names = {"accuracy", "divergence"};
  return names;
}

const std::string& usual_score(const std::string& method) {
  return score_names()[static_cast<std::size_t>(search_method_type(method).rank_by)];
}

RankBy SearchOptions::rank_by() const {
  const std::string& name = score.empty() ? usual_score(method) : score;
  return name == score_names().front() ? RankBy::kAccuracy : RankBy::kDivergence;
}

void SearchOptions::validate() const {
  search_method_type(method);
  const std::vector<std::string>& scores = score_names();
  if (!score.empty() && std::find(scores.begin(), scores.end(), score) == scores.end()) {
    throw InputError(
        fmt::format("score = {}: must be one of {}", quote(score), fmt::join(scores, ", ")));
  }
  if (episodes < 1) throw InputError(fmt::format("episodes = {}: must be at least 1", episodes));
  const std::pair<const char*, std::int64_t> counts[] = {
      {"accuracy-evaluations", accuracy_evaluations},
      {"simulator-calls", simulator_calls},
      {"final.candidates", final.candidates},
      {"final.slack_policies", final.slack_policies}};
  for (const auto& [key, value] : counts) {
    if (value < 0) throw InputError(fmt::format("{} = {}: must be at least 0", key, value));
  }
  limit_of(limit);
  reward.validate();
  methods.validate();
}

RunConfig SearchOptions::config() const {
  RunConfig config = {{"method", method},
                      {"episodes", fmt::format("{}", episodes)},
                      {"seed", fmt::format("{}", seed)},
                      {"th", fmt::format("{}", reward.threshold)},
                      {"accuracy_evaluations", fmt::format("{}", accuracy_evaluations)},
                      {"simulator_calls", fmt::format("{}", simulator_calls)},
                      {"score", score.empty() ? usual_score(method) : score},
                      {"final.candidates", fmt::format("{}", final.candidates)},
                      {"final.slack_policies", fmt::format("{}", final.slack_policies)}};
  if (!is_unsaid("limit", limit)) config["limit"] = limit;
  visit_reward_options(reward, [&](const char* key, auto value, auto, auto, const char*) {
    config[key] = fmt::format("{}", value);
  });
  for (const auto& group : methods.groups()) {
    for (const auto& [key, value] : group->values()) {
      if (reads_setting(method, key)) config[key] = value;
    }
  }
  return config;
}

std::unique_ptr<SearchMethod> make_search_method(const SearchOptions& options,
                                                 Environment& environment) {
  options.validate();
  return search_method_type(options.method)
      .make({environment, options.methods, options.seed, most_measured(options, options.episodes)});
}

Search::Search(const quant::Network& network, CostModel& costs, AccuracyModel& accuracies,
               AccuracyModel& whole, const SearchOptions& options, const std::string& folder,
               const RunConfig& settings, bool resume)
    : options_(options),
      folder_(folder, merged(settings, options.config()), resume, "episodes"),
      environment_(PolicySpace(network, options.widths()), costs, accuracies, whole, options.reward,
                   options.rank_by()),
      method_(make_search_method(options, environment_)),
      episode_log_(folder_.file("episodes.csv")),
      update_log_(folder_.file("updates.csv")) {}

Search::~Search() = default;

std::optional<Summary> Search::run(const SearchCallbacks& callbacks) {
  if (folder_.has("summary.json") && !extended()) {
    const std::string path = folder_.file("summary.json");
    const quant::Network& network = environment_.space().network();
    Summary summary = load_summary(path, network);
    check_owner(summary, network.name, options_, path);
    return summary;
  }
  session_start_ns_ = now_ns();
  environment_.stop_floor_if(callbacks.stop);
  start(callbacks);
  report_progress(callbacks);
  while (budget_left()) {
    if (callbacks.stop && callbacks.stop()) {
      store();
      write_timing();
      return std::nullopt;
    }
    if (!episode()) break;
    store_sometimes();
    report_progress(callbacks);
  }
  store();
  if (!state_.search_used) folder_.write(kSearched, checkpoint_bytes(state_));
  return finish(callbacks);
}

void Search::extend(const SearchCallbacks& callbacks) {
  const SearchMethodType& type = search_method_type(options_.method);
  const std::int64_t before = *folder_.grown_from();
  const auto plan = [&](std::int64_t episodes) {
    return type.plan ? type.plan(environment_.space(), most_measured(options_, episodes)) : "";
  };
  if (plan(before) != plan(options_.episodes)) {
    throw InputError(fmt::format(
        "{}: episodes = {}: {} made its plan for {} ({}) and would have made another ({}); "
        "begin another run",
        folder_.file("config.json"), options_.episodes, options_.method, before, plan(before),
        plan(options_.episodes)));
  }
  if (callbacks.extends) callbacks.extends();
  // Without that file the episodes are not over. In this order a run that is killed here is one
  // that has not been extended yet.
  if (folder_.has(kSearched)) {
    folder_.write("checkpoint", checkpoint_bytes(load_checkpoint(folder_.file(kSearched))));
    folder_.remove(kSearched);
  }
  folder_.remove("summary.json");
}

void Search::start(const SearchCallbacks& callbacks) {
  if (extended()) extend(callbacks);
  const std::string checkpoint = folder_.file("checkpoint");
  const bool resumed = folder_.has("checkpoint");
  if (resumed) {
    state_ = load_checkpoint(checkpoint);
    if (extended() && state_.search_used) {
      throw InputError(fmt::format(
          "{}: the run ended before {} was kept beside it; begin another run to have {} episodes",
          checkpoint, kSearched, options_.episodes));
    }
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
  const quant::Policy cheapest = environment_.space().policy(environment_.floor());
  const double floor = environment_.cost(cheapest).cost;
  if (options_.reward.threshold >= floor) return;
  // Rounded up, so that the number in the message is a threshold that works.
  throw InputError(fmt::format(
      "th = {}: must be at least {:.3f}, the cost ratio of {}, the cheapest policy "
      "that the search may choose",
      options_.reward.threshold, std::ceil(floor * 1000.0) / 1000.0, cheapest.to_string()));
}

bool Search::budget_left() const {
  const Evaluations& used = environment_.evaluations();
  const auto left = [](std::int64_t limit, std::int64_t count) {
    return limit == 0 || count < limit;
  };
  return state_.episodes < options_.episodes &&
         left(options_.accuracy_evaluations, used.accuracy) &&
         left(options_.simulator_calls, used.simulator);
}

void Search::look_ahead(const Proposal& first) {
  if (ahead_ > 0) {
    --ahead_;
    return;
  }
  environment_.look_ahead([&] {
    std::vector<Environment::Candidate> candidates{{first.actions, first.probe}};
    std::vector<Proposal> more = method_->upcoming();
    ahead_ =
        std::min(more.size(), static_cast<std::size_t>(options_.episodes - state_.episodes - 1));
    for (std::size_t i = 0; i < ahead_; ++i) candidates.push_back({more[i].actions, more[i].probe});
    return candidates;
  });
}

bool Search::episode() {
  // A method may ask for costs or gradients while it makes up its mind; that time is the models'.
  const auto method_time = [&](const auto& work) {
    const auto models_s = [&] {
      const Evaluations& used = environment_.evaluations();
      return used.simulator_s + used.accuracy_s;
    };
    const std::int64_t start = now_ns();
    const double before_s = models_s();
    work();
    state_.method_s += seconds_since(start) - (models_s() - before_s);
  };
  std::optional<Proposal> proposal;
  method_time([&] { proposal = method_->propose(); });
  if (!proposal) return false;
  look_ahead(*proposal);
  const Outcome outcome = environment_.evaluate(proposal->actions, proposal->probe);
  std::string update;
  method_time([&] { update = method_->observe(*proposal, outcome); });

  ++state_.episodes;
  last_ = outcome;
  if (outcome.feasible) {
    ++state_.feasible_episodes;
    rank(outcome);
  }

  std::string accuracy = ",", best_so_far = ",", chosen = ",";
  if (outcome.score) {
    accuracy = fmt::format("{},{}", outcome.score->accuracy_pct, outcome.score->divergence);
  }
  if (best()) best_so_far = fmt::format("{},{}", best()->score.accuracy_pct, best()->cost.cost);
  if (!proposal->chosen.empty()) {
    const quant::Policy policy = environment_.space().policy(proposal->chosen);
    chosen = fmt::format("\"{}\",{}", policy.to_string(), environment_.cost_ratio(policy));
  }
  episode_log_.append(fmt::format(
      "{},\"{}\",{},{},{},{},{},{},{},{},{},{},{},{},{}", state_.episodes,
      outcome.policy.to_string(), outcome.cost.cost, outcome.cost.latency, outcome.cost.energy,
      outcome.cost.power, accuracy, outcome.reward, outcome.feasible ? 1 : 0, best_so_far,
      environment_.evaluations().accuracy, environment_.evaluations().simulator,
      proposal->probe ? 1 : 0, proposal->decrements, chosen));
  if (!update.empty()) update_log_.append(update);
  return true;
}

void Search::rank(const Outcome& outcome) {
  // The final stage needs so many; the best one is needed always.
  const auto kept = static_cast<std::size_t>(std::max(1, options_.final.candidates));
  auto& top = state_.top;
  const auto same = [&](const BestEpisode& one) {
    return one.policy.to_string() == outcome.policy.to_string();
  };
  if (std::any_of(top.begin(), top.end(), same)) return;
  const auto place = std::find_if(top.begin(), top.end(), [&](const BestEpisode& one) {
    return better(*outcome.score, outcome.cost, one.score, one.cost, environment_.rank_by());
  });
  top.insert(place, {state_.episodes, outcome.policy, outcome.cost, *outcome.score});
  if (top.size() > kept) top.pop_back();
}

void Search::store_sometimes() {
  // Reaching the disk takes longer than a fast evaluation, so a checkpoint per episode would be
  // most of such a search. The interval decides how much a killed run repeats, never what comes
  // out.
  if (seconds_since(stored_ns_) > kCheckpointSeconds) store();
}

void Search::store() {
  if (best() && best()->episode != stored_best_) {
    folder_.write("best_policy.json",
                  quant::policy_json(best()->policy, environment_.space().network()));
    stored_best_ = best()->episode;
  }
  if (environment_.known_sensitivities() && !folder_.has("sensitivities.csv")) {
    folder_.write("sensitivities.csv",
                  sensitivities_csv(environment_.space(), *environment_.known_sensitivities()));
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

void Search::report_progress(const SearchCallbacks& callbacks) {
  if (!callbacks.progress) return;
  SearchProgress progress;
  progress.episode = state_.episodes;
  progress.episodes = options_.episodes;
  if (last_) {
    progress.reward = last_->reward;
    progress.last = &*last_;
  }
  progress.best = best();
  callbacks.progress(progress);
}

std::optional<Summary> Search::finish(const SearchCallbacks& callbacks) {
  Summary summary;
  if (!state_.search_used) state_.search_used = environment_.evaluations();
  const Evaluations before = *state_.search_used;
  if (best()) {
    summary.best = *best();
    if (options_.final.candidates > 0) {
      try {
        summary.final = final_stage(environment_, state_.top, options_.final,
                                    {callbacks.stop, callbacks.final_stage});
      } catch (const Stopped&) {
        summary.final.reset();
      }
      // Stopped: what the stage has measured so far is in the memo.
      store();
      write_timing();
      if (!summary.final) return std::nullopt;
    }
  }
  summary.network = environment_.space().network().name;
  summary.method = options_.method;
  summary.threshold = options_.reward.threshold;
  summary.seed = options_.seed;
  summary.episodes = state_.episodes;
  summary.feasible_episodes = state_.feasible_episodes;
  summary.accuracy_evaluations = before.accuracy;
  summary.simulator_calls = before.simulator;
  const Evaluations& all = environment_.evaluations();
  summary.whole_evaluations = all.accuracy - before.accuracy + all.whole - before.whole;
  summary.floor_cost = environment_.least_cost();
  summary.reference_accuracy_pct = environment_.reference_accuracy_pct();
  summary.reference_cost = environment_.reference_cost();
  if (summary.best) {
    environment_.confirm(summary.answer());
    folder_.write("best_policy.json",
                  quant::policy_json(summary.answer(), environment_.space().network()));
    if (callbacks.test) summary.test = callbacks.test(summary.answer(), summary.best->policy);
  }
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
  folder_.write("timing.json", json_text(json));
}

}  // namespace kirchhoff::agent
