#include "agent/search/search.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <unistd.h>

#include "agent/methods/ppo/options.h"
#include "base/error.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

class SearchTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) /
            ("kirchhoff_search_" + std::string(info->name()) + "_" + std::to_string(::getpid()));
    fs::create_directories(root_);
    options_.episodes = 10;
    options_.reward.threshold = 0.75;
    options_.methods.of<PpoOptions>().episodes_per_update = 3;
    options_.methods.of<PpoOptions>().hidden_size = 16;
    options_.methods.of<PpoOptions>().policy_iterations =
        options_.methods.of<PpoOptions>().value_iterations = 4;
  }
  void TearDown() override { fs::remove_all(root_); }

  /// One session that stops before episode `until` + 1.
  std::optional<Summary> run(const std::string& name, bool resume, std::int64_t until = 1000) {
    AdditiveCost costs;
    SeparableAccuracy accuracies;
    Search search(quant::lenet5(), costs, accuracies, accuracies, options_, folder(name), settings_,
                  resume);
    std::int64_t done = 0;
    SearchCallbacks callbacks;
    callbacks.progress = [&](const SearchProgress& progress) { done = progress.episode; };
    callbacks.stop = [&] { return done >= until; };
    callbacks.test = [](const quant::Policy& answer, const quant::Policy& best) {
      return TestAccuracy{answer.mean_weight_bits(), best.mean_weight_bits(), 89.5, 90.5, 200};
    };
    return search.run(callbacks);
  }

  std::string folder(const std::string& name) const { return (root_ / name).string(); }
  fs::path file(const std::string& run, const std::string& name) const {
    return root_ / run / name;
  }

  void expect_same_outcome(const std::string& one, const std::string& other) {
    for (const char* name :
         {"config.json", "episodes.csv", "updates.csv", "best_policy.json", "summary.json"}) {
      EXPECT_FALSE(contents(file(one, name)).empty()) << name;
      EXPECT_EQ(contents(file(one, name)), contents(file(other, name))) << name;
    }
  }

  template <typename Action>
  std::string input_error(const Action& action) {
    try {
      action();
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }

  fs::path root_;
  SearchOptions options_;
  RunConfig settings_ = {{"network", "lenet5"}, {"adc.bits", "8"}};
};

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(SearchTest, ThresholdsAreRefusedBelowTheTrueFloorOnly) {
  SeparableAccuracy accuracies;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    RandomCost costs(seed, 5, true);
    const double least = costs.least();
    const auto summary_at = [&](double threshold, const std::string& name) {
      options_.method = "random-wall";
      options_.reward.threshold = threshold;
      Search search(quant::lenet5(), costs, accuracies, accuracies, options_, folder(name), {},
                    false);
      return *search.run({});
    };
    const std::string name = std::to_string(seed);
    EXPECT_HAS(input_error([&] { summary_at(least * (1.0 - 1e-9), name + "below"); }),
               "the cheapest policy that the search may choose");
    const Summary summary = summary_at(least * (1.0 + 1e-9), name + "above");
    EXPECT_NEAR(summary.floor_cost, least, 1e-12);
    ASSERT_TRUE(summary.final);
    EXPECT_LE(summary.final->cost.cost, least * (1.0 + 1e-9));
  }
}

TEST_F(SearchTest, ASimulatorIsLookedAtBeforeAThresholdIsRefused) {
  SeparableAccuracy accuracies;
  int lower = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    RandomCost costs(seed, 5, false);
    const PolicySpace space(quant::lenet5());
    const double two_bits = costs.cost(space.policy(Actions(6, 0))).cost;
    // The least that changes of single slots lead to: with a limit that nothing meets.
    RewardOptions hopeless;
    hopeless.threshold = kLeastThreshold;
    Environment environment(space.network(), costs, accuracies, hopeless);
    const double floor = environment.cost(space.policy(environment.floor())).cost;
    EXPECT_LE(floor, two_bits);
    if (floor >= 0.99 * two_bits) continue;
    ++lower;
    options_.method = "random-wall";
    options_.reward.threshold = 0.5 * (floor + two_bits);
    Search search(quant::lenet5(), costs, accuracies, accuracies, options_,
                  folder(std::to_string(seed)), {}, false);
    const Summary summary = *search.run({});
    EXPECT_EQ(summary.feasible_episodes, summary.episodes);
    EXPECT_LT(summary.floor_cost, two_bits);
  }
  EXPECT_GT(lower, 5);
}

