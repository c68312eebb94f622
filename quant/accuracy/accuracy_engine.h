#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "quant/accuracy/host_engine.h"
#include "quant/accuracy/inference_engine.h"
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
  ClippedConversions clipped_conversions;         ///< over all images; with an ADC only
};

/// Logits of some images, one image's classes after another.
struct ImageLogits {
  std::size_t classes = 0;
  std::vector<double> values;
};

/// What policies make of a quantised model on a dataset, by an inference engine. One evaluation at
/// a time; it spreads over threads by itself.
class AccuracyEngine {
 public:
  /// Keeps references: `quantizer` and `data`, which is the engine's, must outlive this.
  AccuracyEngine(Quantizer& quantizer, const Dataset& data,
                 std::unique_ptr<InferenceEngine> engine);
  /// By host_engine(): policies of 2..8 bits are fast; wider ones take longer. With `adc`, every
  /// conversion of the chip is modelled, with its resolution and saturation.
  AccuracyEngine(Quantizer& quantizer, const Dataset& data, int threads = 0,
                 const AdcModel* adc = nullptr);

  /// The first `images` of the dataset (0 = all) under `policy`.
  Accuracy evaluate(const Policy& policy, std::size_t images = 0);
  /// The largest logit's index (the lowest on a tie) for each of `images` images from `first` on.
  std::vector<int> predictions(const Policy& policy, std::size_t first, std::size_t images);
  /// Real logits of `images` images from `first` on, image by image: integers times one scale, so
  /// that their order is that of the integers.
  ImageLogits real_logits(const Policy& policy, std::size_t first, std::size_t images);
  /// Logits of the first `images`, for comparison with the golden inference.
  std::vector<std::vector<std::int64_t>> logits(const Policy& policy, std::size_t images);

  const Network& network() const { return quantizer_.model().network; }
  /// Conversions of the last evaluation that saturated. Zeros without an ADC.
  const ClippedConversions& clipped_conversions() const { return clipped_; }
  std::size_t shortcuts() const { return engine_->shortcuts(); }
  void share_prefixes(bool share) { engine_->share_prefixes(share); }
  /// Called now and then during an evaluation with the number of images that are done; from any
  /// thread, one call at a time.
  void on_progress(std::function<void(std::size_t images)> progress);

 private:
  void run(const Policy& policy, std::size_t first, std::size_t images,
           const LogitsConsumer& consume);
  std::size_t logits_per_image() const;

  Quantizer& quantizer_;
  const Dataset& data_;
  const std::unique_ptr<InferenceEngine> engine_;
  ClippedConversions clipped_;
  std::function<void(std::size_t)> progress_;
};

/// Logits of the first `images` of `data` under a network that is integers already (a random one,
/// for example), by our own kernels; with `adc`, its conversions modelled.
BatchLogits batch_inference(const IntegerNetwork& network, const Dataset& data, std::size_t images,
                            int threads = 0, const AdcModel* adc = nullptr);
/// The logits alone.
std::vector<std::vector<std::int64_t>> batch_logits(const IntegerNetwork& network,
                                                    const Dataset& data, std::size_t images,
                                                    int threads = 0);

}  // namespace kirchhoff::quant
