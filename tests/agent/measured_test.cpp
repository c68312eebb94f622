#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "agent/environment.h"
#include "agent/methods/ddpg/options.h"
#include "agent/methods/ppo/options.h"
#include "agent/search/search.h"
#include "agent/search_methods.h"
#include "quant/network/networks.h"
#include "tests/agent/measured_landscape.h"

namespace kirchhoff::agent {
namespace {

struct Found {
  double best_pct = 0.0;
  double after_some_pct = 0.0;  ///< with at most `some` policies measured
  long long measured = 0;
};

Found best_of(const std::string& method, MeasuredLandscape& landscape, double threshold,
              long long some) {
  SearchOptions options;
  options.method = method;
  options.reward.threshold = threshold;
  auto& ppo = options.methods.of<PpoOptions>();
  ppo = PpoOptions::of_preset(search_method_type(method).preset);
  ppo.hidden_size = options.methods.of<DdpgOptions>().hidden_size = 64;
  Environment environment(quant::lenet5(), landscape, landscape, options.reward);
  const auto search = make_search_method(options, environment);
  Found found;
  for (int episode = 0; episode < options.episodes; ++episode) {
    const auto proposal = search->propose();
    if (!proposal) break;
    const Outcome outcome = environment.evaluate(proposal->actions, proposal->probe);
    search->observe(*proposal, outcome);
    found.measured = environment.evaluations().accuracy;
    if (!outcome.feasible) continue;
    found.best_pct = std::max(found.best_pct, outcome.score->accuracy_pct);
    if (found.measured <= some) found.after_some_pct = found.best_pct;
  }
  return found;
}

/// Within the standard error of an accuracy of 99 % on 5,000 images.
constexpr double kSame = 0.05;

class MeasuredTest : public testing::TestWithParam<std::string> {
 protected:
  MeasuredLandscape landscape_;
};

TEST_P(MeasuredTest, NoMethodIsBetterThanTheOptimumOfAllPolicies) {
  for (const double threshold : {0.72, 0.73, 0.74, 0.75}) {
    EXPECT_LE(best_of(GetParam(), landscape_, threshold, 300).best_pct,
              landscape_.optimum_pct(threshold))
        << threshold;
  }
}

INSTANTIATE_TEST_SUITE_P(, MeasuredTest, testing::ValuesIn(search_methods()), [](const auto& name) {
  std::string text = name.param;
  text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
  return text;
});

TEST(MeasuredOptimumTest, TheProgramFindsIt) {
  MeasuredLandscape landscape;
  for (const double threshold : {0.72, 0.73, 0.74, 0.75}) {
    EXPECT_GE(best_of("ilp", landscape, threshold, 300).best_pct,
              landscape.optimum_pct(threshold) - kSame)
        << threshold;
  }
}

TEST(MeasuredOptimumTest, AdaptiveFindsItWithThirtyFiveAccuracies) {
  MeasuredLandscape landscape;
  for (const double threshold : {0.72, 0.73, 0.74, 0.75}) {
    const Found found = best_of("adaptive", landscape, threshold, 35);
    EXPECT_GE(found.after_some_pct, landscape.optimum_pct(threshold) - kSame) << threshold;
    EXPECT_LE(found.measured, 35) << "it ends by itself at " << threshold;
  }
}

TEST(MeasuredOptimumTest, TheMaskedAgentFindsItWithFiftyAccuracies) {
  MeasuredLandscape landscape;
  for (const double threshold : {0.72, 0.73, 0.74, 0.75}) {
    EXPECT_GE(best_of("ppo-masked", landscape, threshold, 50).after_some_pct,
              landscape.optimum_pct(threshold) - kSame)
        << threshold;
  }
}

}  // namespace
}  // namespace kirchhoff::agent
