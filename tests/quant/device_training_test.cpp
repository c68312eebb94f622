// What holds of a training on the CPU and on a GPU, where LibTorch's own kernels compute.
#include <memory>

#include <gtest/gtest.h>

#include "base/random.h"
#include "quant/float/float_network.h"
#include "quant/quantizer/calibration.h"
#include "quant/quantizer/quantizer.h"
#include "tests/quant/torch_devices.h"
#include "tests/quant/training_fixture.h"

namespace kirchhoff::quant {
namespace {

/// What the zoo's networks are made of, with poolings of all kinds.
Network small_graph() {
  return parse_network(
      R"({"name": "graph", "image": {"channels": 1, "height": 8, "width": 7}, "operators": [
      {"name": "A", "kind": "convolution", "out_channels": 8, "kernel": 3, "padding": 1},
      {"name": "a", "kind": "relu"},
      {"name": "B", "kind": "convolution", "out_channels": 8, "kernel": 3, "padding": 1, "groups": 8},
      {"name": "s", "kind": "add", "inputs": ["B", "a"]},
      {"name": "h", "kind": "hard_swish"},
      {"name": "m", "kind": "max_pool", "kernel": 2, "stride": 1},
      {"name": "C", "kind": "convolution", "out_channels": 8, "kernel": 3, "stride": 2},
      {"name": "c", "kind": "relu6"},
      {"name": "p", "kind": "average_pool", "global": true},
      {"name": "D", "kind": "linear", "out_channels": 4}]})",
      "graph");
}

/// Weights that miss their level by up to half of it, otherwise in every draw.
class Missing final : public WeightNoise {
 public:
  std::vector<float> weights(LayerId layer, const Eigen::MatrixXi& weights, int /*bits*/,
                             std::uint64_t draw) const override {
    std::mt19937_64 engine(draw * 64 + static_cast<std::uint64_t>(index(layer)));
    std::vector<float> acting;
    for (int i = 0; i < weights.size(); ++i) {
      const auto share = static_cast<float>(uniform_below(engine, 1001)) / 1000.0f - 0.5f;
      acting.push_back(static_cast<float>(weights.data()[i]) + share);
    }
    return acting;
  }
  std::string description() const override { return "missing"; }
};

class DeviceTrainingTest : public TrainingTest {
 protected:
  DeviceTrainingTest() {
    options_.epochs = 20;
    options_.augmentation = {};
  }
  TrainingOutcome trained(const Network& network) const {
    return train_network(network, train_, validation_, options_, nullptr);
  }
  /// Learns the task and ends with the same bytes whenever it is asked.
  Model expect_learns(const Network& network, double least_pct) {
    const TrainingOutcome outcome = trained(network);
    EXPECT_GE(outcome.validation_pct, least_pct);
    EXPECT_EQ(bytes(trained(network).model), bytes(outcome.model));
    return outcome.model;
  }
};

TEST_F(DeviceTrainingTest, LearnsToTheSameBytes) {
  for (const std::string& device : torch_devices()) {
    options_.device = device;
    for (const bool batch_norm : {false, true}) {
      SCOPED_TRACE(device + (batch_norm ? " with batch norm" : ""));
      options_.batch_norm = batch_norm;
      expect_learns(network_, 90.0);
      const Model model = expect_learns(small_graph(), 90.0);
      EXPECT_EQ(trained(small_graph()).validation_pct, float_accuracy_pct(model, validation_));
    }
  }
}

TEST_F(DeviceTrainingTest, SmallImagesAndShortNumbersDoItToo) {
  options_.batch_norm = true;
  options_.small_epochs = 5;
  options_.bf16 = true;
  for (const std::string& device : torch_devices()) {
    SCOPED_TRACE(device);
    options_.device = device;
    expect_learns(small_graph(), 85.0);
  }
}

TEST_F(DeviceTrainingTest, FineTunesClipsCodebooksAndNoisyWeightsToTheSameBytes) {
  options_.epochs = 8;
  const Model start = train().model;
  QuantizationOptions kmeans;
  kmeans.weights = WeightQuantizer::kKmeans;
  const auto visit = [&](const ActivationVisitor& use) { visit_activations(start, train_, use); };
  kirchhoff::quant::Quantizer codebooks(start, calibrate(start, visit, kmeans));
  FineTuning tuning;
  tuning.start = start;
  tuning.quantization.policy = Policy::uniform(network_, 3, 4);
  tuning.quantization.weight_clips.assign(3, 0.6f);
  tuning.quantization.activation_clips.assign(3, 1.0f);
  tuning.quantization.learned = true;
  FineTuning of_codebooks = tuning;
  of_codebooks.quantization.weights = WeightQuantizer::kKmeans;
  of_codebooks.quantization.entries.resize(3);
  for (const LayerId l : {LayerId{1}, LayerId{2}})
    of_codebooks.quantization.entries[l] = codebooks.entry_numbers(l, 3);
  FineTuning noisy = tuning;
  noisy.quantization.noise = std::make_shared<Missing>();
  for (const std::string& device : torch_devices()) {
    options_.device = device;
    for (const FineTuning* kind : {&tuning, &of_codebooks, &noisy}) {
      SCOPED_TRACE(device + (kind == &tuning ? "" : kind == &noisy ? " noisy" : " of codebooks"));
      options_.fine_tuning = std::make_shared<FineTuning>(*kind);
      expect_learns(network_, 80.0);
    }
  }
}

}  // namespace
}  // namespace kirchhoff::quant
