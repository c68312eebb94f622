#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "report/csv.h"
#include "report/statistics.h"
#include "report/table.h"
#include "tests/cli/program.h"
#include "tests/support/xz.h"

namespace kirchhoff::cli {
namespace {

using report::Csv;

TEST(Csv, KeepsCommasQuotesAndLineEnds) {
  Csv csv({"a", "b"});
  csv.add({"1,2", "say \"x\"\nagain"});
  const Csv back = Csv::parse(csv.to_text(), "t.csv");
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back.text(0, "a"), "1,2");
  EXPECT_EQ(back.text(0, "b"), "say \"x\"\nagain");
  EXPECT_EQ(back.text(0, "none"), "");
  EXPECT_FALSE(back.number(0, "a"));
  EXPECT_THROW(Csv::parse("a,b\n1\n", "t.csv"), InputError);
}

TEST(Statistics, MeanAndStandardError) {
  EXPECT_EQ(report::mean_of({}).count, 0U);
  EXPECT_FALSE(report::mean_of({3.0}).error);
  const report::Mean mean = report::mean_of({1.0, 2.0, 3.0, 6.0});
  EXPECT_DOUBLE_EQ(mean.value, 3.0);
  EXPECT_DOUBLE_EQ(*mean.error, std::sqrt(14.0 / 3.0 / 4.0));
}

TEST(Statistics, IntervalsOfFewSeedsAreWide) {
  EXPECT_NEAR(report::half_interval(report::mean_of({1.0, 3.0})), 12.706, 1e-9);
  EXPECT_NEAR(report::half_interval({15, 0.0, 1.0}), 2.145, 1e-9);
  // From the tables of Student's t.
  EXPECT_NEAR(report::half_interval({16, 0.0, 1.0}), 2.131, 2e-3);
  EXPECT_NEAR(report::half_interval({31, 0.0, 1.0}), 2.042, 2e-3);
  EXPECT_NEAR(report::half_interval({100001, 0.0, 1.0}), 1.960, 1e-3);
}

TEST(Table, NumbersHaveTheDigitsThatSaySomething) {
  const auto text = [](double value, std::optional<double> error) {
    return report::significant({2, value, error}, 4).text;
  };
  EXPECT_EQ(text(0.03709, 1.2e-5), "0.03709 ± 0.00001");
  EXPECT_EQ(text(0.03709, 1.2e-7), "0.03709 ± 0");
  EXPECT_EQ(text(0.0371234, 0.0123), "0.037 ± 0.012");
  EXPECT_EQ(text(2345.678, 0.0), "2346 ± 0");
  EXPECT_EQ(text(17760.8, 2.5), "17761 ± 2");
  EXPECT_EQ(text(17760.8, 250.0), "17761 ± 250");
  EXPECT_EQ(text(0.0, std::nullopt), "0.000");
  EXPECT_EQ(report::printed(0.0023).text, "0.0023");
}

TEST(Statistics, FrontAndHypervolume) {
  const std::vector<report::Offer> offers = {{-1, 0.8}, {-2, 0.7}, {-2, 0.75}, {-1, 0.8}};
  EXPECT_EQ(report::pareto_front(offers), (std::vector<bool>{true, true, false, true}));
  // (10 - 2) * 0.3 + (2 - 1) * 0.2 of 10 * 1.
  EXPECT_EQ(
      report::pareto_front({{-3, 0.8}, {-1, 0.9}, {-1, 0.95}, {-3, 0.8}, {-5, 0.8}, {0, 0.99}}),
      (std::vector<bool>{true, true, false, true, false, true}));
  EXPECT_DOUBLE_EQ(report::hypervolume(offers, {-10, 1}, 0), 0.26);
  EXPECT_DOUBLE_EQ(report::hypervolume({{1, 0.5}}, {-10, 1}, 0), 0.5);
  EXPECT_DOUBLE_EQ(report::hypervolume({{-1, 1.2}}, {-10, 1}, 0), 0);
}

constexpr char kRequest[] = R"({
  "settings": {"network": "lenet5", "dataset": "fashion-mnist"},
  "hardware": {},
  "runs": [],
  "unreachable": []
})";

constexpr char kRunColumns[] =
    "network,dataset,method,th,seed,status,decrements,episodes,accuracy_evaluations,"
    "simulator_calls,w8a8_latency_ns,w8a8_energy_pj,w8a8_power_mw,final_policy,"
    "final_accuracy_pct,final_w8a8_accuracy_pct,final_divergence_nats,final_cost_ratio,"
    "final_latency_ratio,final_energy_ratio,final_power_ratio,test_answer_pct,test_w8a8_pct,"
    "reason\n";

