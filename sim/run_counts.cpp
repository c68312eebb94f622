#include "sim/run_counts.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/error.h"
#include "sim/counters.h"

namespace kirchhoff::sim {

namespace {

// Over the tile's counter registers, as the host of a real chip would.
hw::TileCounters read_counters(hw::Chip& chip, hw::TileId tile) {
  hw::TileCounters counters;
  std::vector<std::uint64_t> values;
  counters.visit([&](const char*, std::uint64_t, const char*) { values.push_back(0); });
  const hw::reg::Address address = hw::reg::base_of(tile) + hw::reg::kCounterBase;
  if (!chip.host().read(address, values.data(), static_cast<unsigned>(8 * values.size()))) {
    throw RunError(fmt::format("tile {} refused to show its counters", index(tile)));
  }
  std::size_t i = 0;
  counters.visit([&](const char*, std::uint64_t& value, const char*) { value = values[i++]; });
  return counters;
}

Counters counters_of(hw::Chip& chip, hw::TileId tile, std::uint64_t cycles_before) {
  hw::TileCounters counters = read_counters(chip, tile);
  counters.begin_cycle += cycles_before;
  counters.end_cycle += cycles_before;
  Counters by_name;
  counters.visit(
      [&](const char* name, std::uint64_t value, const char*) { by_name[name] = value; });
  return by_name;
}

hw::LayerTraffic& operator+=(hw::LayerTraffic& sum, const hw::LayerTraffic& more) {
  sum.messages += more.messages;
  sum.packets += more.packets;
  sum.flits += more.flits;
  sum.router_flits += more.router_flits;
  sum.link_flits += more.link_flits;
  sum.head_cycles += more.head_cycles;
  sum.serialisation_cycles += more.serialisation_cycles;
  sum.contention_cycles += more.contention_cycles;
  return sum;
}

// Links and buffers are those of the chip, in the same order every time.
void add_noc(const hw::NocCounters& more, hw::NocCounters& sum) {
  if (sum.links.empty()) {
    sum = more;
    return;
  }
  sum.layers.resize(std::max(sum.layers.size(), more.layers.size()));
  for (const hw::LayerLabel l : more.layers.ids()) sum.layers[l] += more.layers[l];
  for (std::size_t i = 0; i < sum.links.size(); ++i) {
    sum.links[i].flits += more.links[i].flits;
    sum.links[i].stall_cycles += more.links[i].stall_cycles;
  }
  for (std::size_t i = 0; i < sum.buffers.size(); ++i) {
    sum.buffers[i].high_water_flits =
        std::max(sum.buffers[i].high_water_flits, more.buffers[i].high_water_flits);
  }
  for (const hw::NodeId n : sum.injected_flits.ids())
    sum.injected_flits[n] += more.injected_flits[n];
  sum.stall_cycles += more.stall_cycles;
}

}  // namespace

RunCounts::RunCounts(const mapping::Mapping& mapping, int images)
    : times(static_cast<std::size_t>(images)), tiles(mapping.tiles.size()) {}

void RunCounts::add(hw::Chip& chip, const mapping::Mapping& mapping, const PassTimes& pass) {
  const bool first_round = pass.pass.round == mapping::RoundId{0};
  const std::vector<hw::ImageTimes>& of_pass = chip.host().times();
  for (std::size_t i = 0; i < of_pass.size(); ++i) {
    hw::ImageTimes& image = times[static_cast<std::size_t>(pass.pass.first_image) + i];
    if (first_round) image.first_pixel = of_pass[i].first_pixel;
    image.last_result = of_pass[i].last_result;
  }
  passes.push_back(pass);
  const std::uint64_t before_ps = pass.begin_ps - passes.front().begin_ps;
  const auto mhz = static_cast<std::uint64_t>(chip.clocks().tile.mhz());
  const std::uint64_t cycles_before = (before_ps * mhz + 500000u) / 1000000u;
  for (const mapping::LogicalTile t : mapping.rounds[pass.pass.round])
    add_counters(counters_of(chip, mapping.position[t], cycles_before), tiles[t]);
  add_noc(chip.noc().counters(), noc);
}

}  // namespace kirchhoff::sim
