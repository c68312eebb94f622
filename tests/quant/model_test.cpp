#include "quant/model/model.h"

#include <cmath>

#include <gtest/gtest.h>
#include <zlib.h>

#include "files.h"
#include "quant/model/safetensors.h"
#include "quant/model/tensor_file.h"
#include "quant/network/networks.h"

namespace kirchhoff::quant {
namespace {

constexpr const char* kTiny =
    R"({"name": "tiny", "image": {"channels": 1, "height": 4, "width": 4}, "layers": [
      {"name": "A", "kind": "convolution", "out_channels": 2, "kernel": 3},
      {"name": "B", "kind": "fully_connected", "out_channels": 3}]})";

Network tiny_network() { return parse_network(kTiny, "tiny"); }
Graph tiny_graph() { return parse_graph(kTiny, "tiny"); }

Model tiny_model() {
  Model model;
  model.network = tiny_network();
  model.dataset = "synthetic";
  model.provenance = R"({"command":"kirchhoff train","test_accuracy_pct":91.25})";
  float value = -1.0f;
  for (const Layer& layer : model.network.layers) {
    FloatLayer parameters;
    for (int i = 0; i < layer.rows() * layer.out_channels; ++i)
      parameters.weights.push_back(value += 0.1f);
    for (int i = 0; i < layer.out_channels; ++i) parameters.bias.push_back(value += 0.1f);
    model.layers.push_back(parameters);
  }
  return model;
}

/// Replaces the checksum by the right one, as a program that wrote other contents would.
std::string sealed(std::string bytes) {
  bytes.resize(bytes.size() - 4);
  const auto crc = static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  for (int shift = 0; shift < 32; shift += 8)
    bytes.push_back(static_cast<char>(crc >> shift & 0xff));
  return bytes;
}

class ModelTest : public testing::Test {
 protected:
  ModelTest() {
    save_model(tiny_model(), path_);
    bytes_ = read_file(path_);
  }
  void expect_refused(const std::string& bytes, std::vector<std::string> parts) const {
    write_file(path_, bytes);
    parts.push_back(path_);
    expect_input_error([&] { load_model(path_, tiny_network()); }, parts);
  }
  /// The file with `from` replaced in its header and a right checksum.
  std::string with(const std::string& from, const std::string& to) const {
    std::string bytes = bytes_;
    const auto at = bytes.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return sealed(bytes.replace(at, from.size(), to));
  }
  const TemporaryFolder folder_;
  const std::string path_ = folder_.path("tiny.kmodel");
  std::string bytes_;
};

TEST_F(ModelTest, IsReadBackAsItWasWritten) {
  const Model written = tiny_model();
  const Model read = load_model(path_, tiny_network());
  EXPECT_EQ(read.network.name, "tiny");
  EXPECT_EQ(read.dataset, "synthetic");
  EXPECT_EQ(read.provenance, written.provenance);
  ASSERT_EQ(read.layers.size(), 2);
  for (const LayerId l : read.layers.ids()) {
    EXPECT_EQ(read.layers[l].weights, written.layers[l].weights);
    EXPECT_EQ(read.layers[l].bias, written.layers[l].bias);
  }
  save_model(read, path_);
  EXPECT_EQ(read_file(path_), bytes_);
}

TEST_F(ModelTest, KeepsAProvenanceThatIsNoJson) {
  Model model = tiny_model();
  for (const char* text : {"", "by hand", "12", "\"quoted\""}) {
    model.provenance = text;
    save_model(model, path_);
    EXPECT_EQ(load_model(path_, tiny_network()).provenance, text);
  }
}

TEST_F(ModelTest, EveryCutIsRefused) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    SCOPED_TRACE(size);
    expect_refused(bytes_.substr(0, size), {"offset "});
  }
}

TEST_F(ModelTest, EveryFlippedBitIsRefused) {
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    SCOPED_TRACE(i);
    std::string bytes = bytes_;
    bytes[i] = static_cast<char>(bytes[i] ^ (1 << i % 8));
    expect_refused(bytes, {"offset "});
  }
}

TEST_F(ModelTest, RefusesOtherFilesVersionsAndTrailingBytes) {
  expect_refused("", {"offset 0", "KIRCHHOFF-MODEL 1"});
  expect_refused("\x1f\x8b something else", {"offset 0", "KIRCHHOFF-MODEL 1"});
  expect_refused(with("MODEL 1", "MODEL 2"), {"offset 0", "\"KIRCHHOFF-MODEL 2\""});
  expect_refused(bytes_ + "x", {"checksum"});
  expect_refused(sealed(bytes_ + "xxxx"), {"4 bytes behind the last tensor"});
  expect_refused("KIRCHHOFF-MODEL 1\n" + std::string(2 << 20, ' '), {"offset 18", "header line"});
  expect_input_error([&] { load_model(folder_.path("none"), tiny_network()); },
                     {"none: cannot open: No such file or directory"});
  expect_input_error([&] { load_model(folder_.path(), tiny_network()); },
                     {"is a folder, not a file"});
}

