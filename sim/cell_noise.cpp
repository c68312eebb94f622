#include "sim/cell_noise.h"

#include <memory>

#include <fmt/format.h>

#include "quant/network/conducted_weights.h"
#include "sim/chip_cells.h"
#include "sim/simulator.h"

namespace kirchhoff::sim {

CellNoise::CellNoise(const hw::ChipConfig& chip, const quant::Network& network, std::uint64_t seed)
    : pe_(chip.tile.pe), network_(network), adc_(Simulator::adc_model(chip)), seed_(seed) {}

std::vector<float> CellNoise::weights(quant::LayerId layer, const Eigen::MatrixXi& weights,
                                      int bits, std::uint64_t draw) const {
  constexpr std::uint64_t kDraws = std::uint64_t{1} << 30;
  constexpr std::uint64_t kStride = 1000003;  // a prime: trainings of neighbouring seeds part ways
  hw::PeConfig pe = pe_;
  pe.cells.seed = INT32_MAX - static_cast<int>((seed_ % kDraws * kStride + draw) % kDraws);
  quant::AdcModel adc = adc_;
  adc.cells = std::make_shared<ChipCells>(pe);
  const Eigen::MatrixXf acting =
      quant::conducted_weights(adc, layer, network_.layers[layer], weights, bits);
  return {acting.data(), acting.data() + acting.size()};
}

std::string CellNoise::description() const {
  const std::string read_alone = adc_.digital
                                     ? fmt::format(", each read by {} bits, lsb {}{}", adc_.bits,
                                                   adc_.lsb, adc_.rounds ? "" : ", rounded down")
                                     : "";
  return fmt::format("{} x {} cells of {} bits, {}{}, {}{}", adc_.block_rows, adc_.block_columns,
                     adc_.cell_bits, adc_.offset ? "offset" : "differential",
                     adc_.sign_slice ? "" : " without a sign slice", pe_.cells.text(), read_alone);
}

}  // namespace kirchhoff::sim
