#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/random.h"
#include "chains.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/float/float_network.h"
#include "quant/network/networks.h"
#include "quant/quantizer/calibration.h"
#include "quant/torch/predictions.h"
#include "quant/torch/threads.h"
#include "quant/torch/torch_network.h"
#include "quant/torch/trainer.h"
#include "quant/training/checkpoint.h"
#include "tests/quant/training_fixture.h"

namespace kirchhoff::quant {
namespace {

/// A residual sum, a depthwise convolution with a sign behind it, an average.
Network tiny_graph() {
  return parse_network(
      R"({"name": "graph", "image": {"channels": 1, "height": 8, "width": 7}, "operators": [
      {"name": "A", "kind": "convolution", "out_channels": 8, "kernel": 3, "padding": 1},
      {"name": "a", "kind": "relu"},
      {"name": "B", "kind": "convolution", "out_channels": 8, "kernel": 3, "padding": 1, "groups": 8},
      {"name": "s", "kind": "add", "inputs": ["B", "a"]},
      {"name": "C", "kind": "convolution", "out_channels": 8, "kernel": 3, "stride": 2},
      {"name": "c", "kind": "relu6"},
      {"name": "m", "kind": "max_pool", "kernel": 2, "stride": 1},
      {"name": "D", "kind": "linear", "out_channels": 4}]})",
      "graph");
}

TEST_F(TrainingTest, GraphsLearnResumeAndComeBackFromTheirFile) {
  for (const bool batch_norm : {false, true}) {
    SCOPED_TRACE(batch_norm);
    options_.epochs = 12;
    options_.augmentation = {};
    options_.batch_norm = batch_norm;
    options_.checkpoint = folder_.path("graph.checkpoint");
    options_.resume = false;
    const Network network = tiny_graph();
    const auto run = [&](const TrainingCallback& callback) {
      return train_network(network, train_, validation_, options_, callback);
    };
    const TrainingOutcome whole = run(nullptr);
    EXPECT_GE(whole.validation_pct, 90.0);
    EXPECT_EQ(whole.validation_pct, float_accuracy_pct(whole.model, validation_));
    int batches = 0;
    EXPECT_FALSE(run([&](const TrainingProgress&) { return ++batches < 20; }).finished);
    options_.resume = true;
    const TrainingOutcome resumed = run(nullptr);
    EXPECT_EQ(bytes(resumed.model), bytes(whole.model));
    EXPECT_EQ(float_accuracy_pct(load_model(folder_.path("model.kmodel"), network), validation_),
              whole.validation_pct);
  }
}

TEST_F(TrainingTest, LearnsASimpleTask) {
  options_.epochs = 12;
  options_.augmentation = {};
  const TrainingOutcome outcome = train();
  EXPECT_TRUE(outcome.finished);
  EXPECT_EQ(outcome.epochs_done, 12);
  EXPECT_GE(outcome.validation_pct, 95.0);
  EXPECT_EQ(outcome.validation_pct, float_accuracy_pct(outcome.model, validation_));
  EXPECT_EQ(outcome.model.dataset, "quarters");
}

TEST_F(TrainingTest, TheRecipeForDeepNetworksLearnsItToo) {
  options_ = recommended_training(vgg13());
  ASSERT_TRUE(options_.batch_norm);
  options_.epochs = 12;
  options_.batch = 16;
  options_.average_decay = 0.9;
  options_.augmentation = {};
  const TrainingOutcome outcome = train();
  EXPECT_GE(outcome.validation_pct, 95.0);
  EXPECT_EQ(outcome.validation_pct, float_accuracy_pct(outcome.model, validation_));
  // What the model file holds is what was measured.
  const std::string path = folder_.path("half.kmodel");
  save_model(outcome.model, path);
  const Model read = load_model(path, network_);
  EXPECT_TRUE(read.half);
  for (const LayerId l : ids<LayerId>(3)) {
    EXPECT_EQ(read.layers[l].weights, outcome.model.layers[l].weights);
    EXPECT_EQ(read.layers[l].bias, outcome.model.layers[l].bias);
  }
}

