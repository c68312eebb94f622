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

#include "quant/network/golden.h"
#include "traces/error.h"

namespace kirchhoff::quant {
namespace {

/// Deterministic, roughly normal: a sum of twelve bytes.
std::vector<float> bell_values(std::size_t count, float deviation, std::uint64_t seed) {
  const std::vector<std::uint8_t> bytes = random_image({1, 12, static_cast<int>(count)}, seed);
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) {
    float sum = 0.0f;
    for (std::size_t k = 0; k < 12; ++k)
      sum += static_cast<float>(bytes[12 * i + k]) / 255.0f - 0.5f;
    values.push_back(sum * deviation);
  }
  return values;
}

/// Two convolutions and a classifier with bell-shaped parameters.
Model small_model() {
  Model model;
  model.dataset = "random";
  Network& network = model.network;
  network.name = "small";
  network.image = {1, 8, 8};
  const int channels[] = {1, 4, 6};
  Shape map = network.image;
  for (int l = 0; l < 2; ++l) {
    Layer layer;
    layer.name = "conv" + std::to_string(l + 1);
    layer.inputs = {l - 1};
    layer.input = map;
    layer.out_channels = channels[l + 1];
    layer.kernel_height = layer.kernel_width = 3;
    layer.padding = 1;
    layer.pool = 2;
    network.layers.push_back(layer);
    map = layer.output();
  }
  Layer last;
  last.name = "out";
  last.kind = LayerKind::kFullyConnected;
  last.inputs = {1};
  last.input = map;
  last.out_channels = 10;
  last.kernel_height = map.height;
  last.kernel_width = map.width;
  last.relu = false;
  network.layers.push_back(last);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const Layer& layer = network.layers[l];
    const float deviation = 1.4f / std::sqrt(static_cast<float>(layer.rows()));
    model.layers.push_back(
        {bell_values(static_cast<std::size_t>(layer.rows() * layer.out_channels), deviation, l + 1),
         bell_values(static_cast<std::size_t>(layer.out_channels), 0.05f, l + 100)});
  }
  return model;
}

/// Plain float inference; hands the inputs of every layer to `visit` and returns the logits.
std::vector<double> float_inference(const Model& model, const std::vector<std::uint8_t>& image,
                                    const ActivationVisitor& visit) {
  std::vector<double> map;
  for (const std::uint8_t pixel : image) map.push_back(pixel / 255.0);
  for (std::size_t l = 0; l < model.layers.size(); ++l) {
    const Layer& layer = model.network.layers[l];
    const std::vector<float> inputs(map.begin(), map.end());
    visit(l, inputs.data(), inputs.size());
    const Shape out = layer.output();
    std::vector<double> next;
    for (int c = 0; c < out.channels; ++c) {
      for (int y = 0; y < out.height; ++y) {
        for (int x = 0; x < out.width; ++x) {
          double best = -1e30;
          for (int p = 0; p < layer.pool * layer.pool; ++p) {
            double sum = model.layers[l].bias[static_cast<std::size_t>(c)];
            for (int r = 0; r < layer.rows(); ++r) {
              const int kx = r % layer.kernel_width,
                        ky = r / layer.kernel_width % layer.kernel_height;
              const int channel = r / layer.kernel_width / layer.kernel_height;
              const int iy = (y * layer.pool + p / layer.pool) * layer.stride + ky - layer.padding;
              const int ix = (x * layer.pool + p % layer.pool) * layer.stride + kx - layer.padding;
              if (iy < 0 || iy >= layer.input.height || ix < 0 || ix >= layer.input.width) continue;
              sum += model.layers[l].weights[static_cast<std::size_t>(c * layer.rows() + r)] *
                     map[static_cast<std::size_t>(
                         (channel * layer.input.height + iy) * layer.input.width + ix)];
            }
            best = std::max(best, sum);
          }
          next.push_back(layer.relu ? std::max(best, 0.0) : best);
        }
      }
    }
    map = next;
  }
  return map;
}

Dataset calibration_images() {
  Dataset data;
  data.name = "random";
  data.shape = {1, 8, 8};
  for (std::size_t i = 0; i < 12; ++i) {
    const std::vector<std::uint8_t> image = random_image(data.shape, 500 + i);
    data.pixels.insert(data.pixels.end(), image.begin(), image.end());
    data.labels.push_back(0);
  }
  return data;
}

ActivationPass float_pass(const Model& model, const Dataset& data, int* runs = nullptr) {
  return [&model, &data, runs](const ActivationVisitor& visit) {
    if (runs != nullptr) ++*runs;
    for (std::size_t i = 0; i < data.size(); ++i) float_inference(model, data.image(i), visit);
  };
}

