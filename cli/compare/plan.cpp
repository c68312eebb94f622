#include "cli/compare/plan.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "agent/search.h"
#include "cli/search_options.h"

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
    Options::refuse(name, text, fmt::format("{} is there twice", value));
  }
  list.push_back(value);
}

/// "ddpg" of "ddpg.noise".
std::string owner(const std::string& key) { return key.substr(0, key.find('.')); }

}  // namespace

std::string PlannedRun::name() const { return fmt::format("{}-th{}-seed{}", method, th, seed); }

bool operator==(const PlannedRun& a, const PlannedRun& b) {
  return a.method == b.method && a.th == b.th && a.seed == b.seed;
}

bool operator<(const PlannedRun& a, const PlannedRun& b) {
  return std::tuple(a.th, method_rank(a.method), a.method, a.seed) <
         std::tuple(b.th, method_rank(b.method), b.method, b.seed);
}

bool ignores_seed(const std::string& method) {
  return method == "uniform" || method == "greedy" || method == "ilp";
}

bool is_setting_of_method(const std::string& key) {
  const auto& methods = agent::search_methods();
  return std::find(methods.begin(), methods.end(), owner(key)) != methods.end();
}

bool reads_setting(const std::string& method, const std::string& key) {
  return owner(key) == method || (owner(key) == "ppo" && method == "ppo-tuned");
}

std::size_t method_rank(const std::string& method) {
  const auto& names = agent::search_methods();
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), method) - names.begin());
}

std::vector<std::string> parse_methods(const std::string& name, const std::string& text) {
  std::vector<std::string> methods;
  split(text, [&](const std::string& item) {
    const auto& names = agent::search_methods();
    if (std::find(names.begin(), names.end(), item) == names.end()) {
      Options::refuse(name, text, fmt::format("must be of {}", fmt::join(names, ", ")));
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
      Options::refuse(
          name, text,
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
      Options::refuse(name, text, "must be integers of at least 0 or ranges, such as 1..5,11");
    }
    if (last - first >= kMaxSeeds) {
      Options::refuse(name, text, fmt::format("a range has at most {} seeds", kMaxSeeds));
    }
    for (std::uint64_t i = 0; i <= last - first; ++i) add(seeds, first + i, name, text);
  });
  return seeds;
}

std::vector<PlannedRun> plan_runs(const std::vector<std::string>& methods,
                                  const std::vector<double>& thresholds,
                                  const std::vector<std::uint64_t>& seeds) {
  std::vector<PlannedRun> runs;
  const std::uint64_t smallest = *std::min_element(seeds.begin(), seeds.end());
  for (const std::uint64_t seed : seeds) {
    for (const double th : thresholds) {
      for (const std::string& method : methods) {
        if (seed == smallest || !ignores_seed(method)) runs.push_back({method, th, seed});
      }
    }
  }
  return runs;
}

}  // namespace kirchhoff::cli
