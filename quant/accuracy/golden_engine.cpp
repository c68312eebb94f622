#include "quant/accuracy/golden_engine.h"

#include <mutex>

#include "quant/accuracy/image_blocks.h"

namespace kirchhoff::quant {

GoldenEngine::GoldenEngine(const Network& network, const Dataset& data, int threads,
                           const AdcModel* adc)
    : network_(network),
      data_(data),
      threads_(thread_count(threads)),
      adc_(adc == nullptr ? std::nullopt : std::optional<AdcModel>(*adc)) {}

ClippedConversions GoldenEngine::run(const PolicyIntegers& integers, std::size_t first,
                                     std::size_t images, const LogitsConsumer& consume) {
  check_images(data_, first + images);
  const IntegerNetwork network = integers.with_weights(network_);
  ClippedConversions clipped(network.layers.size(), 0);
  std::mutex mutex;
  for_each_block(threads_, images, [&](std::size_t, std::size_t i) {
    const GoldenResult golden =
        golden_inference(network, data_.image(first + i), adc_ ? &*adc_ : nullptr);
    consume(first + i, 1, golden.logits.data());
    const std::lock_guard<std::mutex> lock(mutex);
    for (const LayerId l : clipped.ids()) clipped[l] += golden.layers[l].clipped_conversions;
  });
  return clipped;
}

}  // namespace kirchhoff::quant