MagnitudeHistogram histogram_of(const std::vector<float>& values) {
  float limit = 0.0f;
  for (const float value : values) limit = std::max(limit, std::fabs(value));
  MagnitudeHistogram histogram(limit);
  histogram.add(values.data(), values.size());
  return histogram;
}

TEST(MagnitudeHistogram, CountsMagnitudesButNoZeros) {
  MagnitudeHistogram histogram(1.0f);
  const std::vector<float> values = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, 0.0001f};
  histogram.add(values.data(), values.size());
  EXPECT_EQ(histogram.counts.front(), 1.0);
  EXPECT_EQ(histogram.counts[1024], 1.0);
  EXPECT_EQ(histogram.counts.back(), 2.0);
}

TEST(KlClip, KeepsTheRangeAtManyLevelsAndClipsMoreAtFew) {
  const MagnitudeHistogram histogram = histogram_of(bell_values(50000, 1.0f, 3));
  const float c2 = kl_clip(histogram, 2), c4 = kl_clip(histogram, 4),
              c128 = kl_clip(histogram, 128);
  EXPECT_GT(c2, 0.9f);  // standard deviations
  EXPECT_LT(c2, 2.0f);
  EXPECT_GT(c4, c2);
  EXPECT_GT(c128, c4);
  EXPECT_GT(c128, 0.8f * histogram.limit);
  EXPECT_LE(c128, histogram.limit);
}

TEST(KlClip, IgnoresAFewFarOutliersAtFewLevels) {
  std::vector<float> values = bell_values(50000, 0.1f, 4);
  values.push_back(2.0f);
  values.push_back(-2.0f);
  EXPECT_LT(kl_clip(histogram_of(values), 8), 0.8f);
}

TEST(KlClip, AnExactZeroOrAConstantBackgroundDoesNotSetTheClip) {
  std::vector<float> values = bell_values(20000, 1.0f, 5);
  for (float& value : values) value = std::fabs(value);
  const float clean = kl_clip(histogram_of(values), 16);
  values.resize(values.size() + 60000, 0.0f);
  EXPECT_EQ(kl_clip(histogram_of(values), 16), clean);
  // What a bias makes of a black background: one small value, very often.
  values.resize(values.size() + 20000, 0.02f);
  EXPECT_NEAR(kl_clip(histogram_of(values), 16), clean, 0.3f * clean);
}

TEST(KlClip, ScalesWithTheValues) {
  std::vector<float> values = bell_values(5000, 1.0f, 6);
  const float clip = kl_clip(histogram_of(values), 8);
  for (float& value : values) value *= 0.25f;
  EXPECT_FLOAT_EQ(kl_clip(histogram_of(values), 8), 0.25f * clip);
}

TEST(KlClip, HandlesDegenerateTensors) {
  EXPECT_EQ(kl_clip(MagnitudeHistogram(0.0f), 8), 0.0f);
  for (const int levels : {2, 4, 16, 256}) {
    EXPECT_NEAR(kl_clip(histogram_of(std::vector<float>(10, 3.0f)), levels), 3.0f, 0.2f) << levels;
  }
  EXPECT_THROW(kl_clip(MagnitudeHistogram(1.0f), 1), std::invalid_argument);
}

/// D_KL(P || Q) by definition, bin after bin, of the smoothed histogram `p`.
double literal_divergence(const std::vector<double>& counts, int bins, int levels) {
  const auto level_of = [&](int bin) {
    return static_cast<int>(std::floor((bin + 0.5) / bins * (levels - 1) + 0.5));
  };
  double total = 0.0, inliers = 0.0;
  for (std::size_t i = 0; i < counts.size(); ++i)
    (static_cast<int>(i) < bins ? inliers : total) += counts[i];
  total += inliers;
  std::vector<double> inside(static_cast<std::size_t>(levels), 0.0),
      width(static_cast<std::size_t>(levels), 0.0);
  for (int i = 0; i < bins; ++i) {
    inside[static_cast<std::size_t>(level_of(i))] += counts[static_cast<std::size_t>(i)];
    width[static_cast<std::size_t>(level_of(i))] += 1.0;
  }
  double divergence = 0.0;
  for (int i = 0; i < bins; ++i) {
    const auto level = static_cast<std::size_t>(level_of(i));
    const double folded = level_of(i) == levels - 1 ? (total - inliers) / width[level] : 0.0;
    const double p = (counts[static_cast<std::size_t>(i)] + folded) / total;
    const double q = inside[level] / width[level] / inliers;
    if (p > 0.0) divergence += p * std::log(p / q);
  }
  return divergence;
}

