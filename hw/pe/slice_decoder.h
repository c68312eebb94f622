#pragma once

#include <cstdint>
#include <vector>

#include "hw/config/pe_config.h"
#include "hw/pe/pe_cells.h"
#include "hw/ports/bit_step.h"
#include "hw/ports/pe_ports.h"

namespace kirchhoff::hw {

/// Additions of a read beyond one per conversion: the count of the driven word lines, where the
/// offset encoding has no unit column for it.
inline int extra_adds_of_step(const PeConfig& config) {
  return config.encoding == Encoding::kOffset && config.extra_columns() == 0 ? 1 : 0;
}

/// The digital end of a weight slice: where its codes belong in the sum, and, with the offset
/// encoding, how flipped columns and the bias are undone (docs/arithmetic.md). Plain class.
class SliceDecoder {
 public:
  SliceDecoder() = default;
  /// Slice `slice` (0 = least significant) of a block; `flipped` holds one flag per column.
  SliceDecoder(const PeConfig& config, const PeSetup& setup, int slice,
               std::vector<std::uint8_t> flipped);

  /// Weight of a code in the sum, as a power of two, in the step of a digit whose lowest bit is
  /// `bit`.
  int shift(int bit) const { return slice_shift_ + bit; }
  /// The same as a number, below zero in the step of a sign, times what codes are multiplied by.
  /// 16-bit weights and inputs shift a code by at most 30, digits included by 31, so that it has 32
  /// bits and the product is one instruction.
  std::int32_t factor(int bit, int multiplier = 1) const {
    const std::int32_t power = 1 << shift(bit);
    return (bit == sign_bit_ ? -power : power) * multiplier;
  }
  /// Codes of a read to products with the slice. Offset: a unit column leaves `codes`; without one,
  /// `driven` is the sum of the inputs.
  void decode(int driven, Columns& codes) const;
  int extra_adds() const { return extra_adds_; }  ///< extra_adds_of_step

 private:
  bool offset_ = false, unit_column_ = false;
  int extra_adds_ = 0;
  int slice_shift_ = 0;
  int sign_bit_ = -1;  ///< of the activations, where its step is subtracted; -1: none
  int top_level_ = 1;
  int bias_bits_ = -1;  ///< the bias is 2^bias_bits_; -1: another slice subtracts it
  std::vector<std::uint8_t> flipped_;
};

/// Of all slices of a block, as the cells stand.
std::vector<SliceDecoder> slices_of(const PeConfig& config, const PeSetup& setup,
                                    const PeCells& cells);

}  // namespace kirchhoff::hw
