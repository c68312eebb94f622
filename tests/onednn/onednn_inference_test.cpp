#include "tests/onednn/onednn_inference.h"

#include <gtest/gtest.h>

#include "base/processor.h"
#include "quant/network/networks.h"
#include "tests/quant/chains.h"

namespace kirchhoff::quant {
namespace {

/// Weights that every processor's 8-bit instructions multiply exactly.
constexpr int kSafeBits = 7;

void expect_golden(const IntegerNetwork& network, std::size_t images, std::uint64_t seed) {
  const Dataset data = random_dataset(network.network.image, images, seed);
  OneDnnInference inference(network.network, data, 2);
  const PolicyIntegers integers(network);
  for (const base::Processor kind : base::processors()) {
    const base::ForceProcessor forced(kind);
    const std::size_t first = kind == base::Processor::kAny ? 0 : images / 3;
    std::vector<std::vector<std::int64_t>> logits(images);
    const std::size_t size = golden_inference(network, data.image(0)).logits.size();
    inference.run(integers, first, images - first,
                  [&](std::size_t at, int count, const std::int64_t* rows) {
                    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
                      logits[at + i].assign(rows + i * size, rows + (i + 1) * size);
                  });
    for (std::size_t i = first; i < images; ++i) {
      ASSERT_EQ(logits[i], golden_inference(network, data.image(i)).logits)
          << network.policy.to_string() << " image " << i;
    }
  }
}

TEST(OneDnnInference, SaturationShowsAtFullScale) {
  const Network network = chain({3, 12, 12}, {{64, 3, 1, 1, 1}, {64, 3, 1, 1, 2}}, 10);
  const Dataset data = random_dataset(network.image, 1, 1);
  const bool exact = OneDnnInference(network, data, 1).exact_at_full_scale();
  if (onednn_is_exact()) {
    EXPECT_TRUE(exact);
  } else {
    RecordProperty("exact", exact);  // depends on the processor
  }
}

TEST(OneDnnInference, EqualsGolden) {
  const std::vector<Network> networks = {
      chain({1, 9, 9}, {{6, 5, 1, 2, 2}, {7, 3, 1, 0, 1}}, 10),
      chain({3, 11, 11}, {{13, 3, 2, 1, 1}, {5, 1, 1, 0, 2}}, 10),
      chain({3, 12, 12}, {{16, 3, 1, 1, 1}, {32, 3, 1, 1, 2}, {48, 3, 1, 1, 2}}, 10),
      lenet5(),
  };
  std::uint64_t seed = 1;
  const int widest = onednn_is_exact() ? kMaxSearchBits : kSafeBits;
  for (const Network& network : networks) {
    for (int bits = kMinBits; bits <= widest; ++bits) {
      Policy policy = Policy::uniform(network, bits, kMinBits + kMaxSearchBits - bits);
      policy.layers[LayerId{0}].activation = bits;
      ++seed;
      expect_golden(random_integer_network(network, policy, seed), 13, seed * 10);
    }
  }
}

}  // namespace
}  // namespace kirchhoff::quant
