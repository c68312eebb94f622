#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <Eigen/Core>

#include "quant/accuracy/adc_columns.h"
#include "quant/accuracy/aligned_vector.h"
#include "quant/accuracy/cell_columns.h"
#include "quant/accuracy/requantisation.h"
#include "quant/network/adc_model.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {

/// Memory of one thread that kernels use as they need it.
struct StageScratch {
  AlignedVector<std::int16_t> pairs;  ///< a layer's input, or transformed tiles of it
  AlignedVector<std::int32_t> sums;
  AlignedVector<std::int32_t> tiles;     ///< accumulators of a chunk of tiles
  AlignedVector<std::int32_t> all_sums;  ///< of all windows of a layer with modelled conversions
  WordLinePlanes lines;
  CellScratch cells;
  std::vector<std::uint32_t> slot_images, slot_windows;  ///< of base::NoiseSlots
  std::uint64_t clipped = 0;  ///< conversions that saturated in the lanes that count
};

/// At least `size` numbers, with whatever they hold.
template <typename T>
T* room_for(std::size_t size, AlignedVector<T>& memory) {
  if (memory.size() < size) memory.resize(size);
  return memory.data();
}

/// A layer under one width of its weights, kLanes images at a time, by kernels for its shape. For
/// all threads.
class StageKernel {
 public:
  virtual ~StageKernel() = default;
  virtual void compute(const Requantisation& requantisation, const StageMaps& maps,
                       StageScratch& scratch) const = 0;
};

/// What a kernel is chosen and made for.
struct Stage {
  const Layer& layer;
  LayerId id{};
  bool input_signed = false;
  bool last = false;                         ///< delivers its sums
  int weight_bits = 8;                       ///< 8 at most; 0 without weights
  const Eigen::MatrixXi* weights = nullptr;  ///< rows() x out_channels; null without
};

/// The fastest that takes the stage, exact for every one of up to 8 bits. With `adc`, its
/// conversions are modelled, and its cells where they are real.
std::unique_ptr<const StageKernel> make_stage_kernel(const Stage& stage,
                                                     const AdcModel* adc = nullptr);

}  // namespace kirchhoff::quant
