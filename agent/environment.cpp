#include "agent/environment.h"

#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "agent/binary_stream.h"

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
  if (cost_ratio > options.threshold || !accuracy_pct) return -1.0;
  const double gain = *accuracy_pct - reference_pct;
  return gain >= -options.max_loss_points ? options.scale * gain : -1.0;
}

Environment::Environment(const quant::Network& network, CostModel& costs, AccuracyModel& accuracies,
                         const RewardOptions& options)
    : space_(network), costs_(costs), accuracies_(accuracies), options_(options) {}

Outcome Environment::evaluate(const Actions& actions) {
  Outcome outcome;
  outcome.policy = space_.policy(actions);
  outcome.cost = cost(outcome.policy);
  outcome.feasible = outcome.cost.cost <= options_.threshold;
  if (outcome.feasible) outcome.accuracy_pct = accuracy_pct(outcome.policy);
  outcome.reward =
      reward(outcome.cost.cost, outcome.accuracy_pct, reference_accuracy_pct(), options_);
  return outcome;
}

Cost Environment::cost(const quant::Policy& policy) {
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

double Environment::accuracy_pct(const quant::Policy& policy) {
  const std::string key = policy.to_string();
  Memo& memo = memo_[key];
  if (!memo.accuracy_pct) {
    const double accuracy =
        timed(evaluations_.accuracy_s, [&] { return accuracies_.accuracy_pct(policy); });
    check_number(key, "the accuracy", accuracy);
    ++evaluations_.accuracy;
    memo.accuracy_pct = accuracy;
  }
  return *memo.accuracy_pct;
}

void Environment::save(std::ostream& out) const {
  write_value(out, evaluations_);
  write_value(out, static_cast<std::uint64_t>(memo_.size()));
  for (const auto& [policy, memo] : memo_) {
    write_string(out, policy);
    write_value(out, memo.cost.has_value());
    if (memo.cost) write_value(out, *memo.cost);
    write_value(out, memo.accuracy_pct.has_value());
    if (memo.accuracy_pct) write_value(out, *memo.accuracy_pct);
  }
}

void Environment::load(std::istream& in) {
  evaluations_ = read_value<Evaluations>(in);
  memo_.clear();
  const auto count = read_value<std::uint64_t>(in);
  for (std::uint64_t i = 0; i < count; ++i) {
    Memo& memo = memo_[read_string(in)];
    if (read_value<bool>(in)) memo.cost = read_value<Cost>(in);
    if (read_value<bool>(in)) memo.accuracy_pct = read_value<double>(in);
  }
}

}  // namespace kirchhoff::agent
