#include <gtest/gtest.h>

#include "tests/cli/program.h"
#include "tests/import/onnx_models.h"
#include "tests/quant/files.h"

namespace kirchhoff::cli {
namespace {

/// A convolution, ReLU, and a fully connected layer.
std::string small_model() {
  quant::OnnxWriter model;
  model.numbers("weights", {3, 2, 3, 3}, 0.5f);
  model.node("Conv", "conv", {"image", "weights"});
  model.node("Relu", "relu", {"conv"});
  model.node("Flatten", "flat", {"relu"});
  model.numbers("matrix", {48, 5}, 0.25f);
  model.node("MatMul", "fc", {"flat", "matrix"});
  return model.bytes("fc", 2);
}

TEST(OnnxNetwork, IsShownAndSimulated) {
  const quant::TemporaryFolder folder;
  quant::write_file(folder.path("small.onnx"), small_model());
  const Outcome shown = run_program({"network", "--network", "small.onnx"}, folder.path());
  EXPECT_EQ(shown.exit_code, 0) << shown.error;
  EXPECT_NE(shown.output.find("linear"), std::string::npos) << shown.output;
  const Outcome run = run_program(
      {"simulate", "--network", "small.onnx", "--weights", "random", "--policy", "W5A3"},
      folder.path());
  EXPECT_EQ(run.exit_code, 0) << run.error;
  EXPECT_NE(run.output.find("bit-exact"), std::string::npos) << run.output;
}

TEST(OnnxNetwork, ThatIsNoneIsRefusedInALine) {
  const quant::TemporaryFolder folder;
  quant::write_file(folder.path("bad.onnx"), "no model");
  const Outcome outcome = run_program({"map", "--network", "bad.onnx"}, folder.path());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.error.find("kirchhoff: error: bad.onnx: "), 0u) << outcome.error;
}

}  // namespace
}  // namespace kirchhoff::cli
