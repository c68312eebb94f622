#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/indexed.h"
#include "hw/config/allocation.h"
#include "hw/config/identifiers.h"
#include "mapping/mapping.h"
#include "quant/network/network.h"

namespace kirchhoff::sim {

using hw::Allocation;
using hw::BlockShape;

/// One line of the energy ledger: what happened, how often, what one costs.
struct EnergyEntry {
  std::string component;  ///< "adc", "edram", …
  std::string event;      ///< counter name, "leakage" or "leakage_awake"
  double count = 0;       ///< events; for leakage, instances x nanoseconds
  double each_pj = 0;     ///< energy per event; for leakage, milliwatts of one instance
  std::string key;        ///< of the configuration that sets `each_pj`
  double instances = 0;   ///< that leak; 0 for events
  /// Leaks for the whole run, or (chip.unused = gated_layers) from the wake-up of its layer on.
  bool leaks() const { return event == "leakage" || leaks_awake(); }
  bool leaks_awake() const { return event == "leakage_awake"; }
  double energy_pj() const { return count * each_pj; }
};

/// Allocated instances of a component with their rated power and area.
struct InstanceEntry {
  std::string component;
  double instances = 0;
  double each_mw = 0;
  double each_um2 = 0;
  std::string power_key, area_key;  ///< of the configuration; empty: no key, the constant is 0
  double power_mw() const { return instances * each_mw; }
  double area_um2() const { return instances * each_um2; }
};

using Counters = std::map<std::string, std::uint64_t>;

/// A tile's share of its layer: what it has and what it did. Flits are not here: a packet passes
/// the routers of other tiles, too, so they belong to the layer that sent it.
struct TileReport {
  mapping::LogicalTile tile{};
  hw::TileId place{};
  hw::RouterId router{};  ///< that it hangs on: of a concentrated mesh several tiles have the same
  /// Windows of an image that its copy of the layer's weights computes; 0: there is but one copy.
  int copy_windows = 0;
  std::vector<BlockShape> blocks;
  int buffer_rows = 0;        ///< of the input map that its eDRAM buffer has room for
  long long buffer_bits = 0;  ///< that they take
  double layer_ns = 0;        ///< its layer's latency: the tiles of a layer wake up together
  int round = 0;              ///< in which it is on the chip
  bool loaded = true;         ///< its cells are there before the run
  /// How long its rounds took, for which it leaks; 0: as long as the run.
  double held_ns = 0;
  Allocation allocation;
  Counters counters;
};

/// A part of the difference between the ideal and the simulated latency of a layer.
struct Cause {
  std::string name;  ///< "pipeline fill", "bus", "waiting for input", …
  double ns = 0;
};

/// What a layer would cost if nothing waited: see sim/ideal.h.
struct IdealLayer {
  double step_ns = 0;     ///< one bit step in steady state; 0 where the SFU does the work
  double latency_ns = 0;  ///< windows x bit steps x step_ns, or x what the SFU takes
  double energy_pj = 0;   ///< the layer's events, and leakage for latency_ns only
};

struct LayerReport {
  std::string name;
  int weight_bits = 8, activation_bits = 8;  ///< 0 weight bits: it has no weights
  int crossbars = 0, pes = 0, tiles = 0, windows = 0;
  int copies = 1;             ///< of its weights, which share out its windows
  int rows = 0, columns = 0;  ///< of the unrolled weight matrix
  int pool = 1;               ///< max-pooling window
  double latency_ns = 0;      ///< from its first window fetched to its last window handed on
  Allocation allocation;      ///< sum over `tile_reports`
  std::vector<EnergyEntry> energy;
  std::vector<InstanceEntry> instances;
  Counters counters;  ///< sums over `tile_reports`, and the layer's flits in all routers
  std::vector<TileReport> tile_reports;
  IdealLayer ideal;
  std::vector<Cause> causes;  ///< sum to simulated - ideal latency; empty: not attributed

  /// Its SFUs multiply with its weights, which lie on no crossbars.
  bool digital() const { return weight_bits > 0 && crossbars == 0; }
  /// Windows of an image that one of its tiles computes.
  int windows_of(const TileReport& tile) const {
    return tile.copy_windows > 0 ? tile.copy_windows : windows;
  }
  /// Those of its busiest copy.
  int windows_at_once() const;
  double energy_pj() const;
  double power_rated_mw() const;
  double area_um2() const;
  /// Energy per component; sums to energy_pj().
  std::map<std::string, double> components_pj() const;
};

/// Hardware that no layer has, when `chip.unused = idle`; empty when it is power-gated.
struct UnusedReport {
  Allocation allocation;
  std::vector<EnergyEntry> energy;       ///< leakage over the whole latency
  std::vector<InstanceEntry> instances;  ///< power: leakage; area: none, it is not allocated

