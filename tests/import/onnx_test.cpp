#include "quant/import/onnx.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/network/run_graph.h"
#include "tests/import/onnx_models.h"
#include "tests/quant/files.h"

namespace kirchhoff::quant {
namespace {

using Sides = std::vector<std::int64_t>;

ImportedNetwork read(const std::string& bytes) { return parse_onnx(bytes, "small", "small.onnx"); }

/// The one line that refuses a model.
std::string refusal(const std::string& bytes) {
  try {
    read(bytes);
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  return "not refused";
}

std::vector<std::string> kinds(const Graph& graph) {
  std::vector<std::string> found;
  for (const Node& node : graph.nodes()) found.push_back(node.op->kind());
  return found;
}

/// What the network makes of 0, 0.125, 0.25, …
std::vector<float> result_of(const ImportedNetwork& network) {
  RealMap image{network.graph.image(), {}};
  for (int i = 0; i < image.shape.size(); ++i) image.values.push_back(static_cast<float>(i) / 8);
  return run_graph(network.graph, network.parameters.items(), image).values;
}

/// conv (2 to 3 channels, 3x3, ones) with its weights; what follows reads "conv".
OnnxWriter with_convolution(int opset = 13) {
  OnnxWriter model(opset);
  model.numbers("weights", {3, 2, 3, 3}, 1);
  model.node("Conv", "conv", {"image", "weights"});
  return model;
}

TEST(OnnxTest, AConstantPerChannelBecomesABias) {
  OnnxWriter model = with_convolution();
  model.numbers("shift", {3, 1, 1}, 5, 1);
  model.node("Add", "sum", {"conv", "shift"});
  const ImportedNetwork network = read(model.bytes("sum"));
  EXPECT_EQ(kinds(network.graph), std::vector<std::string>{"convolution"});
  EXPECT_EQ(network.parameters[NodeId{0}].at(1), (std::vector<float>{5, 6, 7}));
}

TEST(OnnxTest, ArithmeticWithConstants) {
  OnnxWriter model = with_convolution();
  model.numbers("one", {}, 1);
  model.numbers("four", {1}, 4);
  model.numbers("halves", {1, 3, 1, 1}, 0.5f, 0.5f);
  model.node("Div", "quarter", {"one", "four"});
  model.node("Mul", "scaled", {"quarter", "conv"});
  model.node("Sub", "turned", {"four", "scaled"});
  model.node("Relu", "relu", {"turned"});
  model.node("Div", "divided", {"relu", "halves"});
  const std::vector<float> plain = result_of(read(with_convolution().bytes("conv")));
  const std::vector<float> found = result_of(read(model.bytes("divided")));
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const float half = 0.5f * static_cast<float>(1 + i / 16);
    EXPECT_NEAR(found[i], std::max(4 - plain[i] / 4, 0.0f) / half, 1e-5f) << i;
  }
}

TEST(OnnxTest, WhatAnotherNodeReadsKeepsItsBias) {
  OnnxWriter model = with_convolution();
  model.numbers("shift", {3, 1, 1}, 5);
  model.node("Identity", "same", {"conv"});
  model.node("Add", "shifted", {"same", "shift"});
  model.node("Add", "sum", {"shifted", "conv"});
  const ImportedNetwork network = read(model.bytes("sum"));
  EXPECT_EQ(kinds(network.graph), (std::vector<std::string>{"convolution", "batch_norm", "add"}));
  const std::vector<float> plain = result_of(read(with_convolution().bytes("conv")));
  const std::vector<float> found = result_of(network);
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(found[i], 2 * plain[i] + 5) << i;
}

TEST(OnnxTest, ZerosOfAPadBelongToTheConvolutionBehindIt) {
  OnnxWriter model(13);
  model.numbers("weights", {3, 2, 3, 3}, 1);
  model.integers("pads", {0, 0, 1, 0, 0, 0, 2, 1});
  model.node("Pad", "pad", {"image", "pads"});
  OnnxWriter::set(model.node("Conv", "conv", {"pad", "weights"}), "strides", Sides{2, 2});
  const ImportedNetwork padded = read(model.bytes("conv"));

  OnnxWriter direct(13);
  direct.numbers("weights", {3, 2, 3, 3}, 1);
  onnx::NodeProto& conv = direct.node("Conv", "conv", {"image", "weights"});
  OnnxWriter::set(conv, "strides", Sides{2, 2});
  OnnxWriter::set(conv, "pads", Sides{1, 0, 2, 1});
  EXPECT_EQ(result_of(padded), result_of(read(direct.bytes("conv"))));
}

TEST(OnnxTest, ZerosOfAPadAreCountedByAnAverage) {
  OnnxWriter model(13);
  model.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1});
  model.node("Pad", "pad", {"image", "pads"});
  OnnxWriter::set(model.node("AveragePool", "pool", {"pad"}), "kernel_shape", Sides{2, 2});
  const std::vector<float> found = result_of(read(model.bytes("pool")));
  EXPECT_EQ(found[1], 0.125F / 4);  // pixels 0 and 1 below two zeros
}

