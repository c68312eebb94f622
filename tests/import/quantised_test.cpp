// Quantised models: the integers that the file's quantisers make are those of the golden inference.

#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/data/dataset.h"
#include "quant/import/onnx.h"
#include "quant/network/golden.h"
#include "quant/network/lower.h"
#include "quant/quantizer/quantizer.h"
#include "tests/import/onnx_models.h"
#include "tests/quant/files.h"

namespace kirchhoff::quant {
namespace {

ImportedNetwork read(const std::string& bytes) { return parse_onnx(bytes, "small", "small.onnx"); }

std::string refusal(const std::string& bytes) {
  try {
    described_model(read(bytes).described(), "mnist");
  } catch (const InputError& error) {
    return error.what();
  }
  return "not refused";
}

/// What a QONNX Quant is made of.
struct Quantiser {
  float bits = 4;
  std::vector<float> scale = {1};
  std::vector<std::int64_t> sides = {};  ///< of the scale
  bool is_signed = true, narrow = false;
  float zero = 0;
};

/// A node Quant NAME.
onnx::NodeProto& add_quant(OnnxWriter& model, const std::string& name, const std::string& input,
                           const Quantiser& q) {
  model.values(name + "_scale", q.sides, q.scale);
  model.values(name + "_zero", {}, {q.zero});
  model.values(name + "_bits", {}, {q.bits});
  onnx::NodeProto& node = model.node("Quant", name, {});
  node.set_domain("qonnx.custom_op.general");
  for (const std::string& what : {input, name + "_scale", name + "_zero", name + "_bits"})
    node.add_input(what);
  OnnxWriter::set(node, "signed", std::int64_t{q.is_signed});
  OnnxWriter::set(node, "narrow", std::int64_t{q.narrow});
  OnnxWriter::set_text(node, "rounding_mode", "ROUND");
  return node;
}

/// Numbers in [-1, 1] that look random.
std::vector<float> wild(std::size_t count, float largest = 1) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i)
    values.push_back(largest * static_cast<float>(std::sin(static_cast<double>(i * i + 3 * i))));
  return values;
}

/// The file's own arithmetic: every operator in real numbers, and what a quantiser makes rounded to
/// its steps, half to even. No value may be so near a tie that another order of additions decides.
IndexedVector<ValueId, RealMap> rounded_values(const ImportedNetwork& network,
                                               const std::vector<std::uint8_t>& pixels) {
  RealMap image{network.graph.image(), {}};
  for (const std::uint8_t pixel : pixels)
    image.values.push_back(static_cast<float>(pixel) / 255.0f);
  IndexedVector<ValueId, RealMap> values;
  values.push_back(image);
  for (const NodeId n : network.graph.nodes().ids()) {
    std::vector<const RealMap*> inputs;
    for (const ValueId input : network.graph.nodes()[n].inputs) inputs.push_back(&values[input]);
    values.push_back(network.graph.nodes()[n].op->compute(inputs, network.parameters[n]));
    const auto step = network.steps.maps.find(value_of(n));
    if (step == network.steps.maps.end()) continue;
    for (float& value : values.back().values) {
      const float steps = value / step->second;
      EXPECT_GT(std::fabs(std::fabs(steps - std::floor(steps)) - 0.5f), 1e-4f) << steps;
      value = std::nearbyint(steps) * step->second;
    }
  }
  return values;
}

Quantizer quantizer_of(const Model& model) {
  ClipTable clips;
  std::array<float, kMaxBits + 1> ones;
  ones.fill(1);
  clips.weight.resize(model.network.layers.size(), ones);
  clips.activation.resize(model.network.layers.size(), ones);
  apply_tuned_clips(model, clips);
  return {model, clips};
}

/// Every rounded map and the result, for some images; the model's policy.
std::string check_integers(const ImportedNetwork& network, std::uint64_t images = 8) {
  const DescribedNetwork described = network.described();
  const auto model = described_model(described, "mnist");
  const Lowered lowered = lower(network.graph);
  Quantizer quantizer = quantizer_of(model.value());
  const Policy policy = policy_from_text(model->clips.value().policy, model->network);
  const IntegerNetwork integers = quantizer.quantise(policy);
  integers.validate();
  for (std::uint64_t seed = 1; seed <= images; ++seed) {
    const auto pixels = random_image(network.graph.image(), seed);
    const auto expected = rounded_values(network, pixels);
    const GoldenResult found = golden_inference(integers, pixels);
    for (const auto& [value, step] : network.steps.maps) {
      const TensorId map = lowered.maps[value].front();
      const std::vector<std::int64_t>& outputs = found.layers[producer_of(map)].outputs;
      // A pooling behind the quantiser belongs to the same stage.
      if (outputs.size() != expected[value].values.size()) continue;
      for (std::size_t i = 0; i < outputs.size(); ++i)
        EXPECT_EQ(outputs[i], std::lround(expected[value].values[i] / step)) << i;
    }
    for (std::size_t i = 0; i < found.logits.size(); ++i) {
      const double logit = static_cast<double>(found.logits[i]) * quantizer.logit_scale(policy);
      EXPECT_NEAR(logit, expected.back().values[i],
                  1e-4 + quantizer.logit_scale(policy) / 2 + 1e-5 * std::fabs(logit));
    }
  }
  return model->clips->policy;
}

