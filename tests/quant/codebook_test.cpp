#include "quant/quantizer/codebook.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

#include "quant/accuracy/accuracy_engine.h"
#include "quant/network/golden.h"
#include "quant/network/weight_quantizer.h"
#include "quant/quantizer/quantizer.h"
#include "small_model.h"
#include "tests/quant/chains.h"

namespace kirchhoff::quant {
namespace {

double error_of(const Codebook& codebook, const std::vector<float>& values) {
  double error = 0.0;
  for (const double value : values) error += std::pow(value - codebook.nearest(value), 2);
  return error;
}

Codebook best_of(const std::vector<float>& values, int entries, int largest) {
  CodebookSearch search(largest);
  for (const float value : values) search.add(value);
  return search.best(entries);
}

/// Least error of any codebook with so many entries from `first` on, by trying them all.
double least_error(const std::vector<float>& values, int entries, int largest, int first,
                   std::vector<int>& chosen) {
  if (entries == 0) {
    double error = 0.0;
    for (const float value : values) {
      double nearest = std::numeric_limits<double>::infinity();
      for (const int entry : chosen) nearest = std::min(nearest, std::fabs(double{value} - entry));
      error += nearest * nearest;
    }
    return error;
  }
  double least = std::numeric_limits<double>::infinity();
  for (int entry = first; entry <= largest - entries + 1; ++entry) {
    chosen.push_back(entry);
    least = std::min(least, least_error(values, entries - 1, largest, entry + 1, chosen));
    chosen.pop_back();
  }
  return least;
}

TEST(Codebook, AValueGoesToTheNearestEntryAndToTheSmallerOfTwo) {
  const Codebook codebook({-5, 0, 3}, 7);
  EXPECT_EQ(codebook.nearest(-1e30), -5);
  EXPECT_EQ(codebook.nearest(-2.5), -5);
  EXPECT_EQ(codebook.nearest(-2.49), 0);
  EXPECT_EQ(codebook.nearest(0.0), 0);
  EXPECT_EQ(codebook.nearest(1.5), 0);
  EXPECT_EQ(codebook.nearest(1.51), 3);
  EXPECT_EQ(codebook.nearest(1e30), 3);
  for (int half = -20; half <= 20; ++half) {
    const double value = half / 2.0;
    for (const int entry : codebook.entries())
      EXPECT_LE(std::fabs(value - codebook.nearest(value)), std::fabs(value - entry)) << value;
  }
}

TEST(CodebookSearch, FindsWhatTryingAllFinds) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    // Some lie beyond the integers.
    const std::vector<float> values = bell_values(3 + 2 * seed, 4.0f, seed);
    for (int entries = 1; entries <= 5; ++entries) {
      std::vector<int> chosen;
      const Codebook found = best_of(values, entries, 6);
      ASSERT_EQ(found.entries().size(), static_cast<std::size_t>(entries));
      EXPECT_TRUE(std::is_sorted(found.entries().begin(), found.entries().end()));
      EXPECT_NEAR(error_of(found, values), least_error(values, entries, 6, -6, chosen), 1e-9)
          << "seed " << seed << ", " << entries << " entries";
    }
  }
}

TEST(CodebookSearch, MoreEntriesNeverLoseMore) {
  const std::vector<float> values = bell_values(2000, 40.0f, 7);
  double before = std::numeric_limits<double>::infinity();
  for (int entries = 1; entries <= 128; ++entries) {
    const double error = error_of(best_of(values, entries, 127), values);
    EXPECT_LE(error, before * (1.0 + 1e-12)) << entries;
    before = error;
  }
}

TEST(CodebookSearch, AsManyEntriesAsIntegersAreRounding) {
  const std::vector<float> values = bell_values(500, 3.0f, 3);
  const Codebook all = best_of(values, 15, 7);
  for (const float value : values)
    EXPECT_LE(std::fabs(value - all.nearest(value)), std::max(0.5, std::fabs(value) - 7.0));
}

TEST(CodebookSearch, IsAtLeastAsGoodAsIntegersOfAsManyBits) {
  const std::vector<float> values = bell_values(3000, 30.0f, 11);
  for (int bits = 2; bits < 8; ++bits) {
    // Levels of a linear quantiser with the best of all clips that are integers times its steps.
    const int top = (1 << (bits - 1)) - 1;
    double linear = std::numeric_limits<double>::infinity();
    for (int step = 1; step * top <= 127; ++step) {
      double error = 0.0;
      for (const float value : values) {
        const double level = std::clamp<double>(std::round(value / step), -top, top);
        error += std::pow(value - level * step, 2);
      }
      linear = std::min(linear, error);
    }
    EXPECT_LE(error_of(best_of(values, 1 << bits, 127), values), linear) << bits;
  }
}

TEST(CodebookSearch, AWeightCountsAsManyValues) {
  CodebookSearch once(20), often(20);
  for (const float value : bell_values(40, 6.0f, 5)) {
    const bool heavy = value > 0.0f;
    once.add(value, heavy ? 3.0 : 1.0);
    for (int i = 0; i < (heavy ? 3 : 1); ++i) often.add(value);
  }
  EXPECT_EQ(once.best(4).entries(), often.best(4).entries());
}

TEST(CodebookSearch, NoValuesAndEqualValuesHaveACodebook) {
  EXPECT_EQ(best_of({}, 4, 127).entries().size(), 4u);
  const Codebook zeros = best_of(std::vector<float>(10, 0.0f), 128, 127);
  EXPECT_EQ(zeros.entries().size(), 128u);
  EXPECT_EQ(zeros.nearest(0.0), 0);
}

