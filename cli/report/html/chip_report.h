#pragma once

#include <string>
#include <vector>

#include "hw/config/chip_config.h"
#include "sim/explain.h"
#include "sim/health.h"

namespace kirchhoff::cli::html {

/// A report of `kirchhoff simulate --json` with what the plots of a chip need.
struct ChipReport {
  std::string name;  ///< of the study or file that it belongs to
  std::string network, policy;
  bool functional = false;  ///< integers flowed, so clipped conversions are counted
  sim::CostReport report;
  sim::Health health;
  double cost = 0.0;  ///< ratio to W8A8
  hw::ChipConfig config;
  int router_columns = 1;
};

/// InputError naming file and key when it is not such a report.
ChipReport load_chip_report(const std::string& path, const std::string& name);

}  // namespace kirchhoff::cli::html
