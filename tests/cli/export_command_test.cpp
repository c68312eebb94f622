// `kirchhoff export`, and `--policy model` on what it writes.

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

nlohmann::json evaluate(const Arguments& named, const ScratchDirectory& folder) {
  Arguments words = {"evaluate", "--images", "500", "--json", "-"};
  words.insert(words.end(), named.begin(), named.end());
  const Outcome outcome = run_program(words, folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  return nlohmann::json::parse(outcome.output);
}

TEST(ExportCommand, AModelComesBackWithItsPolicyAndItsAccuracy) {
  const ScratchDirectory folder;
  const std::string policy = "8/8,4/5,3/4,4/4,6/6";
  const Outcome outcome =
      run_program({"export", "--policy", policy, "--onnx", "tuned.onnx"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const auto before = evaluate({"--policy", policy}, folder);
  const auto after = evaluate({"--network", "tuned.onnx", "--policy", "model"}, folder);
  EXPECT_EQ(after.at("policy"), policy);
  EXPECT_EQ(after.at("accuracy_pct"), before.at("accuracy_pct"));
}

TEST(ExportCommand, EveryCommandThatTakesAPolicyTakesTheModels) {
  const ScratchDirectory folder;
  const std::string policy = "8/8,4/5,3/4,4/4,6/6";
  const auto run = [&](const Arguments& words) {
    const Outcome outcome = run_program(words, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << words[0] << ": " << outcome.error;
    return outcome.output;
  };
  run({"export", "--policy", policy, "--onnx", "tuned.onnx"});
  run({"cost-table", "--network", "tuned.onnx", "--out", "table.csv"});
  const std::string of_table = run({"cost-table", "--network", "tuned.onnx", "--table", "table.csv",
                                    "--evaluate", "model", "--json", "-"});
  EXPECT_EQ(nlohmann::json::parse(of_table).at("evaluated").at("policy"), policy);
  const std::string mapped =
      run({"map", "--network", "tuned.onnx", "--policy", "model", "--json", "-"});
  EXPECT_EQ(nlohmann::json::parse(mapped).at("policy"), policy);
  const std::string simulated = run({"simulate", "--network", "tuned.onnx", "--policy", "model",
                                     "--programmed-from", "model", "--json", "-"});
  EXPECT_EQ(nlohmann::json::parse(simulated).at("policy"), policy);
  EXPECT_EQ(nlohmann::json::parse(simulated).at("reprogramming").at("from"), policy);
  run({"explain", "--network", "tuned.onnx", "--policy", "model", "latency"});
  const std::string request = folder.file("request"), answer = folder.file("answer");
  std::ofstream(request) << R"({"id": 1, "policy": "model", "want": ["cost"]})"
                         << "\n";
  const std::string serve = "cd '" + folder.path() +
                            "' && '" KIRCHHOFF_PROGRAM "' serve --stdio --network tuned.onnx < '" +
                            request + "' > '" + answer + "'";
  ASSERT_EQ(std::system(serve.c_str()), 0);
  EXPECT_EQ(nlohmann::json::parse(contents_of(answer)).at("policy"), policy);
}

TEST(ExportCommand, AModelWithoutAPolicySaysSo) {
  const ScratchDirectory folder;
  expect_refused({{"evaluate", "--policy", "model"},
                  "policy model: the weights of lenet5 are not quantised: only a QONNX or QDQ file "
                  "and what `kirchhoff finetune` writes have a policy of their own"},
                 folder);
}

}  // namespace
}  // namespace kirchhoff::cli