/// Scale 2, shift 1, mean 0.5, variance 4 for 3 channels.
void add_batch_norm(OnnxWriter& model, const char* name, const char* input) {
  const std::string prefix = name;
  model.numbers(prefix + ".scale", {3}, 2);
  model.numbers(prefix + ".shift", {3}, 1);
  model.numbers(prefix + ".mean", {3}, 0.5F);
  model.numbers(prefix + ".variance", {3}, 4);
  onnx::NodeProto& node = model.node("BatchNormalization", name, {input});
  for (const char* suffix : {".scale", ".shift", ".mean", ".variance"})
    node.add_input(prefix + suffix);
}

// A residual block, as ResNets have them.
TEST(OnnxTest, ABlockOfAResnetBecomesItsStages) {
  OnnxWriter model(13);
  model.numbers("first", {3, 2, 1, 1}, 1);
  model.numbers("second", {3, 1, 3, 3}, 0.25F);
  model.numbers("classes", {4, 3}, 1);
  model.node("Conv", "conv1", {"image", "first"});
  add_batch_norm(model, "norm1", "conv1");
  model.node("Relu", "relu1", {"norm1"});
  onnx::NodeProto& depthwise = model.node("Conv", "conv2", {"relu1", "second"});
  OnnxWriter::set(depthwise, "group", 3);
  OnnxWriter::set_text(depthwise, "auto_pad", "SAME_UPPER");
  add_batch_norm(model, "norm2", "conv2");
  model.node("Add", "sum", {"norm2", "relu1"});
  model.node("Relu", "relu2", {"sum"});
  model.node("GlobalAveragePool", "mean", {"relu2"});
  OnnxWriter::set(model.node("Flatten", "row", {"mean"}), "axis", 1);
  OnnxWriter::set(model.node("Gemm", "fc", {"row", "classes"}), "transB", 1);
  const ImportedNetwork network = read(model.bytes("fc", 2));
  EXPECT_EQ(kinds(network.graph),
            (std::vector<std::string>{"convolution", "batch_norm", "relu", "convolution",
                                      "batch_norm", "add", "relu", "average_pool", "linear"}));
  EXPECT_EQ(network.parameters[NodeId{1}],
            (Parameters{{2, 2, 2}, {1, 1, 1}, {0.5, 0.5, 0.5}, {4, 4, 4}}));
  const Lowered lowered = lower(network.graph);
  std::vector<std::string> stages;
  for (const Layer& layer : lowered.network.layers) stages.push_back(layer.name);
  EXPECT_EQ(stages, (std::vector<std::string>{"conv1", "conv2", "mean", "fc"}));
}

// What torch.onnx.export makes of x.view(x.size(0), -1).
TEST(OnnxTest, AReshapeToComputedSidesFlattens) {
  OnnxWriter model(13, {-1, 2, 6, 6});
  model.integers("first", {0});
  model.integers("rest", {-1});
  model.numbers("weights", {72, 4}, 0, 0.25F);
  model.numbers("shift", {4}, 1);
  model.node("Shape", "shape", {"image"});
  model.node("Gather", "batch", {"shape", "first"});
  OnnxWriter::set(model.node("Concat", "sides", {"batch", "rest"}), "axis", 0);
  model.node("Reshape", "row", {"image", "sides"});
  model.node("MatMul", "matrix", {"row", "weights"});
  model.node("Add", "sum", {"matrix", "shift"});
  OnnxWriter::set(model.node("Softmax", "softmax", {"sum"}), "axis", -1);
  const ImportedNetwork network = read(model.bytes("softmax", 2));
  EXPECT_EQ(kinds(network.graph), (std::vector<std::string>{"flatten", "linear"}));
  ASSERT_EQ(network.notes.size(), 1U);
  EXPECT_EQ(network.notes[0],
            "small.onnx: node softmax (Softmax): left out, it does not change which class is the "
            "largest");
  float expected = 1;
  for (int i = 0; i < 72; ++i) expected += static_cast<float>(i) / 8 * static_cast<float>(i);
  EXPECT_FLOAT_EQ(result_of(network).at(0), expected);
}