/// A comparison's folder with round numbers.
class ReportCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(folder_.file("c"));
    write_text(folder_.file("c/compare.json"), kRequest);
    const std::string policy = "\"8/8,4/4,4/4,4/4,8/8\"";
    const std::string w8a8 = "200000,4000000,2000," + policy;
    write_text(folder_.file("c/runs.csv"),
               std::string(kRunColumns) + "lenet5,fashion-mnist,ppo,0.5,1,unreachable" +
                   std::string(17, ',') + ",th = 0.5: must be at least 0.7\n" +
                   "lenet5,fashion-mnist,ppo,0.8,1,done,0,300,100,200," + w8a8 +
                   ",91,92,0.1,0.8,0.9,0.7,0.8,90,92,\n"
                   "lenet5,fashion-mnist,ppo,0.8,2,done,0,300,120,240," +
                   w8a8 +
                   ",90,92,0.1,0.78,0.7,0.7,0.94,91,92,\n"
                   "lenet5,fashion-mnist,random,0.8,1,done,0,300,50,301," +
                   w8a8 +
                   ",90.5,92,0.1,0.79,0.8,0.7,0.87,89,92,\n"
                   "lenet5,fashion-mnist,random,0.8,2,done,0,300,50,301," +
                   w8a8 + ",90.5,92,0.1,0.79,0.8,0.7,0.87,91,92,\n");
    write_text(folder_.file("c/episodes.csv"), episodes_);
    write_text(folder_.file("c/times.csv"),
               "method,th,seed,wall_s,method_s,simulator_s,accuracy_s\n"
               "ppo,0.8,1,10,1,1,1\nppo,0.8,2,12,1,1,1\n");
  }
  std::string file(const std::string& name) const {
    return contents_of(folder_.file("c/report/" + name));
  }

  const ScratchDirectory folder_;
  std::string episodes_ =
      "method,th,seed,episode,policy,cost_ratio,accuracy_pct,reward,feasible,decrements,"
      "chosen_policy,chosen_cost_ratio\n"
      "ppo,0.8,1,1,\"8/8,4/4,4/4,4/4,8/8\",0.79,90,-0.2,1,0,,\n"
      "ppo,0.8,2,1,\"8/8,4/4,4/4,4/4,8/8\",0.89,,-1,0,0,,\n";
};

