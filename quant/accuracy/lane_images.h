#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quant/accuracy/lane_map.h"
#include "quant/data/dataset.h"

namespace kirchhoff::quant {

/// A dataset's first blocks of kLanes images in lane order, filled on demand.
class LaneImages {
 public:
  explicit LaneImages(const Dataset& data) : data_(data) {}

  /// There are so many blocks from now on.
  void fill(std::size_t blocks);
  const std::uint8_t* block(std::size_t block) const {
    return pixels_.data() + block * bytes_of_block();
  }
  /// The same with `bits` bits of each pixel, as quantise_image() makes them.
  void reduce(std::size_t block, int bits, std::uint8_t* reduced) const;

 private:
  std::size_t bytes_of_block() const {
    return static_cast<std::size_t>(data_.shape.size()) * kLanes;
  }

  const Dataset& data_;
  std::vector<std::uint8_t> pixels_;
  std::size_t blocks_ = 0;
};

}  // namespace kirchhoff::quant