TEST_F(TrainingTest, EqualSeedsGiveEqualBytes) {
  const std::string first = bytes(train().model);
  EXPECT_EQ(bytes(train().model), first);
  options_.seed = 2;
  EXPECT_NE(bytes(train().model), first);
}

TEST_F(TrainingTest, AnInterruptedTrainingResumesToTheSameBytes) {
  const std::string straight = bytes(train().model);
  const std::size_t batches_per_epoch = 13;
  // In the first epoch, at its end, in the middle, and in the last batch of all.
  for (const std::size_t stop_after :
       {std::size_t{1}, batches_per_epoch, std::size_t{20}, std::size_t{39}}) {
    SCOPED_TRACE(stop_after);
    options_.checkpoint = folder_.path("checkpoint-" + std::to_string(stop_after));
    options_.resume = false;
    std::size_t batches = 0;
    const TrainingOutcome stopped =
        train([&](const TrainingProgress&) { return ++batches < stop_after; });
    EXPECT_FALSE(stopped.finished);
    EXPECT_EQ(static_cast<std::size_t>(stopped.epochs_done), stop_after / batches_per_epoch);
    options_.resume = true;
    EXPECT_EQ(bytes(train().model), straight);
  }
}

TEST_F(TrainingTest, BatchNormMomentumAndSmallImagesResumeToTheSameBytes) {
  options_ = recommended_training(vgg13());
  options_.epochs = 3;
  options_.batch = 16;
  options_.checkpoint_steps = 4;
  const std::string straight = bytes(train().model);
  for (const std::size_t stop_after : {std::size_t{7}, std::size_t{30}}) {
    options_.checkpoint = folder_.path("checkpoint-" + std::to_string(stop_after));
    options_.resume = false;
    std::size_t batches = 0;
    train([&](const TrainingProgress&) { return ++batches < stop_after; });
    options_.resume = true;
    std::vector<TrainingProgress> reports;
    EXPECT_EQ(bytes(train([&](const TrainingProgress& progress) {
                      reports.push_back(progress);
                      return true;
                    }).model),
              straight);
    EXPECT_EQ(reports.size(), 39 - stop_after);
  }
}

TEST_F(TrainingTest, AStoppedTrainingCanBeExported) {
  options_.checkpoint = folder_.path("checkpoint");
  std::size_t batches = 0;
  train([&](const TrainingProgress&) { return ++batches < 20; });
  const std::string checkpoint = read_file(options_.checkpoint);
  options_.export_only = true;
  const TrainingOutcome outcome = train();
  EXPECT_FALSE(outcome.finished);
  EXPECT_EQ(outcome.epochs_done, 1);
  EXPECT_EQ(outcome.validation_pct, float_accuracy_pct(outcome.model, validation_));
  EXPECT_EQ(read_file(options_.checkpoint), checkpoint);
}

TEST_F(TrainingTest, AFinishedTrainingIsResumedToItsResult) {
  options_.checkpoint = folder_.path("checkpoint");
  const TrainingOutcome straight = train();
  options_.resume = true;
  bool called = false;
  const TrainingOutcome resumed = train([&](const TrainingProgress&) { return called = true; });
  EXPECT_FALSE(called);
  EXPECT_TRUE(resumed.finished);
  EXPECT_EQ(bytes(resumed.model), bytes(straight.model));
  EXPECT_EQ(resumed.validation_pct, straight.validation_pct);
}

TEST_F(TrainingTest, ReportsItsProgress) {
  std::vector<TrainingProgress> reports;
  train([&](const TrainingProgress& progress) {
    reports.push_back(progress);
    return true;
  });
  ASSERT_EQ(reports.size(), 39u);
  EXPECT_EQ(reports[0].images_done, 16u);
  EXPECT_EQ(reports[0].images_total, 600u);
  EXPECT_FALSE(reports[12].validation_pct.has_value());
  EXPECT_TRUE(reports[13].validation_pct.has_value());
  EXPECT_EQ(reports[12].images_done, 200u);
  EXPECT_EQ(reports[38].images_done, 600u);
  EXPECT_EQ(reports[38].epochs_done, 2);
  EXPECT_LT(reports[38].loss, reports[12].loss);
}

