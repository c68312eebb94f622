#include "quant/quantizer/quantizer.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "quant/network/golden.h"
#include "quant/quantizer/clip_cache.h"
#include "small_model.h"

namespace kirchhoff::quant {
namespace {

TEST(Calibrate, ClipsEveryTensorAtEveryWidth) {
  const Model model = small_model();
  const Dataset data = calibration_images();
  const ClipTable clips = calibrate(model, float_pass(model, data));
  ASSERT_EQ(clips.weight.size(), 3u);
  ASSERT_EQ(clips.activation.size(), 3u);
  for (std::size_t bits = kMinBits; bits <= kMaxBits; ++bits) {
    EXPECT_EQ(clips.activation[TensorId{0}][bits], 1.0f);
    for (const LayerId l : ids<LayerId>(3)) {
      EXPECT_GT(clips.weight[l][bits], 0.0f);
      EXPECT_GT(clips.activation[preceding(output_of(l))][bits], 0.0f);
    }
  }
  EXPECT_GT(clips.weight[LayerId{1}][8], clips.weight[LayerId{1}][2]);
}

TEST(Calibrate, SurvivesDeadLayers) {
  Model model = small_model();
  std::fill(model.layers[LayerId{0}].weights.begin(), model.layers[LayerId{0}].weights.end(), 0.0f);
  std::fill(model.layers[LayerId{0}].bias.begin(), model.layers[LayerId{0}].bias.end(), -1.0f);
  const Dataset data = calibration_images();
  const ClipTable clips = calibrate(model, float_pass(model, data));
  EXPECT_EQ(clips.weight[LayerId{0}][8], 1.0f);
  EXPECT_EQ(clips.activation[TensorId{1}][8], 1.0f);
  Quantizer quantizer(model, clips);
  const IntegerNetwork integers = quantizer.quantise(Policy::uniform(model.network, 8, 8));
  EXPECT_NO_THROW(integers.validate());
  const GoldenResult result = golden_inference(integers, data.image(0));
  EXPECT_EQ(result.layers[LayerId{1}].inputs,
            std::vector<std::int32_t>(result.layers[LayerId{1}].inputs.size(), 0));
}

class QuantizerTest : public testing::Test {
 protected:
  Model model_ = small_model();
  Dataset data_ = calibration_images();
  ClipTable clips_ = calibrate(model_, float_pass(model_, data_));
  Quantizer quantizer_{model_, clips_};
};

TEST_F(QuantizerTest, RoundsWeightsToTheNearestStepAndClips) {
  for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
    const Eigen::MatrixXi& weights = quantizer_.weights(LayerId{1}, bits);
    const Layer& layer = model_.network.layers[LayerId{1}];
    ASSERT_EQ(weights.rows(), layer.rows());
    ASSERT_EQ(weights.cols(), layer.out_channels);
    const int max = (1 << (bits - 1)) - 1;
    const double clip = clips_.weight[LayerId{1}][static_cast<std::size_t>(bits)],
                 step = clip / max;
    for (int c = 0; c < layer.out_channels; ++c) {
      for (int r = 0; r < layer.rows(); ++r) {
        const double value = std::clamp<double>(
            model_.layers[LayerId{1}].weights[static_cast<std::size_t>(c * layer.rows() + r)],
            -clip, clip);
        EXPECT_LE(std::fabs(weights(r, c) * step - value), 0.5 * step * 1.0001);
        EXPECT_LE(std::abs(weights(r, c)), max);
      }
    }
  }
}

TEST_F(QuantizerTest, HalvesRoundAwayFromZero) {
  Model model = model_;
  ClipTable clips = clips_;
  clips.weight[LayerId{1}][3] = 3.0f;  // steps of 1 in [-3, 3]
  model.layers[LayerId{1}].weights[0] = 0.5f;
  model.layers[LayerId{1}].weights[1] = -0.5f;
  model.layers[LayerId{1}].weights[2] = 1.5f;
  model.layers[LayerId{1}].weights[3] = -2.5f;
  model.layers[LayerId{1}].weights[4] = 1e30f;
  Quantizer quantizer(model, clips);
  const Eigen::MatrixXi& weights = quantizer.weights(LayerId{1}, 3);
  EXPECT_EQ(weights(0, 0), 1);
  EXPECT_EQ(weights(1, 0), -1);
  EXPECT_EQ(weights(2, 0), 2);
  EXPECT_EQ(weights(3, 0), -3);
  EXPECT_EQ(weights(4, 0), 3);
}

// Sixteen bits clip nothing and follow the float network closer than eight.
TEST_F(QuantizerTest, SixteenBitsFollowTheFloatNetworkMoreClosely) {
  const auto error = [&](int bits) {
    const IntegerNetwork integers =
        quantizer_.quantise(Policy::uniform(model_.network, bits, bits));
    const double levels = (1 << (bits - 1)) - 1, steps = (1 << bits) - 1;
    const auto at = static_cast<std::size_t>(bits);
    const double scale =
        clips_.weight[LayerId{2}][at] / levels * clips_.activation[TensorId{2}][at] / steps;
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const GoldenResult golden = golden_inference(integers, data_.image(i));
      const std::vector<double> logits =
          float_inference(model_, data_.image(i), [](TensorId, const float*, std::size_t) {});
      for (std::size_t c = 0; c < logits.size(); ++c)
        sum += std::fabs(static_cast<double>(golden.logits[c]) * scale - logits[c]);
    }
    return sum;
  };
  EXPECT_LT(error(16), 0.1 * error(8));
}

