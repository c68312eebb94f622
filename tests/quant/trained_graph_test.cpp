// Graphs with parameters: float inference, calibration and integers against the operators' own
// arithmetic.

#include <cmath>

#include <gtest/gtest.h>

#include "chains.h"
#include "files.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/float/float_network.h"
#include "quant/network/run_graph.h"
#include "quant/quantizer/clip_cache.h"
#include "quant/quantizer/quantizer.h"
#include "small_model.h"
#include "tests/support/random_graphs.h"
#include "tests/support/random_parameters.h"

namespace kirchhoff::quant {
namespace {

struct TrainedGraph {
  explicit TrainedGraph(std::uint64_t seed) : TrainedGraph(RandomGraphs(seed).graph(), seed) {}
  TrainedGraph(const Graph& trained, std::uint64_t seed)
      : TrainedGraph(trained, random_parameters(trained, seed), seed) {}
  TrainedGraph(const Graph& trained, const IndexedVector<NodeId, Parameters>& learnt,
               std::uint64_t seed)
      : graph(trained), parameters(learnt), data(random_dataset(graph.image(), 12, seed)) {
    const Lowered lowered = lower(graph);
    model.network = lowered.network;
    model.layers = fold(graph, lowered, parameters);
  }

  RealMap image(std::size_t i) const {
    RealMap map{graph.image(), {}};
    for (const std::uint8_t pixel : data.image(i)) map.values.push_back(pixel / 255.0f);
    return map;
  }
  ClipTable clips(const QuantizationOptions& options = {}) const {
    return calibrate(
        model, [&](const ActivationVisitor& visit) { visit_activations(model, data, visit, 1); },
        options);
  }

  Graph graph;
  IndexedVector<NodeId, Parameters> parameters;
  Model model;
  Dataset data;
};

/// Clips without a search, which is not what these tests are about.
QuantizationOptions quick_options() {
  QuantizationOptions options;
  options.clip = ClipMethod::kPercentile;
  options.percentile = 99.9;
  return options;
}

float largest(const std::vector<float>& values) {
  float most = 0.0f;
  for (const float value : values) most = std::max(most, std::fabs(value));
  return most;
}

TEST(TrainedGraph, FloatInferenceIsWhatTheOperatorsSay) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const TrainedGraph trained(seed);
    const std::vector<float> outputs = float_outputs(trained.model, trained.data, 2);
    ASSERT_EQ(float_outputs(trained.model, trained.data, 1), outputs);
    std::size_t at = 0;
    for (std::size_t i = 0; i < trained.data.size(); ++i) {
      const RealMap expected =
          run_graph(trained.graph, trained.parameters.items(), trained.image(i));
      const float tolerance = 1e-4f * std::max(1.0f, largest(expected.values));
      for (const float value : expected.values) ASSERT_NEAR(outputs.at(at++), value, tolerance);
    }
  }
}

// At 12 bits nothing but rounding to fine steps lies between the integers and the real numbers.
TEST(TrainedGraph, WideIntegersAreTheRealNumbers) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(seed);
    const TrainedGraph trained(seed);
    // Of leaky functions a table covers what is above zero, and below as far.
    bool leaky = false;
    for (const Layer& layer : trained.model.network.layers)
      leaky = leaky || layer.function.kind == Function::Kind::kLeakyRelu;
    if (leaky) continue;
    Quantizer quantizer(trained.model, trained.clips(quick_options()));
    const Policy policy = Policy::uniform(trained.model.network, 12, 12);
    const IntegerNetwork integers = quantizer.quantise(policy);
    const std::vector<float> outputs = float_outputs(trained.model, trained.data, 1);
    SCOPED_TRACE(stages_text(trained.model.network));
    // The image has 8 bits only, and they are exact.
    std::size_t at = 0;
    for (std::size_t i = 0; i < trained.data.size(); ++i) {
      const GoldenResult result = golden_inference(integers, trained.data.image(i));
      for (const std::int64_t logit : result.logits) {
        const double value = static_cast<double>(logit) * quantizer.logit_scale(policy);
        ASSERT_NEAR(value, outputs.at(at++), 0.02 * std::max(1.0f, largest(outputs)));
      }
    }
  }
}

