#pragma once

#include <cstdint>
#include <vector>

#include <systemc>

#include "hw/common/sums.h"

namespace kirchhoff::hw {

/// What the SFU does to a sum on its way to an activation.
enum class SfuStep {
  kAdd,         ///< sum * M + R * second operand in place of sum * M
  kRequantise,  ///< (sum * M + B) >> S, clamped to o + 1 signed bits
  kTable,       ///< look-up in the table
  kMaximum,     ///< the max-pool register takes the larger value
};

/// The registers of the SFU: START programs them.
struct SfuProgram {
  std::vector<SfuStep> steps;
  int shift = 0;                ///< S
  int output_bits = 8;          ///< o
  int residual_multiplier = 0;  ///< R
  /// By address from -2^o on.
  std::vector<std::int32_t> table;
};

/// What belongs to the values of one column group; null when only sizes flow.
struct SfuOperands {
  const std::int32_t* multiplier = nullptr;  ///< M
  const std::int64_t* bias = nullptr;        ///< B
  bool by_channel = true;                    ///< the two; false: one of each for all channels
  const std::int32_t* second = nullptr;      ///< second operand, by channel
};

/// What the SFU makes of the pixels under a window.
enum class Reduction {
  kSum,
  kMaximum,
  kWeighted,  ///< a sum of products with weights, one or several of every channel
};
/// In place of a pixel that is none: no maximum takes it.
inline constexpr std::int32_t kNoPixel = INT32_MIN;

/// A window that the SFU reduces, channel by channel.
struct WindowReduction {
  Reduction reduction = Reduction::kSum;
  int channels = 0, pixels = 0;
  // Of kWeighted alone.
  int outputs = 1;  ///< of a channel
  int weight_bits = 0, activation_bits = 0;
  const std::int32_t* weights = nullptr;  ///< by output, then by pixel; null: only sizes flow
};

/// Controller to SFU.
struct SfuIf : virtual sc_core::sc_interface {
  virtual void program(const SfuProgram& program) = 0;
  /// Takes `count` values through all steps; the last one leaves them in `maximum`, the max-pool
  /// register of the group, which `first` loads. Vectors are empty when only sizes flow. Returns
  /// when the register is valid.
  virtual void process(Sums& values, int count, const SfuOperands& operands, bool first,
                       Sums& maximum) = 0;
  /// What becomes of every channel's pixels, which follow each other in `window`; it and `result`
  /// are empty when only sizes flow. Returns when `result` is valid. Its adders are others than
  /// those of process().
  virtual void reduce(const WindowReduction& reduction, const std::vector<std::int32_t>& window,
                      Sums& result) = 0;
};

}  // namespace kirchhoff::hw
