#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "quant/accuracy/accuracy_engine.h"
#include "quant/float/float_network.h"
#include "quant/quantizer/calibration.h"
#include "quant/torch/predictions.h"
#include "quant/torch/torch_network.h"
#include "tests/quant/training_fixture.h"

namespace kirchhoff::quant {
namespace {

class FineTuningTest : public TrainingTest {
 protected:
  FineTuningTest() {
    start_ = train().model;
    options_ = recommended_fine_tuning(lenet5());
    options_.batch = 16;
    options_.epochs = 8;
    options_.learning_rate = 0.01;
    options_.average_decay = 0.9;
    options_.augmentation = {};
    tuning_.start = start_;
    tuning_.quantization.policy = Policy::uniform(network_, 3, 3);
    tuning_.quantization.weight_clips.assign(3, 0.6f);
    tuning_.quantization.activation_clips.assign(3, 1.0f);
  }
  TrainingOutcome tune(bool learned) {
    tuning_.quantization.learned = learned;
    options_.fine_tuning = std::make_shared<FineTuning>(tuning_);
    return train();
  }
  ClipTable clips_of(const Model& model, WeightQuantizer weights) const {
    QuantizationOptions options;
    options.weights = weights;
    return calibrate(
        model, [&](const ActivationVisitor& visit) { visit_activations(model, train_, visit); },
        options);
  }
  /// In the integers of the chip.
  double accuracy_pct(const Model& model) const {
    ClipTable clips =
        clips_of(model, model.clips ? model.clips->weights : WeightQuantizer::kLinear);
    apply_tuned_clips(model, clips);
    Quantizer quantizer(model, clips);
    return AccuracyEngine(quantizer, validation_, 1).evaluate(tuning_.quantization.policy).pct();
  }
  Model start_;
  FineTuning tuning_;
};

TEST_F(FineTuningTest, FakeQuantisationPredictsWhatTheIntegersDo) {
  for (const bool learned : {false, true}) {
    SCOPED_TRACE(learned);
    const TrainingOutcome outcome = tune(learned);
    ASSERT_TRUE(outcome.model.clips.has_value());
    const auto& clips = *outcome.model.clips;
    EXPECT_EQ(clips.policy, "3/3,3/3,3/3");
    EXPECT_EQ(clips.weight[LayerId{1}] == 0.6f, !learned);
    EXPECT_EQ(clips.activation[TensorId{1}] == 1.0f, !learned);
    // Apart from values that lie between two steps to the last bit.
    EXPECT_NEAR(accuracy_pct(outcome.model), outcome.validation_pct, 100.0 / 40 + 0.1);
    const std::string path = folder_.path("tuned.kmodel");
    save_model(outcome.model, path);
    EXPECT_EQ(accuracy_pct(load_model(path, network_)), accuracy_pct(outcome.model));
  }
}

TEST_F(FineTuningTest, ItRecoversWhatRoundingLost) {
  Model before = start_;
  before.clips = TunedClips{"3/3,3/3,3/3", tuning_.quantization.weight_clips,
                            tuning_.quantization.activation_clips};
  EXPECT_GE(tune(true).validation_pct, accuracy_pct(before));
  EXPECT_GE(tune(true).validation_pct, 90.0);
}

TEST_F(FineTuningTest, ResumesToTheSameBytesAndKnowsItsPolicy) {
  const std::string straight = bytes(tune(true).model);
  options_.checkpoint = folder_.path("checkpoint");
  options_.fine_tuning = std::make_shared<FineTuning>(tuning_);
  std::size_t batches = 0;
  train([&](const TrainingProgress&) { return ++batches < 20; });
  options_.resume = true;
  EXPECT_EQ(bytes(train().model), straight);
  tuning_.quantization.policy = Policy::uniform(network_, 4, 3);
  options_.fine_tuning = std::make_shared<FineTuning>(tuning_);
  expect_refused({"policy = \"3/3,3/3,3/3\": must be \"4/3,4/3,4/3\""});
}

/// Weights that miss their level by anything up to `most`, otherwise in every draw.
class Missing final : public WeightNoise {
 public:
  explicit Missing(float most) : most_(most) {}
  std::vector<float> weights(LayerId layer, const Eigen::MatrixXi& weights, int /*bits*/,
                             std::uint64_t draw) const override {
    std::mt19937_64 engine(draw * 64 + static_cast<std::uint64_t>(index(layer)));
    std::vector<float> acting;
    for (int i = 0; i < weights.size(); ++i) {
      const auto share = static_cast<float>(uniform_below(engine, 2001)) / 1000.0f - 1.0f;
      acting.push_back(static_cast<float>(weights.data()[i]) + most_ * share);
    }
    return acting;
  }
  std::string description() const override { return std::to_string(most_); }