  double energy_pj() const;
  double power_rated_mw() const;
};

/// A round (mapping/rounds.h) over all passes of a run.
struct RoundReport {
  std::string first, last;  ///< of its layers
  int tiles = 0;
  int passes = 0;
  double busy_ns = 0;                  ///< from its begin until nothing moves any more
  double waiting_ns = 0;               ///< before its begin: for its cells, with the chip at rest
  long long crossbars = 0, cells = 0;  ///< that were written for it
};

/// What it costs that the chip is smaller than the network. All of it is part of the run: the time
/// of its latency and duration, the energy of the layers' ledgers.
struct RewritingReport {
  std::vector<RoundReport> rounds;  ///< empty: the chip holds the network
  double waiting_ns = 0;            ///< sum over the rounds
  long long cells = 0;              ///< likewise
  double energy_pj = 0;             ///< of the pulses that wrote them
  /// Activations that left the chip for a later round, or came back.
  double between_rounds_bytes = 0;
  double pulses_per_image = 0;  ///< on the cells of the crossbar that is written most often
  double images = 0;            ///< after which these are worn
  /// Rated power and area of the layers beyond what the chip has at a time: tiles of other rounds
  /// in the same place. Totals are sums over the layers less this.
  double shared_power_mw = 0, shared_area_um2 = 0;
};

/// Loading the weights of a network into the crossbars; no part of an inference.
struct ProgrammingCost {
  long long arrays = 0, rows = 0, cells = 0;  ///< that are written
  double pulses = 0;                          ///< cells x pulses per cell
  double time_ns = 0, energy_pj = 0;
  double writes_per_cell = 0;  ///< pulses that a written cell has seen
  double reloads = 0;          ///< how often the endurance allows that
};

/// A link from one router to another.
struct LinkReport {
  hw::RouterId from{}, to{};
  std::uint64_t flits = 0, stall_cycles = 0;
};

/// What a router did.
struct RouterReport {
  int links = 0;  ///< to other routers
  std::uint64_t flits = 0, link_flits = 0, stall_cycles = 0;
};

/// The three costs that ratios are made of, of one image or of a batch.
struct CostTotals {
  double latency_ns = 0, energy_pj = 0, power_rated_mw = 0;
};

/// What a run costs: one inference, or a stream of images. Totals are sums over the layers and the
/// unused hardware, less what rounds share; every part can be recomputed from counters and config.
/// Energies are those of the whole run.
struct CostReport {
  int images = 1;
  double latency_ns = 0;   ///< of the first image: first pixel sent to last result received
  double duration_ns = 0;  ///< first pixel of the first image to last result of the last one; with
                           ///< rounds until the chip is as it was
  double interval_ns =
      0;  ///< mean time from one last result to the next; with rounds of all; 0: one image
  std::uint64_t cycles = 0;  ///< latency in cycles of the tile clock, rounded up
  int mesh_width = 0, mesh_height = 0;
  int tile_mhz = 1;  ///< of the clock that the cycle counters count
  IndexedVector<quant::LayerId, LayerReport> layers;
  UnusedReport unused;
  IndexedVector<hw::RouterId, RouterReport> routers;
  std::vector<LinkReport> links;  ///< between routers, by direction
  int router_columns = 0;
  int noc_mhz = 1;  ///< a link takes a flit per cycle of this clock
  ProgrammingCost programming;
  RewritingReport rewriting;

  double energy_pj() const;
  double power_rated_mw() const;
  double power_average_mw() const {
    return duration_ns > 0 ? energy_pj() / duration_ns : 0;
  }  ///< pJ/ns = mW
  double area_um2() const;
  CostTotals totals() const { return {latency_ns, energy_pj() / images, power_rated_mw()}; }
  /// Of all images together.
  CostTotals batch_totals() const {
    return images == 1 ? totals() : CostTotals{duration_ns, energy_pj(), power_rated_mw()};
  }
  /// What is compared: of a batch where `cost.batch` asks for one, of an image else.
  CostTotals compared(int batch) const { return batch > 1 ? batch_totals() : totals(); }
  int crossbars() const;
  int pes() const;
  int tiles() const;
};

/// Ratios of a policy's costs to those of the reference (W8A8) on the same chip.
struct Ratios {
  double latency = 1, energy = 1, power = 1, cost = 1;
};

}  // namespace kirchhoff::sim
