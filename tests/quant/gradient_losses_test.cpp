#include "quant/torch/gradient_losses.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "chains.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/float/float_network.h"
#include "quant/network/lower.h"
#include "quant/network/tensors.h"
#include "quant/torch/threads.h"
#include "small_model.h"
#include "tests/support/random_graphs.h"
#include "tests/support/random_parameters.h"

namespace kirchhoff::quant {
namespace {

/// A map and what an error somewhere before it moves it by, in first order.
struct Moved {
  std::vector<double> values, by;
};

/// From the definition.
double loss_of(const Moved& logits, GradientLoss loss) {
  const auto softmax = [](std::vector<double> z) {
    double sum = 0.0;
    for (double& value : z) sum += value = std::exp(value);
    for (double& value : z) value /= sum;
    return z;
  };
  std::vector<double> there = logits.values;
  for (std::size_t c = 0; c < there.size(); ++c) there[c] += logits.by[c];
  const std::vector<double> p = softmax(logits.values), q = softmax(there);
  double divergence = 0.0, form = 0.0;
  for (std::size_t c = 0; c < p.size(); ++c) {
    divergence += p[c] * std::log(p[c] / q[c]);
    // The gradient of -log p[c] in the logits is p less one at c.
    double slope = -logits.by[c];
    for (std::size_t k = 0; k < p.size(); ++k) slope += p[k] * logits.by[k];
    form += 0.5 * p[c] * slope * slope;
  }
  return loss == GradientLoss::kFisher ? form : divergence;
}

class GradientLossesTest : public testing::Test {
 protected:
  NetworkLosses losses(GradientLoss loss, std::size_t images) {
    return gradient_losses(quantizer_, {kMiddle}, data_, images, loss, {});
  }

  TensorId producer_map(LayerId l) const { return model_.network.layers[l].inputs.front(); }

  /// Rounds to the layer's levels; movements pass where nothing is cut off.
  Moved quantised(LayerId l, const Moved& map, int bits) const {
    const double step = quantizer_.map_scale(producer_map(l), bits), top = (1 << bits) - 1;
    Moved result = map;
    for (std::size_t i = 0; i < map.values.size(); ++i) {
      result.values[i] = std::clamp(std::nearbyint(map.values[i] / step), 0.0, top) * step;
      if (map.values[i] < 0.0 || map.values[i] > step * top) result.by[i] = 0.0;
    }
    return result;
  }

  /// Convolution, ReLU and pooling in plain loops; `fewer`: what the layer is moved to, or null.
  static Moved through(const Layer& layer, const FloatLayer& real, const FloatLayer* fewer,
                       const Moved& map) {
    Moved next;
    const Shape out = layer.output();
    for (int c = 0; c < out.channels; ++c) {
      for (int window = 0; window < out.height * out.width; ++window) {
        double best = -HUGE_VAL, its = 0.0;
        for (int p = 0; p < layer.pool * layer.pool; ++p) {
          const int y = window / out.width * layer.pool + p / layer.pool;
          const int x = window % out.width * layer.pool + p % layer.pool;
          double sum = real.bias[static_cast<std::size_t>(c)];
          double by = fewer ? fewer->bias[static_cast<std::size_t>(c)] - sum : 0.0;
          for (int r = 0; r < layer.rows(); ++r) {
            const int channel = r / (layer.kernel_height * layer.kernel_width);
            const int iy = y + r / layer.kernel_width % layer.kernel_height - layer.padding.top;
            const int ix = x + r % layer.kernel_width - layer.padding.top;
            if (iy < 0 || iy >= layer.input.height || ix < 0 || ix >= layer.input.width) continue;
            const auto from = static_cast<std::size_t>(
                (channel * layer.input.height + iy) * layer.input.width + ix);
            const auto weight = static_cast<std::size_t>(c * layer.rows() + r);
            sum += real.weights[weight] * map.values[from];
            by += real.weights[weight] * map.by[from];
            if (fewer) by += (fewer->weights[weight] - real.weights[weight]) * map.values[from];
          }
          if (sum > best) {
            best = sum;
            its = by;
          }
        }
        if (!layer.function.is_none() && best <= 0.0) best = its = 0.0;
        next.values.push_back(best);
        next.by.push_back(its);
      }
    }
    return next;
  }

  /// The logits of one image, and by how much quantising a slot of the middle layer moves them.
  Moved logits(std::size_t image, bool activation, int bits) {
    Moved map;
    const std::uint8_t* const pixels = data_.pixels.data() + image * 64;
    for (int i = 0; i < 64; ++i) map.values.push_back(pixels[i] / 255.0);
    map.by.assign(64, 0.0);
    for (const LayerId l : model_.network.layers.ids()) {
      if (l != LayerId{0}) {
        const Moved before = map;
        map = quantised(l, before, 8);
        if (l == kMiddle && activation) {
          const Moved fewer = quantised(l, before, bits);
          for (std::size_t i = 0; i < map.by.size(); ++i) {
            map.by[i] = fewer.values[i] - map.values[i];
          }
        }
      }
      const FloatLayer fewer = quantizer_.real_layer(l, bits);
      map = through(model_.network.layers[l], quantizer_.real_layer(l, 8),
                    l == kMiddle && !activation ? &fewer : nullptr, map);
    }
    return map;
  }

