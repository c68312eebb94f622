// `kirchhoff export`, and `--policy model` on what it writes.

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

TEST(ExportCommand, AModelWithoutAPolicySaysSo) {
  const ScratchDirectory folder;
  expect_refused({{"evaluate", "--policy", "model"},
                  "policy model: the weights of lenet5 are not quantised: only a QONNX or QDQ file "
                  "and what `kirchhoff finetune` writes have a policy of their own"},
                 folder);
}

}  // namespace
}  // namespace kirchhoff::cli
