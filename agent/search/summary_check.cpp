#include "agent/search/summary_check.h"

#include <fmt/format.h>

#include "base/error.h"

namespace kirchhoff::agent {
namespace {

/// Far above every value that a search can have, so that sums stay finite.
constexpr double kMost = 1e30;
/// Sums of divergences from W8A8 round; none of them is less.
constexpr double kLeastDivergence = -1e-6;

class Checker {
 public:
  explicit Checker(const std::string& path) : path_(path) {}

  template <typename Number>
  void range(const std::string& key, Number value, Number low, Number high) const {
    if (value >= low && value <= high) return;
    throw InputError(fmt::format("{}: {} = {}: must be in [{}, {}]", path_, key, value, low, high));
  }
  void percent(const std::string& key, double value) const { range(key, value, 0.0, 100.0); }
  void amount(const std::string& key, double value) const { range(key, value, 0.0, kMost); }
  void count(const std::string& key, std::int64_t value) const {
    range(key, value, std::int64_t{0}, kMostEpisodes);
  }
  void policy(const std::string& name, const Score& score, const Cost& cost) const {
    percent(name + ".accuracy_pct", score.accuracy_pct);
    range(name + ".divergence_nats", score.divergence, kLeastDivergence, kMost);
    amount(name + ".cost_ratio", cost.cost);
    amount(name + ".latency_ratio", cost.latency);
    amount(name + ".energy_ratio", cost.energy);
    amount(name + ".power_ratio", cost.power);
  }
  template <typename Value>
  void same(const char* key, const Value& found, const Value& expected) const {
    if (found == expected) return;
    throw InputError(fmt::format("{}: {} = {}: is the summary of another run, this one has {}",
                                 path_, key, found, expected));
  }

  /// Of episodes and of policies that were measured or simulated.
  static constexpr std::int64_t kMostEpisodes = std::int64_t{1} << 53;

 private:
  const std::string& path_;
};

}  // namespace

void check_summary(const Summary& s, const std::string& path) {
  const Checker check(path);
  check.range("th", s.threshold, 0.0, kMost);
  check.count("episodes", s.episodes);
  check.range("feasible_episodes", s.feasible_episodes, std::int64_t{0}, s.episodes);
  check.count("accuracy_evaluations", s.accuracy_evaluations);
  check.count("simulator_calls", s.simulator_calls);
  check.count("whole_evaluations", s.whole_evaluations);
  check.amount("floor_cost_ratio", s.floor_cost);
  check.percent("w8a8_accuracy_pct", s.reference_accuracy_pct);
  if (s.reference_cost) {
    check.amount("w8a8_latency_ns", s.reference_cost->latency_ns);
    check.amount("w8a8_energy_pj", s.reference_cost->energy_pj);
    check.amount("w8a8_power_mw", s.reference_cost->power_mw);
  }
  if (s.best) {
    check.range("best.episode", s.best->episode, std::int64_t{1}, s.episodes);
    check.policy("best", s.best->score, s.best->cost);
  }
  if (s.final) {
    if (!s.best) throw InputError(fmt::format("{}: final: needs a best episode", path));
    check.count("final.added_bits", s.final->added_bits);
    check.percent("final.w8a8_accuracy_pct", s.final->reference_accuracy_pct);
    check.policy("final", s.final->score, s.final->cost);
  }
  if (s.test) {
    check.percent("test_accuracy_pct.answer", s.test->answer_pct);
    check.percent("test_accuracy_pct.best", s.test->best_pct);
    check.percent("test_accuracy_pct.w8a8", s.test->w8a8_pct);
    check.percent("test_accuracy_pct.float", s.test->float_pct);
  }
}

void check_owner(const Summary& s, const std::string& network, const SearchOptions& options,
                 const std::string& path) {
  const Checker check(path);
  check.same("network", s.network, network);
  check.same("method", s.method, options.method);
  check.same("th", s.threshold, options.reward.threshold);
  check.same("seed", s.seed, options.seed);
  check.range("episodes", s.episodes, std::int64_t{0}, static_cast<std::int64_t>(options.episodes));
}

}  // namespace kirchhoff::agent
