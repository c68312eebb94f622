#include "quant/accuracy/accuracy_engine.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace kirchhoff::quant {

AccuracyEngine::AccuracyEngine(Quantizer& quantizer, const Dataset& data,
                               std::unique_ptr<InferenceEngine> engine)
    : quantizer_(quantizer), data_(data), engine_(std::move(engine)) {}

AccuracyEngine::AccuracyEngine(Quantizer& quantizer, const Dataset& data, int threads,
                               const AdcModel* adc)
    : AccuracyEngine(quantizer, data, host_engine(quantizer.model().network, data, threads, adc)) {}

void AccuracyEngine::run(const Policy& policy, std::size_t first, std::size_t images,
                         const LogitsConsumer& consume) {
  quantizer_.check(policy);
  PolicyIntegers integers;
  integers.policy = quantizer_.stored(policy);
  for (const LayerId l : policy.layers.ids()) {
    integers.layers.push_back(quantizer_.constants(l, policy));
    integers.weights.push_back(network().layers[l].has_weights()
                                   ? &quantizer_.weights(l, policy.layers[l].weight)
                                   : nullptr);
  }
  integers.output_bias = quantizer_.output_bias(policy);
  std::size_t done = 0;
  std::mutex mutex;
  const auto counted = [&](std::size_t at, int count, const std::int64_t* logits) {
    consume(at, count, logits);
    if (!progress_) return;
    const std::lock_guard<std::mutex> lock(mutex);
    done += static_cast<std::size_t>(count);
    progress_(done);
  };
  clipped_ = engine_->run(integers, first, images, counted);
}

std::size_t AccuracyEngine::logits_per_image() const {
  return static_cast<std::size_t>(network().layers.back().output().size());
}

std::vector<int> AccuracyEngine::predictions(const Policy& policy, std::size_t first,
                                             std::size_t images) {
  const std::size_t size = logits_per_image();
  std::vector<int> result(images);
  run(policy, first, images, [&](std::size_t at, int count, const std::int64_t* logits) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const std::int64_t* row = logits + i * size;
      result[at - first + i] = static_cast<int>(std::max_element(row, row + size) - row);
    }
  });
  return result;
}

ImageLogits AccuracyEngine::real_logits(const Policy& policy, std::size_t first,
                                        std::size_t images) {
  ImageLogits result;
  result.classes = logits_per_image();
  result.values.resize(images * result.classes);
  const double scale = quantizer_.logit_scale(policy);
  run(policy, first, images, [&](std::size_t at, int count, const std::int64_t* logits) {
    double* to = result.values.data() + (at - first) * result.classes;
    const std::size_t values = static_cast<std::size_t>(count) * result.classes;
    for (std::size_t i = 0; i < values; ++i) to[i] = static_cast<double>(logits[i]) * scale;
  });
  return result;
}

Accuracy AccuracyEngine::evaluate(const Policy& policy, std::size_t images) {
  Accuracy accuracy;
  accuracy.images = images == 0 ? data_.size() : images;
  const std::vector<int> predicted = predictions(policy, 0, accuracy.images);
  for (std::size_t i = 0; i < predicted.size(); ++i)
    accuracy.correct += predicted[i] == data_.labels[i] ? 1 : 0;
  return accuracy;
}

std::vector<std::vector<std::int64_t>> AccuracyEngine::logits(const Policy& policy,
                                                              std::size_t images) {
  const std::size_t size = logits_per_image();
  std::vector<std::vector<std::int64_t>> result(images);
  run(policy, 0, images, [&](std::size_t first, int count, const std::int64_t* logits) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
      result[first + i].assign(logits + i * size, logits + (i + 1) * size);
  });
  return result;
}

void AccuracyEngine::on_progress(std::function<void(std::size_t)> progress) {
  progress_ = std::move(progress);
}

BatchLogits batch_inference(const IntegerNetwork& network, const Dataset& data, std::size_t images,
                            int threads, const AdcModel* adc) {
  network.validate();
  const auto size = static_cast<std::size_t>(network.network.layers.back().output().size());
  BatchLogits result;
  result.logits.resize(images);
  const auto collect = [&](std::size_t first, int count, const std::int64_t* logits) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
      result.logits[first + i].assign(logits + i * size, logits + (i + 1) * size);
  };
  const auto engine = host_engine(network.network, data, threads, adc);
  result.clipped_conversions = engine->run(PolicyIntegers(network), 0, images, collect);
  return result;
}

std::vector<std::vector<std::int64_t>> batch_logits(const IntegerNetwork& network,
                                                    const Dataset& data, std::size_t images,
                                                    int threads) {
  return batch_inference(network, data, images, threads).logits;
}

}  // namespace kirchhoff::quant
