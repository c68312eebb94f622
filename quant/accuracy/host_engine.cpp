#include "quant/accuracy/host_engine.h"

#include <algorithm>
#include <vector>

#include "quant/accuracy/batch_inference.h"
#include "quant/accuracy/golden_engine.h"
#include "quant/accuracy/wide_inference.h"

namespace kirchhoff::quant {
namespace {

/// Several engines as one: the first that takes a policy computes it.
class HostEngine : public InferenceEngine {
 public:
  HostEngine(const Network& network, const Dataset& data, int threads, const AdcModel* adc) {
    engines_.push_back(std::make_unique<BatchInference>(network, data, threads, adc));
    if (network.is_plain() && adc == nullptr)
      engines_.push_back(std::make_unique<WideInference>(network, data, threads));
    engines_.push_back(std::make_unique<GoldenEngine>(network, data, threads, adc));
  }

  bool takes(const PolicyIntegers&) const override { return true; }

  ClippedConversions run(const PolicyIntegers& integers, std::size_t first, std::size_t images,
                         const LogitsConsumer& consume) override {
    const auto engine = std::find_if(engines_.begin(), engines_.end(),
                                     [&](const auto& e) { return e->takes(integers); });
    return (*engine)->run(integers, first, images, consume);
  }

  void share_prefixes(bool share) override { engines_.front()->share_prefixes(share); }
  std::size_t shortcuts() const override { return engines_.front()->shortcuts(); }

 private:
  std::vector<std::unique_ptr<InferenceEngine>> engines_;  ///< the fastest first
};

}  // namespace

std::unique_ptr<InferenceEngine> host_engine(const Network& network, const Dataset& data,
                                             int threads, const AdcModel* adc) {
  return std::make_unique<HostEngine>(network, data, threads, adc);
}

}  // namespace kirchhoff::quant
