#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "quant/accuracy/stage_kernel.h"
#include "quant/accuracy/window_kernel.h"

namespace kirchhoff::quant {

/// A convolution of any shape, window by window: pairs of inputs times pairs of weights or, where
/// the processor multiplies bytes without losing any (AVX-512 with VNNI) and that takes fewer taps,
/// quads times quads.
class PairConvolution : public StageKernel {
 public:
  PairConvolution(const Layer& layer, const Eigen::MatrixXi& weights);

  void compute(const Requantisation& requantisation, const StageMaps& maps,
               StageScratch& scratch) const override;

  /// Sums of a block of output channels for a row of the output map.
  struct Sums {
    int first_channel = 0, channels = 0;
    int y = 0;                           ///< of the output map
    int windows = 0;                     ///< of each of its `pool` lines
    const std::int32_t* sums = nullptr;  ///< (line, window, channel, lane)
  };
  /// Calls take(sums) for all of them.
  void add_products(const LaneMap& map, StageScratch& scratch,
                    const std::function<void(const Sums&)>& take) const;

 private:
  /// Output channels of a group that are accumulated together.
  struct Block {
    int group = 0, first_channel = 0, channels = 0;
  };

  PairConvolution(const Layer& layer, const Eigen::MatrixXi& weights, Together together);

  void pack(const Eigen::MatrixXi& weights);
  /// Kernel rows that a tap covers.
  int rows_of_tap() const;

  const Layer layer_;
  const Shape output_;
  const int band_;  ///< rows of the output map whose input is packed at a time
  const TapLayout layout_;
  std::vector<Block> blocks_;
  std::vector<std::ptrdiff_t> offsets_;  ///< of every tap
  std::vector<std::int32_t> weights_;  ///< (block, tap, channel): two 16-bit weights or four bytes
  std::vector<std::int32_t> starts_;   ///< of quads of inputs with a sign, by output channel
};

}  // namespace kirchhoff::quant
