#include "agent/environment.h"

#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "agent/binary_stream.h"
#include "traces/stop_request.h"

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

double reward(double cost_ratio, std::optional<double> accuracy_pct, double reference_pct,
              const RewardOptions& options) {
  if (cost_ratio > options.threshold) {
    return -1.0 - options.cost_slope * (cost_ratio / options.threshold - 1.0);
  }
  if (!accuracy_pct) return -1.0;
  const double gain = *accuracy_pct - reference_pct;
  return gain >= -options.max_loss_points ? options.scale * gain : -1.0;
}

Environment::Environment(const quant::Network& network, CostModel& costs, AccuracyModel& accuracies,
                         AccuracyModel& whole, const RewardOptions& options)
    : space_(network), costs_(costs), accuracies_(accuracies), whole_(whole), options_(options) {}

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

Score Environment::measure(const quant::Policy& policy, AccuracyModel& model) {
  const Score score = timed(evaluations_.accuracy_s, [&] { return model.score(policy); });
  const std::string key = policy.to_string();
  check_number(key, "the accuracy", score.accuracy_pct);
  check_number(key, "the divergence", score.divergence);
  return score;
}

Score Environment::score(const quant::Policy& policy) {
  Memo& memo = memo_[policy.to_string()];
  if (!memo.score) {
    memo.score = measure(policy, accuracies_);
    ++evaluations_.accuracy;
  }
  return *memo.score;
}

Score Environment::whole_score(const quant::Policy& policy) {
  if (&whole_ == &accuracies_) return score(policy);
  Memo& memo = memo_[policy.to_string()];
  if (!memo.whole) {
    memo.whole = measure(policy, whole_);
    ++evaluations_.whole;
  }
  return *memo.whole;
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
}

void Environment::load(std::istream& in) {
  evaluations_ = read_value<Evaluations>(in);
  memo_.clear();
  const auto count = read_value<std::uint64_t>(in);
  for (std::uint64_t i = 0; i < count; ++i) {
    Memo& memo = memo_[read_string(in)];
    memo.cost = read_optional<Cost>(in);
    memo.score = read_optional<Score>(in);
    memo.whole = read_optional<Score>(in);
  }
}

}  // namespace kirchhoff::agent
