#pragma once

#include <cstdint>
#include <vector>

#include "hw/config/pe_config.h"
#include "hw/pe/bit_step.h"
#include "hw/pe/pe_setup.h"

namespace kirchhoff::hw {

/// The digital end of a weight slice: where its codes belong in the sum, and, with the offset
/// encoding, how flipped columns and the bias are undone (docs/arithmetic.md). Plain class.
class SliceDecoder {
 public:
  SliceDecoder() = default;
  /// Slice `slice` (0 = least significant) of a block; `flipped` holds one flag per column.
  SliceDecoder(const PeConfig& config, const PeSetup& setup, int slice,
               std::vector<std::uint8_t> flipped);

  /// Weight of a code in the sum, as a power of two, in the step of one activation bit.
  int shift(int bit) const { return slice_shift_ + bit; }
  /// Codes of a bit step to products with the slice. Offset: a unit column leaves `codes`; without
  /// one, `driven` word lines are the sum of the inputs.
  void decode(int driven, Columns& codes) const;
  /// Additions of a bit step beyond one per conversion: the count of the driven word lines.
  int extra_adds() const { return offset_ && !unit_column_ ? 1 : 0; }

 private:
  bool offset_ = false, unit_column_ = false;
  int slice_shift_ = 0;
  int top_level_ = 1;
  int bias_bits_ = -1;  ///< the bias is 2^bias_bits_; -1: another slice subtracts it
  std::vector<std::uint8_t> flipped_;
};

}  // namespace kirchhoff::hw
