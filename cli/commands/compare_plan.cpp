#include "cli/commands/compare_plan.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "agent/search_methods.h"
#include "base/refusal.h"
#include "cli/options/search_options.h"

namespace kirchhoff::cli {
namespace {

/// More runs than anybody waits for; keeps a slip such as 1..1000000000 from filling the memory.
constexpr std::uint64_t kMaxSeeds = 10000;

/// Calls `item` with every part of "a,b,c".
template <typename Item>
void split(const std::string& text, const Item& item) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    item(text.substr(begin, end - begin));
    if (end == text.size()) return;
    begin = end + 1;
  }
}

template <typename T>
bool parse(const std::string& text, T& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end;
}

template <typename T>
void add(std::vector<T>& list, const T& value, const std::string& name, const std::string& text) {
  if (std::find(list.begin(), list.end(), value) != list.end()) {
    refuse_option(name, text, fmt::format("{} is there twice", value));
  }
  list.push_back(value);
}

}  // namespace

std::vector<std::string> parse_methods(const std::string& name, const std::string& text) {
  if (text == kAllMethods) return agent::search_methods();
  std::vector<std::string> methods;
  split(text, [&](const std::string& item) {
    const auto& names = agent::search_methods();
    if (std::find(names.begin(), names.end(), item) == names.end()) {
      refuse_option(name, text, fmt::format("must be of {}", fmt::join(names, ", ")));
    }
    add(methods, item, name, text);
  });
  return methods;
}

std::vector<double> parse_thresholds(const std::string& name, const std::string& text) {
  std::vector<double> thresholds;
  split(text, [&](const std::string& item) {
    double value = 0.0;
    if (!parse(item, value) || !kThresholds.contains(value)) {
      refuse_option(name, text,
                    fmt::format("must be numbers in [{}, {}], such as 0.6,0.7,0.8", kThresholds.min,
                                kThresholds.max));
    }
    add(thresholds, value, name, text);
  });
  return thresholds;
}

std::vector<std::uint64_t> parse_seeds(const std::string& name, const std::string& text) {
  std::vector<std::uint64_t> seeds;
  split(text, [&](const std::string& item) {
    const std::size_t dots = item.find("..");
    const std::string from = item.substr(0, dots);
    const std::string to = dots == std::string::npos ? from : item.substr(dots + 2);
    std::uint64_t first = 0, last = 0;
    if (!parse(from, first) || !parse(to, last) || first > last) {
      refuse_option(name, text, "must be integers of at least 0 or ranges, such as 1..5,11");
    }
    if (last - first >= kMaxSeeds) {
      refuse_option(name, text, fmt::format("a range has at most {} seeds", kMaxSeeds));
    }
    for (std::uint64_t i = 0; i <= last - first; ++i) add(seeds, first + i, name, text);
  });
  return seeds;
}

std::vector<report::PlannedRun> plan_runs(const std::vector<std::string>& methods,
                                          const std::vector<double>& thresholds,
                                          const std::vector<std::uint64_t>& seeds) {
  std::vector<report::PlannedRun> runs;
  const std::uint64_t smallest = *std::min_element(seeds.begin(), seeds.end());
  for (const std::uint64_t seed : seeds) {
    for (const double th : thresholds) {
      for (const std::string& method : methods) {
        if (seed == smallest || agent::search_method_type(method).chance)
          runs.push_back({method, th, seed});
      }
    }
  }
  return runs;
}

}  // namespace kirchhoff::cli
