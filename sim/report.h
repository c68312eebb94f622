#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "hw/config/units.h"

namespace kirchhoff::sim {

/// One line of the energy ledger: what happened, how often, what one costs.
struct EnergyEntry {
  std::string component;  ///< "adc", "edram", …
  std::string event;      ///< counter name, or "leakage"
  double count = 0;       ///< events; for leakage, instances x nanoseconds
  double each_pj = 0;     ///< energy per event; for leakage, milliwatts of one instance
  double energy_pj() const { return count * each_pj; }
};

/// Allocated instances of a component with their rated power and area.
struct InstanceEntry {
  std::string component;
  double instances = 0;
  double each_mw = 0;
  double each_um2 = 0;
  double power_mw() const { return instances * each_mw; }
  double area_um2() const { return instances * each_um2; }
};

struct LayerReport {
  std::string name;
  int weight_bits = 8, activation_bits = 8;
  int crossbars = 0, pes = 0, tiles = 0, windows = 0;
  double latency_ns = 0;  ///< from its first window fetched to its last window handed on
  std::vector<EnergyEntry> energy;
  std::vector<InstanceEntry> instances;
  std::map<std::string, std::uint64_t> counters;

  double energy_pj() const;
  double power_rated_mw() const;
  double area_um2() const;
  /// Energy per component; sums to energy_pj().
  std::map<std::string, double> components_pj() const;
};

/// What one inference costs. Totals are sums over the layers; every part can be recomputed from
/// counters and config.
struct CostReport {
  double latency_ns = 0;     ///< first pixel sent to last result received
  std::uint64_t cycles = 0;  ///< latency in cycles of the tile clock, rounded up
  int mesh_width = 0, mesh_height = 0;
  std::vector<LayerReport> layers;

  double energy_pj() const;
  double power_rated_mw() const;
  double power_average_mw() const {
    return latency_ns > 0 ? energy_pj() / latency_ns : 0;
  }  ///< pJ/ns = mW
  double area_um2() const;
  int crossbars() const;
  int pes() const;
  int tiles() const;
};

/// Ratios of a policy's costs to those of the reference (W8A8) on the same chip.
struct Ratios {
  double latency = 1, energy = 1, power = 1, cost = 1;
};

}  // namespace kirchhoff::sim