TEST_F(SearchTest, ResumeAtEveryEpisodeEqualsAnUninterruptedRun) {
  ASSERT_TRUE(run("whole", false));
  for (int stop = 0; stop < options_.episodes; ++stop) {
    SCOPED_TRACE("stopped after " + std::to_string(stop));
    const std::string name = "stopped" + std::to_string(stop);
    EXPECT_FALSE(run(name, false, stop));
    EXPECT_FALSE(fs::exists(file(name, "summary.json")));
    EXPECT_TRUE(run(name, true));
    expect_same_outcome("whole", name);
  }
  run("steps", false, 0);
  for (int stop = 1; stop < options_.episodes; ++stop) run("steps", true, stop);
  run("steps", true);
  expect_same_outcome("whole", "steps");
}

TEST_F(SearchTest, WhatAKilledRunWroteAfterItsCheckpointIsCutOff) {
  run("whole", false);
  for (int stop = 0; stop < options_.episodes; ++stop) {
    SCOPED_TRACE("killed after the checkpoint of episode " + std::to_string(stop));
    const std::string name = "killed" + std::to_string(stop);
    run(name, false, stop);
    const std::string checkpoint = contents(file(name, "checkpoint"));
    run(name, true, stop + 1);
    fs::remove(file(name, "summary.json"));
    // As if killed in the middle of the row after that one and of replacing the checkpoint.
    write(file(name, "episodes.csv"), contents(file(name, "episodes.csv")) + "11,\"8/8,");
    write(file(name, "checkpoint"), checkpoint);
    write(file(name, "checkpoint.kirchhoff-a1B2c3"), checkpoint.substr(0, 100));
    run(name, true);
    expect_same_outcome("whole", name);
    EXPECT_FALSE(fs::exists(file(name, "checkpoint.kirchhoff-a1B2c3")));
  }
}

TEST_F(SearchTest, ASummaryThatIsNotTheRunsOwnIsRefused) {
  run("run", false);
  const fs::path path = file("run", "summary.json");
  const std::string summary = contents(path);
  const std::pair<const char*, const char*> changes[] = {
      {R"("seed": 1,)", R"("seed": 2,)"},
      {R"("th": 0.75,)", R"("th": 0.8,)"},
      {R"("method": "ppo")", R"("method": "ddpg")"},
      {R"("episodes": 10,)", R"("episodes": 11,)"},
      {R"("accuracy_evaluations": )", R"("accuracy_evaluations": -1)"},
      {R"("floor_cost_ratio": )", R"("floor_cost_ratio": -)"},
      {R"("accuracy_pct": )", R"("accuracy_pct": 9)"},
      {R"("float": 9)", R"("float": 99)"}};
  EXPECT_TRUE(run("run", true));
  for (const auto& [before, after] : changes) {
    std::string changed = summary;
    const std::size_t at = changed.find(before);
    ASSERT_NE(at, std::string::npos) << before;
    write(path, changed.replace(at, std::string(before).size(), after));
    try {
      run("run", true);
      ADD_FAILURE() << after;
    } catch (const InputError& error) {
      EXPECT_EQ(std::string(error.what()).find(path.string() + ": "), 0u) << error.what();
    }
  }
}

TEST_F(SearchTest, RunKilledBeforeItsFirstCheckpointStartsAgain) {
  run("whole", false);
  fs::create_directories(root_ / "early");
  write(file("early", "config.json.kirchhoff-a1B2c3"), "{");
  run("early", true);
  expect_same_outcome("whole", "early");

  run("header", false, 0);
  fs::remove(file("header", "checkpoint"));
  write(file("header", "episodes.csv"), "episode,pol");
  run("header", true);
  expect_same_outcome("whole", "header");
}

TEST_F(SearchTest, SameSeedGivesTheSameBytesAndAnotherSeedDoesNot) {
  options_.method = "random";
  run("one", false);
  run("two", false);
  options_.seed = 2;
  run("three", false);
  EXPECT_EQ(contents(file("one", "episodes.csv")), contents(file("two", "episodes.csv")));
  EXPECT_NE(contents(file("one", "episodes.csv")), contents(file("three", "episodes.csv")));
  EXPECT_FALSE(fs::exists(file("one", "updates.csv")));
}