/// conv (2 to 3 channels, 3x3) with quantised weights of a step per channel.
void add_convolution(OnnxWriter& model, const std::string& input, const Quantiser& weights) {
  model.values("float_weights", {3, 2, 3, 3}, wild(54));
  add_quant(model, "weights", "float_weights", weights);
  model.node("Conv", "conv", {input.c_str(), "weights"});
}

/// norm: two channels keep their sign, one turns.
void add_norm(OnnxWriter& model, const char* input) {
  model.values("gamma", {3}, {0.5f, -0.37f, 1.1f});
  model.values("beta", {3}, {0.113f, 0.271f, -0.0917f});
  model.values("mean", {3}, {0.2f, -0.13f, 0.07f});
  model.values("variance", {3}, {0.6f, 1.7f, 2.3f});
  model.node("BatchNormalization", "norm", {input, "gamma", "beta", "mean", "variance"});
}

/// fc: 10 outputs of what a map of `values` values flattens to.
void add_classes(OnnxWriter& model, const char* input, std::int64_t values, const Quantiser& q) {
  model.node("Flatten", "row", {input});
  model.values("fc_float", {values, 10}, wild(static_cast<std::size_t>(values) * 10));
  add_quant(model, "fc_weights", "fc_float", q);
  model.node("MatMul", "fc", {"row", "fc_weights"});
}

TEST(QuantisedTest, IntegersAreTheFiles) {
  OnnxWriter model;
  add_quant(model, "coarse_image", "image", {4, {1 / 15.0f}, {}, false});
  add_convolution(model, "coarse_image", {4, {0.11f, 0.2f, 0.07f}, {3, 1, 1, 1}, true, true});
  add_norm(model, "conv");
  add_quant(model, "signed_map", "norm", {3, {0.21f}, {}, true, true});
  add_classes(model, "signed_map", 48, {2, {0.5f}, {1}, true, true});
  EXPECT_EQ(check_integers(read(model.bytes("fc", 2))), "4/4,2/3");
}

// What a model file keeps of it is the same.
TEST(QuantisedTest, ClipsOfChannelsLieInModelFiles) {
  OnnxWriter model;
  add_convolution(model, "image", {4, {0.11f, 0.2f, 0.07f}, {3, 1, 1, 1}, true, true});
  add_quant(model, "map", "conv", {3, {0.21f}});
  add_classes(model, "map", 48, {2, {0.5f}, {1}, true, true});
  const Model sent = *described_model(read(model.bytes("fc", 2)).described(), "mnist");
  const TemporaryFolder folder;
  save_model(sent, folder.path("sent.kmodel"));
  const TunedClips clips = load_model(folder.path("sent.kmodel"), sent.network).clips.value();
  EXPECT_EQ(clips.policy, sent.clips->policy);
  EXPECT_EQ(clips.weight.items(), sent.clips->weight.items());
  EXPECT_EQ(clips.activation.items(), sent.clips->activation.items());
  ASSERT_EQ(sent.clips->channel[LayerId{0}].size(), 3u);
  EXPECT_EQ(clips.channel.items(), sent.clips->channel.items());
}

TEST(QuantisedTest, AReluAndAQuantiserAreOneBound) {
  for (const bool narrow : {false, true}) {
    OnnxWriter model;
    add_convolution(model, "image", {5, {0.07f}});
    add_norm(model, "conv");
    model.node("Relu", "relu", {"norm"});
    add_quant(model, "map", "relu", {3, {0.11f}, {}, false, narrow});
    add_classes(model, "map", 48, {3, {0.25f}, {}, true, true});
    const ImportedNetwork network = read(model.bytes("fc", 2));
    EXPECT_EQ(lower(network.graph).network.layers.size(), 2);
    EXPECT_EQ(check_integers(network), "5/8,3/3");
  }
}

