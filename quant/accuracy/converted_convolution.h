#pragma once

#include <optional>

#include <Eigen/Core>

#include "quant/accuracy/pair_convolution.h"

namespace kirchhoff::quant {

/// A convolution whose columns pass through converters that lose something, kSlotWindows windows at
/// a time.
class ConvertedConvolution : public StageKernel {
 public:
  void compute(const Requantisation& requantisation, const StageMaps& maps,
               StageScratch& scratch) const final;

 protected:
  /// Windows that are converted together, and the slots that count.
  struct Windows {
    int first = 0, count = 0;
    Plane valid = {};
    base::NoiseSlots noise;  ///< without images where there is none
  };

  /// `plain`: weights whose products are added as they are, of a matrix of `plain_groups` groups;
  /// empty: none. Word lines of `block_rows` rows are made room for.
  ConvertedConvolution(const Layer& layer, const Eigen::MatrixXi& plain, int plain_groups,
                       int block_rows);

  const Layer& layer() const { return layer_; }
  /// From one window's sums to the next one's.
  std::ptrdiff_t window_step() const {
    return static_cast<std::ptrdiff_t>(layer_.out_channels) * kLanes;
  }
  /// Puts the inputs of rows [first_row, first_row + rows) of the layer's matrix under these
  /// windows on scratch.lines.
  void set_lines(int first_row, int rows, const Windows& windows, const LaneMap& map,
                 StageScratch& scratch) const;
  /// Adds what the converters make of these windows to scratch.all_sums, (window, channel, lane).
  virtual void convert(const Windows& windows, const LaneMap& map, StageScratch& scratch) const = 0;

 private:
  void add_plain(const LaneMap& map, StageScratch& scratch) const;
  void set_noise(Windows& windows, const std::uint32_t* images, StageScratch& scratch) const;

  const Layer layer_;
  const Shape output_;
  const int block_rows_;
  std::optional<PairConvolution> plain_;
};

}  // namespace kirchhoff::quant