TEST_F(ModelTest, RefusesHeadersThatDoNotDescribeTheNetwork) {
  expect_refused(with("\"network\":\"tiny\"", "\"network\":\"huge\""),
                 {"offset 18", "\"huge\"", "\"tiny\""});
  expect_refused(with("\"network\"", "\"netwerk\""), {"offset 18", "unknown key \"netwerk\""});
  expect_refused(with("\"dataset\":\"synthetic\"", "\"dataset\":5"), {"dataset = 5", "string"});
  expect_refused(with("\"A.weight\"", "\"A.scale\""), {"tensors[0]", "A.scale", "A.weight"});
  expect_refused(with("[2,1,3,3]", "[2,1,9]"), {"tensors[0]", "2x1x9", "2x1x3x3"});
  expect_refused(with("[2,1,3,3]", "[2,1,3,0]"), {"tensors[0]: shape = 0"});
  expect_refused(with("[2,1,3,3]", "[9999999,9999999,9999999]"), {"tensors[0]: shape = 9999999"});
  expect_refused(with("[2,1,3,3]", "[35,35,35,35]"), {"tensors[0]: shape", "are left"});
  expect_refused(with("\"offset\":72", "\"offset\":76"), {"tensors[1]: offset = 76"});
  expect_refused(with("\"tensors\":[", "\"tensors\":7,\"x\":["), {"tensors = 7", "array"});
  expect_refused(with("{\"network\"", "[\"network\""), {"offset 18", "not valid JSON"});
}

TEST_F(ModelTest, RefusesValuesThatAreNotFinite) {
  Model model = tiny_model();
  model.layers[LayerId{0}].bias[1] = std::nanf("");
  save_model(model, path_);
  expect_input_error([&] { load_model(path_, tiny_network()); },
                     {"nan", "\"A.bias\"", "must be finite"});
}

TEST_F(ModelTest, AMissingTensorIsRefused) {
  TensorFile file = decode_tensor_file("KIRCHHOFF-MODEL 1", bytes_, path_);
  file.tensors.pop_back();
  expect_refused(encode_tensor_file("KIRCHHOFF-MODEL 1", file), {"3 tensors", "must be 4"});
}

TEST(SaveModel, WritesNothingWhereItMayNot) {
  EXPECT_THROW(save_model(tiny_model(), "/nonexistent/folder/tiny.kmodel"), RunError);
}

TEST(FindModel, SaysWhereItLookedAndHowToTrainOne) {
  expect_input_error([] { find_model("lenet9", "mnist"); },
                     {"lenet9-mnist.kmodel", "/models", "share/kirchhoff/models",
                      "kirchhoff train --network lenet9 --dataset mnist"});
}

TEST(FindModel, LooksBesideTheProgram) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::string path = (program / "models" / "find-model-test.kmodel").string();
  write_file(path, "");
  EXPECT_EQ(find_model("find", "model-test"), path);
  std::filesystem::remove(path);
}

TEST_F(ModelTest, HalfPrecisionTakesHalfTheSpaceAndKeepsItsValues) {
  Model model = tiny_model();
  float value = -3.0f;
  for (FloatLayer& layer : model.layers) {
    for (float& weight : layer.weights) weight = value += 0.125f;
    for (float& bias : layer.bias) bias = -value;
  }
  model.layers[LayerId{0}].weights[0] = 0x1p-24f;   // the smallest half
  model.layers[LayerId{0}].weights[1] = -65504.0f;  // the largest
  model.half = true;
  save_model(model, path_);
  const Model read = load_model(path_, tiny_network());
  EXPECT_TRUE(read.half);
  for (const LayerId l : read.layers.ids()) {
    EXPECT_EQ(read.layers[l].weights, model.layers[l].weights);
    EXPECT_EQ(read.layers[l].bias, model.layers[l].bias);
  }
  const auto values = [](const std::string& bytes) {
    return bytes.size() - bytes.find('\n', bytes.find('\n') + 1) - 1 - 4;
  };
  const std::string half = read_file(path_);
  EXPECT_EQ(2 * values(half), values(bytes_));
  bytes_ = half;
  expect_refused(with("float16", "float1x"), {"type = \"float1x\"", "float16 or float32"});
}

