// What --th bounds: --limit of `kirchhoff search` and `compare`.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

Arguments search(const std::string& out, const Arguments& more) {
  Arguments arguments = {"search",        "--network",  "lenet5", "--dataset",
                         "fashion-mnist", "--episodes", "5",      "--validation-images",
                         "100",           "--out",      out};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

nlohmann::json json_of(const ScratchDirectory& folder, const std::string& file) {
  return nlohmann::json::parse(contents_of(folder.file(file)));
}

TEST(LimitTest, WrongOnesAreRefused) {
  const ScratchDirectory folder;
  expect_refused(
      {{"search", "--limit", "price"}, "--limit price: must be one of cost, latency, energy, size"},
      folder);
  for (const char* command : {"search", "compare"}) {
    expect_refused({{command, "--limit", "energy", "--cost.beta", "1", "--out", "run"},
                    "--limit energy: must be cost where cost.beta weighs that"},
                   folder);
  }
}

TEST(LimitTest, TheLimitedRatioIsTheCostAndARunKeepsItsLimit) {
  const ScratchDirectory folder;
  for (const std::string limit : {"latency", "energy"}) {
    const Arguments arguments =
        search(limit, {"--method", "random-wall", "--th", "0.95", "--limit", limit});
    ASSERT_EQ(run_program(arguments, folder.path()).exit_code, 0) << limit;
    const auto best = json_of(folder, limit + "/summary.json")["best"];
    EXPECT_EQ(best["cost_ratio"], best[limit + "_ratio"]);
    EXPECT_LE(best["cost_ratio"], 0.95);
    EXPECT_EQ(json_of(folder, limit + "/config.json")["limit"], limit);
  }
  const Outcome other = run_program(search("latency", {"--resume", "--method", "random-wall",
                                                       "--th", "0.95", "--limit", "energy"}),
                                    folder.path());
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.error.find("the run to resume has"), std::string::npos) << other.error;
}

TEST(LimitTest, SizeChoosesWeightsOnly) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(
      search("run", {"--method", "random-wall", "--th", "0.5", "--limit", "size"}), folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("of W8A8's size"), std::string::npos) << outcome.output;
  const auto policy = json_of(folder, "run/best_policy.json");
  // C1 150, C3 2400, C5 48000, F6 10080, OUT 840 weights.
  const int weights[] = {150, 2400, 48000, 10080, 840};
  double bits = 0.0;
  for (std::size_t l = 0; l < 5; ++l) {
    EXPECT_EQ(policy["layers"][l]["a"], 8);
    bits += weights[l] * policy["layers"][l]["w"].get<double>();
  }
  EXPECT_LE(bits / (8 * 61470.0), 0.5);
}

TEST(LimitTest, WithoutItNothingIsWrittenDown) {
  const ScratchDirectory folder;
  ASSERT_EQ(
      run_program(search("run", {"--method", "random", "--th", "1"}), folder.path()).exit_code, 0);
  EXPECT_FALSE(json_of(folder, "run/config.json").contains("limit"));
}

}  // namespace
}  // namespace kirchhoff::cli
