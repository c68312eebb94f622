#include "quant/accuracy/accuracy_engine.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "quant/accuracy/batch_inference.h"
#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

using Logits = std::vector<std::vector<std::int64_t>>;

Logits collect_logits(BatchInference& inference, const PreparedNetwork& prepared,
                      std::size_t images) {
  const auto size = static_cast<std::size_t>(inference.network().layers.back().output().size());
  Logits result(images, std::vector<std::int64_t>(size));
  inference.run(prepared, images, [&](std::size_t first, int count, const std::int32_t* logits) {
    for (int lane = 0; lane < count; ++lane) {
      std::vector<std::int64_t>& row = result[first + static_cast<std::size_t>(lane)];
      for (std::size_t i = 0; i < size; ++i)
        row[i] = logits[i * kLanes + static_cast<std::size_t>(lane)];
    }
  });
  return result;
}

/// The kernels multiply 8-bit integers.
void check_widths(const Policy& policy) {
  for (const LayerBits& bits : policy.layers) {
    const int widest = std::max(bits.weight, bits.activation);
    if (widest > kMaxSearchBits) {
      throw InputError(fmt::format(
          "policy {}: {} bits: the accuracy engine computes with at most {}; `kirchhoff "
          "simulate` runs wider ones on the chip",
          policy.to_string(), widest, kMaxSearchBits));
    }
  }
}

}  // namespace

class AccuracyEngine::Impl {
 public:
  Impl(Quantizer& quantizer, const Dataset& data, int threads)
      : quantizer_(quantizer),
        data_(data),
        inference_(quantizer.model().network, data, threads),
        weights_(quantizer.model().network.layers.size()) {}

  Accuracy evaluate(const Policy& policy, std::size_t images) {
    if (images == 0) images = data_.size();
    const PreparedNetwork prepared = prepare(policy);
    const auto size = static_cast<std::size_t>(inference_.network().layers.back().output().size());
    std::atomic<std::size_t> correct{0};
    inference_.run(prepared, images, [&](std::size_t first, int count, const std::int32_t* logits) {
      std::size_t right = 0;
      for (int lane = 0; lane < count; ++lane) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < size; ++i) {
          if (logits[i * kLanes + static_cast<std::size_t>(lane)] >
              logits[best * kLanes + static_cast<std::size_t>(lane)]) {
            best = i;
          }
        }
        if (best == data_.labels[first + static_cast<std::size_t>(lane)]) ++right;
      }
      correct += right;
    });
    return {correct, images};
  }

  Logits logits(const Policy& policy, std::size_t images) {
    return collect_logits(inference_, prepare(policy), images);
  }

 private:
  PreparedNetwork prepare(const Policy& policy) {
    PreparedNetwork prepared;
    quantizer_.check(policy);
    check_widths(policy);
    for (std::size_t l = 0; l < policy.layers.size(); ++l) {
      const int bits = policy.layers[l].weight;
      std::shared_ptr<const PackedWeights>& packed = weights_[l][static_cast<std::size_t>(bits)];
      if (!packed)
        packed =
            std::make_shared<const PackedWeights>(inference_.pack(l, quantizer_.weights(l, bits)));
      prepared.layers.push_back(BatchInference::prepare(quantizer_.constants(l, policy), packed));
    }
    prepared.output_bias = quantizer_.output_bias(policy);
    return prepared;
  }

  Quantizer& quantizer_;
  const Dataset& data_;
  BatchInference inference_;
  std::vector<std::array<std::shared_ptr<const PackedWeights>, kMaxSearchBits + 1>> weights_;
};

AccuracyEngine::AccuracyEngine(Quantizer& quantizer, const Dataset& data, int threads)
    : impl_(std::make_unique<Impl>(quantizer, data, threads)) {}
AccuracyEngine::~AccuracyEngine() = default;

Accuracy AccuracyEngine::evaluate(const Policy& policy, std::size_t images) {
  return impl_->evaluate(policy, images);
}

Logits AccuracyEngine::logits(const Policy& policy, std::size_t images) {
  return impl_->logits(policy, images);
}

Logits batch_logits(const IntegerNetwork& network, const Dataset& data, std::size_t images,
                    int threads) {
  network.validate();
  check_widths(network.policy);
  BatchInference inference(network.network, data, threads);
  PreparedNetwork prepared;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const IntegerLayer& layer = network.layers[l];
    prepared.layers.push_back(BatchInference::prepare(
        layer, std::make_shared<const PackedWeights>(inference.pack(l, layer.weights))));
  }
  prepared.output_bias = network.output_bias;
  return collect_logits(inference, prepared, images);
}

}  // namespace kirchhoff::quant
