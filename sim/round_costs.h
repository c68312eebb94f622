#pragma once

#include <cstdint>

#include "hw/config/chip_config.h"
#include "mapping/mapping.h"
#include "quant/network/network.h"
#include "sim/ledger.h"
#include "sim/report.h"
#include "sim/run_counts.h"

namespace kirchhoff::sim {

/// From one time in picoseconds to another, in ns.
inline double span_ns(std::uint64_t begin_ps, std::uint64_t end_ps) {
  return static_cast<double>(end_ps - begin_ps) / 1000.0;
}

/// What the rounds of a run cost, from the times of its passes and from what was written in them.
class RoundCosts {
 public:
  /// Keeps references.
  RoundCosts(const hw::ChipConfig& config, const mapping::Mapping& mapping, const RunCounts& run);

  /// Adds to a tile how long it was there, and the pulses that wrote it ("cell_pulses").
  void add_to(TileReport& tile) const;
  /// `report` has its layers.
  RewritingReport report(const quant::Network& network, const Ledger& ledger,
                         const CostReport& report) const;

 private:
  std::vector<RoundReport> rounds(const quant::Network& network, const CostReport& report) const;
  void add_wear(const CostReport& report, RewritingReport& rewriting) const;

  const hw::ChipConfig& config_;
  const mapping::Mapping& mapping_;
  const RunCounts& run_;
  IndexedVector<mapping::RoundId, double> held_ns_;
  IndexedVector<mapping::LogicalTile, int> writes_;  ///< in the run
  IndexedVector<mapping::LogicalTile, bool> loaded_;
};

}  // namespace kirchhoff::sim