TEST(SafeTensors, AModelComesBackFromIt) {
  const TemporaryFolder folder;
  const std::string path = folder.path("tiny.safetensors");
  for (const bool half : {false, true}) {
    Model model = tiny_model();
    model.half = half;
    for (FloatLayer& layer : model.layers) {
      // What half precision holds exactly.
      for (float& weight : layer.weights) weight = std::round(weight * 8.0f) / 8.0f;
      for (float& bias : layer.bias) bias = std::round(bias * 8.0f) / 8.0f;
    }
    model.clips = TunedClips{"3/3,3/3", {0.5f, 0.25f}, {1.0f, 2.0f}};
    save_model(model, path);
    for (const Model& found : {load_model(path, tiny_network()), load_model(path, tiny_graph())}) {
      EXPECT_EQ(found.half, half);
      EXPECT_EQ(found.dataset, model.dataset);
      EXPECT_EQ(found.provenance, model.provenance);
      EXPECT_EQ(found.clips->activation, model.clips->activation);
      for (const LayerId l : model.layers.ids()) {
        EXPECT_EQ(found.layers[l].weights, model.layers[l].weights);
        EXPECT_EQ(found.layers[l].bias, model.layers[l].bias);
      }
    }
  }
}

/// As PyTorch's state_dict() of a convolution without bias, a batch norm and a linear layer.
SafeTensors foreign_tensors() {
  SafeTensors file;
  file.metadata["format"] = "pt";
  file.tensors = {
      {"c.weight", {1, 1, 1, 1}, {2.0f}}, {"bn.weight", {1}, {3.0f}},
      {"bn.bias", {1}, {0.5f}},           {"bn.running_mean", {1}, {1.0f}},
      {"bn.running_var", {1}, {4.0f}},    {"fc.weight", {2, 4}, {1, 2, 3, 4, 5, 6, 7, 8}},
      {"fc.bias", {2}, {0.25f, -0.25f}}};
  return file;
}

Graph foreign_graph() {
  return parse_graph(R"({"name": "foreign", "image": {"channels": 1, "height": 2, "width": 2},
    "operators": [{"name": "c", "kind": "convolution", "out_channels": 1, "kernel": 1},
                  {"name": "bn", "kind": "batch_norm", "epsilon": 1e-9},
                  {"name": "r", "kind": "relu"},
                  {"name": "fc", "kind": "linear", "out_channels": 2}]})",
                     "foreign");
}

TEST(SafeTensors, AnotherProgramsParametersAreFolded) {
  const TemporaryFolder folder;
  const std::string path = folder.path("foreign.safetensors");
  write_file(path, encode_safetensors(foreign_tensors()));
  const Model model = load_model(path, foreign_graph());
  EXPECT_FLOAT_EQ(model.layers[LayerId{0}].weights.at(0), 3.0f);  // 2 * 3 / sqrt(4)
  EXPECT_FLOAT_EQ(model.layers[LayerId{0}].bias.at(0), -1.0f);    // (0 - 1) * 3 / 2 + 0.5
  EXPECT_EQ(model.layers[LayerId{1}].weights, (std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(SafeTensors, SaysWhatIsMissingTooMuchOrDamaged) {
  const TemporaryFolder folder;
  const std::string path = folder.path("foreign.safetensors");
  const auto expect = [&](const std::string& bytes, std::vector<std::string> parts) {
    write_file(path, bytes);
    parts.push_back(path);
    expect_input_error([&] { load_model(path, foreign_graph()); }, parts);
  };
  SafeTensors file = foreign_tensors();
  file.tensors.erase(file.tensors.begin() + 3);
  expect(encode_safetensors(file), {"bn.running_mean", "1 values", "bn (batch_norm)"});
  file = foreign_tensors();
  file.tensors.push_back({"more", {1}, {1.0f}});
  expect(encode_safetensors(file), {"8 tensors", "has 7"});
  file = foreign_tensors();
  file.tensors[5].values.resize(6);
  file.tensors[5].shape = {2, 3};
  expect(encode_safetensors(file), {"fc.weight", "6 values", "2x3", "must be 8"});
  std::string bytes = encode_safetensors(foreign_tensors());
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  expect(bytes, {"crc32", "damaged"});
  expect(bytes.substr(0, 5), {"offset 0", "5 bytes"});
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})";
  const auto with_header = [](const std::string& text, std::size_t data) {
    std::string all(8, '\0');
    all[0] = static_cast<char>(text.size());
    return all + text + std::string(data, '\0');
  };
  expect(with_header(header, 4), {"\"a\"", "shape = 2", "[0, 1]"});
  expect(with_header(R"({"a":{"dtype":"F4","shape":[2],"data_offsets":[0,4]}})", 4), {"\"F4\""});
  expect(with_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8),
         {"begins at 4", "must be 0"});
  expect(with_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5),
         {"1 bytes behind"});
  expect(with_header("{", 4), {"JSON"});
  // Counters of a training are no parameters.
  EXPECT_TRUE(decode_safetensors(
                  with_header(R"({"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]}})", 8), "f")
                  .tensors.empty());
}

}  // namespace
}  // namespace kirchhoff::quant
