#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hw/config/chip_config.h"
#include "quant/network/adc_model.h"
#include "quant/network/network.h"
#include "quant/training/weight_noise.h"

namespace kirchhoff::sim {

/// Chips like one, each with draws of its own, as what their cells make of weights. No converter
/// rounds in between.
class CellNoise final : public quant::WeightNoise {
 public:
  /// Cells of the chip must not be ideal. `seed` tells the draws of one training from another's.
  CellNoise(const hw::ChipConfig& chip, const quant::Network& network, std::uint64_t seed);

  /// Seeds of cells that a user gives are small: those of draws count down from the largest.
  std::vector<float> weights(quant::LayerId layer, const Eigen::MatrixXi& weights, int bits,
                             std::uint64_t draw) const override;
  std::string description() const override;

 private:
  const hw::PeConfig pe_;
  const quant::Network network_;
  const quant::AdcModel adc_;
  const std::uint64_t seed_;
};

}  // namespace kirchhoff::sim