TEST_F(QuantizerTest, EveryPolicyGivesValidIntegers) {
  for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
    Policy policy = Policy::uniform(model_.network, bits, kMinBits + kMaxBits - bits);
    policy.layers[LayerId{0}].activation = bits;
    const IntegerNetwork integers = quantizer_.quantise(policy);
    EXPECT_NO_THROW(integers.validate());
    EXPECT_EQ(integers.policy, policy);
    EXPECT_EQ(integers.layers[LayerId{0}].output_bits, policy.layers[LayerId{1}].activation);
  }
}

TEST_F(QuantizerTest, EightBitsFollowTheFloatNetwork) {
  const Policy policy = Policy::uniform(model_.network, 8, 8);
  const IntegerNetwork integers = quantizer_.quantise(policy);
  // Real value of one accumulator step of the last layer.
  const double scale =
      clips_.weight[LayerId{2}][8] / 127.0 * clips_.activation[TensorId{2}][8] / 255.0;
  for (std::size_t i = 0; i < data_.size(); ++i) {
    const GoldenResult golden = golden_inference(integers, data_.image(i));
    const std::vector<double> logits =
        float_inference(model_, data_.image(i), [](TensorId, const float*, std::size_t) {});
    for (std::size_t c = 0; c < logits.size(); ++c)
      EXPECT_NEAR(static_cast<double>(golden.logits[c]) * scale, logits[c], 0.06);
  }
}

TEST_F(QuantizerTest, FewerImageBitsKeepTheImagesScale) {
  // Only the image gets coarser, so the logits move a little and not by a factor.
  Policy policy = Policy::uniform(model_.network, 8, 8);
  const GoldenResult full = golden_inference(quantizer_.quantise(policy), data_.image(0));
  policy.layers[LayerId{0}].activation = 5;
  const GoldenResult coarse = golden_inference(quantizer_.quantise(policy), data_.image(0));
  const double scale =
      clips_.weight[LayerId{2}][8] / 127.0 * clips_.activation[TensorId{2}][8] / 255.0;
  for (std::size_t c = 0; c < full.logits.size(); ++c) {
    EXPECT_NEAR(static_cast<double>(coarse.logits[c]) * scale,
                static_cast<double>(full.logits[c]) * scale, 0.15);
  }
}

TEST_F(QuantizerTest, ConstantsAreThoseOfTheWholeNetwork) {
  const Policy policy = parse_policy("8/8,3/5,6/2", model_.network);
  const IntegerNetwork whole = quantizer_.quantise(policy);
  for (const LayerId l : ids<LayerId>(3)) {
    const IntegerLayer layer = quantizer_.constants(l, policy);
    EXPECT_EQ(layer.multiplier, whole.layers[l].multiplier);
    EXPECT_EQ(layer.bias, whole.layers[l].bias);
    EXPECT_EQ(layer.shift, whole.layers[l].shift);
    EXPECT_EQ(layer.weights.size(), 0);
  }
  EXPECT_EQ(quantizer_.output_bias(policy), whole.output_bias);
}

