#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/config/config_loader.h"
#include "quant/network/policy.h"
#include "quant/network/weight_quantizer.h"
#include "sim/recorder.h"
#include "sim/report.h"
#include "sim/window_times.h"

namespace kirchhoff::cli {

/// Everything that `simulate` prints or writes.
struct SimulateResult {
  std::string command;  ///< line that asked for it
  std::string network, fidelity;
  quant::Policy policy;
  quant::WeightQuantizer weights = quant::WeightQuantizer::kLinear;
  sim::CostReport report;
  hw::ChipConfig chip;                  ///< as simulated
  std::vector<hw::ConfigEntry> config;  ///< the same with sources and origins
  std::vector<std::string> notes;       ///< constants that do not follow the chip's sizes
  sim::CostTotals reference;            ///< W8A8 on the same chip
  sim::Ratios ratio;
  bool functional = false;
  sim::BitExactness bit_exactness;
  std::uint64_t clipped_conversions = 0;
  std::size_t images = 0;
  std::size_t correct = 0;
  bool labelled = false;
  std::vector<std::string> dataset_files;  ///< that labelled images came from
  std::string programmed_from;         ///< policy whose weights were in the crossbars; empty: none
  sim::ProgrammingCost reprogramming;  ///< of the cells that differ from it
  bool show_causes = false, show_health = false, show_roofline = false;
  const sim::WindowTimes* windows = nullptr;  ///< null: nobody asked
  double area_chip_um2 = 0;
  double wall_s = 0, elaboration_s = 0, peak_rss_mib = 0;
};

std::string simulate_json(const SimulateResult& result);
std::string simulate_text(const SimulateResult& result);

}  // namespace kirchhoff::cli
