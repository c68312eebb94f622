// `kirchhoff explain`, `kirchhoff cost-table` and the parts of `simulate` that explain its numbers.

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

constexpr char kColumns[] = "layer,w_bits,a_bits,latency_ns,energy_pj,power_rated_mw\n";

class RefusedExplanation : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedExplanation, EndsWithTwoOneLineAndNothingWritten) {
  const ScratchDirectory folder;
  write_text(folder.file("junk.json"), "{");
  write_text(folder.file("other.json"), R"({"network": "lenet5"})");
  write_text(folder.file("short.csv"), std::string(kColumns) + "0,8,8,1,1,1\n");
  write_text(folder.file("vgg.csv"),
             std::string("# network: vgg13\n") + kColumns + "0,8,8,1,1,1\n");
  write_text(folder.file("wrong.csv"), std::string(kColumns) + "0,8,8,1,1\n");
  write_text(folder.file("few.csv"), std::string(kColumns) +
                                         "0,8,8,1,1,1\n1,8,8,1,1,1\n2,8,8,1,1,1\n3,8,8,1,1,1\n"
                                         "4,8,8,1,1,1\n");
  expect_refused(GetParam(), folder);
}

INSTANTIATE_TEST_SUITE_P(
    Explain, RefusedExplanation,
    ::testing::Values(
        Refusal{{"explain", "layer3.enrgy"},
                "layer3.enrgy: no such quantity (did you mean layer3.energy"},
        Refusal{{"explain", "Latency"}, "Latency: no such quantity (did you mean latency?)"},
        Refusal{{"explain", "chip.latency"},
                "chip.latency: no such quantity (did you mean latency?)"},
        Refusal{{"explain", "c3.Energy.ADC"},
                "c3.Energy.ADC: no such quantity (did you mean C3.energy.adc?)"},
        Refusal{{"explain", "adc"}, "adc: no such quantity (did you mean energy.adc, "},
        Refusal{{"explain", "tile0.adc"},
                "tile0.adc: no such quantity (did you mean tile0.energy.adc, "},
        Refusal{{"explain", "C9.energy"}, "C9.energy: no such quantity"},
        Refusal{{"explain", "energy", "latency"}, "explain: unexpected argument 'latency'"},
        Refusal{{"explain", "--all", "--json", "x"}, "--json x: needs a quantity to explain"},
        Refusal{{"explain", "energy", "--all"}, "explain: --all explains every quantity"},
        Refusal{{"explain", "energy", "--json", "none/x"}, "--json none/x: its folder must exist"},
        Refusal{{"explain", "energy", "--policy", "W17A8"}, "policy W17A8: weight bits = 17"},
        Refusal{{"explain", "energy", "--report", "none.json"}, "none.json: cannot open"},
        Refusal{{"explain", "energy", "--report", "junk.json"}, "junk.json: not valid JSON"},
        Refusal{{"explain", "energy", "--report", "other.json"}, "other.json: config: missing"},
        Refusal{{"explain", "energy", "--report", "other.json", "--policy", "W8A8"},
                "--policy: --report other.json says that already"},
        Refusal{{"explain", "energy", "--report", "other.json", "--adc.bits", "6"},
                "--adc.bits: --report other.json says that already"},
        Refusal{{"simulate", "--timing-only", "--programmed-from", "W6A4"},
                "--programmed-from W6A4: --timing-only has no weights"}));