TEST_F(QuantizerTest, RefusesWhatDoesNotFit) {
  ClipTable few = clips_;
  few.weight.pop_back();
  EXPECT_THROW(Quantizer(model_, few), InputError);
  ClipTable zero = clips_;
  zero.activation[TensorId{1}][4] = 0.0f;
  EXPECT_THROW(Quantizer(model_, zero), InputError);
  Model short_model = model_;
  short_model.layers[LayerId{1}].weights.pop_back();
  EXPECT_THROW(Quantizer(short_model, clips_), InputError);
  Policy policy = Policy::uniform(model_.network, 8, 8);
  policy.layers.pop_back();
  EXPECT_THROW(quantizer_.quantise(policy), InputError);
  policy = Policy::uniform(model_.network, 8, 8);
  policy.layers[LayerId{1}].activation = 17;
  EXPECT_THROW(quantizer_.quantise(policy), InputError);
  Model huge_bias = model_;
  huge_bias.layers[LayerId{2}].bias[0] = 1e12f;
  Quantizer quantizer(huge_bias, clips_);
  EXPECT_THROW(quantizer.quantise(Policy::uniform(model_.network, 8, 8)), InputError);
}

/// Mean squared distance between quantised and float weights.
double weight_error(const Model& model, const ClipTable& clips, LayerId l, int bits) {
  Quantizer quantizer(model, clips);
  const Layer& layer = model.network.layers[l];
  const Eigen::MatrixXi& integers = quantizer.weights(l, bits);
  double error = 0.0;
  for (int c = 0; c < layer.out_channels; ++c) {
    const auto at = static_cast<std::size_t>(bits);
    const double clip = clips.channel.empty() || clips.channel[l][at].empty()
                            ? clips.weight[l][at]
                            : clips.channel[l][at][static_cast<std::size_t>(c)];
    for (int r = 0; r < layer.rows(); ++r) {
      const double value = model.layers[l].weights[static_cast<std::size_t>(c * layer.rows() + r)];
      const double difference = integers(r, c) * clip / ((1 << (bits - 1)) - 1) - value;
      error += difference * difference;
    }
  }
  return error;
}

TEST_F(QuantizerTest, ChannelsOfUnequalWeightsGainFromClipsOfTheirOwn) {
  Model model = model_;
  const auto rows = static_cast<std::size_t>(model.network.layers[LayerId{1}].rows());
  for (std::size_t r = 0; r < rows; ++r) model.layers[LayerId{1}].weights[r] *= 0.05f;
  QuantizationOptions options;
  options.clip = ClipMethod::kMse;
  const ClipTable tensor = calibrate(model, float_pass(model, data_), options);
  options.per_channel = true;
  const ClipTable channel = calibrate(model, float_pass(model, data_), options);
  EXPECT_TRUE(tensor.channel.empty());
  ASSERT_EQ(channel.channel.size(), 3);
  EXPECT_EQ(channel.channel[LayerId{1}][4].size(), 6u);
  EXPECT_TRUE(channel.channel[LayerId{2}][4].empty());  // the last layer
  for (int bits = 2; bits <= 8; ++bits) {
    EXPECT_LT(weight_error(model, channel, LayerId{1}, bits),
              weight_error(model, tensor, LayerId{1}, bits))
        << bits;
  }
}

/// Mean squared distance of the last layer's logits from those in float, in float units.
double logit_error(const Model& model, const Dataset& data, const QuantizationOptions& options,
                   const Policy& policy) {
  const ClipTable clips = calibrate(model, float_pass(model, data), options);
  Quantizer quantizer(model, clips);
  const IntegerNetwork network = quantizer.quantise(policy);
  const LayerId last = policy.layers.last_id();
  const auto w = static_cast<std::size_t>(policy.layers[last].weight);
  const auto a = static_cast<std::size_t>(policy.layers[last].activation);
  const double scale = double{clips.weight[last][w]} / ((1 << (w - 1)) - 1) *
                       double{clips.activation[preceding(output_of(last))][a]} / ((1 << a) - 1);
  double error = 0.0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto exact =
        float_inference(model, data.image(i), [](TensorId, const float*, std::size_t) {});
    const GoldenResult integers = golden_inference(network, data.image(i));
    for (std::size_t c = 0; c < exact.size(); ++c) {
      const double difference = static_cast<double>(integers.logits[c]) * scale - exact[c];
      error += difference * difference;
    }
  }
  return error;
}

