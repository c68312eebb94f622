// A graph with weights through the whole program: accuracy, search, chip.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "quant/model/model.h"
#include "quant/network/lower.h"
#include "quant/network/zoo/builder.h"
#include "tests/cli/program.h"
#include "tests/quant/files.h"
#include "tests/support/random_parameters.h"

namespace kirchhoff::cli {
namespace {

/// A residual block, a depthwise convolution, a linear bottleneck, an average.
quant::Graph small_graph() {
  quant::Builder b("small-graph", {1, 28, 28});
  b.convolution("stem", 8, 3, 1, 2).relu();
  const quant::ValueId entered = b.last();
  b.depthwise("dw", 3, 1, 1).relu6();
  b.convolution("project", 8, 1);
  b.add("sum", entered);
  b.convolution("wide", 16, 3, 1, 2).relu();
  b.global_average("pool").linear("fc", 10);
  return b.take();
}

class GraphWorkload : public testing::Test {
 protected:
  GraphWorkload() {
    const quant::Graph graph = small_graph();
    const quant::Lowered lowered = quant::lower(graph);
    quant::Model model;
    model.network = lowered.network;
    model.layers = quant::fold(graph, lowered, random_parameters(graph, 7));
    model.dataset = "fashion-mnist";
    quant::write_file(folder_.path("graph.json"), quant::graph_json(graph));
    quant::save_model(model, folder_.path("graph.safetensors"));
  }
  Outcome run(std::vector<std::string> arguments) const {
    for (const char* const word : {"--network", "graph.json", "--weights", "graph.safetensors"})
      arguments.push_back(word);
    return run_program(arguments, folder_.path());
  }
  const quant::TemporaryFolder folder_;
};

TEST_F(GraphWorkload, IsEvaluatedAndSimulatedInTheSameIntegers) {
  const Outcome evaluated = run({"evaluate", "--policy", "W4A4", "--images", "200"});
  EXPECT_EQ(evaluated.exit_code, 0) << evaluated.error;
  EXPECT_NE(evaluated.output.find("200 images"), std::string::npos) << evaluated.output;
  for (const char* const fidelity : {"mvm", "bit"}) {
    const Outcome chip =
        run({"simulate", "--policy", "8/8,3/5,4/4,6/3,8/8", "--fidelity", fidelity});
    EXPECT_EQ(chip.exit_code, 0) << chip.error;
    EXPECT_NE(chip.output.find("bit-exact"), std::string::npos) << chip.output;
  }
}

TEST_F(GraphWorkload, IsSearched) {
  for (const char* const method : {"ilp", "ppo-masked", "ddpg"}) {
    SCOPED_TRACE(method);
    const Outcome searched = run({"search", "--method", method, "--th", "0.9", "--episodes", "12",
                                  "--validation-images", "100", "--out", method});
    EXPECT_EQ(searched.exit_code, 0) << searched.error;
    const auto summary = nlohmann::json::parse(
        quant::read_file(folder_.path(std::string(method) + "/summary.json")));
    EXPECT_LE(summary.at("final").at("cost_ratio").get<double>(), 0.9);
  }
}

TEST_F(GraphWorkload, IsFineTuned) {
  const Outcome tuned = run({"finetune", "--policy", "W3A3", "--epochs", "1", "--batch", "500",
                             "--threads", "0", "--out", "tuned.safetensors"});
  EXPECT_EQ(tuned.exit_code, 0) << tuned.error;
  const Outcome evaluated =
      run_program({"evaluate", "--network", "graph.json", "--weights", "tuned.safetensors",
                   "--policy", "W3A3", "--images", "200"},
                  folder_.path());
  EXPECT_EQ(evaluated.exit_code, 0) << evaluated.error;
}

}  // namespace
}  // namespace kirchhoff::cli
