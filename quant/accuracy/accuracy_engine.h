#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "quant/data/dataset.h"
#include "quant/network/integer_network.h"
#include "quant/quantizer/quantizer.h"

namespace kirchhoff::quant {

/// Correct predictions among the images that were evaluated.
struct Accuracy {
  std::size_t correct = 0;
  std::size_t images = 0;
  double pct() const {
    return images == 0 ? 0.0 : 100.0 * static_cast<double>(correct) / static_cast<double>(images);
  }
};

/// Exact integer inference over a batch of images: the same integers as golden_inference, bit for
/// bit, at the speed of the machine. Everything that depends on (layer, bits) only is prepared
/// once. One evaluation at a time; it spreads over the threads by itself.
class AccuracyEngine {
 public:
  /// Keeps references: `quantizer` and `data` must outlive the engine. `threads` = 0: all cores.
  AccuracyEngine(Quantizer& quantizer, const Dataset& data, int threads = 0);
  ~AccuracyEngine();
  AccuracyEngine(const AccuracyEngine&) = delete;
  AccuracyEngine& operator=(const AccuracyEngine&) = delete;

  /// The first `images` of the dataset (0 = all) under `policy`.
  Accuracy evaluate(const Policy& policy, std::size_t images = 0);
  /// Logits (accumulators plus output bias) of the first `images`, for comparison with the golden
  /// inference.
  std::vector<std::vector<std::int64_t>> logits(const Policy& policy, std::size_t images);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Logits of the first `images` of `data` under a network that is integers already (a random one,
/// for example), by the engine's arithmetic.
std::vector<std::vector<std::int64_t>> batch_logits(const IntegerNetwork& network,
                                                    const Dataset& data, std::size_t images,
                                                    int threads = 0);

}  // namespace kirchhoff::quant