TEST_F(QuantizerTest, PerChannelScalesReachTheOutputUnchanged) {
  // At 8 bits nothing is lost, so a wrong multiplier of any channel would stand out.
  Model model = model_;
  const auto rows = static_cast<std::size_t>(model.network.layers[LayerId{0}].rows());
  for (std::size_t r = 0; r < rows; ++r) model.layers[LayerId{0}].weights[r] *= 0.1f;
  QuantizationOptions options;
  options.per_channel = true;
  const Policy policy = Policy::uniform(model.network, 8, 8);
  EXPECT_LE(logit_error(model, data_, options, policy),
            1.1 * logit_error(model, data_, {}, policy));
}

TEST_F(QuantizerTest, BiasCorrectionTakesTheMeanErrorAway) {
  QuantizationOptions options;
  options.bias_correction = true;
  const ClipTable clips = calibrate(model_, float_pass(model_, data_), options);
  ASSERT_EQ(clips.input_mean.size(), 3);
  EXPECT_EQ(clips.input_mean[LayerId{1}].size(), 4u);
  double sum = 0.0;
  for (const std::uint8_t pixel : data_.pixels) sum += pixel / 255.0;
  EXPECT_NEAR(clips.input_mean[LayerId{0}][0], sum / static_cast<double>(data_.pixels.size()),
              1e-5);
  // Few weight bits, exact activations: what is left is the weights' error.
  Policy policy = Policy::uniform(model_.network, 3, 8);
  EXPECT_LT(logit_error(model_, data_, options, policy), logit_error(model_, data_, {}, policy));
}

TEST_F(QuantizerTest, MethodsDifferAndAreFollowed) {
  QuantizationOptions options;
  options.clip = ClipMethod::kPercentile;
  options.percentile = 50.0;
  const ClipTable half = calibrate(model_, float_pass(model_, data_), options);
  options.percentile = 100.0;
  const ClipTable all = calibrate(model_, float_pass(model_, data_), options);
  options.clip = ClipMethod::kMse;
  const ClipTable mse = calibrate(model_, float_pass(model_, data_), options);
  EXPECT_EQ(half.weight[LayerId{1}][3], half.weight[LayerId{1}][8]);
  EXPECT_LT(half.weight[LayerId{1}][3], all.weight[LayerId{1}][3]);
  EXPECT_EQ(all.weight[LayerId{1}][3], all.weight[LayerId{1}][16]);
  EXPECT_LT(weight_error(model_, mse, LayerId{1}, 3), weight_error(model_, all, LayerId{1}, 3));
  EXPECT_LT(weight_error(model_, mse, LayerId{1}, 3), weight_error(model_, half, LayerId{1}, 3));
}

TEST_F(QuantizerTest, RefusesChannelClipsAndMeansOfAnotherModel) {
  QuantizationOptions options;
  options.per_channel = options.bias_correction = true;
  const ClipTable good = calibrate(model_, float_pass(model_, data_), options);
  ClipTable clips = good;
  clips.channel[LayerId{0}][5].pop_back();
  EXPECT_THROW(Quantizer(model_, clips), InputError);
  clips = good;
  clips.channel[LayerId{1}][2][3] = 0.0f;
  EXPECT_THROW(Quantizer(model_, clips), InputError);
  clips = good;
  clips.channel.pop_back();
  EXPECT_THROW(Quantizer(model_, clips), InputError);
  clips = good;
  clips.input_mean[LayerId{1}].push_back(0.0f);
  EXPECT_THROW(Quantizer(model_, clips), InputError);
}

class CacheTest : public QuantizerTest {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string("kirchhoff-cache-") +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ClipTable cached(const Model& model, const Dataset& data) {
    runs_ = 0;
    return calibrate_cached(model, data, float_pass(model, data, &runs_), shipped_,
                            folder_.string());
  }
  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> result;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      result.push_back(entry.path());
    return result;
  }
  static std::string read(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  std::filesystem::path folder_;
  std::string shipped_;
  int runs_ = 0;
};

TEST_F(CacheTest, TheSecondCallReadsWhatTheFirstWrote) {
  const ClipTable first = cached(model_, data_);
  EXPECT_EQ(runs_, 2);
  ASSERT_EQ(files().size(), 1u);
  const ClipTable second = cached(model_, data_);
  EXPECT_EQ(runs_, 0);
  EXPECT_EQ(second.weight, first.weight);
  EXPECT_EQ(second.activation, first.activation);
  EXPECT_EQ(first.weight, clips_.weight);
  EXPECT_EQ(first.activation, clips_.activation);
}

