#include "sim/counters.h"

#include <algorithm>

#include "hw/noc/noc_counters.h"
#include "hw/tile/tile.h"

namespace kirchhoff::sim {

namespace {

CounterKind kind_of(const std::string& counter) {
  if (counter == "begin_cycle") return CounterKind::kFirst;
  const bool last =
      counter == "end_cycle" || counter == "buffer_rows" || counter == "partial_windows";
  return last ? CounterKind::kLast : CounterKind::kAmount;
}

}  // namespace

const std::map<std::string, CounterMeaning>& counter_meanings() {
  static const std::map<std::string, CounterMeaning> meanings = [] {
    std::map<std::string, CounterMeaning> all;
    hw::TileCounters().visit([&](const char* name, std::uint64_t, const char* counts) {
      all[name] = {counts, kind_of(name), false};
    });
    hw::LayerTraffic().visit([&](const char* name, std::uint64_t, const char* counts) {
      all[name] = {counts, CounterKind::kAmount, true};
    });
    all[kCellPulses] = {"pulses on cells that were written in the run for their round",
                        CounterKind::kAmount, false};
    return all;
  }();
  return meanings;
}

bool is_extreme(const std::string& counter) { return kind_of(counter) != CounterKind::kAmount; }

void add_counters(const Counters& tile, Counters& sums) {
  for (const auto& [name, value] : tile) {
    const auto [of_layer, is_first] = sums.emplace(name, value);
    if (is_first) continue;
    std::uint64_t& sum = of_layer->second;
    switch (kind_of(name)) {
      case CounterKind::kFirst:
        sum = std::min(sum, value);
        break;
      case CounterKind::kLast:
        sum = std::max(sum, value);
        break;
      case CounterKind::kAmount:
        sum += value;
    }
  }
}

}  // namespace kirchhoff::sim