TEST_F(SearchTest, FinishedRunGivesItsSummaryAgain) {
  const auto first = run("run", false);
  const std::string before = contents(file("run", "summary.json"));
  const auto again = run("run", true);
  ASSERT_TRUE(first && again && first->best && again->best && again->test);
  EXPECT_EQ(summary_json(*again), summary_json(*first));
  EXPECT_EQ(contents(file("run", "summary.json")), before);
}

TEST_F(SearchTest, BestPolicyIsTheMostAccurateFeasibleOneEverEvaluated) {
  options_.method = "random";
  options_.episodes = 60;
  const auto summary = run("run", false);
  ASSERT_TRUE(summary && summary->best);
  std::ifstream rows(file("run", "episodes.csv"));
  std::string line;
  std::getline(rows, line);
  AdditiveCost costs;
  SeparableAccuracy accuracies;
  double best = 0.0;
  while (std::getline(rows, line)) {
    const std::string text = line.substr(line.find('"') + 1, line.rfind('"') - line.find('"') - 1);
    const quant::Policy policy = quant::parse_policy(text, quant::lenet5());
    if (costs.cost(policy).cost <= 0.75)
      best = std::max(best, accuracies.score(policy).accuracy_pct);
  }
  EXPECT_EQ(summary->best->score.accuracy_pct, best);
  EXPECT_EQ(quant::parse_policy(file("run", "best_policy.json").string(), quant::lenet5()),
            summary->answer());
}

TEST_F(SearchTest, EqualAccuraciesAreDecidedByCostThenByAge) {
  struct Flat final : AccuracyModel {
    Score score(const quant::Policy&) override { return {50.0, 0.0}; }
  } flat;
  AdditiveCost costs;
  options_.method = "random";
  options_.episodes = 40;
  Search search(quant::lenet5(), costs, flat, flat, options_, folder("run"), {}, false);
  double lowest = 10.0;
  SearchCallbacks callbacks;
  callbacks.progress = [&](const SearchProgress& progress) {
    if (progress.best) lowest = std::min(lowest, progress.best->cost.cost);
  };
  const auto summary = search.run(callbacks);
  ASSERT_TRUE(summary && summary->best);
  EXPECT_EQ(summary->best->cost.cost, lowest);
}

TEST_F(SearchTest, ThresholdBelowTheReachableFloorIsRefusedWithTheFloor) {
  // (8+8+2+2+2)/40 = 0.55 for latency and power, (64+64+4+4+4)/320 = 0.4375 for energy: 0.5125.
  options_.reward.threshold = 0.5;
  const std::string error = input_error([&] { run("run", false); });
  EXPECT_HAS(error, "th = 0.5");
  EXPECT_HAS(error, "0.513");
  EXPECT_HAS(error, "8/8,2/2,2/2,2/2,8/8");
  EXPECT_FALSE(fs::exists(root_ / "run")) << "nothing is left behind";
  options_.reward.threshold = 0.513;
  EXPECT_TRUE(run("run", false));
}

TEST_F(SearchTest, OptionsOutOfRangeAreRefusedByName) {
  options_.method = "magic";
  EXPECT_HAS(input_error([&] { options_.validate(); }),
             "magic: must be one of ppo, ppo-masked, ppo-amortised, ppo-tuned");
  options_ = {};
  options_.episodes = 0;
  EXPECT_HAS(input_error([&] { options_.validate(); }), "episodes = 0");
  options_ = {};
  options_.methods.of<PpoOptions>().discount = 1.5;
  EXPECT_HAS(input_error([&] { options_.validate(); }), "ppo.discount = 1.5: must be in [0, 1]");
}

TEST_F(SearchTest, FolderInUseIsRefused) {
  run("run", false, 2);
  EXPECT_HAS(input_error([&] { run("run", false); }), "already holds a run");
  fs::create_directories(root_ / "other");
  write(file("other", "notes.txt"), "mine");
  EXPECT_HAS(input_error([&] { run("other", false); }), "already holds notes.txt");
  EXPECT_HAS(input_error([&] { run("other", true); }), "config.json is missing");
  EXPECT_HAS(input_error([&] { run("missing", true); }), "no such run to resume");

  AdditiveCost costs;
  SeparableAccuracy accuracies;
  const Search running(quant::lenet5(), costs, accuracies, accuracies, options_, folder("run"),
                       settings_, true);
  EXPECT_HAS(input_error([&] { run("run", true); }), "another search is running");
}

