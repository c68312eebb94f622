// Searches whose accuracies are over several chips with real cells.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

const Arguments kCells = {"--cells.spread", "normal", "--cells.sigma", "0.1"};

Arguments search(const std::string& out, const Arguments& more, bool real = true) {
  Arguments arguments = {"search",
                         "--method",
                         "random-wall",
                         "--th",
                         "0.8",
                         "--episodes",
                         "4",
                         "--validation-images",
                         "60",
                         "--race-images",
                         "0",
                         "--final.candidates",
                         "0",
                         "--out",
                         out};
  if (real) arguments.insert(arguments.end(), kCells.begin(), kCells.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

nlohmann::json json_of(const ScratchDirectory& folder, const std::string& file) {
  return nlohmann::json::parse(contents_of(folder.file(file)));
}

TEST(CellSeedsTest, WrongOnesAreRefused) {
  const ScratchDirectory folder;
  expect_refused({search("run", {"--cell-seeds", "1..3"}, false),
                  "--cell-seeds 1..3: needs cells that are not ideal"},
                 folder);
  expect_refused({search("run", {"--cell-seeds", "1..x"}), "--cell-seeds 1..x: must be integers"},
                 folder);
  expect_refused({search("run", {"--cell-seeds", "1,2", "--cell-score", "best"}),
                  "--cell-score best: must be mean, or q1 to q50"},
                 folder);
  expect_refused({search("run", {"--cell-seeds", "1,2", "--tune-each", "1"}),
                  "--cell-seeds 1,2: must be one seed with --tune-each"},
                 folder);
}

TEST(CellSeedsTest, FineTuningNeedsRealCellsAndLinearWeights) {
  const ScratchDirectory folder;
  expect_refused({{"finetune", "--policy", "W4A4", "--cell-seeds", "1..3"},
                  "--cell-seeds 1..3: needs cells that are not ideal"},
                 folder);
  Arguments kmeans = {"finetune", "--policy", "W4A8", "--weight-quantizer", "kmeans"};
  kmeans.insert(kmeans.end(), kCells.begin(), kCells.end());
  expect_refused({kmeans, "--weight-quantizer kmeans: fine-tuning for real cells needs linear"},
                 folder);
}

/// What a search of the mean says of W8A8 is the mean of what `evaluate` says of the same chips.
TEST(CellSeedsTest, TheMeanIsThatOfEvaluate) {
  const ScratchDirectory folder;
  const Outcome searched = run_program(search("mean", {"--cell-seeds", "3,1..2"}), folder.path());
  ASSERT_EQ(searched.exit_code, 0) << searched.error;
  EXPECT_NE(searched.output.find("mean over seeds 3,1..2"), std::string::npos) << searched.output;
  Arguments evaluate = {"evaluate", "--policy", "W8A8", "--split", "validation", "--images",
                        "60",       "--seeds",  "1..3", "--json",  "chips.json"};
  evaluate.insert(evaluate.end(), kCells.begin(), kCells.end());
  const Outcome evaluated = run_program(evaluate, folder.path());
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.error;
  const auto chips = json_of(folder, "chips.json")["adc_exact"];
  EXPECT_NEAR(json_of(folder, "mean/summary.json")["w8a8_accuracy_pct"], chips["accuracy_pct"],
              1e-9);

  const Outcome quantile =
      run_program(search("q10", {"--cell-seeds", "1..3", "--cell-score", "q10"}), folder.path());
  ASSERT_EQ(quantile.exit_code, 0) << quantile.error;
  std::vector<double> all;
  for (const auto& chip : chips["chips"]) all.push_back(chip["accuracy_pct"]);
  std::sort(all.begin(), all.end());
  EXPECT_NEAR(json_of(folder, "q10/summary.json")["w8a8_accuracy_pct"],
              all[0] + 0.2 * (all[1] - all[0]), 1e-9);
}

TEST(CellSeedsTest, ARunKeepsItsChipsAndComparisonsPassThemOn) {
  const ScratchDirectory folder;
  ASSERT_EQ(run_program(search("run", {"--cell-seeds", "1,2"}), folder.path()).exit_code, 0);
  const auto config = json_of(folder, "run/config.json");
  EXPECT_EQ(config["cell_seeds"], "1,2");
  EXPECT_EQ(config["cell_score"], "mean");
  const Outcome other =
      run_program(search("run", {"--cell-seeds", "1..3", "--resume"}), folder.path());
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.error.find("the run to resume has"), std::string::npos) << other.error;

  Arguments compare = {"compare", "--methods",
                       "uniform", "--th",
                       "0.8",     "--seeds",
                       "1",       "--budget",
                       "4",       "--validation-images",
                       "60",      "--race-images",
                       "0",       "--final.candidates",
                       "0",       "--cell-seeds",
                       "1,2",     "--cell-score",
                       "q25",     "--out",
                       "study"};
  compare.insert(compare.end(), kCells.begin(), kCells.end());
  const Outcome compared = run_program(compare, folder.path());
  ASSERT_EQ(compared.exit_code, 0) << compared.error;
  EXPECT_EQ(json_of(folder, "study/runs/uniform-th0.8-seed1/config.json")["cell_score"], "q25");
}

}  // namespace
}  // namespace kirchhoff::cli
