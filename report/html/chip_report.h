#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/provenance.h"
#include "hw/config/chip_config.h"
#include "hw/config/config_loader.h"
#include "sim/explain.h"
#include "sim/health.h"
#include "sim/window_times.h"

namespace kirchhoff::report::html {

/// When a window was in a stage of its layer; empty for a stage that it passed in no time.
struct Stay {
  double begin_us = 0.0, end_us = 0.0;
};
using WindowStays = std::array<std::optional<Stay>, sim::kWindowStages>;

/// A report of `kirchhoff simulate --json` with what the plots of a chip need.
struct ChipReport {
  std::string name;  ///< of the study or file that it belongs to
  std::string network, policy;
  bool functional = false;  ///< integers flowed, so clipped conversions are counted
  sim::CostReport report;
  sim::Health health;
  double cost = 0.0;  ///< ratio to W8A8, as the three below
  double latency_ratio = 0.0, energy_ratio = 0.0, power_ratio = 0.0;
  hw::ChipConfig config;
  std::vector<hw::ConfigEntry> entries;  ///< the same, key by key
  Session session;                       ///< that made it; empty in files of early versions
  int router_columns = 1;
  /// By window; empty without `simulate --windows`.
  IndexedVector<quant::LayerId, std::vector<WindowStays>> windows;
};

/// InputError naming file and key when it is not such a report.
ChipReport load_chip_report(const std::string& path, const std::string& name);

}  // namespace kirchhoff::report::html