TEST(OnnxTest, TransposedWeightsAreThoseOfTheirOutputs) {
  OnnxWriter model(13);
  model.numbers("weights", {3, 3, 2, 1}, 0, 1);  // rows, columns, channels in, channels out
  OnnxWriter::set(model.node("Transpose", "moved", {"weights"}), "perm", Sides{3, 2, 0, 1});
  model.node("Conv", "conv", {"image", "moved"});
  const ImportedNetwork network = read(model.bytes("conv"));
  EXPECT_EQ(network.parameters[NodeId{0}].at(0),
            (std::vector<float>{0, 2, 4, 6, 8, 10, 12, 14, 16, 1, 3, 5, 7, 9, 11, 13, 15, 17}));
}

// Its channels are values of the map then: no stage of the chip has numbers for those.
TEST(OnnxTest, ANormalisationOfAFlattenedMapIsReadAndNotLowered) {
  OnnxWriter model = with_convolution();
  model.numbers("shift", {48}, 1);
  model.node("Flatten", "row", {"conv"});
  model.node("Add", "sum", {"row", "shift"});
  const ImportedNetwork network = read(model.bytes("sum", 2));
  EXPECT_EQ(result_of(network).size(), 48U);
  EXPECT_EQ(input_error([&] { lower(network.graph); }),
            "network small: sum (batch_norm): reads a flattened map 3x4x4: only linear may");
}

TEST(OnnxTest, NamesBecomeNamesOfANetwork) {
  OnnxWriter model(13);
  model.numbers("weights", {3, 2, 3, 3}, 1);
  model.node("Conv", "/block 1/conv1/Conv", {"image", "weights"});
  model.node("Relu", "block_1.conv1", {"/block 1/conv1/Conv"});
  const ImportedNetwork network =
      parse_onnx(model.bytes("block_1.conv1"), "my model", "my model.onnx");
  EXPECT_EQ(network.graph.name(), "my_model");
  EXPECT_EQ(network.graph.nodes()[NodeId{0}].name, "block_1.conv1");
  EXPECT_EQ(network.graph.nodes()[NodeId{1}].name, "block_1.conv1-2");
  EXPECT_NO_THROW(lower(network.graph));
}

TEST(OnnxTest, NodesThatNobodyReadsAreLeftOut) {
  OnnxWriter model = with_convolution();
  model.node("Relu", "dead", {"conv"});
  const ImportedNetwork network = read(model.bytes("conv"));
  EXPECT_EQ(kinds(network.graph), std::vector<std::string>{"convolution"});
  EXPECT_EQ(network.notes.size(), 1U);
}

TEST(OnnxTest, RefusalsNameTheNodeWhatWasFoundAndWhatIsAccepted) {
  const auto attribute = [](const std::string& name, const Sides& value) {
    OnnxWriter model(13);
    model.numbers("weights", {3, 2, 3, 3}, 1);
    OnnxWriter::set(model.node("Conv", "conv", {"image", "weights"}), name, value);
    return refusal(model.bytes("conv"));
  };
  EXPECT_EQ(attribute("strides", {0, 1}),
            "small.onnx: node conv (Conv): attribute strides = [0, 1]: must be 2 integers in "
            "[1, 1024]");
  EXPECT_EQ(attribute("pads", {1, 1, -1, 1}),
            "small.onnx: node conv (Conv): attribute pads = [1, 1, -1, 1]: must be 4 integers in "
            "[0, 1024]");
  EXPECT_EQ(attribute("kernel_shape", {5, 5}),
            "small.onnx: node conv (Conv): attribute kernel_shape = [5, 5]: must be [3, 3], the "
            "sides of its weights");

  OnnxWriter power = with_convolution();
  power.node("Exp", "power", {"conv"});
  EXPECT_EQ(refusal(power.bytes("power")).substr(0, 71),
            "small.onnx: node power (Exp): is not supported: must be one of Add, Ave");

  OnnxWriter loose(13);
  loose.numbers("weights", {3, 2, 3, 3}, 1);
  loose.node("Relu", "computed", {"weights"});
  loose.node("Conv", "conv", {"image", "computed"});
  EXPECT_EQ(refusal(loose.bytes("conv")),
            "small.onnx: node computed (Relu): input 0 (weights): is a constant: must be a map");

  OnnxWriter wide = with_convolution();
  wide.numbers("shift", {1, 4}, 1);
  wide.node("Add", "sum", {"conv", "shift"});
  EXPECT_EQ(
      refusal(wide.bytes("sum")),
      "small.onnx: node sum (Add): input 1 (shift): 1x4: must be one number, or one per channel "
      "of a map 1x3x4x4");

  OnnxWriter mirrored(13);
  mirrored.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1});
  OnnxWriter::set_text(mirrored.node("Pad", "pad", {"image", "pads"}), "mode", "reflect");
  EXPECT_EQ(refusal(mirrored.bytes("pad")),
            "small.onnx: node pad (Pad): attribute mode = reflect: must be constant");

  OnnxWriter padded(13);
  padded.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1});
  padded.node("Pad", "pad", {"image", "pads"});
  padded.node("Relu", "relu", {"pad"});
  EXPECT_EQ(refusal(padded.bytes("relu")),
            "small.onnx: node pad (Pad): Relu reads its map: must be Conv or AveragePool");
}