TEST_F(SearchTest, ResumeWithOtherSettingsNamesTheKeyAndBothValues) {
  run("run", false, 2);
  settings_["adc.bits"] = "6";
  EXPECT_HAS(input_error([&] { run("run", true); }), "adc.bits = 6: the run to resume has 8");
  settings_["adc.bits"] = "8";
  options_.methods.of<PpoOptions>().clip_ratio = 0.3;
  EXPECT_HAS(input_error([&] { run("run", true); }),
             "ppo.clip_ratio = 0.3: the run to resume has 0.2");
  options_.methods.of<PpoOptions>().clip_ratio = 0.2;
  settings_.erase("network");
  EXPECT_HAS(input_error([&] { run("run", true); }),
             "network = nothing: the run to resume has lenet5");
}

TEST_F(SearchTest, BrokenFilesOfARunAreInputErrorsThatNameThem) {
  run("run", false, 5);
  const auto error_with = [&](const std::string& name, const std::string& broken) {
    const std::string before = contents(file("run", name));
    write(file("run", name), broken);
    const std::string error = input_error([&] { run("run", true); });
    EXPECT_HAS(error, file("run", name).string());
    EXPECT_EQ(contents(file("run", name)), broken) << "a refused run is left as it was";
    write(file("run", name), before);
    return error;
  };
  const std::string checkpoint = contents(file("run", "checkpoint"));
  EXPECT_HAS(error_with("checkpoint", ""), "not a search checkpoint");
  EXPECT_HAS(error_with("checkpoint", checkpoint.substr(0, checkpoint.size() - 1)),
             "holds an impossible length");
  EXPECT_HAS(error_with("checkpoint", checkpoint + "x"), "changed");
  std::string flipped = checkpoint;
  flipped[checkpoint.size() / 2] = static_cast<char>(flipped[checkpoint.size() / 2] ^ 1);
  EXPECT_HAS(error_with("checkpoint", flipped), "changed");

  const std::string episodes = contents(file("run", "episodes.csv"));
  EXPECT_HAS(error_with("episodes.csv", episodes.substr(0, episodes.size() / 2)), "needs at least");
  std::string edited = episodes;
  edited[episodes.size() / 2] = '!';
  EXPECT_HAS(error_with("episodes.csv", edited), "are not those");
  EXPECT_HAS(error_with("updates.csv", "update\n"), "needs at least");
  EXPECT_HAS(error_with("config.json", "{"), "not valid JSON");

  fs::rename(file("run", "checkpoint"), file("run", "elsewhere"));
  EXPECT_HAS(input_error([&] { run("run", true); }), "missing, although the run has episodes");
  fs::rename(file("run", "elsewhere"), file("run", "checkpoint"));
  ASSERT_TRUE(run("run", true)) << "all restored";
  write(file("run", "summary.json"), "{}");
  EXPECT_HAS(input_error([&] { run("run", true); }), "key \"network\" is missing");
}

/// The search sees a flattering score, the final stage the true one.
struct Flattering final : AccuracyModel {
  Score score(const quant::Policy& policy) override {
    const Score honest = truth.score(policy);
    // More flattered the more the first free layer's weights are cut.
    return {honest.accuracy_pct + 3.0 * (8 - policy.layers[quant::LayerId{1}].weight),
            honest.divergence};
  }
  SeparableAccuracy truth;
};