INSTANTIATE_TEST_SUITE_P(
    CostTable, RefusedExplanation,
    ::testing::Values(
        Refusal{{"cost-table", "--min-bits", "5", "--max-bits", "4"}, "--min-bits 5: must be at"},
        Refusal{{"cost-table", "--min-bits", "1"}, "--min-bits 1: must be an integer in [2, 16]"},
        Refusal{{"cost-table", "--out", "none/t.csv"}, "--out none/t.csv: its folder must exist"},
        Refusal{{"cost-table", "--evaluate", "W6A4"}, "--evaluate W6A4: needs a table"},
        Refusal{{"cost-table", "--check", "10"}, "--check 10: needs a table"},
        Refusal{{"cost-table", "--table", "few.csv"}, "--table few.csv: needs --evaluate"},
        Refusal{{"cost-table", "--evaluate", "W6A4", "none.csv"}, "none.csv: cannot open"},
        Refusal{{"cost-table", "--evaluate", "W6A4", "wrong.csv"},
                "wrong.csv:2: 5 fields: the line of column names has 6"},
        Refusal{{"cost-table", "--evaluate", "W6A4", "short.csv"},
                "short.csv: 1 layers: network lenet5 has 5"},
        Refusal{{"cost-table", "--evaluate", "W6A4", "vgg.csv"},
                "vgg.csv: network = vgg13: must be lenet5"},
        Refusal{{"cost-table", "--evaluate", "W6A4", "few.csv"},
                "few.csv: layer 1 (C3): w_bits,a_bits = 2,2 is missing"},
        Refusal{{"search", "--cost-table", "few.csv", "--out", "run"},
                "few.csv: layer 1 (C3): w_bits,a_bits = 2,2 is missing"},
        Refusal{{"search", "--cost-table", "none.csv", "--out", "run"}, "none.csv: cannot open"}));

