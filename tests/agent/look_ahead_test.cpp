// Searches whose accuracy model measures several policies side by side: what it is told, and that
// nothing else changes.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <unistd.h>

#include "agent/methods/ppo/options.h"
#include "agent/search/search.h"
#include "agent/search_methods.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

namespace fs = std::filesystem;

/// Keeps what it is told and what it is asked for.
class Listening final : public AccuracyModel {
 public:
  Score score(const quant::Policy& policy) override {
    asked.insert(policy.to_string());
    return model_.score(policy);
  }
  Score whole_score(const quant::Policy& policy) override { return model_.score(policy); }
  bool measures_several() const override { return true; }
  void expect(const std::vector<quant::Policy>& policies, bool whole) override {
    for (const quant::Policy& policy : policies)
      (whole ? told_whole : told).insert(policy.to_string());
    if (!whole && policies.size() > 1) ++batches;
  }
  std::set<std::string> asked, told, told_whole;
  int batches = 0;

 private:
  SeparableAccuracy model_;
};

class LookAheadTest : public testing::Test {
 protected:
  LookAheadTest() {
    options_.episodes = 37;
    options_.reward.threshold = 0.75;
    auto& ppo = options_.methods.of<PpoOptions>();
    ppo.hidden_size = 16;
    ppo.policy_iterations = ppo.value_iterations = 4;
    // Of what comes after the episodes only the candidates are known beforehand.
    options_.final.slack_policies = 0;
  }
  ~LookAheadTest() override { fs::remove_all(root_); }

  /// The files of a whole search.
  std::map<std::string, std::string> files(const std::string& method, AccuracyModel& accuracies,
                                           std::int64_t stop_at = 1000) {
    SearchOptions options = options_;
    options.method = method;
    for (const auto& group : options.methods.groups())
      group->settle(search_method_type(method).preset,
                    [&](const std::string& key) { return given_.count(key) > 0; });
    const fs::path folder = root_ / method;
    AdditiveCost costs;
    for (const bool resume : {false, true}) {
      Search search(quant::lenet5(), costs, accuracies, accuracies, options, folder.string(), {},
                    resume);
      std::int64_t done = 0;
      SearchCallbacks callbacks;
      callbacks.progress = [&](const SearchProgress& progress) { done = progress.episode; };
      callbacks.stop = [&] { return !resume && done >= stop_at; };
      if (search.run(callbacks)) break;
    }
    std::map<std::string, std::string> files;
    for (const char* name : {"episodes.csv", "updates.csv", "summary.json"}) {
      std::ifstream file(folder / name, std::ios::binary);
      files[name] = {std::istreambuf_iterator<char>(file), {}};
    }
    fs::remove_all(folder);
    return files;
  }

  const std::set<std::string> given_ = {"ppo.hidden_size", "ppo.policy_iterations",
                                        "ppo.value_iterations"};
  SearchOptions options_;
  const fs::path root_ =
      fs::path(testing::TempDir()) / ("kirchhoff_look_ahead_" + std::to_string(::getpid()));
};

TEST_F(LookAheadTest, ChangesNothingForAnyMethodAlsoWhenItIsTakenUpAgain) {
  for (const SearchMethodType& type : search_method_types()) {
    SCOPED_TRACE(type.name);
    SeparableAccuracy alone;
    const auto expected = files(type.name, alone);
    EXPECT_FALSE(expected.at("episodes.csv").empty());
    for (const std::int64_t stop_at : {1000, 13}) {
      Listening several;
      EXPECT_EQ(files(type.name, several, stop_at), expected);
    }
  }
}

TEST_F(LookAheadTest, WhatDependsOnNoOutcomeIsToldInTimeAndAskedForLater) {
  for (const char* method :
       {"random", "random-wall", "random-band", "nsga2", "ppo", "ppo-masked"}) {
    SCOPED_TRACE(method);
    Listening several;
    files(method, several);
    EXPECT_GE(several.batches, 1);
    EXPECT_LE(several.batches, 12);
    // W8A8 is asked for before anything else.
    several.told.insert(quant::Policy::uniform(quant::lenet5(), 8, 8).to_string());
    for (const std::string& policy : several.asked) EXPECT_EQ(several.told.count(policy), 1u);
    for (const std::string& policy : several.told) EXPECT_EQ(several.asked.count(policy), 1u);
  }
}

TEST_F(LookAheadTest, ProbesAreToldTogetherAndSoAreTheLastCandidates) {
  for (const char* method : {"ilp", "greedy", "adaptive", "ppo-masked"}) {
    SCOPED_TRACE(method);
    Listening several;
    files(method, several);
    const PolicySpace space(quant::lenet5());
    std::size_t probes = 0;
    for (const std::string& policy : several.told) {
      int changed = 0;
      const quant::Policy told = quant::policy_from_text(policy, space.network());
      for (const int action : space.actions(told)) changed += action < kActions - 1 ? 1 : 0;
      if (changed == 1) ++probes;
    }
    EXPECT_GE(probes, space.slots().size() * 2 - 1);
    EXPECT_GE(several.told_whole.size(), 2u);
  }
}

}  // namespace
}  // namespace kirchhoff::agent
