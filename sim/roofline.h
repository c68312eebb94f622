#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "hw/config/chip_config.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// What may bound a layer, in the order of a window's way.
enum class Resource { kEdram, kBus, kCrossbar, kAdc, kShiftAdder, kSfu, kNoc };
inline constexpr std::size_t kResources = 7;
/// "eDRAM", "ADC", …
const char* name_of(Resource resource);

/// The least time that each resource needs for what a layer does in a run, if it never waited: what
/// the layer's counters and shape ask for, over what it does per time. The layer's tiles work side
/// by side, so the one with most to do counts.
struct LayerRoofline {
  std::string name;
  std::array<double, kResources> least_ns{};  ///< by Resource; 0: it takes no part
  double ideal_ns = 0, simulated_ns = 0;

  double least(Resource resource) const { return least_ns[static_cast<std::size_t>(resource)]; }
  /// The one that needs longest.
  Resource bound() const;
};

using Roofline = IndexedVector<quant::LayerId, LayerRoofline>;

Roofline roofline_of(const CostReport& report, const hw::ChipConfig& config);
/// A table for a terminal.
std::string roofline_text(const Roofline& roofline);

}  // namespace kirchhoff::sim
