#include "sim/roofline.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "hw/common/clock.h"
#include "hw/config/encoding.h"
#include "hw/config/read_steps.h"

namespace kirchhoff::sim {

namespace {

double rounded_up(double a, double b) { return std::ceil(a / b); }

IdRange<Resource> all_resources() { return {Resource{}, Resource{kResources}}; }

/// Cycles of the PE clock that all bit steps of a layer take of its crossbars, and of its ADCs. All
/// pairs work in step, so the widest block counts.
struct BitStepCycles {
  double crossbar = 0, adc = 0;
};

class LayerWork {
 public:
  LayerWork(const LayerReport& layer, const hw::ChipConfig& config, int images)
      : layer_(layer),
        tile_(config.tile),
        pe_clock_(config.clock.pe_mhz),
        tile_clock_(config.clock.tile_mhz),
        noc_clock_(config.clock.noc_mhz),
        images_(images) {}

  LayerRoofline roofline(bool sends_image) const {
    LayerRoofline r;
    r.name = layer_.name;
    r.ideal_ns = layer_.ideal.latency_ns;
    r.simulated_ns = layer_.latency_ns;
    const auto set = [&](Resource resource, double cycles, const hw::Clock& clock) {
      double& ns = r.least_ns[static_cast<std::size_t>(resource)];
      ns = std::max(ns, cycles * clock.period_ns());
    };
    for (const TileReport& tile : layer_.tile_reports) {
      const BitStepCycles steps = bit_steps(tile);
      set(Resource::kCrossbar, steps.crossbar, pe_clock_);
      set(Resource::kAdc, steps.adc, pe_clock_);
      set(Resource::kEdram, edram(tile), tile_clock_);
      set(Resource::kBus, bus(tile), tile_clock_);
      set(Resource::kShiftAdder, drained(tile, 0), tile_clock_);
      set(Resource::kSfu, sfu(tile), tile_clock_);
    }
    // Every node that sends hands the network a flit per cycle; packets of the image count for the
    // first layer, whose host is one more.
    const double senders = layer_.tiles + (sends_image ? 1 : 0);
    set(Resource::kNoc, counted(layer_.counters, "noc_flits") / senders, noc_clock_);
    return r;
  }

 private:
  static double counted(const Counters& counters, const char* name) {
    const auto found = counters.find(name);
    return found == counters.end() ? 0 : static_cast<double>(found->second);
  }

  double windows(const TileReport& tile) const { return 1.0 * layer_.windows_of(tile) * images_; }

  BitStepCycles bit_steps(const TileReport& tile) const {
    const hw::PeConfig& pe = tile_.pe;
    const auto cycles = [&](const hw::Duration& time) {
      return static_cast<double>(pe_clock_.cycles_for(time.nanoseconds()));
    };
    BitStepCycles all;
    for (const BlockShape& block : tile.blocks) {
      const hw::BlockReads reads = hw::reads_of_block(pe, block.rows, layer_.activation_bits);
      const double steps = windows(tile) * reads.reads(),
                   pulses = windows(tile) * reads.pulses * reads.groups;
      const double rounds = rounded_up(block.columns + pe.extra_columns(), pe.adc.per_pair);
      const double drives = pe.sample_hold.present ? 1 : rounds;
      const double acquire = pe.sample_hold.present ? cycles(pe.sample_hold.acquire) : 0;
      all.crossbar = std::max(all.crossbar, drives * (steps * cycles(pe.dac.drive) +
                                                      pulses * cycles(pe.crossbar.read)) +
                                                steps * acquire);
      all.adc = std::max(all.adc, steps * rounds * pe.adc.cycles);
    }
    return all;
  }

  double edram(const TileReport& tile) const {
    const double words =
        counted(tile.counters, "edram_reads") + counted(tile.counters, "edram_writes");
    return words / tile_.edram.banks *
           static_cast<double>(tile_clock_.cycles_for(tile_.edram.access.nanoseconds()));
  }

