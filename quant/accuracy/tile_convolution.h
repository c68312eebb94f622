#pragma once

#include "quant/accuracy/stage_kernel.h"
#include "quant/accuracy/winograd.h"

namespace kirchhoff::quant {

/// A convolution by Winograd tiles: a block of tiles at a time, then a chunk of output channels.
class TileConvolution : public StageKernel {
 public:
  TileConvolution(const Layer& layer, const Eigen::MatrixXi& weights, bool input_signed);

  void compute(const Requantisation& requantisation, const StageMaps& maps,
               StageScratch& scratch) const override;

 private:
  /// Some tiles, and the output channels of a chunk of blocks.
  struct Part {
    int first_tile = 0, tiles = 0;
    int first_block = 0, end_block = 0;
  };

  /// Sums of all points of a group of input channels.
  void multiply(const Part& part, std::size_t group, StageScratch& scratch) const;
  /// Accumulators of a group, added to those of the groups before; the last one's are finished tile
  /// by tile, as long as they are near.
  void transform_back(const Part& part, std::size_t group, const Requantisation& requantisation,
                      const StageMaps& maps, StageScratch& scratch) const;
  /// What the tiles' sums of a channel lack: the middles of their ranges.
  std::int64_t missing(int channel) const;

  const Layer layer_;
  const Shape output_;
  const WinogradLayout layout_;
  const WinogradWeights weights_;
};

}  // namespace kirchhoff::quant
