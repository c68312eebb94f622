#pragma once

#include <cstdint>
#include <vector>

#include <systemc>

#include "hw/common/sums.h"

namespace kirchhoff::hw {

/// What the SFU does to a sum on its way to an activation.
enum class SfuStep {
  kRequantise,  ///< (sum * M + B) >> S, clamped to o + 1 signed bits
  kRelu,        ///< look-up in the ReLU table
  kMaximum,     ///< the max-pool register takes the larger value
};

/// The registers of the SFU: START programs them.
struct SfuProgram {
  std::vector<SfuStep> steps;
  int shift = 0;        ///< S
  int output_bits = 8;  ///< o
};

/// The constants of one column group; null when only sizes flow.
struct SfuConstants {
  const std::int32_t* multiplier = nullptr;  ///< M, by channel
  const std::int64_t* bias = nullptr;        ///< B, by channel
};

/// Controller to SFU.
struct SfuIf : virtual sc_core::sc_interface {
  virtual void program(const SfuProgram& program) = 0;
  /// Takes `count` values through all steps; the last one leaves them in `maximum`, the max-pool
  /// register of the group, which `first` loads. Vectors are empty when only sizes flow. Returns
  /// when the register is valid.
  virtual void process(Sums& values, int count, const SfuConstants& constants, bool first,
                       Sums& maximum) = 0;
};

}  // namespace kirchhoff::hw
