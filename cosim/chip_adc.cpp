#include "cosim/chip_adc.h"

#include <fmt/format.h>

#include "quant/accuracy/adc_lossless.h"
#include "sim/cell_noise.h"
#include "sim/simulator.h"

namespace kirchhoff::cosim {

ChipAdc::ChipAdc(const hw::ChipConfig& chip, const quant::Network& network, bool always)
    : chip_(chip),
      network_(network),
      adc_(sim::Simulator::adc_model(chip, network)),
      always_(always) {}

const quant::AdcModel* ChipAdc::of(const quant::Model& model) const {
  return adc_ && (always_ || !quant::lossless(*adc_, model)) ? adc_.get() : nullptr;
}

std::shared_ptr<const quant::WeightNoise> ChipAdc::noise(std::uint64_t seed) const {
  if (!real_cells()) return nullptr;
  return std::make_shared<sim::CellNoise>(chip_, network_, seed);
}

std::string ChipAdc::description(const quant::Model& model) const {
  return adc_ && !quant::lossless(*adc_, model) ? description() : "";
}

std::string ChipAdc::description() const {
  if (!adc_) return "";
  // Where a cell lies decides what it conducts.
  const std::string real =
      !this->real()
          ? ""
          : fmt::format(
                ", {} columns, {}{}{}, real cells: {}", adc_->block_columns,
                adc_->grouped == quant::GroupedMatrix::kDense ? "dense, " : "",
                adc_->real_converters > 0
                    ? fmt::format("{} by {} of each pair, ",
                                  hw::kAdcKindNames[static_cast<int>(chip_.tile.pe.adc.kind)],
                                  adc_->real_converters)
                    : "",
                adc_->sign_slice ? "eq7" : "magnitude", deviations());
  return fmt::format(
      "{} bits, lsb {}, {} rows, cells of {} bits{}{}{}{}{}{}{}{}", adc_->bits, adc_->lsb,
      adc_->block_rows, adc_->cell_bits, adc_->offset ? ", offset" : "",
      adc_->unit_column ? " with a unit column" : "",
      adc_->rows_per_read > 0 ? fmt::format(", {} rows a read", adc_->rows_per_read) : "",
      adc_->digit_bits > 1 ? fmt::format(", {} bits a step", adc_->digit_bits) : "",
      adc_->digital ? ", multiplied behind it" : "", adc_->rounds ? "" : ", rounds down",
      adc_->grouped == quant::GroupedMatrix::kDigital ? ", depthwise digital" : "", real);
}

}  // namespace kirchhoff::cosim
