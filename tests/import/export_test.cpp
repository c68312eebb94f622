// What is written as ONNX comes back to the same integers.

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/float/float_network.h"
#include "quant/import/onnx.h"
#include "quant/import/onnx_export.h"
#include "quant/network/golden.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "tests/quant/chains.h"
#include "tests/quant/files.h"
#include "tests/quant/small_model.h"
#include "tests/support/random_graphs.h"
#include "tests/support/random_parameters.h"

namespace kirchhoff::quant {
namespace {

Quantizer calibrated(const Graph& graph, std::uint64_t seed, QuantizationOptions options = {}) {
  options.clip = ClipMethod::kPercentile;  // the fastest to find
  Model model;
  const Lowered lowered = lower(graph);
  model.network = lowered.network;
  model.layers = fold(graph, lowered, random_parameters(graph, seed));
  const Dataset data = random_dataset(graph.image(), 4, seed);
  const auto pass = [&](const ActivationVisitor& visit) {
    visit_activations(model, data, visit, 1);
  };
  ClipTable clips = calibrate(model, pass, options);
  return {model, std::move(clips)};
}

/// The model of such bytes, and the integers that it says.
IntegerNetwork integers_of(const std::string& bytes) {
  const auto model = described_model(parse_onnx(bytes, "back", "back.onnx").described(), "mnist");
  ClipTable clips;
  std::array<float, kMaxBits + 1> ones;
  ones.fill(1);
  clips.weight.resize(model->network.layers.size(), ones);
  clips.activation.resize(model->network.layers.size(), ones);
  apply_tuned_clips(*model, clips);
  return Quantizer(*model, clips)
      .quantise(policy_from_text(model->clips.value().policy, model->network));
}

void check_return(Quantizer& quantizer, const Policy& policy, int images) {
  const std::string bytes = export_onnx(quantizer, policy);
  const IntegerNetwork sent = quantizer.quantise(policy), back = integers_of(bytes);
  const auto before = sent.network.weight_layers(), after = back.network.weight_layers();
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(sent.layers[before[i]].weights, back.layers[after[i]].weights) << i;
  for (int i = 0; i < images; ++i) {
    const auto image = random_image(sent.network.image, static_cast<std::uint64_t>(i));
    EXPECT_EQ(golden_inference(sent, image).logits, golden_inference(back, image).logits) << i;
  }
}

TEST(ExportTest, Lenet5ComesBack) {
  const Graph graph = find_graph("lenet5");
  for (const bool per_channel : {false, true}) {
    QuantizationOptions options;
    options.per_channel = per_channel;
    Quantizer quantizer = calibrated(graph, 1, options);
    for (const char* policy : {"W8A8", "8/8,5/4,3/6,6/5,4/2"})
      check_return(quantizer, policy_from_text(policy, quantizer.model().network), 3);
  }
}

TEST(ExportTest, Resnet20ComesBack) {
  Quantizer quantizer = calibrated(find_graph("resnet20"), 2);
  const Network& network = quantizer.model().network;
  check_return(quantizer, policy_from_text("W8A8", network), 1);
  check_return(quantizer, policy_from_text("W4A6", network), 1);
}

TEST(ExportTest, GraphsComeBack) {
  int written = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(seed);
    const Graph graph = RandomGraphs(seed).graph();
    Quantizer quantizer = calibrated(graph, seed);
    Policy policy = RandomGraphs(seed + 100).policy(quantizer.model().network);
    try {
      export_onnx(quantizer, policy);
    } catch (const InputError&) {
      continue;  // a function by table, or more than 8 bits
    }
    ++written;
    check_return(quantizer, policy, 2);
  }
  EXPECT_GT(written, 5);
}

TEST(ExportTest, OnnxsCheckerTakesIt) {
  const std::string python = "/usr/bin/python3 -c ";
  if (std::system((python + "'import onnx' 2> /dev/null").c_str()) != 0)
    GTEST_SKIP() << "Debian's package python3-onnx is not installed";
  const TemporaryFolder folder;
  const std::string path = folder.path("lenet5.onnx");
  Quantizer quantizer = calibrated(find_graph("lenet5"), 1);
  write_file(path, export_onnx(quantizer, policy_from_text("W4A3", quantizer.model().network)));
  const std::string check = "'import onnx, sys; onnx.checker.check_model(sys.argv[1], True)' ";
  EXPECT_EQ(std::system((python + check + path).c_str()), 0);
}

TEST(ExportTest, WideIntegersAreRefused) {
  Quantizer quantizer = calibrated(find_graph("lenet5"), 1);
  try {
    export_onnx(quantizer, policy_from_text("W9A8", quantizer.model().network));
    FAIL() << "not refused";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "network lenet5: layer C1: weights of 9 bits: must have at most 8");
  }
}

}  // namespace
}  // namespace kirchhoff::quant