TEST(OnnxTest, RefusalsOfTheModelItself) {
  EXPECT_EQ(refusal(""), "small.onnx: is no ONNX model, or not all of one");
  EXPECT_EQ(refusal("hello"), "small.onnx: is no ONNX model, or not all of one");

  OnnxWriter newer = with_convolution(18);
  EXPECT_EQ(refusal(newer.bytes("conv")), "small.onnx: opset 18: must be in [7, 17]");
  // Conv of opset 6 is that of opset 7; Gemm is not.
  EXPECT_EQ(refusal(with_convolution(6).bytes("conv")), "not refused");
  OnnxWriter older(6, {1, 4});
  older.numbers("weights", {4, 2}, 1);
  older.numbers("bias", {2}, 1);
  older.node("Gemm", "gemm", {"image", "weights", "bias"});
  EXPECT_EQ(refusal(older.bytes("gemm", 2)),
            "small.onnx: node gemm (Gemm): of opset 6: must be in [7, 17]");

  OnnxWriter batch(13, {8, 2, 6, 6});
  batch.node("Relu", "relu", {"image"});
  EXPECT_EQ(refusal(batch.bytes("relu")),
            "small.onnx: input image: sides 8x2x6x6: must be a batch of 1 or a symbolic one, 1 to "
            "16384 channels, and at most a row and a column of 1 to 1024");

  OnnxWriter two = with_convolution();
  two.graph().add_input()->CopyFrom(two.graph().input(0));
  two.graph().mutable_input(1)->set_name("second");
  EXPECT_EQ(refusal(two.bytes("conv")),
            "small.onnx: 2 inputs without an initializer (image, second): must be 1, the image");

  OnnxWriter huge = with_convolution();
  huge.graph().mutable_initializer(0)->set_dims(0, std::int64_t{1} << 60);
  EXPECT_NE(refusal(huge.bytes("conv")), "not refused");

  OnnxWriter outside = with_convolution();
  outside.graph().mutable_initializer(0)->set_data_location(onnx::TensorProto::EXTERNAL);
  EXPECT_NE(refusal(outside.bytes("conv")), "not refused");
}

/// A model with one of everything that has numbers to break.
std::string busy_model() {
  OnnxWriter model = with_convolution();
  model.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1});
  model.integers("sides", {0, -1});
  model.numbers("matrix", {3, 27}, 1);
  model.node("Pad", "pad", {"conv", "pads"});
  onnx::NodeProto& pool = model.node("AveragePool", "pool", {"pad"});
  OnnxWriter::set(pool, "kernel_shape", Sides{2, 2});
  OnnxWriter::set(pool, "strides", Sides{2, 2});
  model.node("Reshape", "row", {"pool", "sides"});
  onnx::NodeProto& gemm = model.node("Gemm", "gemm", {"row", "matrix"});
  OnnxWriter::set(gemm, "transB", 1);
  OnnxWriter::set_number(gemm, "alpha", 0.5F);
  return model.bytes("gemm", 2);
}

TEST(OnnxTest, ATruncatedFileIsRefused) {
  const std::string whole = busy_model();
  ASSERT_EQ(refusal(whole), "not refused");
  // Behind the graph follows nothing but the opset.
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal(whole.substr(0, length)), "not refused") << length;
}

TEST(OnnxTest, AChangedByteIsRefusedOrRead) {
  const std::string whole = busy_model();
  for (std::size_t place = 0; place < whole.size(); ++place) {
    for (const int change : {0x01, 0x04, 0x40, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[place] = static_cast<char>(bytes[place] ^ change);
      refusal(bytes);
    }
  }
}

TEST(OnnxTest, NetworksAreFoundInFilesOnceTheReaderIsKnown) {
  const TemporaryFolder folder;
  const std::string path = folder.path("small.onnx");
  write_file(path, with_convolution().bytes("conv"));
  EXPECT_THROW(find_graph(path), InputError);  // no JSON
  add_onnx_reader();
  EXPECT_EQ(kinds(find_graph(path)), std::vector<std::string>{"convolution"});
  EXPECT_EQ(find_network(path).layers.size(), 1);
}

TEST(OnnxTest, AFileThatIsNotThereIsRefused) {
  EXPECT_THROW(read_onnx("no-such-model.onnx"), InputError);
}

}  // namespace
}  // namespace kirchhoff::quant
