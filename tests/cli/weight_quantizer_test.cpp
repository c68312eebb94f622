// Weights by k-means: --weight-quantizer of the commands that have it.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

nlohmann::json json_of(const ScratchDirectory& folder, const std::string& file) {
  return nlohmann::json::parse(contents_of(folder.file(file)));
}

Arguments search(const std::string& out, const Arguments& more) {
  Arguments arguments = {"search",
                         "--network",
                         "lenet5",
                         "--method",
                         "random-wall",
                         "--episodes",
                         "6",
                         "--th",
                         "0.4",
                         "--limit",
                         "size",
                         "--race-images",
                         "0",
                         "--validation-images",
                         "200",
                         "--out",
                         out};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(WeightQuantizerCommandTest, WrongOnesAreRefused) {
  const ScratchDirectory folder;
  const std::string other = "--weight-quantizer cubic: must be linear or kmeans";
  expect_refused({{"evaluate", "--weight-quantizer", "cubic"}, other}, folder);
  expect_refused({{"map", "--weight-quantizer", "cubic"}, other}, folder);
  const std::string no_size =
      "--weight-quantizer kmeans: needs --limit size: on the chip its weights have 8 bits under "
      "every policy";
  for (const char* command : {"search", "compare"}) {
    expect_refused({{command, "--weight-quantizer", "kmeans", "--out", "run"}, no_size}, folder);
    expect_refused(
        {{command, "--weight-quantizer", "kmeans", "--limit", "energy", "--out", "run"}, no_size},
        folder);
  }
}

TEST(WeightQuantizerCommandTest, EvaluateSaysSizeAndIsExactOnTheChip) {
  const ScratchDirectory folder;
  for (const std::string quantizer : {"linear", "kmeans"}) {
    const Outcome outcome =
        run_program({"evaluate", "--images", "500", "--policy", "W2A8", "--weight-quantizer",
                     quantizer, "--json", quantizer + ".json"},
                    folder.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    EXPECT_EQ(outcome.output.find("weight_quantizer") != std::string::npos, quantizer == "kmeans");
  }
  const auto linear = json_of(folder, "linear.json"), kmeans = json_of(folder, "kmeans.json");
  EXPECT_DOUBLE_EQ(linear["size_ratio"], 0.25);
  // 61470 weights, five codebooks of four entries of 8 bits.
  EXPECT_DOUBLE_EQ(kmeans["size_ratio"], 0.25 + 5 * 4 * 8 / (8 * 61470.0));
  EXPECT_GT(kmeans["accuracy_pct"].get<double>(), linear["accuracy_pct"].get<double>());
  EXPECT_EQ(kmeans["reference_accuracy_pct"], linear["reference_accuracy_pct"]);

  for (const char* fidelity : {"bit", "mvm"}) {
    const Outcome chip = run_program({"simulate", "--policy", "W2A8", "--fidelity", fidelity,
                                      "--weight-quantizer", "kmeans", "--json", "chip.json"},
                                     folder.path());
    ASSERT_EQ(chip.exit_code, 0) << chip.error;
    const auto report = json_of(folder, "chip.json");
    EXPECT_EQ(report["bit_exact"]["outputs"], report["bit_exact"]["equal"]);
    EXPECT_EQ(report["cost"], 1.0);
    EXPECT_EQ(report["policy"], "2/8,2/8,2/8,2/8,2/8");
    for (const auto& layer : report["layers"]) EXPECT_EQ(layer["w"], 8);
  }
}

TEST(WeightQuantizerCommandTest, TheChipHoldsEntriesOf8Bits) {
  const ScratchDirectory folder;
  const auto crossbars = [&](const Arguments& more) {
    Arguments arguments = {"map", "--json", "map.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_program(arguments, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return json_of(folder, "map.json")["crossbars"].get<int>();
  };
  EXPECT_EQ(crossbars({"--policy", "W3A8", "--weight-quantizer", "kmeans"}),
            crossbars({"--policy", "W8A8"}));
  EXPECT_LT(crossbars({"--policy", "W3A8"}), crossbars({"--policy", "W8A8"}));
}

TEST(WeightQuantizerCommandTest, ASearchKeepsItsQuantizerAndCountsCodebooks) {
  const ScratchDirectory folder;
  ASSERT_EQ(run_program(search("linear", {}), folder.path()).exit_code, 0);
  const Outcome outcome =
      run_program(search("run", {"--weight-quantizer", "kmeans"}), folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("weight_quantizer      kmeans"), std::string::npos);
  EXPECT_FALSE(json_of(folder, "linear/config.json").contains("weight_quantizer"));
  EXPECT_EQ(json_of(folder, "run/config.json")["weight_quantizer"], "kmeans");
  EXPECT_NE(json_of(folder, "run/config.json")["digest.clips"],
            json_of(folder, "linear/config.json")["digest.clips"]);

  const auto policy = json_of(folder, "run/best_policy.json");
  const int weights[] = {150, 2400, 48000, 10080, 840};
  double bits = 0.0;
  for (std::size_t l = 0; l < 5; ++l) {
    const int w = policy["layers"][l]["w"];
    bits += weights[l] * w + (w < 8 ? 8 << w : 0);
  }
  const auto final = json_of(folder, "run/summary.json")["final"];
  EXPECT_DOUBLE_EQ(final["cost_ratio"], bits / (8 * 61470.0));
  EXPECT_LE(bits / (8 * 61470.0), 0.4);
  EXPECT_EQ(final["latency_ratio"], 1.0);
  EXPECT_EQ(final["energy_ratio"], 1.0);

  const Outcome other = run_program(search("run", {"--resume"}), folder.path());
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.error.find("weight_quantizer = nothing: the run to resume has kmeans"),
            std::string::npos)
      << other.error;
  const Outcome same = run_program(
      search("again", {"--weight-quantizer", "kmeans", "--threads", "1"}), folder.path());
  ASSERT_EQ(same.exit_code, 0) << same.error;
  EXPECT_EQ(contents_of(folder.file("again/episodes.csv")),
            contents_of(folder.file("run/episodes.csv")));
}

TEST(WeightQuantizerCommandTest, AnExportedModelHasTheEntries) {
  const ScratchDirectory folder;
  const Outcome written = run_program(
      {"export", "--policy", "W3A8", "--weight-quantizer", "kmeans", "--onnx", "model.onnx"},
      folder.path());
  ASSERT_EQ(written.exit_code, 0) << written.error;
  const auto accuracy = [&](Arguments arguments, const std::string& json) {
    arguments.insert(arguments.begin(), "evaluate");
    for (const char* word : {"--images", "300", "--json"}) arguments.emplace_back(word);
    arguments.push_back(json);
    const Outcome outcome = run_program(arguments, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return json_of(folder, json)["accuracy_pct"].get<double>();
  };
  EXPECT_EQ(accuracy({"--network", "model.onnx", "--policy", "model"}, "onnx.json"),
            accuracy({"--policy", "W3A8", "--weight-quantizer", "kmeans"}, "own.json"));
}

}  // namespace
}  // namespace kirchhoff::cli
