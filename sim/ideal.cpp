#include "sim/ideal.h"

#include <algorithm>
#include <cmath>

#include "hw/common/clock.h"
#include "hw/pe/bit_step_pipeline.h"
#include "sim/ledger.h"

namespace kirchhoff::sim {

double ideal_step_ns(const hw::ChipConfig& config, const std::vector<BlockShape>& blocks) {
  const hw::Clock clock(config.clock.pe_mhz);
  hw::Cycle longest = 0;
  int before = 0;
  for (const BlockShape& block : blocks) {
    if (block.columns == before) continue;  // most blocks are full
    before = block.columns;
    // From the third step on every step takes as long as the one before.
    const auto end = [&](int steps) {
      return hw::BitStepPipeline(config.tile.pe, clock)
          .run(0, steps, block.columns + config.tile.pe.extra_columns())
          .done;
    };
    longest = std::max(longest, end(4) - end(3));
  }
  return static_cast<double>(longest) * clock.period_ns();
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
    ideal.step_ns = std::max(ideal.step_ns, ideal_step_ns(config, tile.blocks));
  if (layer.crossbars > 0) {
    ideal.latency_ns = static_cast<double>(layer.windows_at_once()) * images *
                       layer.activation_bits * ideal.step_ns;
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
