#include "agent/environment.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/binary_stream.h"
#include "base/stop_request.h"

namespace kirchhoff::agent {
namespace {

/// Calls `work` and adds the seconds that it took to `total`.
template <typename Work>
auto timed(double& total, const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  auto result = work();
  total += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

void check_number(const std::string& policy, const char* what, double value) {
  if (!std::isfinite(value)) {
    throw RunError(fmt::format("policy {}: {} is {}", policy, what, value));
  }
}

}  // namespace

void RewardOptions::validate() const {
  const auto check = [](const char* key, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      throw InputError(fmt::format("{} = {}: must be in [{}, {}]", key, value, min, max));
    }
  };
  check("th", threshold, kLeastThreshold, kMostThreshold);
  visit_reward_options(*this, [&](const char* key, double value, double min, double max,
                                  const char*) { check(key, value, min, max); });
}

double reward(double cost_ratio, std::optional<double> accuracy_pct, double reference_pct,
              const RewardOptions& options) {
  if (cost_ratio > options.threshold) {
    return -1.0 - options.cost_slope * (cost_ratio / options.threshold - 1.0);
  }
  if (!accuracy_pct) return -1.0;
  const double gain = *accuracy_pct - reference_pct;
  return gain >= -options.max_loss_points ? options.scale * gain : -1.0;
}

Environment::Environment(const PolicySpace& space, CostModel& costs, AccuracyModel& accuracies,
                         AccuracyModel& whole, const RewardOptions& options, RankBy rank_by)
    : space_(space),
      costs_(costs),
      accuracies_(accuracies),
      whole_(whole),
      options_(options),
      rank_by_(rank_by) {}

Outcome Environment::evaluate(const Actions& actions, bool probe) {
  Outcome outcome;
  outcome.policy = space_.policy(actions);
  outcome.cost = cost(outcome.policy);
  outcome.feasible = outcome.cost.cost <= options_.threshold;
  if (outcome.feasible || probe) outcome.score = score(outcome.policy);
  std::optional<double> accuracy_pct;
  if (outcome.score) accuracy_pct = outcome.score->accuracy_pct;
  outcome.reward = reward(outcome.cost.cost, accuracy_pct, reference_accuracy_pct(), options_);
  return outcome;
}

Cost Environment::cost(const quant::Policy& policy) {
  give_up_if_stopped();
  const std::string key = policy.to_string();
  Memo& memo = memo_[key];
  if (!memo.cost) {
    const Cost cost = timed(evaluations_.simulator_s, [&] { return costs_.cost(policy); });
    check_number(key, "the latency ratio", cost.latency);
    check_number(key, "the energy ratio", cost.energy);
    check_number(key, "the power ratio", cost.power);
    check_number(key, "the cost ratio", cost.cost);
    ++evaluations_.simulator;
    memo.cost = cost;
  }
  return *memo.cost;
}

double Environment::cost_ratio(const quant::Policy& policy) {
  const std::optional<double> quick = costs_.quick_ratio(policy);
  return quick ? *quick : cost(policy).cost;
}

Score Environment::measure(const quant::Policy& policy, AccuracyModel& model,
                           Score (AccuracyModel::*ask)(const quant::Policy&)) {
  const Score score = timed(evaluations_.accuracy_s, [&] { return (model.*ask)(policy); });
  const std::string key = policy.to_string();
  check_number(key, "the accuracy", score.accuracy_pct);
  check_number(key, "the divergence", score.divergence);
  return score;
}

Score Environment::score(const quant::Policy& policy) {
  Memo& memo = memo_[policy.to_string()];
  if (!memo.score) {
    memo.score = measure(policy, accuracies_, &AccuracyModel::score);
    ++evaluations_.accuracy;
  }
  return *memo.score;
}

Score Environment::whole_score(const quant::Policy& policy) {
  const bool same_data = &whole_ == &accuracies_;
  std::optional<Score> seen;
  if (same_data) seen = score(policy);
  Memo& memo = memo_[policy.to_string()];
  if (!memo.whole) {
    memo.whole = measure(policy, whole_, &AccuracyModel::whole_score);
    // Mostly the search has seen all data already.
    const bool known = seen && seen->accuracy_pct == memo.whole->accuracy_pct &&
                       seen->divergence == memo.whole->divergence;
    if (!known) ++evaluations_.whole;
  }
  return *memo.whole;
}

void Environment::look_ahead(const std::function<std::vector<Candidate>()>& upcoming) {
  if (!accuracies_.measures_several()) return;
  const std::map<std::string, Memo> memo = memo_;
  const Evaluations evaluations = evaluations_;
  std::vector<quant::Policy> expected;
  for (const Candidate& candidate : upcoming()) {
    quant::Policy policy = space_.policy(candidate.actions);
    if (candidate.probe || cost(policy).cost <= options_.threshold)
      expected.push_back(std::move(policy));
  }
  memo_ = memo;
  evaluations_ = evaluations;
  timed(evaluations_.accuracy_s, [&] { return accuracies_.expect(expected, false), 0; });
}

void Environment::expect_whole(const std::vector<quant::Policy>& policies) {
  timed(evaluations_.accuracy_s, [&] {
    if (&whole_ == &accuracies_) accuracies_.expect(policies, false);
    whole_.expect(policies, true);
    return 0;
  });
}

const Sensitivities& Environment::gradient_sensitivities(quant::GradientLoss loss) {
  if (!sensitivities_) {
    sensitivities_ =
        timed(evaluations_.accuracy_s, [&] { return accuracies_.gradient_sensitivities(loss); });
    if (!sensitivities_) {
      throw InputError(
          "plan.sensitivity: must be divergence or accuracy where the network of the accuracies is "
          "not known");
    }
    for (const SlotId s : sensitivities_->ids()) {
      for (const double predicted : (*sensitivities_)[s]) {
        if (std::isfinite(predicted)) continue;
        throw RunError(
            fmt::format("slot {}: the loss that gradients predict is {}", index(s), predicted));
      }
    }
  }
  return *sensitivities_;
}

const Actions& Environment::floor() {
  if (!floor_) floor_ = find_floor();
  return *floor_;
}

Actions Environment::find_floor() {
  const std::optional<quant::Policy> known =
      costs_.cheapest(space_.reference(), space_.slots().items());
  if (known) return space_.actions(*known);
  Actions floor(space_.slots().size(), 0);
  double least = cost_ratio(space_.policy(floor));
  for (bool lowered = true; lowered && least > options_.threshold;) {
    lowered = false;
    for (const SlotId s : floor.ids()) {
      for (int action = 0; action < kActions; ++action) {
        if (stop_ && stop_()) throw Stopped("stopped while looking for a policy within th");
        Actions next = floor;
        next[s] = action;
        const double its = cost_ratio(space_.policy(next));
        if (its >= least) continue;
        floor = next;
        least = its;
        lowered = true;
      }
    }
  }
  return floor;
}

Actions Environment::cheapest(const Actions& taken) {
  Actions actions = floor();
  if (taken.empty()) return actions;
  std::copy(taken.begin(), taken.end(), actions.begin());
  const auto& slots = space_.slots();
  const std::vector<Slot> free(slots.begin() + taken.size(), slots.end());
  const std::optional<quant::Policy> known = costs_.cheapest(space_.policy(actions), free);
  return known ? space_.actions(*known) : actions;
}

bool Environment::monotone() {
  return costs_.monotone() && floor() == Actions(space_.slots().size(), 0);
}

void Environment::confirm(const quant::Policy& policy) {
  costs_.confirm(policy);
  costs_.confirm(space_.reference());
}

double Environment::least_cost() const {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [policy, memo] : memo_) {
    if (memo.cost) least = std::min(least, memo.cost->cost);
  }
  return least;
}

void Environment::save(std::ostream& out) const {
  write_value(out, evaluations_);
  write_value(out, static_cast<std::uint64_t>(memo_.size()));
  for (const auto& [policy, memo] : memo_) {
    write_string(out, policy);
    write_optional(out, memo.cost);
    write_optional(out, memo.score);
    write_optional(out, memo.whole);
  }
  write_vector(
      out, sensitivities_ ? sensitivities_->items() : std::vector<std::array<double, kActions>>());
}

void Environment::load(std::istream& in) {
  evaluations_ = read_value<Evaluations>(in);
  memo_.clear();
  const auto count = read_count(in);
  for (std::uint64_t i = 0; i < count; ++i) {
    Memo& memo = memo_[read_string(in)];
    memo.cost = read_optional<Cost>(in);
    memo.score = read_optional<Score>(in);
    memo.whole = read_optional<Score>(in);
  }
  sensitivities_.reset();
  auto losses = read_vector<std::array<double, kActions>>(in);
  if (!losses.empty()) sensitivities_.emplace(std::move(losses));
}

}  // namespace kirchhoff::agent