class KmeansQuantizerTest : public testing::Test {
 protected:
  ClipTable clips(QuantizationOptions options = {}) const {
    options.weights = WeightQuantizer::kKmeans;
    return calibrate(model_, float_pass(model_, data_), options);
  }
  double squared_error(Quantizer& quantizer, LayerId layer, int bits) const {
    double error = 0.0;
    const FloatLayer real = quantizer.real_layer(layer, bits);
    for (std::size_t i = 0; i < real.weights.size(); ++i)
      error += std::pow(real.weights[i] - model_.layers[layer].weights[i], 2);
    return error;
  }

  Model model_ = small_model();
  Dataset data_ = calibration_images();
};

TEST_F(KmeansQuantizerTest, ALayerHasAsManyWeightsAsItsCodebookAndTheScaleOf8Bits) {
  Quantizer quantizer(model_, clips());
  Quantizer linear(model_, calibrate(model_, float_pass(model_, data_)));
  for (const LayerId l : model_.network.layers.ids()) {
    double before = std::numeric_limits<double>::infinity();
    for (int bits = kMinBits; bits < kEntryBits; ++bits) {
      const Eigen::MatrixXi& weights = quantizer.weights(l, bits);
      std::vector<int> different(weights.data(), weights.data() + weights.size());
      std::sort(different.begin(), different.end());
      different.erase(std::unique(different.begin(), different.end()), different.end());
      EXPECT_LE(different.size(), std::size_t{1} << bits);
      EXPECT_LE(std::max(-different.front(), different.back()), 127);
      const double error = squared_error(quantizer, l, bits);
      EXPECT_LE(error, squared_error(linear, l, bits) * (1 + 1e-6)) << bits;
      EXPECT_LE(error, before * (1 + 1e-6)) << bits;
      before = error;
    }
    for (int bits = kEntryBits; bits <= kMaxBits; ++bits)
      EXPECT_EQ(quantizer.weights(l, bits), linear.weights(l, bits)) << bits;
  }
}

TEST_F(KmeansQuantizerTest, TheChipHas8BitsAndThePolicyItsOwn) {
  Quantizer quantizer(model_, clips());
  const Policy policy = policy_from_text("8/8,3/6,12/8", model_.network);
  const IntegerNetwork integers = quantizer.quantise(policy);
  EXPECT_NO_THROW(integers.validate());
  EXPECT_EQ(integers.policy.to_string(), "8/8,8/6,12/8");
  EXPECT_EQ(integers.layers[LayerId{0}].codebook_bits, 0);
  EXPECT_EQ(integers.layers[LayerId{1}].codebook_bits, 3);
  EXPECT_EQ(integers.layers[LayerId{1}].weight_bits, 8);
  EXPECT_EQ(integers.layers[LayerId{2}].weight_bits, 12);
}

TEST_F(KmeansQuantizerTest, EveryEngineIsExactWhateverItComputedBefore) {
  QuantizationOptions options;
  for (const bool extras : {false, true}) {
    options.per_channel = options.bias_correction = extras;
    Quantizer quantizer(model_, clips(options));
    const Dataset data = random_dataset(model_.network.image, 20, 3);
    AccuracyEngine engine(quantizer, data, 2);
    for (const char* text : {"W2A8", "W3A8", "W8A8", "2/8,3/8,4/8", "W7A4", "W2A8", "W3A9"}) {
      const Policy policy = policy_from_text(text, model_.network);
      const IntegerNetwork integers = quantizer.quantise(policy);
      const auto logits = engine.logits(policy, data.size());
      for (std::size_t i = 0; i < data.size(); ++i)
        ASSERT_EQ(logits[i], golden_inference(integers, data.image(i)).logits) << text;
    }
  }
}

TEST_F(KmeansQuantizerTest, AnEngineThatModelsConvertersIsExact) {
  Quantizer quantizer(model_, clips());
  const Dataset data = random_dataset(model_.network.image, 8, 3);
  AdcModel adc;
  adc.bits = 4;
  AccuracyEngine engine(quantizer, data, 1, &adc);
  for (const char* text : {"W2A8", "W3A8", "W8A8"}) {
    const Policy policy = policy_from_text(text, model_.network);
    const IntegerNetwork integers = quantizer.quantise(policy);
    const auto logits = engine.logits(policy, data.size());
    for (std::size_t i = 0; i < data.size(); ++i)
      ASSERT_EQ(logits[i], golden_inference(integers, data.image(i), &adc).logits) << text;
  }
}

TEST(WeightQuantizerTest, SizeCountsBitsAndCodebooks) {
  const Model model = small_model();
  const Layer& layer = model.network.layers[LayerId{1}];  // 6 x 4 x 3 x 3 = 216 weights
  EXPECT_EQ(size_in_bits(layer, 3, WeightQuantizer::kLinear), 216 * 3);
  EXPECT_EQ(size_in_bits(layer, 3, WeightQuantizer::kKmeans), 216 * 3 + 8 * 8);
  EXPECT_EQ(size_in_bits(layer, 7, WeightQuantizer::kKmeans), 216 * 7 + 128 * 8);
  EXPECT_EQ(size_in_bits(layer, 8, WeightQuantizer::kKmeans), 216 * 8);
}

}  // namespace
}  // namespace kirchhoff::quant
