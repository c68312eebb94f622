#include "hw/pe/slice_decoder.h"

#include <utility>

namespace kirchhoff::hw {

SliceDecoder::SliceDecoder(const PeConfig& config, const PeSetup& setup, int slice,
                           std::vector<std::uint8_t> flipped)
    : offset_(config.encoding == Encoding::kOffset),
      unit_column_(config.extra_columns() > 0),
      extra_adds_(extra_adds_of_step(config)),
      slice_shift_(slice * config.crossbar.cell_bits),
      sign_bit_(config.dac.bits == 1 ? setup.top_bit() : -1),
      top_level_(top_level(config.crossbar.cell_bits)),
      bias_bits_(slice == 0 ? setup.weight_bits - 1 : -1),
      flipped_(std::move(flipped)) {}

void SliceDecoder::decode(int driven, Columns& codes) const {
  if (!offset_ || codes.empty()) return;
  std::int32_t inputs = driven;
  if (unit_column_) {
    inputs = codes.back();
    codes.pop_back();
  }
  const std::int32_t bias = bias_bits_ >= 0 ? inputs * (1 << bias_bits_) : 0;
  for (std::size_t c = 0; c < codes.size(); ++c) {
    const std::int32_t level = flipped_[c] != 0 ? top_level_ * inputs - codes[c] : codes[c];
    codes[c] = level - bias;
  }
}

std::vector<SliceDecoder> slices_of(const PeConfig& config, const PeSetup& setup,
                                    const PeCells& cells) {
  std::vector<SliceDecoder> slices;
  for (int s = 0; s < setup.slices; ++s)
    slices.emplace_back(config, setup, s, cells.lane(setup.first_pair + s).flipped);
  return slices;
}

}  // namespace kirchhoff::hw
