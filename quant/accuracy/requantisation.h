#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quant/accuracy/lane_map.h"
#include "quant/network/integer_network.h"

namespace kirchhoff::quant {

/// Lanes that hold images which were asked for.
struct Lanes {
  int first = 0, end = 0;
};

/// What a layer reads and makes of kLanes images.
struct StageMaps {
  LaneMap input;
  LaneMap residual;                ///< the second operand, if there is one
  std::uint8_t* output = nullptr;  ///< (channel, row, column, lane)
  std::int64_t* logits = nullptr;  ///< the last layer's instead, in the same order
  Lanes lanes;
  /// Names of the kLanes images (image_name()), where conversions have noise.
  const std::uint32_t* images = nullptr;
};

/// Sums of one channel behind a part of its output map: all windows that these outputs are pooled
/// from.
struct SumRows {
  const std::int32_t* sums = nullptr;  ///< of the first window, kLanes side by side
  std::ptrdiff_t window_step = 0;      ///< from one window to the next
  std::ptrdiff_t line_step = 0;        ///< from one line of windows to the next
  std::int64_t missing = 0;            ///< to be added to every sum
  int channel = 0, y = 0, x = 0;       ///< the first output
  int lines = 1, outputs = 0;          ///< so many lines of so many outputs
};

/// What comes behind a layer's sums, under one policy: scale and bias, the second operand, function
/// and max-pooling. Of the last layer: the host's bias.
///
/// The arithmetic is that of doubles: |acc*M + r*R + B| < 2^49 and a scaling by a power of two is
/// exact, so they give the integers' result bit for bit.
class Requantisation {
 public:
  Requantisation(const Layer& layer, const IntegerLayer& integers);
  /// Of the last layer. Biases are below 2^30 in size.
  Requantisation(const Layer& layer, const std::vector<std::int64_t>& output_bias);

  /// Makes the outputs of these sums.
  void finish(const SumRows& rows, const StageMaps& maps) const;

 private:
  /// Of one line.
  void deliver(const SumRows& rows, std::int64_t* logits) const;
  /// One requantisation per output: the value rises with the accumulator, or falls if the
  /// multiplier is negative, so its pooled maximum comes from the largest or the smallest.
  void finish_pooled(const SumRows& rows, std::uint8_t* outputs) const;
  /// One per window, then the maximum; of one line.
  void finish_windows(const SumRows& rows, const LaneMap& residual, std::uint8_t* outputs) const;
  /// Every `pool`-th window of a line from (y, x) of the convolved map on.
  void finish_line(const std::int32_t* sums, const SumRows& rows, const LaneMap& residual, int y,
                   int x, int count, std::uint8_t* outputs) const;
  int constant_at(int channel, int y, int x) const;

  Shape convolved_, output_;
  int pool_ = 1;
  bool signed_output_ = false;
  int low_ = 0, top_ = 0;                  ///< of a shifted value
  std::vector<double> multiplier_, bias_;  ///< times 2^-shift
  double residual_multiplier_ = 0;         ///< times 2^-shift
  bool fits_ = true;                       ///< no value leaves 32 bits before it is clamped
  std::vector<std::uint8_t> table_;        ///< entries from low_ on; empty: none
  std::vector<int> constants_;             ///< of an average, by window; empty: by channel
  std::vector<std::int64_t> output_bias_;  ///< of the last layer
  bool by_windows_ = false;                ///< not one per output
};

}  // namespace kirchhoff::quant