TEST_F(SearchTest, FinalStageMeasuresTheBestAgainAndSpendsTheSlack) {
  AdditiveCost costs;
  Flattering flattering;
  SeparableAccuracy truth;
  options_.method = "random";
  options_.episodes = 60;
  options_.reward.threshold = 0.9;
  const auto search = [&](const std::string& name, int candidates, int slack) {
    options_.final = {candidates, slack};
    return Search(quant::lenet5(), costs, flattering, truth, options_, folder(name), {}, false)
        .run({});
  };
  const auto without = search("without", 0, 24);
  ASSERT_TRUE(without && without->best && !without->final);
  EXPECT_EQ(without->whole_evaluations, 0);
  const double alone = truth.score(without->answer()).accuracy_pct;

  const auto again = search("again", 10, 0);
  ASSERT_TRUE(again && again->final);
  EXPECT_EQ(again->best->policy, without->best->policy) << "the search itself is the same";
  EXPECT_EQ(again->final->score.accuracy_pct, truth.score(again->answer()).accuracy_pct);
  EXPECT_GT(again->final->score.accuracy_pct, alone);
  EXPECT_EQ(again->final->added_bits, 0);
  EXPECT_EQ(again->whole_evaluations, 11) << "ten candidates and the reference";

  const auto spent = search("spent", 10, 100);
  ASSERT_TRUE(spent && spent->final);
  EXPECT_GT(spent->final->score.accuracy_pct, again->final->score.accuracy_pct);
  EXPECT_GT(spent->final->added_bits, 0);
  EXPECT_LE(spent->final->cost.cost, options_.reward.threshold);
  // No single bit more is possible: accuracy grows with every bit here, so none may fit.
  for (const quant::LayerId l : IdRange(quant::LayerId{1}, quant::LayerId{4})) {
    for (int quant::LayerBits::*bits : {&quant::LayerBits::weight, &quant::LayerBits::activation}) {
      quant::Policy more = spent->answer();
      if (more.layers[l].*bits == 8) continue;
      ++(more.layers[l].*bits);
      EXPECT_GT(costs.cost(more).cost, options_.reward.threshold);
    }
  }
}

TEST_F(SearchTest, FinalStageTellsHowFarItIs) {
  options_.method = "random";
  options_.final = {4, 6};
  std::vector<int> told;
  SearchCallbacks callbacks;
  callbacks.final_stage = [&](int measured, int most) {
    EXPECT_EQ(most, 4 + 6 + 1) << "candidates, policies with a bit more, the reference";
    told.push_back(measured);
  };
  AdditiveCost costs;
  SeparableAccuracy truth;
  ASSERT_TRUE(Search(quant::lenet5(), costs, truth, truth, options_, folder("run"), {}, false)
                  .run(callbacks));
  ASSERT_GE(told.size(), 6u);
  for (std::size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], static_cast<int>(i));
  EXPECT_LE(told.back(), 11);
}

TEST_F(SearchTest, FinalStageThatIsStoppedGoesOnToTheSameEnd) {
  AdditiveCost costs;
  Flattering flattering;
  SeparableAccuracy truth;
  options_.method = "random";
  options_.final.slack_policies = 100;
  const auto session = [&](const std::string& name, bool resume, int stop_after) {
    Search search(quant::lenet5(), costs, flattering, truth, options_, folder(name), {}, resume);
    SearchCallbacks callbacks;
    callbacks.stop = [&, asked = 0]() mutable { return ++asked > stop_after; };
    return search.run(callbacks);
  };
  ASSERT_TRUE(session("whole", false, 100000));
  ASSERT_FALSE(session("stopped", false, options_.episodes + 3));
  int sessions = 1;
  while (!session("stopped", true, 2 + sessions)) ASSERT_LT(++sessions, 100);
  EXPECT_GT(sessions, 1);
  EXPECT_EQ(contents(file("whole", "summary.json")), contents(file("stopped", "summary.json")));
  EXPECT_EQ(contents(file("whole", "episodes.csv")), contents(file("stopped", "episodes.csv")));
}

TEST_F(SearchTest, BudgetsEndTheSearch) {
  options_.method = "random";
  options_.episodes = 1000;
  options_.accuracy_evaluations = 7;
  const auto accuracies = run("accuracies", false);
  ASSERT_TRUE(accuracies);
  EXPECT_EQ(accuracies->accuracy_evaluations, 7);
  EXPECT_LT(accuracies->episodes, 1000);
  options_.accuracy_evaluations = 0;
  options_.simulator_calls = 12;
  const auto calls = run("calls", false);
  ASSERT_TRUE(calls);
  EXPECT_EQ(calls->simulator_calls, 12);
}

TEST_F(SearchTest, SearchWithoutAnyFeasiblePolicyHasNoBest) {
  options_.reward.threshold = 0.513;
  options_.episodes = 5;
  const auto summary = run("run", false);
  ASSERT_TRUE(summary);
  EXPECT_FALSE(summary->best);
  EXPECT_EQ(summary->feasible_episodes, 0);
  EXPECT_FALSE(fs::exists(file("run", "best_policy.json")));
  const auto again = run("run", true);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->best);
}

}  // namespace
}  // namespace kirchhoff::agent
