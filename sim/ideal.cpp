#include "sim/ideal.h"

#include <algorithm>
#include <cmath>

#include "hw/common/clock.h"
#include "hw/config/read_steps.h"
#include "hw/pe/bit_step_pipeline.h"
#include "sim/ledger.h"

namespace kirchhoff::sim {

double ideal_step_ns(const hw::ChipConfig& config, const std::vector<BlockShape>& blocks,
                     int activation_bits) {
  const hw::PeConfig& pe = config.tile.pe;
  const hw::Clock clock(config.clock.pe_mhz);
  double longest = 0;
  int columns = 0, groups = 0;
  for (const BlockShape& block : blocks) {
    const int groups_of_block = hw::row_groups(pe.crossbar, block.rows);
    if (block.columns == columns && groups_of_block == groups) continue;  // most blocks are full
    columns = block.columns;
    groups = groups_of_block;
    // From the third read on every product takes as long as the one before.
    hw::BitStepPipeline pipeline(pe, clock);
    hw::Cycle begin = 0, end = 0;
    for (int product = 0; product < 4; ++product) {
      begin = end;
      end = pipeline.run(begin, activation_bits, groups, columns + pe.extra_columns()).ready;
    }
    longest = std::max(longest,
                       static_cast<double>(end - begin) / hw::bit_steps(pe.dac, activation_bits));
  }
  return longest * clock.period_ns();
}

namespace {

/// On no crossbars: every value of every window of a copy once, on all lanes of all of its SFUs,
/// or, with weights, of their multipliers.
double ideal_reductions_ns(const hw::ChipConfig& config, const LayerReport& layer, int images) {
  const hw::MultiplierConfig& multiplier = config.tile.multiplier;
  const double values = 1.0 * layer.columns * layer.rows * layer.copies / layer.tiles;
  const double cycles =
      layer.digital()
          ? std::ceil(values * multiplier.passes(layer.weight_bits, layer.activation_bits) /
                      multiplier.lanes)
          : std::ceil(values / config.tile.sfu.lanes);
  return layer.windows_at_once() * images * cycles * hw::Clock(config.clock.tile_mhz).period_ns();
}

}  // namespace

IdealLayer ideal_layer(const hw::ChipConfig& config, const LayerReport& layer, int images) {
  IdealLayer ideal;
  if (layer.crossbars == 0) ideal.latency_ns = ideal_reductions_ns(config, layer, images);
  for (const TileReport& tile : layer.tile_reports)
    ideal.step_ns =
        std::max(ideal.step_ns, ideal_step_ns(config, tile.blocks, layer.activation_bits));
  if (layer.crossbars > 0) {
    ideal.latency_ns = static_cast<double>(layer.windows_at_once()) * images *
                       hw::bit_steps(config.tile.pe.dac, layer.activation_bits) * ideal.step_ns;
  }
  const auto leaking_ns = [&](const EnergyEntry& entry) {
    return entry.leaks_awake() ? awake_ns(config, ideal.latency_ns) : ideal.latency_ns;
  };
  for (const EnergyEntry& entry : layer.energy) {
    ideal.energy_pj +=
        entry.leaks() ? entry.instances * leaking_ns(entry) * entry.each_pj : entry.energy_pj();
  }
  return ideal;
}

}  // namespace kirchhoff::sim