TEST_F(CacheTest, WhatIsShippedBesideTheModelIsReadAndNeverWritten) {
  const ClipTable first = cached(model_, data_);
  shipped_ = folder_.string();
  const auto shipped = files().front();
  const std::string before = read(shipped);
  folder_ += "-own";
  std::filesystem::remove_all(folder_);
  EXPECT_EQ(cached(model_, data_).activation, first.activation);
  EXPECT_EQ(runs_, 0);
  EXPECT_FALSE(std::filesystem::exists(folder_));
  Model other = model_;
  other.layers.front().weights.front() += 0.5f;
  cached(other, data_);
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(files().size(), 1u);
  EXPECT_EQ(read(shipped), before);
  std::filesystem::remove_all(shipped_);
}

TEST_F(CacheTest, OptionsAreOtherEntriesAndComeBackWhole) {
  cached(model_, data_);
  QuantizationOptions options;
  options.clip = ClipMethod::kMse;
  options.per_channel = options.bias_correction = true;
  const auto run = [&] {
    runs_ = 0;
    return calibrate_cached(model_, data_, float_pass(model_, data_, &runs_), "", folder_.string(),
                            options);
  };
  const ClipTable first = run();
  EXPECT_EQ(runs_, 2);
  const ClipTable second = run();
  EXPECT_EQ(runs_, 0);
  EXPECT_EQ(second.weight, first.weight);
  EXPECT_EQ(second.channel, first.channel);
  EXPECT_EQ(second.input_mean, first.input_mean);
  options.bias_correction = false;
  run();
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(files().size(), 3u);
}

TEST_F(CacheTest, OtherWeightsOrImagesAreOtherEntries) {
  cached(model_, data_);
  Model model = model_;
  model.layers[LayerId{1}].weights[5] += 0.01f;
  cached(model, data_);
  EXPECT_EQ(runs_, 2);
  Dataset data = data_;
  data.pixels[3] ^= 1;
  cached(model_, data);
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(files().size(), 3u);
}

TEST_F(CacheTest, BrokenAndForeignFilesAreReplaced) {
  const ClipTable clips = cached(model_, data_);
  const std::filesystem::path path = files().at(0);
  const std::string good = read(path);
  nlohmann::json fewer = nlohmann::json::parse(good);
  fewer["weight"].erase(0);
  nlohmann::json negative = nlohmann::json::parse(good);
  negative["activation"][1][4] = -1.0;
  nlohmann::json text = nlohmann::json::parse(good);
  text["weight"][0][3] = "wide";
  nlohmann::json other_key = nlohmann::json::parse(good);
  other_key["key"] = "0";
  for (const std::string& content :
       {std::string(), std::string("not JSON"), std::string("[1, 2]"), std::string("{}"),
        good.substr(0, good.size() / 2), fewer.dump(), negative.dump(), text.dump(),
        other_key.dump()}) {
    std::ofstream(path) << content;
    EXPECT_EQ(cached(model_, data_).weight, clips.weight) << content.substr(0, 40);
    EXPECT_EQ(runs_, 2) << content.substr(0, 40);
    EXPECT_EQ(read(path), good);
  }
}

TEST_F(CacheTest, AnEditedDigitIsNoticed) {
  const ClipTable clips = cached(model_, data_);
  const std::filesystem::path path = files().at(0);
  const std::string good = read(path);
  const std::size_t values = good.find("\"weight\"");
  ASSERT_NE(values, std::string::npos);
  int edited = 0;
  for (std::size_t at = values; at < good.size() && edited < 3; ++at) {
    // The first digit behind a point, so that the number is another one.
    if (good[at - 1] != '.' || good[at] < '0' || good[at] > '8') continue;
    std::string bad = good;
    ++bad[at];
    std::ofstream(path) << bad;
    testing::internal::CaptureStderr();
    EXPECT_EQ(cached(model_, data_).weight, clips.weight);
    EXPECT_NE(testing::internal::GetCapturedStderr().find("wrong checksum; computed anew"),
              std::string::npos);
    EXPECT_EQ(read(path), good);
    ++edited;
  }
  EXPECT_EQ(edited, 3);
}

TEST_F(CacheTest, AnUnusableFolderCostsTimeOnly) {
  std::ofstream(folder_.string()) << "a file where the folder should be";
  EXPECT_EQ(cached(model_, data_).weight, clips_.weight);
  EXPECT_EQ(calibrate_cached(model_, data_, float_pass(model_, data_), "", "").weight,
            clips_.weight);
}

}  // namespace
}  // namespace kirchhoff::quant
