#include "sim/round_costs.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "hw/config/encoding.h"
#include "sim/counters.h"

namespace kirchhoff::sim {

namespace {

/// Rated power of the layers beyond that of the round that has most, and their area beyond the
/// largest tile of every place.
void add_shared(const Ledger& ledger, const CostReport& report, RewritingReport& rewriting) {
  std::map<int, double> power_of_round;
  std::map<hw::TileId, double> area_of_place;
  double power = 0, area = 0;
  for (const LayerReport& layer : report.layers) {
    for (const TileReport& tile : layer.tile_reports) {
      double tile_power = 0, tile_area = 0;
      for (const InstanceEntry& entry : ledger.instances(tile.allocation)) {
        tile_power += entry.power_mw();
        tile_area += entry.area_um2();
      }
      power += tile_power;
      area += tile_area;
      power_of_round[tile.round] += tile_power;
      double& largest = area_of_place[tile.place];
      largest = std::max(largest, tile_area);
    }
  }
  double most = 0, kept = 0;
  for (const auto& [round, of_round] : power_of_round) most = std::max(most, of_round);
  for (const auto& [place, largest] : area_of_place) kept += largest;
  rewriting.shared_power_mw = power - most;
  rewriting.shared_area_um2 = area - kept;
}

}  // namespace

RoundCosts::RoundCosts(const hw::ChipConfig& config, const mapping::Mapping& mapping,
                       const RunCounts& run)
    : config_(config),
      mapping_(mapping),
      run_(run),
      held_ns_(mapping.rounds.size(), 0),
      writes_(mapping.tiles.size(), 0),
      loaded_(mapping.tiles.size(), false) {
  for (const PassTimes& pass : run.passes) {
    held_ns_[pass.pass.round] += span_ns(pass.begin_ps, pass.end_ps);
    for (const mapping::LogicalTile t : pass.written) ++writes_[t];
  }
  for (const mapping::LogicalTile t : CellContents(mapping).held()) loaded_[t] = true;
}

void RoundCosts::add_to(TileReport& tile) const {
  tile.held_ns = held_ns_[mapping::RoundId{tile.round}];
  tile.loaded = loaded_[tile.tile];
  tile.counters[kCellPulses] = static_cast<std::uint64_t>(tile.allocation.cells) *
                               static_cast<std::uint64_t>(writes_[tile.tile]) *
                               static_cast<std::uint64_t>(config_.tile.pe.crossbar.write_pulses);
}

std::vector<RoundReport> RoundCosts::rounds(const quant::Network& network,
                                            const CostReport& report) const {
  std::vector<RoundReport> rounds;
  for (const IdRange<mapping::LogicalTile>& tiles : mapping_.rounds) {
    RoundReport round;
    const auto name_of = [&](mapping::LogicalTile t) {
      return network.layers[mapping_.tiles[t].layer].name;
    };
    round.first = name_of(*tiles.begin());
    round.last = name_of(mapping::LogicalTile{index(*tiles.begin()) + tiles.size() - 1});
    round.tiles = tiles.size();
    rounds.push_back(round);
  }
  for (std::size_t p = 0; p < run_.passes.size(); ++p) {
    const PassTimes& pass = run_.passes[p];
    RoundReport& round = rounds[static_cast<std::size_t>(pass.pass.round)];
    ++round.passes;
    round.busy_ns += span_ns(pass.begin_ps, pass.quiet_ps);
    // After the last pass the first round is written again.
    const std::size_t next =
        p + 1 < run_.passes.size() ? static_cast<std::size_t>(run_.passes[p + 1].pass.round) : 0;
    rounds[next].waiting_ns += span_ns(pass.quiet_ps, pass.end_ps);
  }
  const int per_lane = hw::arrays_per_lane(config_.tile.pe.encoding);
  for (const LayerReport& layer : report.layers) {
    for (const TileReport& tile : layer.tile_reports) {
      RoundReport& round = rounds[static_cast<std::size_t>(tile.round)];
      round.crossbars += 1LL * per_lane * tile.allocation.pairs * writes_[tile.tile];
      round.cells += tile.allocation.cells * writes_[tile.tile];
    }
  }
  return rounds;
}

// Crossbars of a place are those of whatever tile is there: each is written with its tile.
void RoundCosts::add_wear(const CostReport& report, RewritingReport& rewriting) const {
  const hw::CrossbarConfig& crossbar = config_.tile.pe.crossbar;
  std::map<std::tuple<hw::TileId, hw::PeId, int>, int> writes;
  int most = 0;
  for (const mapping::LayerMapping& layer : mapping_.layers) {
    for (const mapping::Block& block : layer.blocks) {
      for (int pair = block.first_pair; pair < block.first_pair + layer.slices; ++pair) {
        int& of_pair = writes[{mapping_.position[block.tile], block.pe, pair}];
        of_pair += writes_[block.tile];
        most = std::max(most, of_pair);
      }
    }
  }
  rewriting.pulses_per_image = 1.0 * most * crossbar.write_pulses / report.images;
  rewriting.images = most > 0 ? crossbar.endurance / rewriting.pulses_per_image : 0;
}

RewritingReport RoundCosts::report(const quant::Network& network, const Ledger& ledger,
                                   const CostReport& report) const {
  RewritingReport rewriting;
  rewriting.rounds = rounds(network, report);
  for (const RoundReport& round : rewriting.rounds) {
    rewriting.waiting_ns += round.waiting_ns;
    rewriting.cells += round.cells;
  }
  const hw::CrossbarConfig& crossbar = config_.tile.pe.crossbar;
  rewriting.energy_pj = static_cast<double>(rewriting.cells) * crossbar.write_pulses *
                        crossbar.write_pulse.picojoules();
  for (const PassTimes& pass : run_.passes)
    rewriting.between_rounds_bytes += static_cast<double>(pass.between_rounds_bits) / 8;
  add_wear(report, rewriting);
  add_shared(ledger, report, rewriting);
  return rewriting;
}

}  // namespace kirchhoff::sim