TEST_F(TrainingTest, RefusesTheCheckpointOfAnotherTraining) {
  options_.checkpoint = folder_.path("checkpoint");
  train();
  options_.resume = true;
  const TrainingOptions same = options_;
  options_.seed = 7;
  expect_refused({options_.checkpoint, "seed = 1: must be 7"});
  options_ = same;
  options_.epochs = 5;
  expect_refused({"epochs = 3: must be 5"});
  options_ = same;
  options_.learning_rate = 0.03;
  expect_refused({"learning_rate = 0.02: must be 0.03"});
  options_ = same;
  expect_input_error(
      [&] { train_network(network_, quarters(200, 9), validation_, options_, nullptr); },
      {"data_crc32"});
  Network other = network_;
  other.name = "other";
  expect_input_error([&] { train_network(other, train_, validation_, options_, nullptr); },
                     {"network = \"tiny\": must be \"other\""});
}

TEST_F(TrainingTest, RefusesABrokenOrMissingCheckpoint) {
  options_.checkpoint = folder_.path("checkpoint");
  train();
  options_.resume = true;
  const std::string whole = read_file(options_.checkpoint);
  write_file(options_.checkpoint, whole.substr(0, whole.size() - 10));
  expect_refused({options_.checkpoint, "offset", "cut or damaged"});
  std::string damaged = whole;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
  write_file(options_.checkpoint, damaged);
  expect_refused({options_.checkpoint, "offset", "checksum"});
  write_file(options_.checkpoint, "KIRCHHOFF-MODEL 1\n{}\n");
  expect_refused({"offset 0", "KIRCHHOFF-CHECKPOINT 1"});
  std::filesystem::remove(options_.checkpoint);
  expect_refused({"cannot open"});
  options_.checkpoint.clear();
  expect_refused({"resume", "checkpoint"});
}

TEST_F(TrainingTest, RefusesOptionsOutOfRange) {
  const TrainingOptions good = options_;
  options_.epochs = 0;
  expect_refused({"epochs = 0", "[1, 100000]"});
  options_ = good;
  options_.batch = 0;
  expect_refused({"batch = 0"});
  options_ = good;
  options_.learning_rate = std::nan("");
  expect_refused({"learning_rate = nan"});
  options_ = good;
  options_.average_decay = 1.0;
  expect_refused({"average_decay = 1"});
  options_ = good;
  options_.device = "tpu";
  expect_refused({"device tpu", "cpu or cuda"});
}

TEST_F(TrainingTest, RefusesDataThatDoNotFitTheNetwork) {
  Dataset wrong = quarters(40, 1);
  wrong.labels[3] = 4;
  expect_input_error([&] { train_network(network_, wrong, validation_, options_, nullptr); },
                     {"label 4", "below 4", "tiny"});
  wrong = quarters(0, 1);
  expect_input_error([&] { train_network(network_, wrong, validation_, options_, nullptr); },
                     {"no training images"});
  wrong = quarters(40, 1);
  wrong.shape = {1, 7, 8};
  expect_input_error([&] { train_network(network_, train_, wrong, options_, nullptr); },
                     {"1x7x8", "1x8x7"});
  const Model model = train().model;
  expect_input_error([&] { float_predictions(model, wrong); }, {"1x7x8", "1x8x7"});
}

TEST_F(TrainingTest, ADivergingTrainingFails) {
  options_.learning_rate = 10;
  options_.weight_decay = 10;
  options_.epochs = 50;
  EXPECT_THROW(train(), RunError);
}

