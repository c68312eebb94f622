#include "quant/accuracy/inference_engine.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/accuracy/batch_inference.h"
#include "quant/accuracy/golden_engine.h"
#include "quant/accuracy/host_engine.h"
#include "quant/accuracy/wide_inference.h"
#include "tests/quant/chains.h"

namespace kirchhoff::quant {
namespace {

constexpr std::size_t kImages = 37;

/// All of them, with `adc` those that model converters.
std::vector<std::unique_ptr<InferenceEngine>> engines(const Network& network, const Dataset& data,
                                                      const AdcModel* adc) {
  std::vector<std::unique_ptr<InferenceEngine>> all;
  all.push_back(std::make_unique<BatchInference>(network, data, 2, adc));
  all.push_back(std::make_unique<GoldenEngine>(network, data, 2, adc));
  all.push_back(host_engine(network, data, 2, adc));
  if (adc != nullptr) return all;
  all.push_back(std::make_unique<WideInference>(network, data, 2));
  return all;
}

std::vector<Policy> policies(const Network& network) {
  Policy mixed = Policy::uniform(network, 3, 8);
  mixed.layers[LayerId{0}] = {7, 5};
  return {Policy::uniform(network, 7, 8), mixed, Policy::uniform(network, 12, 9),
          Policy::uniform(network, 7, 8)};
}

TEST(InferenceEngine, EveryOneThatTakesAPolicyComputesTheGoldenIntegers) {
  AdcModel converters;
  converters.bits = 5;
  for (const Network& network : odd_networks()) {
    const Dataset data = random_dataset(network.image, kImages, 3);
    for (const AdcModel* adc :
         {static_cast<const AdcModel*>(nullptr), static_cast<const AdcModel*>(&converters)}) {
      int taken = 0;
      for (const auto& engine : engines(network, data, adc)) {
        for (const Policy& policy : policies(network)) {
          // Of one model: the weights depend on layer and width, which seeds here by the policy.
          const IntegerNetwork integers = random_integer_network(
              network, policy, static_cast<std::uint64_t>(policy.layers[LayerId{0}].weight));
          const PolicyIntegers view(integers);
          if (!engine->takes(view)) {
            EXPECT_THROW(engine->run(view, 0, 1, [](auto...) {}), InputError);
            continue;
          }
          ++taken;
          constexpr std::size_t kFirst = 11;
          std::mutex mutex;
          std::vector<int> seen(kImages, 0);
          ClippedConversions clipped(network.layers.size(), 0);
          const auto found = engine->run(
              view, kFirst, kImages - kFirst,
              [&](std::size_t first, int count, const std::int64_t* logits) {
                const std::lock_guard<std::mutex> lock(mutex);
                for (int i = 0; i < count; ++i) {
                  const std::size_t image = first + static_cast<std::size_t>(i);
                  ++seen.at(image);
                  const GoldenResult golden = golden_inference(integers, data.image(image), adc);
                  for (const LayerId l : clipped.ids())
                    clipped[l] += golden.layers[l].clipped_conversions;
                  const std::size_t size = golden.logits.size();
                  EXPECT_TRUE(std::equal(golden.logits.begin(), golden.logits.end(),
                                         logits + static_cast<std::size_t>(i) * size));
                }
              });
          EXPECT_EQ(found, clipped);
          for (std::size_t image = 0; image < kImages; ++image)
            EXPECT_EQ(seen[image], image < kFirst ? 0 : 1);
          EXPECT_THROW(engine->run(view, 30, kImages - 29, [](auto...) {}), InputError);
          EXPECT_THROW(engine->run(view, 0, kImages, [](auto...) { throw std::logic_error("x"); }),
                       std::logic_error);
        }
      }
      EXPECT_GT(taken, 8);
    }
  }
}

}  // namespace
}  // namespace kirchhoff::quant
