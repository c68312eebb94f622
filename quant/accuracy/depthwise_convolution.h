#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "quant/accuracy/stage_kernel.h"

namespace kirchhoff::quant {

/// A convolution in which every group is one input channel, rows without dilation: channel after
/// channel, each row of it made pairs once.
///
/// Row pair p holds rows 2p and 2p + 1 of the padded map side by side. Windows that begin in an odd
/// row begin with half a pair, whose other weight is zero.
class DepthwiseConvolution : public StageKernel {
 public:
  static bool takes(const Layer& layer);
  DepthwiseConvolution(const Layer& layer, const Eigen::MatrixXi& weights);

  void compute(const Requantisation& requantisation, const StageMaps& maps,
               StageScratch& scratch) const override;

 private:
  /// Row pairs under a window that begins in an even row, or in an odd one.
  int pairs_under(int odd) const { return (layer_.kernel_height + odd + 1) / 2; }
  /// One line of windows of an output channel.
  void add_line(int line, int out, const std::int16_t* ring, std::ptrdiff_t pair_size,
                std::int32_t* sums) const;

  const Layer layer_;
  const Shape output_;
  const int ring_;  ///< row pairs that are held at a time
  /// For windows that begin in even and odd rows: (output channel, row pair, column).
  std::array<std::vector<std::int32_t>, 2> weights_;
};

}  // namespace kirchhoff::quant