TEST(TrainedGraph, TheEngineIsTheGoldenInference) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    const TrainedGraph trained(seed);
    QuantizationOptions options = quick_options();
    options.per_channel = seed % 2 == 0;
    options.bias_correction = seed % 3 == 0;
    Quantizer quantizer(trained.model, trained.clips(options));
    const Policy policy = RandomGraphs(seed + 100).policy(trained.model.network);
    const IntegerNetwork integers = quantizer.quantise(policy);
    integers.validate();
    const auto logits = AccuracyEngine(quantizer, trained.data, 2).logits(policy, 12);
    for (std::size_t i = 0; i < trained.data.size(); ++i)
      ASSERT_EQ(logits[i], golden_inference(integers, trained.data.image(i)).logits);
  }
}

TEST(TrainedGraph, ItsClipsComeBackFromTheCache) {
  const TrainedGraph trained(3);
  const TemporaryFolder folder;
  QuantizationOptions options;
  options.clip = ClipMethod::kPercentile;
  options.per_channel = options.bias_correction = true;
  int passes = 0;
  const auto clips = [&] {
    return calibrate_cached(
        trained.model, trained.data,
        [&](const ActivationVisitor& visit) {
          ++passes;
          visit_activations(trained.model, trained.data, visit, 1);
        },
        "", folder.path(), options);
  };
  const ClipTable first = clips();
  const int needed = passes;
  const ClipTable second = clips();
  EXPECT_EQ(passes, needed);
  EXPECT_EQ(second.activation, first.activation);
  EXPECT_EQ(second.channel, first.channel);
  EXPECT_EQ(second.input_mean, first.input_mean);
}

TEST(TrainedGraph, MapsOfOneScaleHaveOneClip) {
  Builder b("n", {1, 6, 6});
  b.convolution("stem", 4, 3, 1).relu();
  const ValueId entered = b.last();
  b.convolution("linear", 4, 3, 1);
  const ValueId other = b.last();
  b.from(entered).convolution("side", 4, 1).relu();
  b.concat("join", {other, b.last()}).linear("fc", 2);
  const ClipTable clips = TrainedGraph(b.take(), 3).clips();
  EXPECT_EQ(clips.activation[TensorId{2}], clips.activation[TensorId{3}]);
  EXPECT_NE(clips.activation[TensorId{1}], clips.activation[TensorId{3}]);
}

// A bound of six within a map that reaches further: the look-up table has to know.
TEST(TrainedGraph, AClipKeepsItsBoundWhereItsScaleIsAnothers) {
  Builder b("n", {1, 4, 4});
  b.convolution("low", 1, 1).relu6();
  const ValueId low = b.last();
  b.from(kImageValue).convolution("high", 1, 1).relu();
  b.concat("join", {low, b.last()}).linear("fc", 2);
  const Graph graph = b.take();
  IndexedVector<NodeId, Parameters> parameters = random_parameters(graph, 3);
  parameters[NodeId{0}] = {{12.0f}, {0.0f}};
  parameters[NodeId{2}] = {{30.0f}, {0.0f}};
  const TrainedGraph trained(graph, parameters, 5);
  QuantizationOptions options;
  options.clip = ClipMethod::kPercentile;
  options.percentile = 100.0;
  Quantizer quantizer(trained.model, trained.clips(options));
  const Policy policy = Policy::uniform(trained.model.network, 8, 8);
  const IntegerNetwork integers = quantizer.quantise(policy);
  std::vector<std::uint8_t> white(16, 255);
  const GoldenResult result = golden_inference(integers, white);
  const double step =
      quantizer.map_scale(trained.model.network.layers[LayerId{2}].inputs.front(), 8);
  EXPECT_NEAR(static_cast<double>(result.layers[LayerId{0}].outputs.front()) * step, 6.0, step);
  EXPECT_NEAR(static_cast<double>(result.layers[LayerId{1}].outputs.front()) * step, 30.0, step);
}

}  // namespace
}  // namespace kirchhoff::quant