TEST(FillAugmentedBatch, ShiftsAndMirrorsWithinTheImage) {
  Dataset data;
  data.shape = {1, 3, 4};
  data.labels = {0};
  data.pixels = {0, 0, 0, 0, 0, 255, 51, 0, 0, 0, 0, 0};
  const std::vector<std::size_t> indices(400, 0);
  std::mt19937_64 engine(3);
  std::vector<float> values(400 * 12);
  fill_augmented_batch(data, indices, 0, 400, {1, true}, engine, values.data());
  std::vector<int> seen(24, 0);
  for (std::size_t i = 0; i < 400; ++i) {
    const float* image = values.data() + 12 * i;
    const auto bright = std::find(image, image + 12, 1.0f) - image;
    const auto dim = std::find(image, image + 12, 51.0f / 255.0f) - image;
    ASSERT_LT(bright, 12);
    ASSERT_LT(dim, 12);
    ASSERT_TRUE(dim == bright + 1 || dim == bright - 1);
    ++seen[static_cast<std::size_t>(2 * bright + (dim < bright ? 1 : 0))];
  }
  // Nine places, each plain and mirrored.
  EXPECT_EQ(std::count_if(seen.begin(), seen.end(), [](int count) { return count > 0; }), 18);

  std::vector<float> plain(12);
  fill_batch(data, {0}, 0, 1, plain.data());
  EXPECT_EQ(plain[5], 1.0f);
  fill_augmented_batch(data, {0}, 0, 1, {}, engine, values.data());
  EXPECT_TRUE(std::equal(plain.begin(), plain.end(), values.begin()));
}

// What comes free shows the edge, and no border that no other image has.
TEST(FillAugmentedBatch, GoesOnWithTheEdge) {
  Dataset data;
  data.shape = {1, 4, 4};
  data.labels = {0};
  for (int row = 0; row < 4; ++row) {
    for (int column = 0; column < 4; ++column)
      data.pixels.push_back(static_cast<std::uint8_t>(50 + 10 * row + column));
  }
  std::mt19937_64 engine(3);
  for (int i = 0; i < 50; ++i) {
    std::vector<float> values(16);
    fill_augmented_batch(data, {0}, 0, 1, {3, false}, engine, values.data());
    const auto pixel = [&](int row, int column) {
      return std::lround(255.0f * values[static_cast<std::size_t>(4 * row + column)]);
    };
    const long first = pixel(0, 0), last = pixel(3, 3);
    for (int row = 0; row < 4; ++row) {
      for (int column = 0; column < 4; ++column) {
        // Rows and columns are shifted by themselves, and each stops at its edge.
        EXPECT_EQ(pixel(row, column), pixel(row, 0) - pixel(0, 0) + pixel(0, column));
        EXPECT_GE(pixel(row, column), first);
        EXPECT_LE(pixel(row, column), last);
      }
    }
  }
}

/// He's uniform weights and small biases, as a training starts with.
Model random_model(const Network& network, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  Model model;
  model.network = network;
  for (const Layer& layer : network.layers) {
    const auto draw = [&](int count, double bound) {
      std::vector<float> values;
      for (int i = 0; i < count; ++i)
        values.push_back(static_cast<float>(bound * (2.0 * uniform_unit(engine) - 1.0)));
      return values;
    };
    model.layers.push_back({draw(layer.rows() * layer.out_channels, std::sqrt(6.0 / layer.rows())),
                            draw(layer.out_channels, 0.1)});
  }
  return model;
}

TEST_F(TrainingTest, InferenceSeesTheBitsThatTheNetworkInTrainingSees) {
  const Network deep =
      chain({1, 8, 7}, {{16, 3, 1, 1, 1}, {32, 3, 1, 1, 1}, {16, 3, 1, 1, 2}, {9, 2, 1, 1, 2}}, 4);
  for (const Network& network : {tiny_network(), deep}) {
    const Model model = random_model(network, 5);
    const Dataset data = quarters(60, 5);
    TorchNetwork torch_network(network);
    torch_network.assign(torch_network.flatten(model.layers));
    IndexedVector<TensorId, std::vector<float>> seen(network.layers.size()),
        expected(network.layers.size());
    visit_activations(model, data, [&](TensorId map, const float* values, std::size_t count) {
      seen[map].insert(seen[map].end(), values, values + count);
    });
    std::vector<std::size_t> indices(data.size());
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    auto images = torch::empty({60, 1, 8, 7});
    fill_batch(data, indices, 0, 60, images.data_ptr<float>());
    const torch::NoGradGuard no_grad;
    LayerHooks hooks;
    hooks.made = [&](TensorId map, const torch::Tensor& made) {
      const auto values = made.contiguous();
      const float* const first = values.data_ptr<float>();
      expected[map].assign(first, first + values.numel());
      return made;
    };
    torch_network.forward(images, hooks);
    EXPECT_EQ(seen, expected) << network.name;
    EXPECT_EQ(float_predictions(model, data), predictions(torch_network, network, data));
  }
}