// Behind a ReLU the half below 0 is never used.
TEST(QuantisedTest, ASignedQuantiserBehindAReluNeedsABitLess) {
  OnnxWriter model;
  add_convolution(model, "image", {5, {0.07f}});
  model.node("Relu", "relu", {"conv"});
  add_quant(model, "map", "relu", {5, {0.093f}});
  add_classes(model, "map", 48, {3, {0.25f}, {}, true, true});
  EXPECT_EQ(check_integers(read(model.bytes("fc", 2))), "5/8,3/4");
}

TEST(QuantisedTest, PixelsAsTheyAreNeedNoStage) {
  OnnxWriter model;
  add_quant(model, "pixels", "image", {8, {1 / 255.0f}, {}, false});
  add_convolution(model, "pixels", {5, {0.07f}});
  const ImportedNetwork network = read(model.bytes("conv"));
  EXPECT_EQ(lower(network.graph).network.layers.size(), 1);
  EXPECT_EQ(check_integers(network), "5/8");
}

TEST(QuantisedTest, FactorsOnTheImageAreAStageOf8Bits) {
  OnnxWriter model;
  model.values("two", {}, {2});
  model.values("one", {1}, {1});
  model.values("scales", {1, 2, 1, 1}, {1.3f, -0.7f});
  model.node("Mul", "doubled", {"two", "image"});
  model.node("Sub", "centred", {"doubled", "one"});
  model.node("Div", "scaled", {"centred", "scales"});
  add_quant(model, "map", "scaled", {4, {0.131f}});
  add_convolution(model, "map", {5, {0.07f}});
  EXPECT_EQ(check_integers(read(model.bytes("conv"))), "8/8,5/4");
}

TEST(QuantisedTest, FactorsBehindTheLastMatrixKeepItsOneClip) {
  OnnxWriter model;
  add_convolution(model, "image", {5, {0.07f}});
  model.values("variance", {1}, {3.7f});
  model.values("half", {}, {0.5f});
  model.values("mean", {1}, {0.31f});
  model.values("factor", {1}, {-1.9f});
  model.values("shift", {1}, {0.17f});
  model.node("Pow", "root", {"variance", "half"});
  model.node("Sub", "centred", {"conv", "mean"});
  model.node("Div", "normal", {"centred", "root"});
  model.node("Mul", "scaled", {"factor", "normal"});
  model.node("Add", "shifted", {"scaled", "shift"});
  const ImportedNetwork network = read(model.bytes("shifted"));
  EXPECT_EQ(lower(network.graph).network.layers.size(), 1);
  EXPECT_EQ(check_integers(network), "5/8");
}

TEST(QuantisedTest, OfThreeBranchesEveryMapHasItsStep) {
  OnnxWriter model;
  add_convolution(model, "image", {5, {0.07f}});
  model.node("Relu", "relu", {"conv"});
  add_quant(model, "a", "relu", {4, {0.093f}, {}, false});
  model.values("square_float", {3, 3, 1, 1}, wild(9));
  add_quant(model, "square", "square_float", {4, {0.13f, 0.21f, 0.17f}, {3, 1, 1, 1}});
  model.node("Conv", "b_sum", {"a", "square"});
  add_quant(model, "b", "b_sum", {4, {0.141f}});
  model.node("Add", "ab", {"a", "b"});
  add_quant(model, "sum", "ab", {4, {0.171f}});
  add_classes(model, "sum", 48, {3, {0.25f}, {}, true, true});
  EXPECT_EQ(check_integers(read(model.bytes("fc", 2))), "5/8,4/4,3/4");
}

// The least of 4 bits is beyond what a pair of crossbars holds in 4.
TEST(QuantisedTest, TheLeastWeightOfAWidthTakesABitMore) {
  OnnxWriter model;
  add_convolution(model, "image", {4, {0.1f}});
  const ImportedNetwork network = read(model.bytes("conv"));
  ASSERT_EQ(network.notes.size(), 1u);
  EXPECT_EQ(check_integers(network), "5/8");
}