  static constexpr LayerId kMiddle{1};
  Model model_ = small_model();
  Dataset data_ = calibration_images();
  Quantizer quantizer_{model_, calibrate(model_, float_pass(model_, data_))};
};

TEST_F(GradientLossesTest, AreThoseOfTheMovementsThatPlainLoopsFind) {
  constexpr std::size_t kImages = 5;
  for (const GradientLoss loss : {GradientLoss::kDivergence, GradientLoss::kFisher}) {
    const NetworkLosses found = losses(loss, kImages);
    ASSERT_EQ(found.size(), 3);
    for (const bool activation : {false, true}) {
      const auto& bits_of = activation ? found[kMiddle].activation : found[kMiddle].weight;
      EXPECT_EQ(bits_of[8], 0.0);
      for (const int bits : {2, 3, 5, 7}) {
        double expected = 0.0;
        for (std::size_t image = 0; image < kImages; ++image) {
          expected += loss_of(logits(image, activation, bits), loss) / kImages;
        }
        EXPECT_GT(expected, 0.0);
        EXPECT_NEAR(bits_of[static_cast<std::size_t>(bits)], expected, 1e-3 * expected + 1e-9)
            << (activation ? "activations" : "weights") << " at " << bits << " bits";
      }
    }
  }
}

TEST_F(GradientLossesTest, ReachTheMeasuredDivergenceWhereErrorsAreSmall) {
  const NetworkLosses found = losses(GradientLoss::kDivergence, data_.size());
  AccuracyEngine engine(quantizer_, data_, 1);
  const Policy reference = Policy::uniform(model_.network, 8, 8);
  const ImageLogits before = engine.real_logits(reference, 0, data_.size());
  for (const bool activation : {false, true}) {
    for (const int bits : {4, 5, 6}) {
      Policy policy = reference;
      LayerBits& its = policy.layers[kMiddle];
      (activation ? its.activation : its.weight) = bits;
      const ImageLogits after = engine.real_logits(policy, 0, data_.size());
      double measured = 0.0;
      for (std::size_t image = 0; image < data_.size(); ++image) {
        Moved moved;
        for (std::size_t c = image * before.classes; c < (image + 1) * before.classes; ++c) {
          moved.values.push_back(before.values[c]);
          moved.by.push_back(after.values[c] - before.values[c]);
        }
        measured += loss_of(moved, GradientLoss::kDivergence) / static_cast<double>(data_.size());
      }
      const auto& bits_of = activation ? found[kMiddle].activation : found[kMiddle].weight;
      const double ratio = bits_of[static_cast<std::size_t>(bits)] / measured;
      EXPECT_GT(ratio, 0.5) << activation << bits;
      EXPECT_LT(ratio, 2.0) << activation << bits;
    }
  }
}

TEST_F(GradientLossesTest, AreTheSameBitsForAnyNumberOfThreads) {
  std::vector<NetworkLosses> found;
  for (const int threads : {1, 2, 3}) {
    set_torch_threads(threads);
    found.push_back(losses(GradientLoss::kDivergence, data_.size()));
  }
  set_torch_threads(1);
  for (const NetworkLosses& other : found) {
    EXPECT_EQ(other[kMiddle].weight, found.front()[kMiddle].weight);
    EXPECT_EQ(other[kMiddle].activation, found.front()[kMiddle].activation);
  }
}

TEST_F(GradientLossesTest, LayersThatWereNotAskedForAreLeftOutAndProgressEndsWithTheImages) {
  std::size_t done = 0;
  const NetworkLosses found =
      gradient_losses(quantizer_, {kMiddle}, data_, 7, GradientLoss::kDivergence,
                      [&](std::size_t images) { done = images; });
  EXPECT_EQ(done, 7u);
  for (const LayerId l : {LayerId{0}, LayerId{2}}) {
    for (const double loss : found[l].weight) EXPECT_EQ(loss, 0.0);
    for (const double loss : found[l].activation) EXPECT_EQ(loss, 0.0);
  }
}

TEST_F(GradientLossesTest, CorrectedBiasesAndClipsOfChannelsCount) {
  QuantizationOptions options;
  options.per_channel = options.bias_correction = true;
  quantizer_ = Quantizer(model_, calibrate(model_, float_pass(model_, data_), options));
  const NetworkLosses found = losses(GradientLoss::kDivergence, 3);
  double expected = 0.0;
  for (std::size_t image = 0; image < 3; ++image) {
    expected += loss_of(logits(image, false, 3), GradientLoss::kDivergence) / 3.0;
  }
  EXPECT_NEAR(found[kMiddle].weight[3], expected, 1e-3 * expected);
}

/// Of every layer with weights but the first, at so many bits: what gradients predict beside what
/// the integers lose.
struct Comparison {
  std::vector<double> predicted, measured;
};

void compare_losses(const Graph& graph, std::uint64_t seed, int bits, Comparison& comparison) {
  const Lowered lowered = lower(graph);
  Model model;
  model.network = lowered.network;
  model.layers = fold(graph, lowered, random_parameters(graph, seed));
  const Network& network = model.network;
  const Dataset data = random_dataset(network.image, 40, seed);
  QuantizationOptions options;
  options.clip = ClipMethod::kPercentile;
  options.percentile = 100.0;
  Quantizer quantizer(
      model,
      calibrate(
          model, [&](const ActivationVisitor& visit) { visit_activations(model, data, visit, 1); },
          options));
  std::vector<LayerId> layers = network.weight_layers();
  layers.erase(layers.begin());
  const NetworkLosses found =
      gradient_losses(quantizer, layers, data, data.size(), GradientLoss::kDivergence, {});
  AccuracyEngine engine(quantizer, data, 1);
  const Tensors tensors(network);
  Policy reference;
  reference.layers.resize(network.layers.size());
  for (const LayerId l : network.weight_layers()) reference.layers[l] = {8, 8};
  fill_widths(network, reference);
  const ImageLogits before = engine.real_logits(reference, 0, data.size());
  const auto measured = [&](const Policy& policy) {
    const ImageLogits after = engine.real_logits(policy, 0, data.size());
    double sum = 0.0;
    for (std::size_t image = 0; image < data.size(); ++image) {
      Moved moved;
      for (std::size_t c = image * before.classes; c < (image + 1) * before.classes; ++c) {
        moved.values.push_back(before.values[c]);
        moved.by.push_back(after.values[c] - before.values[c]);
      }
      sum += loss_of(moved, GradientLoss::kDivergence) / static_cast<double>(data.size());
    }
    return sum;
  };
  for (const LayerId l : layers) {
    const TensorId map = network.layers[l].inputs.front();
    Policy weights = reference, activations = reference;
    weights.layers[l].weight = bits;
    for (const LayerId reader : tensors.readers(tensors.width_group(map)))
      activations.layers[reader].activation = bits;
    fill_widths(network, activations);
    comparison.predicted.push_back(found[l].weight[static_cast<std::size_t>(bits)]);
    comparison.measured.push_back(measured(weights));
    if (activations.layers[network.weight_layers().front()].activation != 8) continue;
    comparison.predicted.push_back(found[l].activation[static_cast<std::size_t>(bits)]);
    comparison.measured.push_back(measured(activations));
  }
}

std::vector<double> ratios(const Comparison& comparison) {
  std::vector<double> found;
  for (std::size_t i = 0; i < comparison.measured.size(); ++i) {
    // Below, what 8 bits round away is as large.
    if (comparison.measured[i] > 1e-5)
      found.push_back(comparison.predicted[i] / comparison.measured[i]);
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(GradientLosses, OfAnyGraphReachTheMeasuredDivergence) {
  Comparison comparison;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    compare_losses(RandomGraphs(seed).graph(), seed, 5, comparison);
  }
  const std::vector<double> found = ratios(comparison);
  ASSERT_GT(found.size(), 200u);
  const auto at = [&](double share) {
    return found[static_cast<std::size_t>(share * static_cast<double>(found.size() - 1))];
  };
  EXPECT_GT(at(0.5), 0.8);
  EXPECT_LT(at(0.5), 1.25);
  EXPECT_GT(at(0.1), 0.4);
  EXPECT_LT(at(0.9), 2.5);
}

TEST(GradientLosses, OfAMapBeforeAndBehindAMaximumCountOnce) {
  Comparison comparison;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Builder b("n", {2, 8, 8});
    b.convolution("first", 6, 3, 1).relu();
    b.max_pool("pool", 3, 1, 1);  // overlaps: a stage of its own
    b.convolution("second", 6, 3, 1).relu();
    b.global_average("gap").linear("last", 5);
    compare_losses(b.take(), seed, 5, comparison);
  }
  // Weights and activations of two layers, one after the other: every fourth from the second on is
  // that map's.
  Comparison of_pool;
  for (std::size_t i = 1; i < comparison.measured.size(); i += 4) {
    of_pool.predicted.push_back(comparison.predicted[i]);
    of_pool.measured.push_back(comparison.measured[i]);
  }
  const std::vector<double> found = ratios(of_pool);
  ASSERT_GT(found.size(), 10u);
  EXPECT_GT(found[found.size() / 2], 0.7);
  EXPECT_LT(found[found.size() / 2], 1.4);
}

TEST_F(GradientLossesTest, ImagesOfAnotherShapeAreRefused) {
  data_.shape = {1, 4, 16};
  EXPECT_THROW(losses(GradientLoss::kDivergence, 3), InputError);
}

}  // namespace
}  // namespace kirchhoff::quant
