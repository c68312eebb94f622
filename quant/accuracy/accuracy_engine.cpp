#include "quant/accuracy/accuracy_engine.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "quant/accuracy/batch_inference.h"
#include "quant/accuracy/onednn_inference.h"
#include "quant/accuracy/wide_inference.h"

namespace kirchhoff::quant {
namespace {

bool wide(const Policy& policy) {
  return std::any_of(policy.layers.begin(), policy.layers.end(), [](const LayerBits& bits) {
    return std::max(bits.weight, bits.activation) > kMaxSearchBits;
  });
}

/// The reference itself, for what the fast paths cannot express; returns the saturated conversions.
IndexedVector<LayerId, std::uint64_t> golden_batch(const IntegerNetwork& network,
                                                   const Dataset& data, std::size_t first,
                                                   std::size_t images, int threads,
                                                   const AdcModel* adc,
                                                   const LogitsConsumer& consume) {
  IndexedVector<LayerId, std::uint64_t> clipped(network.layers.size(), 0);
  std::mutex mutex;
  for_each_block(thread_count(threads), images, [&](std::size_t, std::size_t i) {
    const GoldenResult golden = golden_inference(network, data.image(first + i), adc);
    consume(first + i, 1, golden.logits.data());
    const std::lock_guard<std::mutex> lock(mutex);
    for (const LayerId l : clipped.ids()) clipped[l] += golden.layers[l].clipped_conversions;
  });
  return clipped;
}

/// Runs a network that the kernels of BatchInference do not compute.
IndexedVector<LayerId, std::uint64_t> run_slowly(const IntegerNetwork& network, const Dataset& data,
                                                 std::size_t first, std::size_t images, int threads,
                                                 const AdcModel* adc,
                                                 const LogitsConsumer& consume) {
  if (adc != nullptr) return golden_batch(network, data, first, images, threads, adc, consume);
  wide_inference(network, data, first, images, threads, consume);
  return IndexedVector<LayerId, std::uint64_t>(network.layers.size(), 0);
}

bool countable(const AdcModel& adc, const IntegerNetwork& network) {
  return std::all_of(network.layers.begin(), network.layers.end(),
                     [&](const IntegerLayer& layer) { return countable(adc, layer); });
}

}  // namespace

class AccuracyEngine::Impl {
 public:
  Impl(Quantizer& quantizer, const Dataset& data, int threads, const AdcModel* adc, Kernels kernels)
      : quantizer_(quantizer),
        data_(data),
        threads_(threads),
        inference_(quantizer.model().network, data, threads),
        packed_(quantizer.model().network.layers.size()) {
    if (adc != nullptr) adc_ = *adc;
    if (adc == nullptr && kernels != Kernels::kOwn) try_onednn(threads, kernels);
  }

  void run(const Policy& policy, std::size_t first, std::size_t images,
           const LogitsConsumer& consume) {
    std::size_t done = 0;
    std::mutex mutex;
    const auto counted = [&](std::size_t at, int count, const std::int64_t* logits) {
      consume(at, count, logits);
      if (!progress_) return;
      const std::lock_guard<std::mutex> lock(mutex);
      done += static_cast<std::size_t>(count);
      progress_(done);
    };
    quantizer_.check(policy);
    const AdcModel* const adc = adc_ ? &*adc_ : nullptr;
    check_images(data_, first + images);
    if (!wide(policy)) {
      if (on_trial_) choose(policy);
      if (onednn_) {
        onednn_->run(prepare_onednn(policy), first, images, counted);
        clipped_.assign(policy.layers.size(), 0);
        return;
      }
      if (const std::optional<PreparedNetwork> prepared = prepare(policy)) {
        clipped_ = inference_.run(*prepared, first, images, counted);
        return;
      }
    }
    clipped_ =
        run_slowly(quantizer_.quantise(policy), data_, first, images, threads_, adc, counted);
  }

  std::size_t logits_per_image() const {
    return static_cast<std::size_t>(inference_.network().layers.back().output().size());
  }
  const Dataset& data() const { return data_; }
  const Network& network() const { return inference_.network(); }
  double logit_scale(const Policy& policy) const { return quantizer_.logit_scale(policy); }
  const IndexedVector<LayerId, std::uint64_t>& clipped() const { return clipped_; }
  std::size_t shortcuts() const { return inference_.prefixes().hits(); }
  void share_prefixes(bool share) { share_prefixes_ = share; }
  void on_progress(std::function<void(std::size_t)> progress) { progress_ = std::move(progress); }

 private:
  /// What a layer needs under some width of its weights: plain weights, or conversions.
  struct Packed {
    std::shared_ptr<const PackedWeights> weights;
    std::shared_ptr<const AdcLayer> adc;
  };

