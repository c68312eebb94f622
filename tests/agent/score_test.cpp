// What --score changes: which policy is the best one, and nothing else.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "agent/search/search.h"
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

/// Accuracies that say the opposite of the divergences.
class OpposedAccuracy final : public AccuracyModel {
 public:
  Score score(const quant::Policy& policy) override {
    const double loss = separable_.score(policy).divergence;
    return {85.0 + loss / 10.0, loss};
  }

 private:
  SeparableAccuracy separable_;
};

class ScoreTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::path(testing::TempDir()) /
            ("kirchhoff_score_" + std::string(info->name()) + "_" + std::to_string(::getpid()));
    fs::create_directories(root_);
    options_.method = "random";
    options_.episodes = 30;
    options_.reward.threshold = 0.9;
    options_.final.slack_policies = 5;
  }
  void TearDown() override { fs::remove_all(root_); }

  std::optional<Summary> run(const std::string& name, bool resume = false,
                             std::int64_t until = 1000) {
    AdditiveCost costs;
    Search search(quant::lenet5(), costs, accuracies_, accuracies_, options_,
                  (root_ / name).string(), {}, resume);
    std::int64_t done = 0;
    SearchCallbacks callbacks;
    callbacks.progress = [&](const SearchProgress& progress) { done = progress.episode; };
    callbacks.stop = [&] { return done >= until; };
    return search.run(callbacks);
  }
  std::string file(const std::string& run, const char* name) const {
    return contents(root_ / run / name);
  }

  fs::path root_;
  SearchOptions options_;
  OpposedAccuracy accuracies_;
};

TEST(Better, TheScoreDecidesThenTheOtherThenTheCost) {
  const Cost cheap{0.5, 0.5, 0.5, 0.5}, dear{0.6, 0.6, 0.6, 0.6};
  const Score accurate{91.0, 0.2}, close{90.0, 0.1};
  EXPECT_TRUE(better(accurate, dear, close, cheap));
  EXPECT_FALSE(better(accurate, cheap, close, dear, RankBy::kDivergence));
  EXPECT_TRUE(better(close, dear, accurate, cheap, RankBy::kDivergence));
  const Score both{91.0, 0.1};
  for (const RankBy by : {RankBy::kAccuracy, RankBy::kDivergence}) {
    EXPECT_TRUE(better(both, dear, accurate, cheap, by));
    EXPECT_TRUE(better(both, dear, close, cheap, by));
    EXPECT_TRUE(better(both, cheap, both, dear, by));
    EXPECT_FALSE(better(both, cheap, both, cheap, by)) << "the earlier one stays";
  }
}

TEST_F(ScoreTest, TheBestEpisodeTheCandidatesAndTheAnswerGoByTheScore) {
  options_.score = "accuracy";
  const auto accurate = run("accuracy");
  options_.score = "divergence";
  const auto close = run("divergence");
  ASSERT_TRUE(accurate && close && close->final);
  EXPECT_LT(close->best->score.divergence, accurate->best->score.divergence);
  EXPECT_LT(close->best->score.accuracy_pct, accurate->best->score.accuracy_pct);
  EXPECT_LE(close->final->score.divergence, close->best->score.divergence);
  EXPECT_GT(close->final->added_bits, 0) << "every bit lowers the divergence here";
  EXPECT_EQ(accurate->final->added_bits, 0);
}

TEST_F(ScoreTest, RewardsAndPoliciesTriedStayWhatTheyAre) {
  for (const char* method : {"random-wall", "ppo", "ddpg"}) {
    options_.method = method;
    std::string rows[2];
    for (int i = 0; i < 2; ++i) {
      options_.score = score_names()[static_cast<std::size_t>(i)];
      const std::string name = method + options_.score;
      run(name);
      std::istringstream lines(file(name, "episodes.csv"));
      for (std::string line; std::getline(lines, line);) {
        // Up to "feasible"; then come the best ones so far.
        std::size_t at = line.find('"', line.find('"') + 1);
        for (int comma = 0; at != std::string::npos && comma < 9; ++comma)
          at = line.find(',', at + 1);
        rows[i] += line.substr(0, at) + "\n";
      }
    }
    EXPECT_EQ(rows[0], rows[1]) << method;
  }
}

TEST_F(ScoreTest, AResumedRunByDivergenceEndsInTheSameBytes) {
  options_.score = "divergence";
  ASSERT_TRUE(run("whole"));
  for (int stop = 0; stop < options_.episodes; stop += 7) {
    const std::string name = "stopped" + std::to_string(stop);
    EXPECT_FALSE(run(name, false, stop));
    EXPECT_TRUE(run(name, true));
    for (const char* one : {"config.json", "episodes.csv", "best_policy.json", "summary.json"}) {
      EXPECT_EQ(file("whole", one), file(name, one)) << one;
    }
  }
}

TEST_F(ScoreTest, IsASettingOfTheRun) {
  EXPECT_EQ(options_.config().at("score"), "accuracy") << "what the method goes by";
  EXPECT_EQ(options_.rank_by(), RankBy::kAccuracy);
  run("run", false, 2);
  options_.score = "divergence";
  try {
    run("run", true);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("score = divergence: the run to resume has accuracy"),
              std::string::npos)
        << error.what();
  }
  options_.score = "cost";
  EXPECT_THROW(options_.validate(), InputError);
}

TEST_F(ScoreTest, PublishedAndEarlierMethodsRankByAccuracy) {
  for (const SearchMethodType& type : search_method_types()) {
    EXPECT_TRUE(type.published == PublishedAgent::kNone || type.rank_by == RankBy::kAccuracy);
  }
  for (const char* name : {"ppo", "ppo-tuned", "ddpg", "random", "greedy", "ilp", "nsga2"}) {
    EXPECT_EQ(usual_score(name), "accuracy") << name;
  }
}

}  // namespace
}  // namespace kirchhoff::agent
