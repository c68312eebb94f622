#include "quant/accuracy/accuracy_engine.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/accuracy/batch_inference.h"
#include "quant/network/golden.h"
#include "quant/network/networks.h"
#include "tests/quant/chains.h"

namespace kirchhoff::quant {
namespace {

TEST(BatchInference, EqualsGoldenOnOddShapesAtEveryWidth) {
  for_odd_integers([](const IntegerNetwork& network, std::uint64_t seed) {
    expect_golden_logits(network, 5, seed);
  });
}

TEST(BatchInference, EqualsGoldenWhenTheImagesDoNotFillTheLanes) {
  const Network network = odd_networks()[0];
  const IntegerNetwork integers =
      random_integer_network(network, Policy::uniform(network, 6, 5), 3);
  for (const std::size_t images :
       {std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{17}, std::size_t{40}}) {
    expect_golden_logits(integers, images, 77);
  }
}

TEST(BatchInference, IsExactWhereSinglePrecisionWouldRound) {
  // 2,000 full-scale products exceed 2^24, so a float accumulator would lose their last bit.
  const Network network = chain({80, 5, 5}, {{3, 5, 1, 0, 1}}, 2);
  IntegerNetwork integers = random_integer_network(network, Policy::uniform(network, 8, 8), 9);
  integers.layers[LayerId{0}].weights.setConstant(127);
  integers.layers[LayerId{0}].weights(7, 0) = 126;
  integers.layers[LayerId{0}].weights.col(2).setConstant(-127);
  for (std::size_t c = 0; c < 3; ++c) {
    // Keep the accumulator's low bits: subtract its full scale and shift nothing.
    integers.layers[LayerId{0}].multiplier[c] = c == 2 ? -1 : 1;
    integers.layers[LayerId{0}].bias[c] = 100 - std::int64_t{2000} * 127 * 255;
  }
  integers.layers[LayerId{0}].shift = 0;
  Dataset data;
  data.name = "full";
  data.shape = network.image;
  data.pixels.assign(3 * 2000, 255);
  data.pixels[2000] = 254;
  data.pixels[4000 + 7] = 254;
  data.labels = {0, 0, 0};
  const auto logits = batch_logits(integers, data, 3, 1);
  for (std::size_t i = 0; i < 3; ++i) {
    const GoldenResult golden = golden_inference(integers, data.image(i));
    EXPECT_EQ(logits[i], golden.logits);
  }
  EXPECT_EQ(golden_inference(integers, data.image(0)).layers[LayerId{0}].outputs,
            (std::vector<std::int64_t>{0, 100, 100}));
}

TEST(BatchInference, EqualsGoldenOnWidePolicies) {
  std::uint64_t seed = 40;
  for (const Network& network : odd_networks()) {
    for (int bits = kMaxSearchBits + 1; bits <= kMaxBits; ++bits) {
      ++seed;
      const Policy policy = Policy::uniform(network, bits, kMaxBits + kMinBits - bits);
      expect_golden_logits(random_integer_network(network, policy, seed), 11, seed * 100);
    }
    expect_golden_logits(
        random_integer_network(network, Policy::uniform(network, kMaxBits, kMaxBits), seed), 3, 1);
  }
}

TEST(BatchInference, EqualsGoldenOnLeNet) {
  const Network network = lenet5();
  expect_golden_logits(random_integer_network(network, Policy::uniform(network, 8, 8), 5), 18, 6);
  expect_golden_logits(
      random_integer_network(network, parse_policy("8/8,3/5,5/2,2/7,8/8", network), 6), 18, 7);
}

TEST(BatchInference, RefusesWrongData) {
  const Network network = lenet5();
  const Dataset other = random_dataset({1, 28, 28}, 2, 1);
  EXPECT_THROW(BatchInference(network, other, 1), InputError);
  const Dataset data = random_dataset({1, 32, 32}, 2, 1);
  EXPECT_THROW(BatchInference(network, data, -1), InputError);
  const IntegerNetwork integers =
      random_integer_network(network, Policy::uniform(network, 8, 8), 1);
  EXPECT_THROW(batch_logits(integers, data, 3), InputError);
}

class AccuracyEngineTest : public testing::Test {
 protected:
  /// LeNet-5 with random float parameters and clips that keep its activations in range.
  static Quantizer random_quantizer(const Network& network) {
    Model model;
    model.network = network;
    model.dataset = "random";
    ClipTable clips;
    for (const LayerId l : network.layers.ids()) {
      const Layer& layer = network.layers[l];
      const auto count = static_cast<std::size_t>(layer.rows() * layer.out_channels);
      const float spread = 1.0f / std::sqrt(static_cast<float>(layer.rows()));
      const std::vector<std::uint8_t> bytes = random_image(
          {1, 1, static_cast<int>(count) + layer.out_channels}, static_cast<std::uint64_t>(l) + 1);
      FloatLayer values;
      for (std::size_t i = 0; i < count; ++i) {
        values.weights.push_back((static_cast<float>(bytes[i]) - 127.5f) / 74.0f * spread);
      }
      for (std::size_t c = 0; c < static_cast<std::size_t>(layer.out_channels); ++c) {
        values.bias.push_back((static_cast<float>(bytes[count + c]) - 127.5f) / 1000.0f);
      }
      model.layers.push_back(values);
      clips.weight.emplace_back().fill(1.5f * spread);
      clips.activation.emplace_back().fill(l == LayerId{0} ? 1.0f : 1.2f);
    }
    return Quantizer(model, clips);
  }
};

TEST_F(AccuracyEngineTest, EqualsGoldenUnderChangingPolicies) {
  Quantizer quantizer = random_quantizer(lenet5());
  const Dataset data = random_dataset({1, 32, 32}, 12, 5);
  AccuracyEngine engine(quantizer, data, 2);
  const Network network = lenet5();
  const auto first = engine.logits(Policy::uniform(network, 8, 8), 12);
  for (const char* text :
       {"W8A8", "W4A6", "8/8,2/3,7/4,5/5,8/8", "W12A10", "3/2,4/8,6/6,2/2,5/7", "W8A8"}) {
    const Policy policy = parse_policy(text, network);
    const IntegerNetwork integers = quantizer.quantise(policy);
    const auto logits = engine.logits(policy, 12);
    std::size_t correct = 0;
    for (std::size_t i = 0; i < 12; ++i) {
      const GoldenResult golden = golden_inference(integers, data.image(i));
      ASSERT_EQ(logits[i], golden.logits) << text;
      if (golden.prediction == data.labels[i]) ++correct;
    }
    EXPECT_EQ(engine.evaluate(policy).correct, correct) << text;
  }
  EXPECT_EQ(engine.logits(Policy::uniform(network, 8, 8), 12), first);
}

/// Its layers are much work for few bytes of output.
Network hard_network() {
  return chain({32, 8, 8}, {{32, 3, 1, 1, 2}, {48, 3, 1, 1, 4}, {9, 1, 1, 0, 1}}, 5);
}

TEST_F(AccuracyEngineTest, PoliciesThatBeginAlikeShareTheirBeginning) {
  const Network network = hard_network();
  Quantizer quantizer = random_quantizer(network);
  const Dataset data = random_dataset(network.image, 40, 5);
  AccuracyEngine engine(quantizer, data, 2);
  AccuracyEngine apart(quantizer, data, 2);
  apart.share_prefixes(false);
  const struct {
    const char* policy;
    std::size_t first, images;
    bool shortcut;
  } steps[] = {
      {"8/8,8/8,8/8,8/8", 0, 40, false}, {"8/8,8/8,8/8,5/5", 0, 40, true},
      {"8/8,8/8,4/8,8/8", 0, 40, true},  {"8/8,8/8,4/6,8/8", 0, 40, true},
      {"8/8,4/8,8/8,8/8", 0, 40, true},  {"8/8,8/4,8/8,8/8", 0, 40, false},
      {"8/7,8/8,8/8,8/8", 0, 40, false}, {"8/8,8/8,8/8,8/8", 17, 20, false},
      {"8/8,8/8,3/8,8/8", 17, 20, true}, {"8/8,8/8,3/8,8/8", 18, 20, true},
      {"8/8,8/8,2/2,8/8", 0, 10, false}, {"8/8,8/8,2/2,7/8", 0, 10, true},
      {"9/9,8/8,8/8,8/8", 0, 40, false}, {"8/8,8/8,8/8,8/8", 0, 40, true},
  };
  for (const auto& step : steps) {
    const Policy policy = parse_policy(step.policy, network);
    const std::size_t before = engine.shortcuts();
    EXPECT_EQ(engine.real_logits(policy, step.first, step.images).values,
              apart.real_logits(policy, step.first, step.images).values)
        << step.policy;
    EXPECT_EQ(engine.shortcuts() - before, step.shortcut ? 1u : 0u) << step.policy;
  }
  EXPECT_EQ(apart.shortcuts(), 0u);
  for (const char* text : {"8/8,8/8,4/6,8/8", "8/8,4/8,8/8,8/8"}) {
    const Policy policy = parse_policy(text, network);
    const IntegerNetwork integers = quantizer.quantise(policy);
    const auto logits = engine.logits(policy, 40);
    for (std::size_t i = 0; i < 40; ++i)
      ASSERT_EQ(logits[i], golden_inference(integers, data.image(i)).logits) << text;
  }
}

TEST_F(AccuracyEngineTest, MapsOfAnEvaluationThatFailedAreNotShared) {
  const Network network = hard_network();
  Quantizer quantizer = random_quantizer(network);
  const Dataset data = random_dataset(network.image, 64, 5);
  AccuracyEngine engine(quantizer, data, 1);
  const Policy policy = Policy::uniform(network, 8, 8);
  engine.on_progress([](std::size_t) { throw std::runtime_error("stop"); });
  EXPECT_THROW(engine.evaluate(policy), std::runtime_error);
  engine.on_progress(nullptr);
  AccuracyEngine other(quantizer, data, 1);
  EXPECT_EQ(engine.logits(policy, 64), other.logits(policy, 64));
  EXPECT_EQ(engine.shortcuts(), 0u);
}

TEST_F(AccuracyEngineTest, SmallNetworksKeepNoMaps) {
  Quantizer quantizer = random_quantizer(lenet5());
  const Dataset data = random_dataset({1, 32, 32}, 12, 5);
  AccuracyEngine engine(quantizer, data, 1);
  engine.evaluate(Policy::uniform(lenet5(), 8, 8));
  engine.evaluate(Policy::uniform(lenet5(), 8, 8));
  EXPECT_EQ(engine.shortcuts(), 0u);
}

TEST_F(AccuracyEngineTest, ModelsTheAdcUnderChangingPolicies) {
  Quantizer quantizer = random_quantizer(lenet5());
  const Dataset data = random_dataset({1, 32, 32}, 20, 5);
  AdcModel adc;
  for (const int lsb : {1, 3}) {  // counted, and by the golden inference
    adc.bits = 4;
    adc.lsb = lsb;
    AccuracyEngine engine(quantizer, data, 2, &adc);
    for (const char* text : {"W8A8", "8/8,2/3,7/4,5/5,8/8", "W10A9"}) {
      const Policy policy = parse_policy(text, lenet5());
      const IntegerNetwork integers = quantizer.quantise(policy);
      // The images that share vectors with these are left out of the count.
      const std::vector<int> predicted = engine.predictions(policy, 2, 3);
      ClippedConversions clipped(5, 0);
      for (std::size_t i = 0; i < 3; ++i) {
        const GoldenResult golden = golden_inference(integers, data.image(2 + i), &adc);
        EXPECT_EQ(predicted[i], golden.prediction) << text;
        EXPECT_EQ(engine.logits(policy, 3 + i).back(), golden.logits) << text;
        for (const LayerId l : clipped.ids()) clipped[l] += golden.layers[l].clipped_conversions;
      }
      engine.predictions(policy, 2, 3);
      EXPECT_EQ(engine.clipped_conversions(), clipped) << text;
    }
  }
}

TEST_F(AccuracyEngineTest, ReportsProgress) {
  Quantizer quantizer = random_quantizer(lenet5());
  const Dataset data = random_dataset({1, 32, 32}, 40, 5);
  AccuracyEngine engine(quantizer, data, 2);
  std::vector<std::size_t> done;
  engine.on_progress([&](std::size_t images) { done.push_back(images); });
  engine.evaluate(Policy::uniform(lenet5(), 8, 8));
  ASSERT_EQ(done.size(), 3u);
  EXPECT_TRUE(std::is_sorted(done.begin(), done.end()));
  EXPECT_EQ(done.back(), 40u);
}

TEST_F(AccuracyEngineTest, CountsOnlyTheImagesAskedFor) {
  Quantizer quantizer = random_quantizer(lenet5());
  const Dataset data = random_dataset({1, 32, 32}, 35, 8);
  const Policy policy = Policy::uniform(lenet5(), 8, 8);
  AccuracyEngine engine(quantizer, data, 3);
  AccuracyEngine single(quantizer, data, 1);
  const auto logits = engine.logits(policy, 35);
  for (const std::size_t images :
       {std::size_t{0}, std::size_t{1}, std::size_t{16}, std::size_t{33}}) {
    const Accuracy accuracy = engine.evaluate(policy, images);
    const std::size_t counted = images == 0 ? 35 : images;
    std::size_t correct = 0;
    for (std::size_t i = 0; i < counted; ++i)
      correct += argmax(logits[i]) == data.labels[i] ? 1 : 0;
    EXPECT_EQ(accuracy.images, counted);
    EXPECT_EQ(accuracy.correct, correct);
    EXPECT_EQ(single.evaluate(policy, images).correct, correct);
  }
  EXPECT_THROW(engine.evaluate(policy, 36), InputError);
  const std::vector<int> middle = engine.predictions(policy, 13, 21);
  ASSERT_EQ(middle.size(), 21u);
  for (std::size_t i = 0; i < middle.size(); ++i) EXPECT_EQ(middle[i], argmax(logits[13 + i]));
  EXPECT_THROW(engine.predictions(policy, 30, 6), InputError);
}

TEST_F(AccuracyEngineTest, RefusesPoliciesOfAnotherShape) {
  Quantizer quantizer = random_quantizer(lenet5());
  const Dataset data = random_dataset({1, 32, 32}, 2, 8);
  AccuracyEngine engine(quantizer, data, 1);
  Policy policy = Policy::uniform(lenet5(), 8, 8);
  policy.layers.pop_back();
  EXPECT_THROW(engine.evaluate(policy), InputError);
  policy = Policy::uniform(lenet5(), 8, 8);
  policy.layers[LayerId{1}].weight = 1;
  EXPECT_THROW(engine.evaluate(policy), InputError);
  policy.layers[LayerId{1}].weight = kMaxBits + 1;
  EXPECT_THROW(engine.evaluate(policy), InputError);
}

TEST(Accuracy, IsAPercentage) {
  EXPECT_DOUBLE_EQ((Accuracy{1, 8}).pct(), 12.5);
  EXPECT_DOUBLE_EQ((Accuracy{}).pct(), 0.0);
}

}  // namespace
}  // namespace kirchhoff::quant