TEST_F(ReportCommand, TablesHoldTheNumbersOfTheRuns) {
  const Outcome outcome = run_program({"report", "c"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const std::string table5 = file("table5.md");
  for (const char* row :
       {"| lenet5 | fashion-mnist | 1 | W8A8 |  | 92.00 | 0.2000 | 0.004000 | 2.000 | 100.00 |\n",
        "| lenet5 | fashion-mnist | 0.50 | ppo | 0/1 | – | – | – | – | – |\n",
        "| lenet5 | fashion-mnist | 0.80 | ppo | 2/2 | 90.50 ± 0.50 | 0.160 ± 0.020 | 0.002800 ± 0 "
        "| "
        "1.74 ± 0.14 | 79.00 ± 1.00 |\n",
        "lenet5, th 0.5, ppo: unreachable: th = 0.5: must be at least 0.7.\n"}) {
    EXPECT_NE(table5.find(row), std::string::npos) << row << "in\n" << table5;
  }
  EXPECT_EQ(table5.find("| paper:"), std::string::npos) << "the paper's are of MNIST";
  EXPECT_NE(outcome.output.find(table5), std::string::npos);
  const Csv costs = Csv::load(folder_.file("c/report/table5.csv"));
  EXPECT_EQ(costs.number(2, "test accuracy %_se"), 0.5);

  // 220 calls of 81 s. What is measured stands apart.
  EXPECT_NE(file("table6.md")
                .find("| 0.80 | ppo | 300 ± 0 | 220.0 ± 20.0 | "
                      "110.0 ± 10.0 | – | 0.0 ± 0.0 | 4.95 ± 0.45 | 8 |\n"),
            std::string::npos)
      << file("table6.md");
  EXPECT_NE(file("times.md").find("| ppo | 1, 2 | 2/2 | 11.0 ± 1.0 | 1.0 ± 0.0 | 1.0 ± 0.0 |"),
            std::string::npos)
      << file("times.md");
  EXPECT_NE(file("losses.md").find("| 0.80 | ppo | 2/2 | 1.500 ± 0.500 | 1.500 ± 0.500 |\n"),
            std::string::npos)
      << file("losses.md");
  EXPECT_NE(file("duels.md")
                .find("| 0.80 | ppo | random | 2 | 0.000 ± 0.500 | 1/1/0 | "
                      "-0.500 ± 0.500 | 1/0/1 |\n"),
            std::string::npos)
      << file("duels.md");
  const Csv front = Csv::load(folder_.file("c/report/pareto.csv"));
  ASSERT_EQ(front.size(), 3U);
  EXPECT_EQ(front.text(0, "cost %"), "78");
  EXPECT_EQ(front.text(1, "answer of"), "th 0.8: random 2/2");
  EXPECT_EQ(front.text(2, "validation loss"), "1");

  // 2 * MACs of LeNet-5 by 4 uJ and 2.8 uJ.
  const Csv efficiency = Csv::load(folder_.file("c/report/table8.csv"));
  EXPECT_EQ(efficiency.text(0, "GOPS/W"), "627.5");
  const std::size_t ours = 12;  // behind the published rows and presets isaac and pipelayer
  EXPECT_EQ(efficiency.text(ours, "design"), "ours, W8A8");
  EXPECT_NEAR(*efficiency.number(ours + 1, "GOPS/W") / *efficiency.number(ours, "GOPS/W"),
              1.0 / 0.7, 1e-9);

  const Csv curves = Csv::load(folder_.file("c/report/fig6_7_8.csv"));
  ASSERT_EQ(curves.size(), 1U);
  EXPECT_EQ(curves.text(0, "seeds"), "2");
  EXPECT_EQ(curves.text(0, "accuracy_pct"), "90");
  EXPECT_EQ(curves.text(0, "accuracy_pct_n"), "1");
  EXPECT_EQ(curves.text(0, "accuracy_pct_se"), "");
  EXPECT_EQ(curves.text(0, "reward"), "-0.6");
  EXPECT_EQ(curves.text(0, "reward_se"), "0.4");
  const Csv bits = Csv::load(folder_.file("c/report/fig9.csv"));
  ASSERT_EQ(bits.size(), 10U);
  EXPECT_EQ(bits.text(1, "name"), "C3");
  EXPECT_EQ(bits.text(1, "weight_bits"), "4");
  EXPECT_EQ(Csv::load(folder_.file("c/report/fig10.csv")).size(), 10U);
  EXPECT_TRUE(Csv::load(folder_.file("c/report/fig11.csv")).empty());
  EXPECT_NE(file("table7.md").find("No run here takes bits away"), std::string::npos);
}

TEST_F(ReportCommand, TheVerdictTellsDifferencesFromNoise) {
  // Losses on validation and test by seed; an empty one: no policy.
  struct Runs {
    const char* method;
    std::vector<std::optional<double>> validation, test;
  };
  const auto others_of = [&](const std::vector<Runs>& methods, int test_images = 0) {
    std::string runs =
        "network,dataset,method,th,seed,status,accuracy_evaluations,final_policy,final_accuracy_"
        "pct,"
        "final_w8a8_accuracy_pct,final_loss_error_points,final_cost_ratio,final_latency_ratio,"
        "final_energy_ratio,final_power_ratio,test_answer_pct,test_w8a8_pct,test_images\n";
    const std::string images = test_images == 0 ? "" : fmt::format("{}", test_images);
    int bits = 2;
    for (const Runs& one : methods) {
      for (std::size_t seed = 0; seed < one.test.size(); ++seed) {
        runs += fmt::format("lenet5,mnist,{},0.8,{},", one.method, seed + 1);
        runs += one.test[seed]
                    ? fmt::format(
                          "done,100,\"8/8,{0}/8,8/8,8/8,8/8\",{1},95,0.1,0.79,0.9,0.7,0.77,{2},"
                          "94,{3}\n",
                          bits, 95.0 - *one.validation[seed], 94.0 - *one.test[seed], images)
                    : "no policy,100,,,,,,,,,,,\n";
      }
      ++bits;
    }
    write_text(folder_.file("c/runs.csv"), runs);
    EXPECT_EQ(run_program({"report", "c"}, folder_.path()).exit_code, 0);
    const Csv verdict = Csv::load(folder_.file("c/report/verdict.csv"));
    EXPECT_EQ(verdict.size(), 1U);
    EXPECT_EQ(verdict.text(0, "method"), "ilp");
    EXPECT_EQ(verdict.text(0, "policy"), "8/8,2/8,8/8,8/8,8/8");
    EXPECT_NEAR(verdict.number(0, "energy saved %").value_or(0.0), 30.0, 1e-9);
    return verdict.text(0, "other methods");
  };
  const Runs shown{"ilp", {1.0}, {1.0}};
  // 1.96 standard errors of the images: 0.1 points of each on half as many, in squares.
  EXPECT_EQ(others_of({shown, {"greedy", {1.5}, {1.25}}}), "worse: greedy (0.25 ± 0.20)");
  EXPECT_EQ(others_of({shown, {"greedy", {1.5}, {1.15}}}), "level: greedy");
  EXPECT_EQ(others_of({shown, {"greedy", {1.5}, {0.75}}}),
            "better on the test set: greedy (0.25 ± 0.20)");
  // A tenth of the test images, which an earlier version did not write down.
  EXPECT_EQ(others_of({shown, {"greedy", {1.5}, {1.25}}}, 10000), "worse: greedy (0.25 ± 0.20)");
  EXPECT_EQ(others_of({shown, {"greedy", {1.5}, {1.25}}}, 1000), "level: greedy");
  // Seeds that scatter more than the images do.
  EXPECT_EQ(others_of({shown, {"ppo", {2, 2, 2}, {1.0, 2.0, 1.5}}}), "level: ppo");
  // 4.303 standard errors of 0.0577, and the images.
  EXPECT_EQ(others_of({shown, {"ppo", {2, 2, 2}, {1.4, 1.5, 1.6}}}), "worse: ppo (0.50 ± 0.32)");
  EXPECT_EQ(others_of({shown, {"ppo", {2}, {3.0}}, {"random", {0.5, {}}, {0.5, {}}}}),
            "one seed only: ppo; a policy with some seeds only: random (1 of 2)");
}

TEST_F(ReportCommand, TheTaskIsAKnapsackWhereLossesAndCostsAreSums) {
  // Slots of LeNet-5's three free layers; one slot's bit costs 0.01 and loses 4^-bits.
  const auto row = [](const std::array<int, 6>& bits, bool interacting) {
    double cost = 1.0, divergence = 0.0;
    for (std::size_t s = 0; s < bits.size(); ++s) {
      cost -= 0.01 * (8 - bits[s]);
      divergence += static_cast<double>(s + 1) * std::pow(4.0, -bits[s]);
      if (interacting && s % 2 == 1) divergence += std::abs(bits[s] - bits[s - 1]);
    }
    return fmt::format("random,0.8,1,1,\"8/8,{}/{},{}/{},{}/{},8/8\",{},{},{}\n", bits[0], bits[1],
                       bits[2], bits[3], bits[4], bits[5], cost, 95.0 / (1.0 + divergence),
                       divergence);
  };
  const auto advice = [&](bool interacting, bool probed) {
    std::string episodes =
        "method,th,seed,episode,policy,cost_ratio,accuracy_pct,divergence_nats\n";
    for (std::size_t s = 0; s < 6 && probed; ++s) {
      for (int bits = 2; bits < 8; ++bits) {
        std::array<int, 6> probe{8, 8, 8, 8, 8, 8};
        probe[s] = bits;
        episodes += row(probe, interacting);
      }
    }
    std::uint32_t state = 1;
    for (int i = 0; i < 600; ++i) {
      std::array<int, 6> bits{};
      for (int& one : bits) {
        state = state * 1664525 + 1013904223;
        one = 2 + static_cast<int>((state >> 16) % 7);
      }
      episodes += row(bits, interacting);
    }
    write_text(folder_.file("c/episodes.csv"), episodes);
    EXPECT_EQ(run_program({"report", "c"}, folder_.path()).exit_code, 0);
    const Csv task = Csv::load(folder_.file("c/report/task.csv"));
    EXPECT_EQ(task.size(), 1U) << "th 0.5 has no finished run";
    return task.text(0, "advice");
  };
  EXPECT_EQ(advice(false, true).substr(0, 15), "a knapsack: use");
  const Csv task = Csv::load(folder_.file("c/report/task.csv"));
  EXPECT_GT(*task.number(0, "policies near th"), 50.0);
  EXPECT_GT(*task.number(0, "correlation of summed probes"), 0.999);
  EXPECT_LT(*task.number(0, "largest cost residual"), 1e-6);
  EXPECT_EQ(advice(true, true).substr(0, 11), "no knapsack");
  EXPECT_EQ(advice(false, false).substr(0, 30), "unknown: takes probes of every");
}

TEST_F(ReportCommand, TheBestEpisodeIsHeldAgainstTheWholeSplitAndTheTestSet) {
  write_text(folder_.file("c/runs.csv"),
             "network,dataset,method,th,seed,status,w8a8_accuracy_pct,best_accuracy_pct,"
             "best_loss_error_points,final_policy,final_accuracy_pct,final_w8a8_accuracy_pct,"
             "test_best_pct,test_w8a8_pct\n"
             "lenet5,fashion-mnist,ppo,0.8,1,done,90,91,0.5,W8A8,91,92,89,91\n"
             "lenet5,fashion-mnist,ppo,0.8,2,done,90,90,0.7,W8A8,90,92,90,91\n");
  write_text(folder_.file("c/compare.json"),
             R"({"settings": {"network": "lenet5", "dataset": "fashion-mnist",
                 "validation-images": "900"}, "hardware": {}, "runs": [], "unreachable": []})");
  ASSERT_EQ(run_program({"report", "c"}, folder_.path()).exit_code, 0);
  EXPECT_NE(file("bias.md").find("| 0.80 | ppo | 2/2 | -0.500 ± 0.500 | 1.500 ± 0.500 | 2.000 ± "
                                 "0.000 | 1.500 ± 0.500 | 2.000 ± 1.000 |"),
            std::string::npos)
      << file("bias.md");
  // sqrt(90 * 10 / 900), and the mean of the pairs'.
  EXPECT_NE(file("task.md").find("| 900 | 1.00 | 0.60 |"), std::string::npos) << file("task.md");
}

