#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kirchhoff::cli {

/// One search of a comparison.
struct PlannedRun {
  std::string method;
  double th = 0.0;
  std::uint64_t seed = 0;

  /// "ppo-th0.8-seed1": its folder and its log.
  std::string name() const;
};
bool operator==(const PlannedRun& a, const PlannedRun& b);
/// By threshold, then method in the order of agent::search_methods(), then seed: the order of rows.
bool operator<(const PlannedRun& a, const PlannedRun& b);

/// True for methods that leave nothing to chance, so that one seed stands for all.
bool ignores_seed(const std::string& method);
/// "ddpg.noise" belongs to one method; "reward.scale" and "budget" belong to all.
bool is_setting_of_method(const std::string& key);
/// Whether `method` reads such a setting; ppo-tuned is PPO as well.
bool reads_setting(const std::string& method, const std::string& key);
/// Place of a method among agent::search_methods(); behind them all when it is none of them.
std::size_t method_rank(const std::string& method);

/// "a,b,c" as the option `--name` takes it. InputError for an empty, repeated or wrong item.
std::vector<std::string> parse_methods(const std::string& name, const std::string& text);
std::vector<double> parse_thresholds(const std::string& name, const std::string& text);
/// Here an item may be a range "1..5", both ends included.
std::vector<std::uint64_t> parse_seeds(const std::string& name, const std::string& text);

/// Every method with every threshold and seed, in the order in which they had best be run: the
/// first seed of everything first. Methods that ignore the seed run with the smallest one.
std::vector<PlannedRun> plan_runs(const std::vector<std::string>& methods,
                                  const std::vector<double>& thresholds,
                                  const std::vector<std::uint64_t>& seeds);

}  // namespace kirchhoff::cli
