// The models that ONNX's own tests are made of (Debian: libonnx-testdata), against their outputs.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "base/error.h"
#include "base/input_file.h"
#include "quant/import/constant.h"
#include "quant/import/onnx.h"
#include "quant/network/run_graph.h"

namespace kirchhoff::quant {
namespace {

namespace fs = std::filesystem;

const char* const kModels = "/usr/share/libonnx-testdata/data";
/// Of the package's models; docs/networks.md says it, too.
constexpr int kExpectedModels = 1072;
constexpr int kExpectedToRun = 109;

template <class Message>
Message read_message(const fs::path& path) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(file_bytes(path.string(), std::size_t{1} << 28))) << path;
  return message;
}

/// Inputs behind the first one are weights: they become initializers. The batch becomes 1, and what
/// the model says of the sides of its output is dropped with it.
std::string for_one_image(onnx::ModelProto model, const fs::path& data) {
  onnx::GraphProto& graph = *model.mutable_graph();
  std::vector<std::string> known;
  for (const auto& tensor : graph.initializer()) known.push_back(tensor.name());
  for (int i = 1; i < graph.input_size(); ++i) {
    const std::string& name = graph.input(i).name();
    const fs::path file = data / fmt::format("input_{}.pb", i);
    if (std::find(known.begin(), known.end(), name) != known.end() || !fs::exists(file)) continue;
    auto tensor = read_message<onnx::TensorProto>(file);
    tensor.set_name(name);
    *graph.add_initializer() = tensor;
  }
  auto& image = *graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  if (image.dim_size() >= 2) image.mutable_dim(0)->set_dim_value(1);
  graph.clear_value_info();
  for (auto& output : *graph.mutable_output()) {
    auto& sides = *output.mutable_type()->mutable_tensor_type()->mutable_shape();
    for (auto& side : *sides.mutable_dim()) side.Clear();
  }
  return model.SerializeAsString();
}

void soften(std::vector<float>& values) {
  const float most = *std::max_element(values.begin(), values.end());
  float sum = 0;
  for (float& value : values) sum += value = std::exp(value - most);
  for (float& value : values) value /= sum;
}

/// Nothing where the reader takes the model; otherwise why not. What comes out wrong fails the
/// test.
std::optional<std::string> run_model(const fs::path& folder) {
  const fs::path data = folder / "test_data_set_0";
  const auto model = read_message<onnx::ModelProto>(folder / "model.onnx");
  if (model.graph().input_size() == 0 || model.graph().output_size() != 1) return "inputs, outputs";
  if (!fs::exists(data / "input_0.pb") || !fs::exists(data / "output_0.pb")) return "no data";
  std::optional<ImportedNetwork> network;
  try {
    network = parse_onnx(for_one_image(model, data), "model", folder.filename().string());
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.what();
  }
  const auto images = read_constant(read_message<onnx::TensorProto>(data / "input_0.pb"), "input");
  const auto outputs =
      read_constant(read_message<onnx::TensorProto>(data / "output_0.pb"), "output");
  const Shape& image = network->graph.image();
  const std::size_t count = images->numbers.size() / static_cast<std::size_t>(image.size());
  const auto left_out = [&](const char* op) {
    return std::any_of(network->notes.begin(), network->notes.end(), [&](const std::string& note) {
      return note.find(fmt::format("({})", op)) != std::string::npos;
    });
  };
  std::vector<float> found;
  for (std::size_t i = 0; i < count; ++i) {
    const auto first = images->numbers.begin() + static_cast<std::ptrdiff_t>(i) * image.size();
    RealMap result = run_graph(network->graph, network->parameters.items(),
                               {image, {first, first + image.size()}});
    if (left_out("Softmax") || left_out("LogSoftmax")) soften(result.values);
    if (left_out("LogSoftmax")) {
      for (float& value : result.values) value = std::log(value);
    }
    found.insert(found.end(), result.values.begin(), result.values.end());
  }
  EXPECT_EQ(found.size(), outputs->numbers.size()) << folder;
  for (std::size_t i = 0; i < std::min(found.size(), outputs->numbers.size()); ++i) {
    const float expected = outputs->numbers[i];
    if (std::fabs(found[i] - expected) <= 1e-4F * std::max(1.0F, std::fabs(expected))) continue;
    ADD_FAILURE() << folder << ": value " << i << " is " << found[i] << ", not " << expected;
    break;
  }
  return std::nullopt;
}

TEST(OnnxConformanceTest, ModelsOfOnnxItselfGiveTheirOutputs) {
  if (!fs::exists(kModels)) GTEST_SKIP() << "Debian's package libonnx-testdata is not installed";
  std::vector<fs::path> folders;
  for (const auto& entry : fs::recursive_directory_iterator(kModels)) {
    if (entry.path().filename() == "model.onnx") folders.push_back(entry.path().parent_path());
  }
  std::sort(folders.begin(), folders.end());
  int run = 0;
  std::string refused;
  for (const fs::path& folder : folders) {
    if (const auto reason = run_model(folder)) {
      refused += *reason + "\n";
    } else {
      ++run;
    }
  }
  EXPECT_EQ(folders.size(), std::size_t{kExpectedModels});
  EXPECT_EQ(run, kExpectedToRun) << run << " of " << folders.size()
                                 << " models run: write that into kExpectedToRun and "
                                    "docs/networks.md. Refused are\n"
                                 << refused;
}

}  // namespace
}  // namespace kirchhoff::quant