  /// Cycles of the shift-adder for the sums of all blocks, beyond `wire_bits` per cycle of a bus
  /// that carries them at the same time; 0: without a bus.
  double drained(const TileReport& tile, int wire_bits) const {
    const int sum_bits = hw::sum_bits(layer_.weight_bits, layer_.activation_bits, layer_.rows);
    double cycles = 0;
    for (const BlockShape& block : tile.blocks) {
      const double carried =
          wire_bits == 0 ? 0 : rounded_up(1.0 * block.columns * sum_bits, wire_bits);
      cycles += std::max(0.0, rounded_up(block.columns, tile_.adder.lanes) - carried);
    }
    return windows(tile) * cycles;
  }

  /// Without the cycles in which the shift-adder alone holds the bus.
  double bus(const TileReport& tile) const {
    return counted(tile.counters, "bus_busy_cycles") - drained(tile, tile_.bus.width_bits);
  }

  /// The longer of the two parts that work side by side: reducer and multipliers, requantiser and
  /// what follows it.
  double sfu(const TileReport& tile) const {
    double reduced = 0;
    if (layer_.digital()) {
      const double widths = 1.0 * layer_.weight_bits * layer_.activation_bits;
      reduced = counted(tile.counters, "bit_products") / widths *
                tile_.multiplier.passes(layer_.weight_bits, layer_.activation_bits) /
                tile_.multiplier.lanes;
    } else if (layer_.crossbars == 0) {
      reduced = counted(tile.counters, "sfu_additions") / tile_.sfu.lanes;
    }
    const double values = counted(tile.counters, "requantised");
    const double groups = rounded_up(values / windows(tile), tile_.pe.crossbar.cols);
    return std::max(reduced,
                    values / tile_.sfu.lanes + windows(tile) * groups * tile_.sfu.latency_cycles);
  }

  const LayerReport& layer_;
  const hw::TileConfig& tile_;
  const hw::Clock pe_clock_, tile_clock_, noc_clock_;
  const int images_;
};

}  // namespace

const char* name_of(Resource resource) {
  switch (resource) {
    case Resource::kEdram:
      return "eDRAM";
    case Resource::kBus:
      return "bus";
    case Resource::kCrossbar:
      return "crossbar";
    case Resource::kAdc:
      return "ADC";
    case Resource::kShiftAdder:
      return "shift-adder";
    case Resource::kSfu:
      return "SFU";
    case Resource::kNoc:
      return "NoC";
  }
  return "";
}

Resource LayerRoofline::bound() const {
  return static_cast<Resource>(std::max_element(least_ns.begin(), least_ns.end()) -
                               least_ns.begin());
}

Roofline roofline_of(const CostReport& report, const hw::ChipConfig& config) {
  Roofline roofline;
  for (const quant::LayerId l : report.layers.ids()) {
    const bool first = l == quant::LayerId{0};
    roofline.push_back(LayerWork(report.layers[l], config, report.images).roofline(first));
  }
  return roofline;
}

std::string roofline_text(const Roofline& roofline) {
  const auto column = [](Resource resource) {
    return std::max<std::size_t>(9, std::string(name_of(resource)).size());
  };
  std::size_t name = 5;
  for (const LayerRoofline& r : roofline) name = std::max(name, r.name.size());
  std::string out = "roofline: least time of each resource for the layer's work, us\n";
  out += fmt::format("{:<{}}", "layer", name);
  for (const Resource resource : all_resources())
    out += fmt::format(" {:>{}}", name_of(resource), column(resource));
  out += fmt::format(" {:>10} {:>10}  {}\n", "ideal", "simulated", "bound by");
  for (const LayerRoofline& r : roofline) {
    out += fmt::format("{:<{}}", r.name, name);
    for (const Resource resource : all_resources())
      out += fmt::format(" {:>{}.3f}", r.least(resource) / 1e3, column(resource));
    const double share = r.simulated_ns > 0 ? 100 * r.least(r.bound()) / r.simulated_ns : 0;
    out += fmt::format(" {:>10.3f} {:>10.3f}  {} ({:.0f} %)\n", r.ideal_ns / 1e3,
                       r.simulated_ns / 1e3, name_of(r.bound()), share);
  }
  return out;
}

}  // namespace kirchhoff::sim
