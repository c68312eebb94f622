#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <Eigen/Core>

#include "quant/accuracy/image_blocks.h"
#include "quant/network/integer_network.h"

namespace kirchhoff::quant {

/// True where oneDNN's 8-bit convolutions are exact: on processors with VNNI or AMX, whose
/// instructions add four products to a 32-bit sum. Without them oneDNN adds pairs of products with
/// 16-bit saturation.
bool onednn_is_exact();

/// Weights of one layer as oneDNN wants them.
struct OneDnnWeights;

/// Inference of one network by oneDNN's convolutions of 8-bit integers with 32-bit sums, compiled
/// at run time for the processor at hand. Exact where onednn_is_exact(); elsewhere for weights of
/// up to 7 bits. 8 bits at most.
class OneDnnInference {
 public:
  /// Keeps a reference to `data`. `threads` = 0: all cores.
  OneDnnInference(const Network& network, const Dataset& data, int threads);
  ~OneDnnInference();

  /// Tries every layer's convolution at full scale, where saturation would show.
  bool exact_at_full_scale() const;

  std::shared_ptr<const OneDnnWeights> pack(LayerId layer, const Eigen::MatrixXi& weights) const;

  struct Prepared {
    IndexedVector<LayerId, std::shared_ptr<const OneDnnWeights>> weights;
    IndexedVector<LayerId, IntegerLayer> constants;  ///< without weights
    std::vector<std::int64_t> output_bias;
  };
  /// Runs `images` images from `first` on; one call at a time.
  void run(const Prepared& prepared, std::size_t first, std::size_t images,
           const LogitsConsumer& consume);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kirchhoff::quant
