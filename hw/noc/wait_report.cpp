#include "hw/noc/wait_report.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/core.h>

namespace kirchhoff::hw {

namespace {

using Index = std::unordered_map<int, std::size_t>;

// Every packet waits for one other at most, so that a walk along the waits either ends or runs into
// a cycle.
std::vector<std::size_t> find_cycle(const std::vector<Wait>& waits, const Index& by_transit) {
  std::vector<int> walk_of(waits.size(), 0);
  for (std::size_t begin = 0; begin < waits.size(); ++begin) {
    const int walk = static_cast<int>(begin) + 1;
    std::vector<std::size_t> path;
    std::size_t at = begin;
    while (walk_of[at] == 0) {
      walk_of[at] = walk;
      path.push_back(at);
      const auto next = by_transit.find(waits[at].on);
      if (waits[at].on < 0 || next == by_transit.end()) break;
      at = next->second;
      if (walk_of[at] != walk) continue;
      return {std::find(path.begin(), path.end(), at), path.end()};
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> wait_report(const std::vector<Wait>& waits) {
  Index by_transit;
  for (std::size_t i = 0; i < waits.size(); ++i) {
    if (waits[i].transit >= 0) by_transit.emplace(waits[i].transit, i);
  }
  std::vector<std::string> lines;
  const std::vector<std::size_t> cycle = find_cycle(waits, by_transit);
  if (!cycle.empty()) {
    std::string line = fmt::format("{} packets wait for each other in a circle: ", cycle.size());
    for (const std::size_t i : cycle) {
      line += fmt::format("{} ({}) -> ", waits[i].packet, waits[i].where);
    }
    lines.push_back(line + "the first");
  }
  for (const Wait& wait : waits) {
    lines.push_back(fmt::format("{}: {}: {}", wait.packet, wait.where, wait.what));
  }
  return lines;
}

}  // namespace kirchhoff::hw