TEST(QuantisedTest, PairsOfQuantizeAndDequantizeLinear) {
  OnnxWriter model;
  model.values("step", {}, {0.041f});
  model.bytes("zero", {}, {0});
  model.bytes("integers", {3, 2, 3, 3}, [] {
    std::vector<int> values;
    for (const float value : wild(54, 127)) values.push_back(static_cast<int>(value));
    return values;
  }());
  model.values("steps", {3}, {0.01f, 0.013f, 0.007f});
  model.bytes("zeros", {3}, {0, 0, 0});
  OnnxWriter::set(model.node("DequantizeLinear", "weights", {"integers", "steps", "zeros"}), "axis",
                  std::int64_t{0});
  model.node("Conv", "conv", {"image", "weights"});
  model.node("QuantizeLinear", "rounded", {"conv", "step", "zero"});
  model.node("DequantizeLinear", "map", {"rounded", "step", "zero"});
  model.node("Flatten", "row", {"map"});
  model.values("fc_float", {10, 48}, wild(480));
  model.values("fc_step", {}, {0.01f});
  model.node("QuantizeLinear", "fc_integers", {"fc_float", "fc_step", "zero"});
  model.node("DequantizeLinear", "fc_weights", {"fc_integers", "fc_step", "zero"});
  OnnxWriter::set(model.node("Gemm", "fc", {"row", "fc_weights"}), "transB", std::int64_t{1});
  EXPECT_EQ(check_integers(read(model.bytes("fc", 2))), "8/8,8/8");
}

TEST(QuantisedTest, Refusals) {
  const auto with_map = [](const Quantiser& q) {
    OnnxWriter model;
    add_convolution(model, "image", {5, {0.07f}});
    add_quant(model, "map", "conv", q);
    add_classes(model, "map", 48, {3, {0.25f}, {}, true, true});
    return refusal(model.bytes("fc", 2));
  };
  EXPECT_EQ(with_map({4, {0.1f}, {}, true, false, 3}),
            "small.onnx: node map (qonnx.custom_op.general.Quant): input 2 (map_zero): 3: must be "
            "0: on the chip 0 stands for 0 in every map");
  EXPECT_EQ(
      with_map({1, {0.1f}}),
      "small.onnx: node map (qonnx.custom_op.general.Quant): input 3 (map_bits): 1 bits: must "
      "be an integer in [2, 16]");
  EXPECT_EQ(with_map({4, {0.0f}}),
            "small.onnx: node map (qonnx.custom_op.general.Quant): input 1 (map_scale): 0: must be "
            "above 0");
  OnnxWriter bare;
  add_convolution(bare, "image", {5, {0.07f}});
  add_classes(bare, "conv", 48, {3, {0.25f}, {}, true, true});
  EXPECT_EQ(
      refusal(bare.bytes("fc", 2)),
      "network small: layer conv: the file does not quantise its map, as it does with others");
  OnnxWriter last;
  add_convolution(last, "image", {5, {0.05f, 0.1f, 0.05f}, {3, 1, 1, 1}});
  EXPECT_EQ(
      refusal(last.bytes("conv")),
      "network small: layer conv: the steps of its channels' weights differ by a factor of 2: "
      "its sums leave the network and are compared, so they must have one");
  OnnxWriter half;
  half.values("weights", {3, 2, 3, 3}, wild(54));
  half.node("Conv", "conv", {"image", "weights"});
  add_quant(half, "map", "conv", {4, {0.1f}});
  add_classes(half, "map", 48, {3, {0.25f}, {}, true, true});
  EXPECT_EQ(refusal(half.bytes("fc", 2)),
            "network small: layer conv: the file does not quantise its weights, as it does with "
            "others");
  OnnxWriter integers;
  integers.values("step", {}, {0.041f});
  add_convolution(integers, "image", {5, {0.07f}});
  integers.node("QuantizeLinear", "rounded", {"conv", "step"});
  integers.node("Relu", "relu", {"rounded"});
  EXPECT_EQ(refusal(integers.bytes("relu")),
            "small.onnx: node rounded (QuantizeLinear): Relu reads its map: must be "
            "DequantizeLinear");
}

/// Published: 96.60 % on MNIST's test images.
TEST(QuantisedTest, TfcOfBrevitas) {
  const char* const data = std::getenv("KIRCHHOFF_DATA");
  const std::string path = data == nullptr ? "" : std::string(data) + "/onnx/TFC_2W2A.onnx";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "KIRCHHOFF_DATA/onnx/TFC_2W2A.onnx not there";
  const ImportedNetwork network = read_onnx(path);
  EXPECT_EQ(check_integers(network, 3), "8/8,2/2,2/2,2/2,2/2");
  if (!std::filesystem::exists(std::string(data) + "/mnist")) GTEST_SKIP() << "no MNIST";
  const Model model = described_model(network.described(), "mnist").value();
  const Dataset images = load_dataset("mnist", Part::kTest, model.network, "");
  Quantizer quantizer = quantizer_of(model);
  AccuracyEngine engine(quantizer, images, 1);
  const Policy policy = policy_from_text(model.clips->policy, model.network);
  EXPECT_DOUBLE_EQ(engine.evaluate(policy).pct(), 96.60);
}

}  // namespace
}  // namespace kirchhoff::quant