TEST(KlClip, IsTheLeastDivergenceByDefinition) {
  // A histogram that smoothing hardly changes, so that the definition can be applied to it as it
  // is.
  MagnitudeHistogram histogram(1.0f);
  for (std::size_t i = 0; i < MagnitudeHistogram::kBins; ++i) {
    histogram.counts[i] = 1e6 * std::exp(-static_cast<double>(i) / 500.0);
  }
  for (const int levels : {2, 4, 16, 128}) {
    const int found = static_cast<int>(std::lround(kl_clip(histogram, levels) * 2048.0f));
    double least = std::numeric_limits<double>::infinity();
    for (int bins = levels; bins <= 2048; bins += 3) {
      least = std::min(least, literal_divergence(histogram.counts, bins, levels));
    }
    EXPECT_LE(literal_divergence(histogram.counts, found, levels), least * 1.01 + 1e-5) << levels;
  }
}

TEST(Calibrate, ClipsEveryTensorAtEveryWidth) {
  const Model model = small_model();
  const Dataset data = calibration_images();
  const ClipTable clips = calibrate(model, float_pass(model, data));
  ASSERT_EQ(clips.weight.size(), 3u);
  ASSERT_EQ(clips.activation.size(), 3u);
  for (std::size_t bits = kMinBits; bits <= kMaxBits; ++bits) {
    EXPECT_EQ(clips.activation[0][bits], 1.0f);
    for (std::size_t l = 0; l < 3; ++l) {
      EXPECT_GT(clips.weight[l][bits], 0.0f);
      EXPECT_GT(clips.activation[l][bits], 0.0f);
    }
  }
  EXPECT_GT(clips.weight[1][8], clips.weight[1][2]);
}

TEST(Calibrate, SurvivesDeadLayers) {
  Model model = small_model();
  std::fill(model.layers[0].weights.begin(), model.layers[0].weights.end(), 0.0f);
  std::fill(model.layers[0].bias.begin(), model.layers[0].bias.end(), -1.0f);
  const Dataset data = calibration_images();
  const ClipTable clips = calibrate(model, float_pass(model, data));
  EXPECT_EQ(clips.weight[0][8], 1.0f);
  EXPECT_EQ(clips.activation[1][8], 1.0f);
  Quantizer quantizer(model, clips);
  const IntegerNetwork integers = quantizer.quantise(Policy::uniform(model.network, 8, 8));
  EXPECT_NO_THROW(integers.validate());
  const GoldenResult result = golden_inference(integers, data.image(0));
  EXPECT_EQ(result.layers[1].inputs, std::vector<std::int32_t>(result.layers[1].inputs.size(), 0));
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
    const Eigen::MatrixXi& weights = quantizer_.weights(1, bits);
    const Layer& layer = model_.network.layers[1];
    ASSERT_EQ(weights.rows(), layer.rows());
    ASSERT_EQ(weights.cols(), layer.out_channels);
    const int max = (1 << (bits - 1)) - 1;
    const double clip = clips_.weight[1][static_cast<std::size_t>(bits)], step = clip / max;
    for (int c = 0; c < layer.out_channels; ++c) {
      for (int r = 0; r < layer.rows(); ++r) {
        const double value = std::clamp<double>(
            model_.layers[1].weights[static_cast<std::size_t>(c * layer.rows() + r)], -clip, clip);
        EXPECT_LE(std::fabs(weights(r, c) * step - value), 0.5 * step * 1.0001);
        EXPECT_LE(std::abs(weights(r, c)), max);
      }
    }
  }
}

TEST_F(QuantizerTest, HalvesRoundAwayFromZero) {
  Model model = model_;
  ClipTable clips = clips_;
  clips.weight[1][3] = 3.0f;  // steps of 1 in [-3, 3]
  model.layers[1].weights[0] = 0.5f;
  model.layers[1].weights[1] = -0.5f;
  model.layers[1].weights[2] = 1.5f;
  model.layers[1].weights[3] = -2.5f;
  model.layers[1].weights[4] = 1e30f;
  Quantizer quantizer(model, clips);
  const Eigen::MatrixXi& weights = quantizer.weights(1, 3);
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
    const double scale = clips_.weight[2][at] / levels * clips_.activation[2][at] / steps;
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const GoldenResult golden = golden_inference(integers, data_.image(i));
      const std::vector<double> logits =
          float_inference(model_, data_.image(i), [](std::size_t, const float*, std::size_t) {});
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
    policy.layers[0].activation = bits;
    const IntegerNetwork integers = quantizer_.quantise(policy);
    EXPECT_NO_THROW(integers.validate());
    EXPECT_EQ(integers.policy, policy);
    EXPECT_EQ(integers.layers[0].output_bits, policy.layers[1].activation);
  }
}

