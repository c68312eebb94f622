#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hw/config/chip_config.h"
#include "quant/model/model.h"
#include "quant/network/golden.h"
#include "quant/training/weight_noise.h"

namespace kirchhoff::cosim {

/// The ADC and the cells of the chip that a search prices, for the accuracies beside the prices:
/// modelled wherever a conversion may lose something, or cells or converters are real.
class ChipAdc {
 public:
  /// With `always`, conversions are modelled even where the weights' signs show that nothing can be
  /// lost; the accuracies are the same.
  ChipAdc(const hw::ChipConfig& chip, const quant::Network& network, bool always);

  /// For an AccuracyEngine of this model; null where there is nothing to model.
  const quant::AdcModel* of(const quant::Model& model) const;
  /// Cells that do not conduct exactly what they should.
  bool real_cells() const { return !chip_.tile.pe.cells.conducts_levels(); }
  /// Such cells, or converters with errors.
  bool real() const { return chip_.tile.pe.real(); }
  /// The keys of them that are not as usual, "KEY = VALUE, …"; empty where all are ideal.
  std::string deviations() const { return chip_.tile.pe.deviations(); }
  /// Draws of chips with such cells for a training with that seed; null where cells are ideal.
  std::shared_ptr<const quant::WeightNoise> noise(std::uint64_t seed) const;
  /// Converter and real cells in words, as accuracies of the model depend on them; empty where
  /// nothing can be lost.
  std::string description(const quant::Model& model) const;
  /// The same for models that are not known yet.
  std::string description() const;

 private:
  hw::ChipConfig chip_;
  quant::Network network_;
  std::unique_ptr<quant::AdcModel> adc_;
  bool always_;
};

}  // namespace kirchhoff::cosim