class BatchNormTest : public TrainingTest {
 protected:
  BatchNormTest() : trained_(network_, with_batch_norm(false)) {
    // Uneven weights, scales and shifts, some scales below what is allowed.
    std::mt19937_64 engine(11);
    std::vector<float> flat(static_cast<std::size_t>(trained_.parameters().numel()));
    for (float& value : flat) value = static_cast<float>(uniform_unit(engine)) - 0.3f;
    trained_.assign(flat);
    trained_.clamp_scales();
  }
  static TorchNetworkOptions with_batch_norm(bool bf16) {
    TorchNetworkOptions options;
    options.batch_norm = true;
    options.bf16 = bf16;
    return options;
  }
  torch::Tensor images(const Dataset& data) const {
    std::vector<std::size_t> indices(data.size());
    std::iota(indices.begin(), indices.end(), std::size_t{0});
    auto values = torch::empty({static_cast<std::int64_t>(data.size()), 1, 8, 7});
    fill_batch(data, indices, 0, data.size(), values.data_ptr<float>());
    return values;
  }
  TorchNetwork trained_;
};

TEST_F(BatchNormTest, FoldedWithTheStatisticsOfABatchItComputesTheSame) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor batch = images(train_);
  const auto statistics = trained_.statistics([&](const auto& use) { use(batch); });
  ASSERT_EQ(statistics.size(), 3u);
  EXPECT_EQ(statistics[LayerId{0}].mean.size(), 6u);
  EXPECT_TRUE(statistics[LayerId{2}].mean.empty());
  TorchNetwork folded(network_);
  folded.assign(folded.flatten(trained_.layers(statistics)));
  EXPECT_TRUE(torch::allclose(folded.forward(batch), trained_.forward(batch), 1e-3, 1e-4));
}

TEST_F(BatchNormTest, StatisticsAreAveragedOverBatches) {
  const torch::Tensor first = images(train_), second = images(validation_);
  const auto of = [&](const std::vector<torch::Tensor>& batches) {
    return trained_.statistics([&](const auto& use) {
      for (const auto& batch : batches) use(batch);
    })[LayerId{0}];
  };
  const auto a = of({first}), b = of({second}), both = of({first, second});
  for (std::size_t c = 0; c < 6; ++c) {
    EXPECT_NEAR(both.mean[c], (a.mean[c] + b.mean[c]) / 2, 1e-5);
    EXPECT_NEAR(both.variance[c], (a.variance[c] + b.variance[c]) / 2, 1e-5);
  }
}

TEST_F(BatchNormTest, Bfloat16IsCloseToFloat32) {
  const torch::NoGradGuard no_grad;
  TorchNetwork low(network_, with_batch_norm(true));
  low.assign(
      std::vector<float>(trained_.parameters().data_ptr<float>(),
                         trained_.parameters().data_ptr<float>() + trained_.parameters().numel()));
  const torch::Tensor batch = images(train_);
  const auto exact = trained_.forward(batch), rounded = low.forward(batch);
  EXPECT_EQ(rounded.scalar_type(), torch::kFloat32);
  EXPECT_LT((exact - rounded).abs().max().item<float>(), 0.1f * exact.abs().max().item<float>());
  EXPECT_FALSE(torch::equal(exact, rounded));
}

TEST(SetTorchThreads, TakesTheGivenNumberOrAllCores) {
  EXPECT_EQ(set_torch_threads(1), 1);
  EXPECT_GE(set_torch_threads(0), 1);
  set_torch_threads(1);
}

}  // namespace
}  // namespace kirchhoff::quant
