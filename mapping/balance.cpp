#include "mapping/balance.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/stop_request.h"
#include "hw/config/cycles.h"
#include "hw/config/read_steps.h"

namespace kirchhoff::mapping {

namespace {

/// Cycles of the PE clock from one product of a block to the next (hw/pe/bit_step_pipeline.h).
std::uint64_t product_cycles(const hw::PeConfig& pe, int pe_mhz, const Block& block,
                             int activation_bits) {
  const auto cycles = [&](const hw::Duration& time) {
    return hw::cycles_for(time.nanoseconds(), pe_mhz);
  };
  const auto conversion = static_cast<std::uint64_t>(pe.adc.cycles);
  const auto rounds = static_cast<std::uint64_t>(
      (block.columns + pe.extra_columns() + pe.adc.per_pair - 1) / pe.adc.per_pair);
  const auto add = pe.overlap ? 0 : static_cast<std::uint64_t>(pe.shift_adder.cycles);
  const std::uint64_t acquire = cycles(pe.sample_hold.acquire);
  std::uint64_t steps = 0;
  for (int step = 0; step < hw::bit_steps(pe.dac, activation_bits); ++step) {
    const auto pulses =
        static_cast<unsigned>(hw::pulses(pe.dac, hw::input_digit(pe.dac, activation_bits, step)));
    const std::uint64_t read = cycles(pe.dac.drive) + pulses * cycles(pe.crossbar.read);
    if (!pe.sample_hold.present) {
      steps += rounds * (read + conversion + add);
    } else {
      steps += pe.overlap ? std::max(read, rounds * conversion) + acquire
                          : read + acquire + rounds * conversion + add;
    }
  }
  return steps * static_cast<unsigned>(hw::row_groups(pe.crossbar, block.rows));
}

/// Cycles of the tile clock in which the SFU of a tile takes its share of a window.
double reduction_cycles(const quant::Layer& layer, const quant::LayerBits& bits, int tiles,
                        const hw::TileConfig& tile) {
  const double values = 1.0 * layer.out_channels * layer.rows() / tiles;
  if (!layer.has_weights()) return std::ceil(values / tile.sfu.lanes);
  return std::ceil(values * tile.multiplier.passes(bits.weight, bits.activation) /
                   tile.multiplier.lanes);
}

/// A way to lay out a stage.
struct Choice {
  CopyGrid grid;
  int tiles = 0;
  double ns = 0;  ///< of an image's windows

  auto rank() const { return std::make_tuple(tiles, ns, grid.copies(), -grid.columns); }
};

/// All ways within `most` tiles, the fewest tiles first; none that another one beats.
std::vector<Choice> choices(const Partitioner& partitioner, const quant::Network& network,
                            quant::LayerId l, const quant::Policy& policy, int most,
                            const hw::ChipConfig& config) {
  const quant::Layer& layer = network.layers[l];
  struct Copy {
    int tiles;
    double window_ns;
  };
  std::map<std::pair<int, int>, Copy> by_width;
  const auto copy_of = [&](const CopyGrid& grid) {
    const Piece widest = widest_piece(layer, grid, false);
    const auto [found, is_new] =
        by_width.try_emplace({widest.input.count, widest.residual.count}, Copy{});
    if (is_new) {
      give_up_if_stopped();
      const LayerShares shares = partitioner.copy(l, policy, widest);
      found->second = {shares.layer.tiles, window_ns(layer, policy.layers[l], shares, config)};
    }
    return found->second;
  };
  const quant::Shape out = layer.output();
  std::vector<Choice> all;
  for (int rows = 1; rows <= std::min(out.height, most); ++rows) {
    for (int columns = 1; columns <= std::min(out.width, most / rows); ++columns) {
      const CopyGrid grid{rows, columns};
      const Copy copy = copy_of(grid);
      all.push_back(
          {grid, grid.copies() * copy.tiles, busiest_windows(layer, grid) * copy.window_ns});
    }
  }
  std::sort(all.begin(), all.end(),
            [](const Choice& a, const Choice& b) { return a.rank() < b.rank(); });
  std::vector<Choice> best;
  for (const Choice& choice : all) {
    if (best.empty() || choice.ns < best.back().ns) best.push_back(choice);
  }
  return best;
}

/// The first that is no slower; null: there is none.
const Choice* no_slower(const std::vector<Choice>& choices, double ns) {
  const auto found = std::find_if(choices.begin(), choices.end(),
                                  [&](const Choice& choice) { return choice.ns <= ns; });
  return found == choices.end() ? nullptr : &*found;
}

}  // namespace

double window_ns(const quant::Layer& layer, const quant::LayerBits& bits, const LayerShares& copy,
                 const hw::ChipConfig& config) {
  if (copy.layer.blocks.empty()) {
    return reduction_cycles(layer, bits, copy.layer.tiles, config.tile) * 1000 /
           config.clock.tile_mhz;
  }
  std::uint64_t slowest = 0;
  for (const Block& block : copy.layer.blocks) {
    slowest = std::max(slowest,
                       product_cycles(config.tile.pe, config.clock.pe_mhz, block, bits.activation));
  }
  return static_cast<double>(slowest) * 1000 / config.clock.pe_mhz;
}

CopyGrids given_grids(const quant::Network& network, const hw::Replication& replicate) {
  CopyGrids grids(network.layers.size());
  if (replicate.balance) return grids;
  const std::vector<quant::LayerId> layers = network.weight_layers();
  if (replicate.copies.size() > 1 && replicate.copies.size() != layers.size()) {
    throw InputError(
        fmt::format("mapping.replicate = {}: must be one number, or {}: one for each "
                    "layer with weights of network {}",
                    replicate.text(), layers.size(), network.name));
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    grids[layers[i]] = best_grid(network.layers[layers[i]],
                                 replicate.copies[std::min(i, replicate.copies.size() - 1)]);
  }
  return grids;
}

CopyGrids balanced_grids(const Partitioner& partitioner, const quant::Network& network,
                         const quant::Policy& policy, const hw::ChipConfig& config) {
  int cap = config.mapping.replicate_tiles;
  if (const int room = room_of(config); room > 0) cap = std::min(cap, room);
  IndexedVector<quant::LayerId, std::vector<Choice>> of_layer;
  std::vector<double> paces;  // that the slowest stage may have
  double least = 0;           // no stage can do without
  for (const quant::LayerId l : network.layers.ids()) {
    of_layer.push_back(choices(partitioner, network, l, policy, cap, config));
    for (const Choice& choice : of_layer[l]) paces.push_back(choice.ns);
    least = std::max(least, of_layer[l].back().ns);
  }
  std::sort(paces.begin(), paces.end());
  const auto fits = [&](double pace) {
    long long tiles = 0;
    for (const std::vector<Choice>& choices : of_layer) {
      const Choice* const choice = no_slower(choices, pace);
      if (choice == nullptr) return false;
      tiles += choice->tiles;
    }
    return tiles <= cap;
  };
  // A slower pace never takes more tiles.
  const auto pace = std::partition_point(paces.begin(), paces.end(),
                                         [&](double ns) { return ns < least || !fits(ns); });
  CopyGrids grids(network.layers.size());
  if (pace == paces.end()) return grids;
  for (const quant::LayerId l : network.layers.ids())
    grids[l] = no_slower(of_layer[l], *pace)->grid;
  return grids;
}

}  // namespace kirchhoff::mapping
