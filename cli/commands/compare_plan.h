#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "report/planned_run.h"

namespace kirchhoff::cli {

/// In place of a list of methods: every one.
inline constexpr const char* kAllMethods = "all";

/// "a,b,c" as the option `--name` takes it. InputError for an empty, repeated or wrong item.
std::vector<std::string> parse_methods(const std::string& name, const std::string& text);
std::vector<double> parse_thresholds(const std::string& name, const std::string& text);
/// Here an item may be a range "1..5", both ends included.
std::vector<std::uint64_t> parse_seeds(const std::string& name, const std::string& text);

/// Every method with every threshold and seed, in the order in which they had best be run: the
/// first seed of everything first. Methods that ignore the seed run with the smallest one.
std::vector<report::PlannedRun> plan_runs(const std::vector<std::string>& methods,
                                          const std::vector<double>& thresholds,
                                          const std::vector<std::uint64_t>& seeds);

}  // namespace kirchhoff::cli