TEST(ExplainCommand, PrintsFormulaCountsConstantsAndTheComparison) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(
      {"explain", "C1.energy.adc", "--policy", "W6A4", "--json", "e.json"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  for (const char* text :
       {"784 windows x 4 bit steps x 6 slices x 6 columns", "adc.bits = 8 bit   [default]",
        "paper Table 4", "0.9 x (0.19488 x adc.bits + 4.2005e-4 x 2^adc.bits)", ": equal"}) {
    EXPECT_NE(outcome.output.find(text), std::string::npos) << text << "\n" << outcome.output;
  }
  const auto json = nlohmann::json::parse(contents_of(folder.file("e.json")));
  EXPECT_EQ(json["quantity"], "layer0.energy.adc");
  EXPECT_EQ(json["reconciles"], true);
  double sum = 0;
  for (const auto& part : json["parts"]) sum += part["value"].get<double>();
  EXPECT_NEAR(sum, json["result"].get<double>(), 1e-9 * sum);
}

TEST(ExplainCommand, ListsTheQuantities) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program({"explain"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  for (const char* text : {"power.rated.adc", "layerN.X or NAME.X", "3 F6", "tileN.X", "cost"})
    EXPECT_NE(outcome.output.find(text), std::string::npos) << text;
}

TEST(ExplainCommand, AReportExplainsItselfWithoutTheChip) {
  const ScratchDirectory folder;
  for (const Arguments& chip : {Arguments{},
                                {"--preset", "paper"},
                                {"--chip.unused", "idle"},
                                {"--adc.bits", "6"},
                                {"--chip.unused", "gated_layers"},
                                {"--crossbar.rows", "64", "--edram.kb", "100", "--noc.flit_bits",
                                 "48", "--clock.tile_mhz", "900", "--noc.topology", "cmesh"},
                                {"--preset", "paper", "--adc.bits", "5", "--tile.pes", "9"},
                                {"--preset", "isaac"}}) {
    Arguments simulate = {"simulate", "--timing-only", "--policy", "8/8,5/7,2/2,7/3,8/8",
                          "--json",   "r.json"};
    simulate.insert(simulate.end(), chip.begin(), chip.end());
    ASSERT_EQ(run_program(simulate, folder.path()).exit_code, 0);
    const Outcome outcome = run_program({"explain", "--all", "--report", "r.json"}, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output << outcome.error;
  }
  // A number that was changed by hand does not follow from the others any more.
  auto json = nlohmann::json::parse(contents_of(folder.file("r.json")));
  json["layers"][1]["energy_pj"] = json["layers"][1]["energy_pj"].get<double>() * 1.0000001;
  write_text(folder.file("changed.json"), json.dump());
  const Outcome outcome =
      run_program({"explain", "C3.energy", "--report", "changed.json"}, folder.path());
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.output.find("DIFFERENT"), std::string::npos);
  EXPECT_EQ(
      run_program({"explain", "C1.energy", "--report", "changed.json"}, folder.path()).exit_code,
      0);
}

TEST(SimulateCommand, ReportsCausesHealthAndProgramming) {
  const ScratchDirectory folder;
  const Outcome outcome =
      run_program({"simulate", "--weights", "random", "--policy", "W6A4", "--causes", "--health",
                   "--programmed-from", "W4A4", "--json", "r.json"},
                  folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  for (const char* text : {"latency = ideal + causes", "warning: C1 uses 0.92 % of its cells",
                           "programming", "reprogramming", "load of the links"})
    EXPECT_NE(outcome.output.find(text), std::string::npos) << text << "\n" << outcome.output;
  const auto json = nlohmann::json::parse(contents_of(folder.file("r.json")));
  const auto& all = json["programming"];
  const auto& changed = json["reprogramming"];
  EXPECT_EQ(changed["from"], "4/4,4/4,4/4,4/4,4/4");
  EXPECT_GT(changed["cells"], 0);
  EXPECT_LT(changed["cells"], all["cells"]);
  for (const auto& layer : json["layers"]) {
    double sum = layer["ideal"]["latency_ns"];
    for (const auto& cause : layer["causes"]) sum += cause["ns"].get<double>();
    EXPECT_NEAR(sum, layer["latency_ns"].get<double>(), 1e-6);
  }
  EXPECT_EQ(json["health"]["layers"].size(), 5u);
}

/// A table of LeNet-5 on a chip made for 4 and 8 bits: other widths cost more than these.
std::string table_for_four_and_eight_bits() {
  const auto factor = [](int bits) {
    constexpr double kFactors[] = {1.6, 1.4, 0.5, 0.8, 0.8, 0.8, 1.0};
    return kFactors[bits - 2];
  };
  std::string csv = kColumns + std::string("0,8,8,100,100,100\n4,8,8,100,100,100\n");
  for (int layer = 1; layer <= 3; ++layer) {
    for (int w = 2; w <= 8; ++w) {
      for (int a = 2; a <= 8; ++a) {
        const std::string cost = std::to_string(300.0 * factor(w) * factor(a));
        csv += std::to_string(layer) + "," + std::to_string(w) + "," + std::to_string(a) + "," +
               cost + "," + cost + "," + cost + "\n";
      }
    }
  }
  return csv;
}

TEST(CostTableCommand, OnATableOfOnesOwnTheCheapestBitsNeedNotBeTheFewest) {
  const ScratchDirectory folder;
  write_text(folder.file("own.csv"), table_for_four_and_eight_bits());
  const auto search = [&](const char* method, const char* th) {
    return run_program({"search",
                        "--cost-table",
                        "own.csv",
                        "--method",
                        method,
                        "--th",
                        th,
                        "--episodes",
                        "40",
                        "--validation-images",
                        "100",
                        "--race-images",
                        "0",
                        "--final.candidates",
                        "3",
                        "--final.slack_policies",
                        "4",
                        "--ppo.mask",
                        "1",
                        "--out",
                        std::string(method) + th},
                       folder.path());
  };
  for (const char* method : {"uniform", "random-wall", "ddpg", "greedy", "ilp", "ppo"}) {
    SCOPED_TRACE(method);
    const Outcome outcome = search(method, "0.387");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    EXPECT_NE(outcome.output.find("reachable_floor       0.3864 of W8A8's cost"), std::string::npos)
        << outcome.output;
    EXPECT_NE(outcome.output.find(" table look-ups;"), std::string::npos);
    const auto summary =
        nlohmann::json::parse(contents_of(folder.file(std::string(method) + "0.387/summary.json")));
    EXPECT_EQ(summary["final"]["policy"], "8/8,4/4,4/4,4/4,8/8");
  }
  const Outcome below = search("ilp", "0.386");
  EXPECT_EQ(below.exit_code, 2);
  EXPECT_NE(below.error.find("th = 0.386: must be at least 0.387, the cost ratio of "
                             "8/8,4/4,4/4,4/4,8/8, the cheapest policy"),
            std::string::npos)
      << below.error;
}

TEST(CostTableCommand, TotalsBelowNothingAreRefused) {
  const ScratchDirectory folder;
  std::string csv = table_for_four_and_eight_bits();
  const std::string row = "2,4,4,75.000000,75.000000,75.000000\n";
  const std::size_t at = csv.find(row);
  ASSERT_NE(at, std::string::npos);
  csv.replace(at, row.size(), "2,4,4,75,-1000,75\n");
  write_text(folder.file("own.csv"), csv);
  const std::string line =
      std::to_string(1 + std::count(csv.begin(), csv.begin() + static_cast<long>(at), '\n'));
  for (const Arguments& arguments :
       {Arguments{"cost-table", "--evaluate", "W8A8", "own.csv"},
        Arguments{"search", "--cost-table", "own.csv", "--out", "run"}}) {
    expect_refused({arguments, "own.csv:" + line +
                                   ": energy_pj = -1000: the least entries of all layers sum to "
                                   "-650: must be at least 0"},
                   folder);
  }
}

TEST(CostTableCommand, ATableIsACostModel) {
  const ScratchDirectory folder;
  ASSERT_EQ(run_program({"cost-table", "--out", "t.csv"}, folder.path()).exit_code, 0);
  const std::string csv = contents_of(folder.file("t.csv"));
  EXPECT_EQ(csv.substr(0, 23), "# kirchhoff cost table ");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 7 + 1 + 5 * 49);

  const Outcome evaluated =
      run_program({"cost-table", "--evaluate", "8/8,6/4,6/4,6/4,8/8", "t.csv"}, folder.path());
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.error;
  EXPECT_NE(evaluated.output.find("ratio to W8A8"), std::string::npos);
  const Outcome checked =
      run_program({"cost-table", "--table", "t.csv", "--check", "20"}, folder.path());
  ASSERT_EQ(checked.exit_code, 0) << checked.error;
  EXPECT_NE(checked.output.find("rank correlation"), std::string::npos);

  // The table is exact enough to lead the search to a policy of the same cost.
  const auto search = [&](const std::string& out, const Arguments& more) {
    Arguments arguments = {"search", "--method",   "random", "--th",
                           "0.9",    "--episodes", "20",     "--validation-images",
                           "100",    "--out",      out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_program(arguments, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return nlohmann::json::parse(contents_of(folder.file(out + "/summary.json")));
  };
  search("chip", {});
  search("table", {"--cost-table", "t.csv"});
  const auto chip = nlohmann::json::parse(contents_of(folder.file("chip/best_policy.json")));
  const auto table = nlohmann::json::parse(contents_of(folder.file("table/best_policy.json")));
  EXPECT_EQ(chip["layers"], table["layers"]);

  // Made on other hardware: refused, and so is another hardware for this table.
  const Outcome other =
      run_program({"cost-table", "--evaluate", "W6A4", "t.csv", "--adc.bits", "7"}, folder.path());
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.error.find("t.csv: hardware = "), std::string::npos) << other.error;
  // The weights of the cost are no hardware.
  EXPECT_EQ(run_program({"cost-table", "--evaluate", "W6A4", "t.csv", "--cost.alpha", "1",
                         "--cost.beta", "0", "--cost.gamma", "0"},
                        folder.path())
                .exit_code,
            0);
}

// Energy that depends on data is compared with W8A8's on the same data.
TEST(SimulateCommand, DataEnergyIsComparedWithDataEnergy) {
  const ScratchDirectory folder;
  write_text(folder.file("small.json"),
             R"({"name": "small", "image": {"channels": 1, "height": 6, "width": 6}, "layers": [
               {"name": "C", "kind": "convolution", "out_channels": 4, "kernel": 3},
               {"name": "F", "kind": "fully_connected", "out_channels": 3}]})");
  const auto report = [&](const char* policy, const Arguments& more) {
    Arguments simulate = {
        "simulate",          "--network", "small.json", "--weights", "random", "--fidelity", "bit",
        "--crossbar.energy", "data",      "--policy",   policy,      "--json", "r.json"};
    simulate.insert(simulate.end(), more.begin(), more.end());
    const Outcome outcome = run_program(simulate, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return nlohmann::json::parse(contents_of(folder.file("r.json")));
  };
  for (const Arguments& more : {Arguments{}, {"--stream", "--images", "3"}}) {
    const auto widest = report("W8A8", more);
    EXPECT_EQ(widest["ratio"]["energy"], 1.0);
    EXPECT_DOUBLE_EQ(widest["cost"].get<double>(), 1.0);
    const auto narrow = report("W4A4", more);
    EXPECT_DOUBLE_EQ(narrow["reference"]["energy_pj"].get<double>(),
                     widest["energy_pj"].get<double>() / widest["images_in_run"].get<int>());
    EXPECT_LT(narrow["ratio"]["energy"].get<double>(), 1.0);
    EXPECT_EQ(run_program({"explain", "--all", "--report", "r.json"}, folder.path()).exit_code, 0);
  }
}

// A batch is the job whose costs are compared: in one run, in several, and by whoever explains
// them.
TEST(SimulateCommand, CountsTheImagesOfABatchAsOne) {
  const ScratchDirectory folder;
  const auto report = [&](const char* policy, const Arguments& more) {
    Arguments simulate = {"simulate", "--chip.schedule", "pipelined", "--cost.batch",
                          "4",        "--policy",        policy,      "--json",
                          "r.json"};
    simulate.insert(simulate.end(), more.begin(), more.end());
    const Outcome outcome = run_program(simulate, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    return nlohmann::json::parse(contents_of(folder.file("r.json")));
  };
  const auto widest = report("W8A8", {"--timing-only"});
  EXPECT_EQ(widest["images_in_run"], 4);
  EXPECT_EQ(widest["reference"]["images"], 4);
  EXPECT_EQ(widest["reference"]["latency_ns"], widest["duration_ns"]);
  EXPECT_EQ(widest["reference"]["energy_pj"], widest["energy_pj"]);
  EXPECT_EQ(widest["ratio"]["latency"], 1.0);
  const auto narrow = report("W6A4", {"--timing-only"});
  EXPECT_DOUBLE_EQ(narrow["ratio"]["latency"].get<double>(),
                   narrow["duration_ns"].get<double>() / widest["duration_ns"].get<double>());
  EXPECT_DOUBLE_EQ(narrow["ratio"]["energy"].get<double>(),
                   narrow["energy_pj"].get<double>() / widest["energy_pj"].get<double>());
  EXPECT_EQ(run_program({"explain", "--all", "--report", "r.json"}, folder.path()).exit_code, 0);
  const Outcome own = run_program(
      {"explain", "--all", "--chip.schedule", "pipelined", "--cost.batch", "4", "--policy", "W6A4"},
      folder.path());
  EXPECT_EQ(own.exit_code, 0) << own.output;
  // Twelve images are three runs of the same costs.
  const auto runs = report("W6A4", {"--weights", "random", "--images", "12"});
  EXPECT_EQ(runs["images"], 12);
  EXPECT_EQ(runs["duration_ns"], narrow["duration_ns"]);
  EXPECT_EQ(runs["cost"], narrow["cost"]);
}

TEST(SimulateCommand, NamesWhatBoundsALayer) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(
      {"simulate", "--timing-only", "--roofline", "--adc.per_pair", "1", "--json", "r.json"},
      folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("bound by"), std::string::npos) << outcome.output;
  const auto json = nlohmann::json::parse(contents_of(folder.file("r.json")));
  const auto& layers = json["roofline"];
  ASSERT_EQ(layers.size(), 5u);
  EXPECT_EQ(layers[1]["name"], "C3");
  EXPECT_EQ(layers[1]["bound"], "ADC");
  EXPECT_EQ(layers[1]["least_ns"]["ADC"], layers[1]["ideal_ns"]);
}

TEST(SimulateCommand, SaysWhichConstantsStayBehind) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(
      {"simulate", "--timing-only", "--crossbar.rows", "64", "--json", "r.json"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(
      outcome.error.find("note: crossbar.read_ns = 3.16 ns was given for crossbar.rows = 128"),
      std::string::npos)
      << outcome.error;
  const auto json = nlohmann::json::parse(contents_of(folder.file("r.json")));
  EXPECT_EQ(json["notes"].size(), 1u);
  EXPECT_EQ(json["config"]["crossbar.area_um2"]["value"], 12.5);
  EXPECT_EQ(json["config"]["crossbar.area_um2"]["given"]["value"], 25.0);
  EXPECT_EQ(json["config"]["crossbar.area_um2"]["given"]["at"]["crossbar.rows"], 128.0);
}

}  // namespace
}  // namespace kirchhoff::cli