TEST_F(ReportCommand, RunsOfAnEarlierVersionHaveFewerColumns) {
  std::filesystem::create_directory(folder_.file("d"));
  write_text(folder_.file("d/compare.json"), kRequest);
  write_text(folder_.file("d/runs.csv"),
             "network,dataset,method,th,seed,status,best_policy,best_accuracy_pct,"
             "best_loss_error_points\nlenet5,fashion-mnist,ppo,0.8,7,done,W8A8,91,0.2\n");
  write_text(folder_.file("d/episodes.csv"), episodes_.substr(0, episodes_.find('\n') + 1));
  write_text(folder_.file("d/times.csv"),
             "method,th,seed,wall_s,method_s,simulator_s,accuracy_s\n");
  const Outcome outcome = run_program({"report", "c", "d", "--out", "r"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(contents_of(folder_.file("r/times.md")).find("| ppo | 1, 2, 7 |"), std::string::npos);
}

TEST_F(ReportCommand, ReadsTablesAsTheyAreShipped) {
  ASSERT_EQ(run_program({"report", "c", "--out", "plain"}, folder_.path()).exit_code, 0);
  for (const char* name : {"runs.csv", "episodes.csv", "times.csv"}) {
    const std::string path = folder_.file(std::string("c/") + name);
    write_text(path + ".xz", xz_of(contents_of(path)));
    std::filesystem::remove(path);
  }
  const Outcome outcome = run_program({"report", "c", "--out", "packed"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.file("plain"))) {
    EXPECT_EQ(contents_of(entry.path().string()),
              contents_of(folder_.file("packed/" + entry.path().filename().string())))
        << entry.path();
  }
  const std::string path = folder_.file("c/episodes.csv.xz"), whole = contents_of(path);
  std::string broken_cell = episodes_;
  broken_cell.replace(broken_cell.find("-0.2,1"), 4, "x");
  std::string flipped = whole;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x40);
  const std::pair<std::string, const char*> refusals[] = {
      {whole.substr(0, whole.size() / 2), "must be an undamaged file of xz"},
      {flipped, "must be an undamaged file of xz"},
      {episodes_, "is not compressed: must be an undamaged file of xz"},
      {xz_of(std::string("\xff\n")), "must hold text in UTF-8"},
      {xz_of(broken_cell), ":2: reward = x: must be a number in"}};
  for (const auto& [bytes, message] : refusals) {
    write_text(path, bytes);
    const Outcome refused = run_program({"report", "c"}, folder_.path());
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_EQ(refused.error.find("kirchhoff: error: c/episodes.csv.xz:"), 0U) << refused.error;
    EXPECT_NE(refused.error.find(message), std::string::npos) << refused.error;
  }
}

TEST_F(ReportCommand, TheTablesAreJsonAsWell) {
  const Outcome tables = run_program({"report", "c"}, folder_.path());
  const Outcome beside = run_program({"report", "c", "--json", "t.json"}, folder_.path());
  ASSERT_EQ(beside.exit_code, 0) << beside.error;
  EXPECT_EQ(beside.output, tables.output);
  const Outcome alone = run_program({"report", "c", "--json", "-"}, folder_.path());
  EXPECT_EQ(alone.output, contents_of(folder_.file("t.json")));
  const auto json = nlohmann::json::parse(alone.output)["tables"];
  for (const auto& entry : std::filesystem::directory_iterator(folder_.file("c/report"))) {
    if (entry.path().extension() == ".md") EXPECT_TRUE(json.contains(entry.path().stem().string()));
  }
  const auto& row = json["table5"]["rows"][2];
  EXPECT_EQ(row["method"], "ppo");
  EXPECT_EQ(row["test accuracy %"], 90.5);
  EXPECT_EQ(row["test accuracy %_se"], 0.5);
  EXPECT_TRUE(json["table5"]["rows"][1]["test accuracy %"].is_null());
  const Outcome diff = run_program({"report", "c", "c", "--diff", "--json", "-"}, folder_.path());
  ASSERT_EQ(diff.exit_code, 0) << diff.error;
  EXPECT_FALSE(nlohmann::json::parse(diff.output)["tables"]["diff-layers"]["rows"].empty());
}

TEST_F(ReportCommand, ScoresThatARaceMayHaveCutShortAreOnNoFront) {
  write_text(folder_.file("c/runs.csv"),
             "network,dataset,method,th,seed,status,w8a8_accuracy_pct\n"
             "lenet5,fashion-mnist,random,0.8,1,no policy,90\n");
  write_text(folder_.file("c/episodes.csv"),
             "method,th,seed,episode,policy,cost_ratio,accuracy_pct\n"
             "random,0.8,1,1,a,0.9,89\nrandom,0.8,1,2,b,0.6,84.9\nrandom,0.8,1,3,c,0.7,85\n");
  const auto front = [&](const char* first, const char* all) {
    write_text(folder_.file("c/compare.json"),
               fmt::format(R"({{"settings": {{"network": "lenet5", "dataset": "fashion-mnist",
                   "reward.max_loss_points": "5", "race-images": "{}", "validation-images": "{}"}},
                   "hardware": {{}}, "runs": [], "unreachable": []}})",
                           first, all));
    EXPECT_EQ(run_program({"report", "c"}, folder_.path()).exit_code, 0);
    const Csv fronts = Csv::load(folder_.file("c/report/fronts.csv"));
    std::string policies;
    for (std::size_t row = 0; row < fronts.size(); ++row) policies += fronts.text(row, "policy");
    return policies;
  };
  EXPECT_EQ(front("1000", "0"), "ca") << "0: the whole split";
  EXPECT_EQ(front("300", "900"), "ca");
  EXPECT_EQ(front("0", "900"), "bca") << "no race";
  EXPECT_EQ(front("900", "900"), "bca") << "a race over all images is none";
}

