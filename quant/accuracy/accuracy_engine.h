#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "quant/data/dataset.h"
#include "quant/network/golden.h"
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

/// What an evaluation computes for every image.
struct BatchLogits {
  std::vector<std::vector<std::int64_t>> logits;  ///< by image: accumulators plus output bias
  /// Over all images; with an ADC only.
  IndexedVector<LayerId, std::uint64_t> clipped_conversions;
};

/// Logits of some images, one image's classes after another.
struct ImageLogits {
  std::size_t classes = 0;
  std::vector<double> values;
};

/// Which implementation computes policies of 2..8 bits.
enum class Kernels {
  kFastest,  ///< the fastest of the exact ones, by trial on the first evaluation
  kOwn,      ///< our own, exact on every processor
  kOneDnn,   ///< oneDNN's, exact where onednn_is_exact()
};

/// Exact integer inference over a batch of images: the same integers as golden_inference, bit for
/// bit, at the speed of the machine. Everything that depends on (layer, bits) only is prepared
/// once. Policies of 2..8 bits are fast; wider ones take a slower path. One evaluation at a
/// time; it spreads over the threads by itself.
class AccuracyEngine {
 public:
  /// Keeps references: `quantizer` and `data` must outlive the engine. `threads` = 0: all cores.
  /// With `adc`, every conversion of the chip is modelled, with its resolution and saturation, by
  /// our own kernels.
  AccuracyEngine(Quantizer& quantizer, const Dataset& data, int threads = 0,
                 const AdcModel* adc = nullptr, Kernels kernels = Kernels::kFastest);
  ~AccuracyEngine();
  AccuracyEngine(const AccuracyEngine&) = delete;
  AccuracyEngine& operator=(const AccuracyEngine&) = delete;

  /// The first `images` of the dataset (0 = all) under `policy`.
  Accuracy evaluate(const Policy& policy, std::size_t images = 0);
  /// The largest logit's index (the lowest on a tie) for each of `images` images from `first` on.
  std::vector<int> predictions(const Policy& policy, std::size_t first, std::size_t images);
  /// Real logits of `images` images from `first` on, image by image: integers times one scale, so
  /// that their order is that of the integers.
  ImageLogits real_logits(const Policy& policy, std::size_t first, std::size_t images);
  /// Logits of the first `images`, for comparison with the golden inference.
  std::vector<std::vector<std::int64_t>> logits(const Policy& policy, std::size_t images);

  const Network& network() const;
  /// Conversions of the last evaluation that saturated. Zeros without an ADC.
  const IndexedVector<LayerId, std::uint64_t>& clipped_conversions() const;
  /// Evaluations that started from maps in the middle of the network, since a policy before began
  /// alike. Up to 512 MiB of such maps are kept (by our own kernels, without an ADC, of layers that
  /// are much work for few bytes).
  std::size_t shortcuts() const;
  /// False: every evaluation computes all layers, for those who measure time.
  void share_prefixes(bool share);
  /// Called now and then during an evaluation with the number of images that are done; from any
  /// thread, one call at a time.
  void on_progress(std::function<void(std::size_t images)> progress);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Logits of the first `images` of `data` under a network that is integers already (a random one,
/// for example), by the engine's arithmetic; with `adc`, its conversions modelled.
BatchLogits batch_inference(const IntegerNetwork& network, const Dataset& data, std::size_t images,
                            int threads = 0, const AdcModel* adc = nullptr);
/// The logits alone.
std::vector<std::vector<std::int64_t>> batch_logits(const IntegerNetwork& network,
                                                    const Dataset& data, std::size_t images,
                                                    int threads = 0);

}  // namespace kirchhoff::quant