TEST_F(QuantizerTest, EightBitsFollowTheFloatNetwork) {
  const Policy policy = Policy::uniform(model_.network, 8, 8);
  const IntegerNetwork integers = quantizer_.quantise(policy);
  // Real value of one accumulator step of the last layer.
  const double scale = clips_.weight[2][8] / 127.0 * clips_.activation[2][8] / 255.0;
  for (std::size_t i = 0; i < data_.size(); ++i) {
    const GoldenResult golden = golden_inference(integers, data_.image(i));
    const std::vector<double> logits =
        float_inference(model_, data_.image(i), [](std::size_t, const float*, std::size_t) {});
    for (std::size_t c = 0; c < logits.size(); ++c)
      EXPECT_NEAR(static_cast<double>(golden.logits[c]) * scale, logits[c], 0.06);
  }
}

TEST_F(QuantizerTest, FewerImageBitsKeepTheImagesScale) {
  // Only the image gets coarser, so the logits move a little and not by a factor.
  Policy policy = Policy::uniform(model_.network, 8, 8);
  const GoldenResult full = golden_inference(quantizer_.quantise(policy), data_.image(0));
  policy.layers[0].activation = 5;
  const GoldenResult coarse = golden_inference(quantizer_.quantise(policy), data_.image(0));
  const double scale = clips_.weight[2][8] / 127.0 * clips_.activation[2][8] / 255.0;
  for (std::size_t c = 0; c < full.logits.size(); ++c) {
    EXPECT_NEAR(static_cast<double>(coarse.logits[c]) * scale,
                static_cast<double>(full.logits[c]) * scale, 0.15);
  }
}

TEST_F(QuantizerTest, ConstantsAreThoseOfTheWholeNetwork) {
  const Policy policy = parse_policy("8/8,3/5,6/2", model_.network);
  const IntegerNetwork whole = quantizer_.quantise(policy);
  for (std::size_t l = 0; l < 3; ++l) {
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
  zero.activation[1][4] = 0.0f;
  EXPECT_THROW(Quantizer(model_, zero), InputError);
  Model short_model = model_;
  short_model.layers[1].weights.pop_back();
  EXPECT_THROW(Quantizer(short_model, clips_), InputError);
  Policy policy = Policy::uniform(model_.network, 8, 8);
  policy.layers.pop_back();
  EXPECT_THROW(quantizer_.quantise(policy), InputError);
  policy = Policy::uniform(model_.network, 8, 8);
  policy.layers[1].activation = 17;
  EXPECT_THROW(quantizer_.quantise(policy), InputError);
  Model huge_bias = model_;
  huge_bias.layers[2].bias[0] = 1e12f;
  Quantizer quantizer(huge_bias, clips_);
  EXPECT_THROW(quantizer.quantise(Policy::uniform(model_.network, 8, 8)), InputError);
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
    return calibrate_cached(model, data, float_pass(model, data, &runs_), folder_.string());
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

TEST_F(CacheTest, OtherWeightsOrImagesAreOtherEntries) {
  cached(model_, data_);
  Model model = model_;
  model.layers[1].weights[5] += 0.01f;
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

TEST_F(CacheTest, AnUnusableFolderCostsTimeOnly) {
  std::ofstream(folder_.string()) << "a file where the folder should be";
  EXPECT_EQ(cached(model_, data_).weight, clips_.weight);
  EXPECT_EQ(calibrate_cached(model_, data_, float_pass(model_, data_), "").weight, clips_.weight);
}

TEST(CacheDirectory, FollowsTheEnvironment) {
  ::setenv("KIRCHHOFF_CACHE", "/somewhere/own", 1);
  EXPECT_EQ(default_cache_dir(), "/somewhere/own");
  ::unsetenv("KIRCHHOFF_CACHE");
  ::setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(default_cache_dir(), "/xdg/kirchhoff");
  ::unsetenv("XDG_CACHE_HOME");
  ::setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(default_cache_dir(), "/home/someone/.cache/kirchhoff");
  ::unsetenv("HOME");
  EXPECT_EQ(default_cache_dir(), "");
}

}  // namespace
}  // namespace kirchhoff::quant
