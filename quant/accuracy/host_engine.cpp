#include "quant/accuracy/host_engine.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include "quant/accuracy/batch_inference.h"
#include "quant/accuracy/golden_engine.h"
#include "quant/accuracy/image_blocks.h"
#include "quant/accuracy/onednn_inference.h"
#include "quant/accuracy/wide_inference.h"

namespace kirchhoff::quant {
namespace {

/// Null where oneDNN would not be exact, or does not do the network's shapes.
std::unique_ptr<OneDnnInference> exact_onednn(const Network& network, const Dataset& data,
                                              int threads) {
  if (!onednn_is_exact()) return nullptr;
  try {
    auto onednn = std::make_unique<OneDnnInference>(network, data, threads);
    if (onednn->exact_at_full_scale()) return onednn;
  } catch (const std::exception&) {
    // A shape that oneDNN does not do: our own kernels do all.
  }
  return nullptr;
}

/// Several engines as one: the first that takes a policy computes it.
class HostEngine : public InferenceEngine {
 public:
  HostEngine(const Network& network, const Dataset& data, int threads, const AdcModel* adc,
             Kernels kernels)
      : data_(data), threads_(thread_count(threads)) {
    engines_.push_back(std::make_unique<BatchInference>(network, data, threads, adc));
    if (!network.is_plain()) {
      engines_.push_back(std::make_unique<GoldenEngine>(network, data, threads, adc));
      return;
    }
    if (adc == nullptr && kernels == Kernels::kOneDnn) {
      engines_.front() = std::make_unique<OneDnnInference>(network, data, threads);
    } else if (adc == nullptr && kernels == Kernels::kFastest) {
      rival_ = exact_onednn(network, data, threads);
    }
    if (adc == nullptr) engines_.push_back(std::make_unique<WideInference>(network, data, threads));
    engines_.push_back(std::make_unique<GoldenEngine>(network, data, threads, adc));
  }

  bool takes(const PolicyIntegers&) const override { return true; }

  ClippedConversions run(const PolicyIntegers& integers, std::size_t first, std::size_t images,
                         const LogitsConsumer& consume) override {
    if (rival_ && rival_->takes(integers)) choose(integers);
    const auto engine = std::find_if(engines_.begin(), engines_.end(),
                                     [&](const auto& e) { return e->takes(integers); });
    return (*engine)->run(integers, first, images, consume);
  }

  void share_prefixes(bool share) override {
    share_ = share;
    engines_.front()->share_prefixes(share);
  }
  std::size_t shortcuts() const override { return engines_.front()->shortcuts(); }

 private:
  /// Keeps the faster of two exact engines. Which one that is depends on the processor and on the
  /// shapes of the layers; the result does not.
  void choose(const PolicyIntegers& integers) {
    constexpr std::size_t kTrialImages = 64;
    const std::size_t images = std::min(data_.size(), kTrialImages * threads_);
    const auto seconds = [&](InferenceEngine& engine) {
      const LogitsConsumer ignore = [](std::size_t, int, const std::int64_t*) {};
      engine.run(integers, 0, images, ignore);  // fills caches and pages
      const auto start = std::chrono::steady_clock::now();
      engine.run(integers, 0, images, ignore);
      return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    engines_.front()->share_prefixes(false);  // the second time must take as long as the first
    if (seconds(*rival_) < seconds(*engines_.front())) engines_.front() = std::move(rival_);
    engines_.front()->share_prefixes(share_);
    rival_.reset();
  }

  const Dataset& data_;
  const std::size_t threads_;
  std::vector<std::unique_ptr<InferenceEngine>> engines_;  ///< the fastest first
  std::unique_ptr<InferenceEngine> rival_;                 ///< of the first, until it is tried
  bool share_ = true;
};

}  // namespace

std::unique_ptr<InferenceEngine> host_engine(const Network& network, const Dataset& data,
                                             int threads, const AdcModel* adc, Kernels kernels) {
  return std::make_unique<HostEngine>(network, data, threads, adc, kernels);
}

}  // namespace kirchhoff::quant