  void try_onednn(int threads, Kernels kernels) {
    const bool wanted = kernels == Kernels::kOneDnn;
    if (!wanted && !onednn_is_exact()) return;
    try {
      onednn_ = std::make_unique<OneDnnInference>(inference_.network(), data_, threads);
      if (!wanted && !onednn_->exact_at_full_scale()) onednn_.reset();
    } catch (const std::exception&) {
      // A shape that oneDNN does not do: our own kernels do all.
      if (wanted) throw;
      onednn_.reset();
    }
    if (!onednn_) return;
    onednn_packed_.resize(packed_.size());
    on_trial_ = !wanted;
  }

  /// Keeps the faster of two exact implementations. Which one that is depends on the processor and
  /// on the shapes of the layers; the result does not.
  void choose(const Policy& policy) {
    constexpr std::size_t kTrialImages = 64;
    const std::size_t images = std::min(data_.size(), kTrialImages * thread_count(threads_));
    const auto seconds = [](const auto& work) {
      work();  // fills caches and pages
      const auto start = std::chrono::steady_clock::now();
      work();
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    const LogitsConsumer ignore = [](std::size_t, int, const std::int64_t*) {};
    PreparedNetwork prepared = *prepare(policy);
    prepared.prefixes.clear();  // the second time must take as long as the first
    const OneDnnInference::Prepared other = prepare_onednn(policy);
    const double own_s = seconds([&] { inference_.run(prepared, 0, images, ignore); });
    const double onednn_s = seconds([&] { onednn_->run(other, 0, images, ignore); });
    on_trial_ = false;
    if (own_s <= onednn_s) {
      onednn_.reset();
      onednn_packed_.clear();
    } else {
      for (auto& layer : packed_) layer.fill({});
    }
  }

  OneDnnInference::Prepared prepare_onednn(const Policy& policy) {
    OneDnnInference::Prepared prepared;
    for (const LayerId l : policy.layers.ids()) {
      const int bits = policy.layers[l].weight;
      auto& packed = onednn_packed_[l][static_cast<std::size_t>(bits)];
      if (!packed) packed = onednn_->pack(l, quantizer_.weights(l, bits));
      prepared.weights.push_back(packed);
      prepared.constants.push_back(quantizer_.constants(l, policy));
    }
    prepared.output_bias = quantizer_.output_bias(policy);
    return prepared;
  }

  /// Empty when the converter is none that can be counted.
  std::optional<PreparedNetwork> prepare(const Policy& policy) {
    PreparedNetwork prepared;
    for (const LayerId l : policy.layers.ids()) {
      const int bits = policy.layers[l].weight;
      const IntegerLayer constants = quantizer_.constants(l, policy);
      Packed& packed = packed_[l][static_cast<std::size_t>(bits)];
      if (!packed.weights && !packed.adc) {
        const Eigen::MatrixXi& weights = quantizer_.weights(l, bits);
        if (adc_) {
          IntegerLayer widest = constants;
          widest.weights = weights;
          widest.activation_bits = kMaxSearchBits;
          if (!countable(*adc_, widest)) return std::nullopt;
          packed.adc = inference_.pack_adc(l, *adc_, weights, bits);
        }
        if (!packed.adc)
          packed.weights = std::make_shared<const PackedWeights>(inference_.pack(l, weights));
      }
      PreparedLayer layer = BatchInference::prepare(constants, packed.weights);
      layer.adc = packed.adc;
      prepared.layers.push_back(std::move(layer));
    }
    prepared.output_bias = quantizer_.output_bias(policy);
    // Skipped layers would not count what they clip.
    if (!adc_ && share_prefixes_) name_prefixes(policy, prepared);
    return prepared;
  }

  /// A layer's output map depends on the bits up to there and on its own width.
  static void name_prefixes(const Policy& policy, PreparedNetwork& prepared) {
    std::string name;
    for (const LayerId l : policy.layers.ids()) {
      name += fmt::format("{}/{},", policy.layers[l].weight, policy.layers[l].activation);
      prepared.prefixes.push_back(fmt::format("{}{}", name, prepared.layers[l].output_bits));
    }
  }

  Quantizer& quantizer_;
  const Dataset& data_;
  const int threads_;
  std::optional<AdcModel> adc_;
  BatchInference inference_;
  IndexedVector<LayerId, std::array<Packed, kMaxSearchBits + 1>> packed_;
  std::unique_ptr<OneDnnInference> onednn_;  ///< null: our own kernels
  IndexedVector<LayerId, std::array<std::shared_ptr<const OneDnnWeights>, kMaxSearchBits + 1>>
      onednn_packed_;
  bool on_trial_ = false, share_prefixes_ = true;
  IndexedVector<LayerId, std::uint64_t> clipped_;
  std::function<void(std::size_t)> progress_;
};

AccuracyEngine::AccuracyEngine(Quantizer& quantizer, const Dataset& data, int threads,
                               const AdcModel* adc, Kernels kernels)
    : impl_(std::make_unique<Impl>(quantizer, data, threads, adc, kernels)) {}
AccuracyEngine::~AccuracyEngine() = default;

std::vector<int> AccuracyEngine::predictions(const Policy& policy, std::size_t first,
                                             std::size_t images) {
  const std::size_t size = impl_->logits_per_image();
  std::vector<int> result(images);
  impl_->run(policy, first, images, [&](std::size_t at, int count, const std::int64_t* logits) {
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
  result.classes = impl_->logits_per_image();
  result.values.resize(images * result.classes);
  const double scale = impl_->logit_scale(policy);
  impl_->run(policy, first, images, [&](std::size_t at, int count, const std::int64_t* logits) {
    double* to = result.values.data() + (at - first) * result.classes;
    const std::size_t values = static_cast<std::size_t>(count) * result.classes;
    for (std::size_t i = 0; i < values; ++i) to[i] = static_cast<double>(logits[i]) * scale;
  });
  return result;
}

Accuracy AccuracyEngine::evaluate(const Policy& policy, std::size_t images) {
  Accuracy accuracy;
  accuracy.images = images == 0 ? impl_->data().size() : images;
  const std::vector<int> predicted = predictions(policy, 0, accuracy.images);
  for (std::size_t i = 0; i < predicted.size(); ++i)
    accuracy.correct += predicted[i] == impl_->data().labels[i] ? 1 : 0;
  return accuracy;
}

std::vector<std::vector<std::int64_t>> AccuracyEngine::logits(const Policy& policy,
                                                              std::size_t images) {
  const std::size_t size = impl_->logits_per_image();
  std::vector<std::vector<std::int64_t>> result(images);
  impl_->run(policy, 0, images, [&](std::size_t first, int count, const std::int64_t* logits) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
      result[first + i].assign(logits + i * size, logits + (i + 1) * size);
  });
  return result;
}

const Network& AccuracyEngine::network() const { return impl_->network(); }

const IndexedVector<LayerId, std::uint64_t>& AccuracyEngine::clipped_conversions() const {
  return impl_->clipped();
}

std::size_t AccuracyEngine::shortcuts() const { return impl_->shortcuts(); }

void AccuracyEngine::share_prefixes(bool share) { impl_->share_prefixes(share); }

void AccuracyEngine::on_progress(std::function<void(std::size_t)> progress) {
  impl_->on_progress(std::move(progress));
}

BatchLogits batch_inference(const IntegerNetwork& network, const Dataset& data, std::size_t images,
                            int threads, const AdcModel* adc) {
  network.validate();
  check_shape(network.network, data);
  check_images(data, images);
  const auto size = static_cast<std::size_t>(network.network.layers.back().output().size());
  BatchLogits result;
  result.logits.resize(images);
  const auto collect = [&](std::size_t first, int count, const std::int64_t* logits) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
      result.logits[first + i].assign(logits + i * size, logits + (i + 1) * size);
  };
  if (wide(network.policy) || (adc != nullptr && !countable(*adc, network))) {
    result.clipped_conversions = run_slowly(network, data, 0, images, threads, adc, collect);
    return result;
  }
  BatchInference inference(network.network, data, threads);
  PreparedNetwork prepared;
  for (const LayerId l : network.layers.ids()) {
    const IntegerLayer& layer = network.layers[l];
    std::shared_ptr<const AdcLayer> columns;
    std::shared_ptr<const PackedWeights> weights;
    if (adc != nullptr) columns = inference.pack_adc(l, *adc, layer.weights, layer.weight_bits);
    if (!columns) weights = std::make_shared<const PackedWeights>(inference.pack(l, layer.weights));
    prepared.layers.push_back(BatchInference::prepare(layer, weights));
    prepared.layers.back().adc = columns;
  }
  prepared.output_bias = network.output_bias;
  result.clipped_conversions = inference.run(prepared, 0, images, collect);
  return result;
}

std::vector<std::vector<std::int64_t>> batch_logits(const IntegerNetwork& network,
                                                    const Dataset& data, std::size_t images,
                                                    int threads) {
  return batch_inference(network, data, images, threads).logits;
}

}  // namespace kirchhoff::quant