TEST_F(ReportCommand, RunsWithoutAPolicyCountAsWorkAndAsDefeats) {
  std::string runs = contents_of(folder_.file("c/runs.csv"));
  runs += "lenet5,fashion-mnist,ppo,0.8,3,no policy,0,300,40,80" + std::string(14, ',') + "\n";
  runs +=
      "lenet5,fashion-mnist,random,0.8,3,done,0,300,50,301,200000,4000000,2000,"
      "\"8/8,4/4,4/4,4/4,8/8\",91,92,0.1,0.5,0.8,0.7,0.87,91,92,\n";
  write_text(folder_.file("c/runs.csv"), runs);
  const Outcome outcome = run_program({"report", "c"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const Csv effort = Csv::load(folder_.file("c/report/table6.csv"));
  EXPECT_DOUBLE_EQ(*effort.number(0, "simulator calls"), (200 + 240 + 80) / 3.0);
  EXPECT_DOUBLE_EQ(*effort.number(0, "accuracy evaluations"), (100 + 120 + 40) / 3.0);
  EXPECT_NE(file("duels.md")
                .find("| ppo | random | 3 | 0.000 ± 0.500 | 1/2/0 | -0.500 ± 0.500 | 1/1/1 |"),
            std::string::npos)
      << file("duels.md");
  const Csv volumes = Csv::load(folder_.file("c/report/hypervolume.csv"));
  ASSERT_EQ(volumes.size(), 2U);
  EXPECT_EQ(volumes.text(0, "method"), "ppo");
  EXPECT_EQ(volumes.text(0, "seeds"), "3");
  // Losses 1 and 2 at costs 0.8 and 0.78, and nothing.
  EXPECT_NEAR(*volumes.number(0, "answers"), (0.9 * 0.2 + 0.8 * 0.22) / 3.0, 1e-12);
  EXPECT_NEAR(*volumes.number(1, "answers"), (0.85 * 0.21 * 2 + 0.9 * 0.5) / 3.0, 1e-12);
}

TEST_F(ReportCommand, EpisodesMakeFrontsAndVolumes) {
  write_text(folder_.file("c/runs.csv"),
             "network,dataset,method,th,seed,status,w8a8_accuracy_pct\n"
             "lenet5,fashion-mnist,nsga2,0.8,1,no policy,90\n"
             "lenet5,fashion-mnist,nsga2,0.9,1,no policy,90\n"
             "lenet5,fashion-mnist,nsga2,0.8,2,no policy,90\n");
  write_text(folder_.file("c/episodes.csv"),
             "method,th,seed,episode,policy,cost_ratio,accuracy_pct\n"
             "nsga2,0.8,1,1,a,0.9,89\nnsga2,0.8,1,2,b,0.6,85\nnsga2,0.8,1,3,c,0.7,85\n"
             "nsga2,0.8,1,4,b,0.6,85\nnsga2,0.8,1,5,d,0.95,95\nnsga2,0.8,1,6,e,0.5,\n"
             "nsga2,0.8,2,1,f,0.4,90\n");
  const Outcome outcome = run_program({"report", "c"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const Csv fronts = Csv::load(folder_.file("c/report/fronts.csv"));
  ASSERT_EQ(fronts.size(), 4U);
  EXPECT_EQ(fronts.text(0, "episode"), "2");
  EXPECT_EQ(fronts.text(1, "policy"), "a");
  EXPECT_EQ(fronts.text(2, "accuracy_pct"), "95");
  const Csv volumes = Csv::load(folder_.file("c/report/hypervolume.csv"));
  // Seed 2 lacks a threshold.
  EXPECT_EQ(volumes.text(0, "seeds"), "1");
  EXPECT_EQ(volumes.number(0, "answers"), 0.0);
  EXPECT_NEAR(*volumes.number(0, "all episodes"), 0.5 * 0.4 + 0.4 * 0.1 + 0.1 * 0.05, 1e-12);
}

TEST_F(ReportCommand, FoldersWithOtherSettingsStayApart) {
  const auto study = [&](const std::string& name, const std::string& hardware,
                         const std::string& settings, const std::string& seed) {
    std::filesystem::create_directory(folder_.file(name));
    write_text(folder_.file(name + "/compare.json"),
               R"({"settings": {"network": "vgg13", "dataset": "cifar10", )" + settings +
                   R"(}, "hardware": {)" + hardware + R"(}, "runs": [], "unreachable": []})");
    write_text(folder_.file(name + "/runs.csv"),
               std::string(kRunColumns) + "vgg13,cifar10,ppo,0.7," + seed +
                   ",done,0,300,100,200,200000,4000000,2000,\"W8A8\",91,92,0.1,0.7,0.9,0.7,0.8,90,"
                   "92,\n");
    write_text(folder_.file(name + "/episodes.csv"),
               "method,th,seed,episode,policy,cost_ratio,accuracy_pct,decrements\n"
               "ppo,0.7," +
                   seed + ",1,W8A8,0.7,91,2\nppo,0.7," + seed + ",2,W8A8,0.7,91,4\n");
    write_text(folder_.file(name + "/times.csv"), "method,th,seed,wall_s\n");
  };
  const std::string thirds = R"("cost.alpha": "0.3", "cost.beta": "0.3", "cost.gamma": "0.3")";
  const std::string usual = R"("budget": "300", "ddpg.noise": "0.5")";
  study("a", thirds, usual, "1");
  study("b", thirds, R"("budget": "300", "ddpg.noise": "0.1")", "2");  // no run reads it
  study("d", R"("cost.alpha": "0", "cost.beta": "1", "cost.gamma": "0")", usual, "1");
  study("e", thirds, R"("budget": "100", "ddpg.noise": "0.5")", "1");
  const Outcome outcome = run_program({"report", "a", "b", "d", "e", "--out", "r"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const std::string costs = contents_of(folder_.file("r/table5.md"));
  for (const char* row :
       {"| vgg13 | cifar10 | 0.70 | ppo | 2/2 |", "| vgg13 | cifar10 | 0.70 | paper: PPO |",
        "| vgg13 (cost.alpha 0, cost.beta 1, cost.gamma 0) | cifar10 | 0.70 | ppo | 1/1 |",
        "| vgg13 (budget 100) | cifar10 | 0.70 | ppo | 1/1 |",
        "| vgg13 (budget 100) | cifar10 | 0.70 | paper: HAQ |"}) {
    EXPECT_NE(costs.find(row), std::string::npos) << row << " in\n" << costs;
  }
  EXPECT_EQ(costs.find("cost.gamma 0) | cifar10 | 0.70 | paper"), std::string::npos) << costs;
  const std::string bits = contents_of(folder_.file("r/bits.md"));
  EXPECT_NE(bits.find("| vgg13 | cifar10 | 0.70 | ppo | – | 2.0 ± 0.0 | 3.00 ± 0.00 |\n"
                      "| vgg13 | cifar10 | 0.70 | paper: HAQ | 6.38 | – | – |\n"
                      "| vgg13 | cifar10 | 0.70 | paper: PPO | 6.00 | 0.0 | – |\n"),
            std::string::npos)
      << bits;
}

TEST_F(ReportCommand, TheWallTableShowsTheFirstTypicalEpisode) {
  const std::string tried = "\"8/8,4/4,4/4,4/4,8/8\"", chosen = "\"8/8,6/5,4/4,4/4,8/8\"";
  for (int episode = 1; episode <= 4; ++episode) {
    const int decrements[] = {5, 3, 3, 9};
    episodes_ += "ddpg,0.8,1," + std::to_string(episode) + "," + tried + ",0.79,90,-0.2,1," +
                 std::to_string(decrements[episode - 1]) + "," + chosen + ",0.93\n";
  }
  write_text(folder_.file("c/episodes.csv"), episodes_);
  const Outcome outcome = run_program({"report", "c", "--out", "r"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const std::string table = contents_of(folder_.file("r/table7.md"));
  EXPECT_NE(table.find("| lenet5 | C3 | 6 | 5 | 4 | 4 |\n"), std::string::npos) << table;
  EXPECT_NE(table.find("ddpg at th 0.8 with seed 1, episode 2: 3 decrements, cost 93.00 % to "
                       "79.00 %"),
            std::string::npos)
      << table;
  EXPECT_EQ(Csv::load(folder_.file("r/fig11.csv")).size(), 4U);
}

TEST_F(ReportCommand, SaysWhatIsMissing) {
  write_text(folder_.file("c/runs.csv"), std::string(kRunColumns) +
                                             "lenet5,fashion-mnist,ppo,0.8,1,unfinished" +
                                             std::string(18, ',') + "\n");
  const Outcome outcome = run_program({"report", "c"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(file("table6.md").find("No search is finished."), std::string::npos);
  EXPECT_NE(file("duels.md").find("No two methods have a seed in common."), std::string::npos);
  EXPECT_NE(file("table5.md").find("lenet5, th 0.8, ppo: unfinished."), std::string::npos);
}

TEST_F(ReportCommand, WhatNoSearchWritesIsRefusedWithItsPlace) {
  struct Change {
    const char *file, *before, *after, *message;
  };
  const Change changes[] = {
      {"runs.csv", "ppo,0.8,1", "ppo,-0.8,1", "c/runs.csv:3: th = -0.8: must be a number in [0, "},
      {"runs.csv", "ppo,0.8,1", "ppo,0.8,-1", "c/runs.csv:3: seed = -1: must be an integer of at "},
      {"runs.csv", "ppo,0.8,1", "magic,0.8,1", "c/runs.csv:3: method = magic: must be one of ppo"},
      {"runs.csv", "1,done,0", "1,fine,0", "c/runs.csv:3: status = fine: must be one of done"},
      {"runs.csv", "1,done,0", "1,done,-2", "c/runs.csv:3: decrements = -2: must be an integer in"},
      {"runs.csv", "200000", "-200000", "c/runs.csv:3: w8a8_latency_ns = -200000: must be a"},
      {"runs.csv", "91,92,0.1,0.8", "191,92,0.1,0.8", "c/runs.csv:3: final_accuracy_pct = 191: "},
      {"runs.csv", "91,92,0.1,0.8", "91,92,0.1,1e300", "c/runs.csv:3: final_cost_ratio = 1e300: "},
      {"episodes.csv", "0.8,1,1", "0.8,1,0", "c/episodes.csv:2: episode = 0: must be an integer"},
      {"episodes.csv", "0.8,1,1", "0.8,1,1e18", "c/episodes.csv:2: episode = 1e18: must be an"},
      {"episodes.csv", "-0.2,1", "x,1", "c/episodes.csv:2: reward = x: must be a number in"},
      {"times.csv", "10,1,1,1", "-10,1,1,1", "c/times.csv:2: wall_s = -10: must be a number in"},
      {"compare.json", R"("runs": [])", R"("runs": [{"method": "x", "th": 0.8, "seed": 1}])",
       "c/compare.json: runs[0].method = x: must be one of ppo"},
      {"compare.json", R"("runs": [])", R"("runs": [{"method": "ppo", "th": -1, "seed": 1}])",
       "c/compare.json: runs[0].th = -1: must be a number in [0.001, 1000]"}};
  for (const Change& change : changes) {
    SCOPED_TRACE(change.message);
    const std::string path = folder_.file(std::string("c/") + change.file);
    const std::string text = contents_of(path);
    std::string changed = text;
    const std::size_t at = changed.find(change.before);
    ASSERT_NE(at, std::string::npos);
    write_text(path, changed.replace(at, std::string(change.before).size(), change.after));
    const Outcome outcome = run_program({"report", "c"}, folder_.path());
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.error.find(std::string("kirchhoff: error: ") + change.message), 0u)
        << outcome.error;
    write_text(path, text);
  }
}

TEST_F(ReportCommand, ASummaryOfAnotherRunIsRefused) {
  std::filesystem::create_directory(folder_.file("s"));
  write_text(
      folder_.file("s/config.json"),
      R"({"network": "lenet5", "dataset": "mnist", "method": "ppo", "th": "0.8", "seed": "1"})");
  write_text(folder_.file("s/episodes.csv"), "episode,policy,decrements\n1,W8A8,0\n");
  write_text(folder_.file("s/timing.json"), R"({"wall_s": 1})");
  const auto report = [&](const std::string& summary) {
    write_text(folder_.file("s/summary.json"), summary);
    return run_program({"report", "s"}, folder_.path());
  };
  const std::string good =
      R"({"network": "lenet5", "method": "ppo", "th": 0.8, "seed": 1, "best": null})";
  EXPECT_EQ(report(good).exit_code, 0);
  const std::pair<const char*, const char*> changes[] = {{R"("seed": 1)", R"("seed": 2)"},
                                                         {R"("th": 0.8)", R"("th": 0.9)"},
                                                         {R"("ppo")", R"("ddpg")"},
                                                         {R"("lenet5")", R"("vgg13")"}};
  for (const auto& [before, after] : changes) {
    std::string changed = good;
    const Outcome outcome =
        report(changed.replace(changed.find(before), std::string(before).size(), after));
    EXPECT_EQ(outcome.exit_code, 2) << after;
    EXPECT_NE(outcome.error.find("s/summary.json: "), std::string::npos) << outcome.error;
    EXPECT_NE(outcome.error.find("is the summary of another run"), std::string::npos)
        << outcome.error;
  }
}

TEST_F(ReportCommand, TextsFromFilesSteerNeitherTerminalNorSpreadsheet) {
  std::string runs = contents_of(folder_.file("c/runs.csv"));
  const std::string reason = "th = 0.5: must be at least 0.7";
  runs.replace(runs.find(reason), reason.size(), "\x1b[31m|red");
  for (std::size_t at = 0; (at = runs.find("fashion-mnist", at)) != std::string::npos; ++at)
    runs.replace(at, 13, "=1+1|fashion");
  write_text(folder_.file("c/runs.csv"), runs);
  write_text(folder_.file("c/compare.json"),
             R"({"settings": {"network": "lenet5", "dataset": "=1+1|fashion"}, "hardware": {},
                 "runs": [], "unreachable": []})");
  const Outcome outcome = run_program({"report", "c"}, folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_EQ(outcome.output.find('\x1b'), std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(folder_.file("c/report"))) {
    const std::string text = contents_of(entry.path().string());
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << entry.path();
    if (entry.path().extension() != ".csv") continue;
    for (const char* before : {",=", "\n="})
      EXPECT_EQ(text.find(before), std::string::npos) << entry.path();
  }
  EXPECT_NE(file("table5.md").find("| =1+1\\|fashion |"), std::string::npos) << file("table5.md");
  EXPECT_NE(file("table5.csv").find(",'=1+1|fashion,"), std::string::npos) << file("table5.csv");
  EXPECT_EQ(Csv::load(folder_.file("c/report/table5.csv")).text(0, "dataset"), "=1+1|fashion");
}

TEST_F(ReportCommand, RemovesTheTemporaryFoldersOfKilledReports) {
  for (const char* name : {"kirchhoff-report-a1B2c3", "kirchhoff-report-a1B2c3d", "other"}) {
    std::filesystem::create_directories(folder_.file(std::string("tmp/") + name));
    write_text(folder_.file(std::string("tmp/") + name + "/0.json"), "{");
  }
  const Outcome outcome = run_shell("TMPDIR=\"$PWD/tmp\" \"$0\" report c", folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_FALSE(std::filesystem::exists(folder_.file("tmp/kirchhoff-report-a1B2c3")));
  EXPECT_TRUE(std::filesystem::exists(folder_.file("tmp/kirchhoff-report-a1B2c3d")));
  EXPECT_TRUE(std::filesystem::exists(folder_.file("tmp/other/0.json")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.file("tmp")), {}), 2);
}

TEST_F(ReportCommand, RefusesWhatIsNoComparison) {
  std::filesystem::create_directory(folder_.file("empty"));
  std::filesystem::remove(folder_.file("c/runs.csv"));
  const std::pair<std::vector<std::string>, std::string> refusals[] = {
      {{"report"}, "report: needs at least one DIR"},
      {{"report", "empty"}, "empty: holds neither a comparison nor a search"},
      {{"report", "none"}, "none: holds neither a comparison nor a search"},
      {{"report", "c"}, "c: has no runs.csv yet"},
      {{"report", "--frobnicate", "c"}, "--frobnicate: unknown option"}};
  for (const auto& [arguments, message] : refusals) {
    const Outcome outcome = run_program(arguments, folder_.path());
    EXPECT_EQ(outcome.exit_code, 2) << message;
    EXPECT_NE(outcome.error.find("kirchhoff: error: " + message), std::string::npos)
        << outcome.error;
  }
}

}  // namespace
}  // namespace kirchhoff::cli