 private:
  const float most_;
};

/// Every weight with the other sign.
class Negated final : public WeightNoise {
 public:
  std::vector<float> weights(LayerId, const Eigen::MatrixXi& weights, int,
                             std::uint64_t) const override {
    const Eigen::MatrixXf acting = -weights.cast<float>();
    return {acting.data(), acting.data() + acting.size()};
  }
  std::string description() const override { return "negated"; }
};

TEST_F(FineTuningTest, NoiseActsInPlaceOfTheWeightsWhereItIsDrawn) {
  tuning_.quantization.noise = std::make_shared<Negated>();
  TorchNetworkOptions options;
  options.quantization = tuning_.quantization;
  TorchNetwork network(network_, options);
  Model negated = start_;
  for (FloatLayer& layer : negated.layers) {
    for (float& weight : layer.weights) weight = -weight;
  }
  const auto images = torch::rand({5, 1, 8, 7});
  network.assign(network.flatten(negated.layers));
  const auto expected = network.forward(images);
  network.assign(network.flatten(start_.layers));
  EXPECT_FALSE(torch::equal(network.forward(images), expected));
  network.draw_noise(3);
  EXPECT_TRUE(torch::equal(network.forward(images), expected));
  network.draw_noise({});
  EXPECT_FALSE(torch::equal(network.forward(images), expected));
}

TEST_F(FineTuningTest, NoiseIsDrawnByTheStepAndBelongsToTheCheckpoint) {
  tuning_.quantization.noise = std::make_shared<Missing>(1.0f);
  const std::string straight = bytes(tune(true).model);
  options_.checkpoint = folder_.path("checkpoint");
  std::size_t batches = 0;
  train([&](const TrainingProgress&) { return ++batches < 20; });
  options_.resume = true;
  EXPECT_EQ(bytes(train().model), straight);
  tuning_.quantization.noise = std::make_shared<Missing>(2.0f);
  options_.fine_tuning = std::make_shared<FineTuning>(tuning_);
  expect_refused({"cells = \"1.000000\": must be \"2.000000\""});
}

TEST_F(FineTuningTest, ItGetsUsedToWeightsThatMissTheirLevels) {
  const auto noise = std::make_shared<Missing>(2.5f);
  /// Mean over draws that no step has seen.
  const auto accuracy = [&](const Model& model) {
    TorchNetworkOptions options;
    options.quantization = tuning_.quantization;
    options.quantization->noise = noise;
    if (model.clips) {
      options.quantization->weight_clips = model.clips->weight;
      options.quantization->activation_clips = model.clips->activation;
    }
    options.quantization->learned = false;
    TorchNetwork network(network_, options);
    network.assign(network.flatten(model.layers));
    double right = 0.0;
    constexpr int kDraws = 30;
    for (int draw = 0; draw < kDraws; ++draw) {
      network.draw_noise(1000000 + draw);
      const auto predicted = predictions(network, network_, validation_);
      for (std::size_t i = 0; i < predicted.size(); ++i)
        right += predicted[i] == validation_.labels[i] ? 1.0 : 0.0;
    }
    return 100.0 * right / kDraws / static_cast<double>(validation_.labels.size());
  };
  options_.epochs = 20;
  const Model deaf = tune(false).model;
  tuning_.quantization.noise = noise;
  const Model used = tune(false).model;
  EXPECT_GT(accuracy(used), accuracy(deaf) + 3.0);
}

TEST_F(FineTuningTest, WeightsOfACodebookMoveTogetherAndComeBackWithTheirValues) {
  Quantizer before(start_, clips_of(start_, WeightQuantizer::kKmeans));
  FakeQuantization& quantization = tuning_.quantization;
  quantization.policy = policy_from_text("8/4,2/4,2/4", network_);
  quantization.weights = WeightQuantizer::kKmeans;
  quantization.entries.resize(3);
  for (const LayerId l : {LayerId{1}, LayerId{2}})
    quantization.entries[l] = before.entry_numbers(l, 2);
  const TrainingOutcome outcome = tune(true);
  ASSERT_TRUE(outcome.model.clips.has_value());
  EXPECT_EQ(outcome.model.clips->weights, WeightQuantizer::kKmeans);

  ClipTable clips = clips_of(outcome.model, WeightQuantizer::kKmeans);
  apply_tuned_clips(outcome.model, clips);
  Quantizer after(outcome.model, clips);
  for (const LayerId l : {LayerId{1}, LayerId{2}}) {
    const std::vector<float>& weights = outcome.model.layers[l].weights;
    EXPECT_NE(weights, start_.layers[l].weights);
    std::map<std::int64_t, float> values;
    float most = 0.0f;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_EQ(values.emplace(quantization.entries[l][i], weights[i]).first->second, weights[i]);
      most = std::max(most, std::fabs(weights[i]));
    }
    EXPECT_EQ(outcome.model.clips->weight[l], most);
    // The integers that the entries come back as.
    const FloatLayer real = after.real_layer(l, 2);
    for (std::size_t i = 0; i < weights.size(); ++i)
      EXPECT_NEAR(real.weights[i], weights[i], most / 127 * 0.501);
  }
  // And that integers of 8 bits are, whoever has none of codebooks.
  ClipTable linear_clips = clips_of(outcome.model, WeightQuantizer::kLinear);
  apply_tuned_clips(outcome.model, linear_clips);
  Quantizer linear(outcome.model, linear_clips);
  for (const LayerId l : {LayerId{1}, LayerId{2}})
    EXPECT_EQ(linear.weights(l, 8), after.weights(l, 2));
  EXPECT_NEAR(accuracy_pct(outcome.model), outcome.validation_pct, 100.0 / 40 + 0.1);
  EXPECT_GE(outcome.validation_pct, 90.0);
  const std::string straight = bytes(outcome.model);
  const Model read = load_model(folder_.path("model.kmodel"), network_);
  EXPECT_EQ(read.clips->weights, WeightQuantizer::kKmeans);
  EXPECT_EQ(accuracy_pct(read), accuracy_pct(outcome.model));
  set_torch_threads(2);
  EXPECT_EQ(bytes(tune(true).model), straight);
}

TEST_F(FineTuningTest, BrokenClipsInAModelFileAreRefused) {
  Model model = start_;
  model.clips = TunedClips{"3/3,3/3,3/3", {0.5f, 0.5f, 0.5f}, {1.0f, 1.0f}};
  const std::string path = folder_.path("tuned.kmodel");
  save_model(model, path);
  expect_input_error([&] { load_model(path, network_); }, {path, "2 activation clips: must be 3"});
  model.clips->activation = {1.0f, -1.0f, 1.0f};
  save_model(model, path);
  expect_input_error([&] { load_model(path, network_); }, {"activation[1] = -1", "positive"});
}

}  // namespace
}  // namespace kirchhoff::quant
