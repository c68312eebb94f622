#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/methods/ppo/options.h"
#include "agent/methods/ppo_amortised/options.h"
#include "agent/search/search.h"
#include "agent/search_methods.h"
#include "quant/network/networks.h"
#include "tests/agent/chained_landscape.h"

namespace kirchhoff::agent {
namespace {

struct Tried {
  std::vector<Actions> policies;
  std::vector<bool> probes;
  double least = std::numeric_limits<double>::infinity();  ///< within the threshold
  std::vector<double> least_after;                         ///< every policy
};

Tried run(const std::string& method, const quant::Network& network, ChainedLandscape& landscape,
          double threshold, int episodes, int imagined = 32) {
  SearchOptions options;
  options.method = method;
  options.reward.threshold = threshold;
  options.episodes = episodes;
  options.methods.of<PpoOptions>() = PpoOptions::of_preset(search_method_type(method).preset);
  options.methods.of<AmortisedOptions>().episodes = imagined;
  options.methods.of<AmortisedOptions>().hidden_size = 16;
  Environment environment(network, landscape, landscape, options.reward);
  const auto search = make_search_method(options, environment);
  Tried tried;
  for (int episode = 0; episode < episodes; ++episode) {
    const auto proposal = search->propose();
    if (!proposal) break;
    const Outcome outcome = environment.evaluate(proposal->actions, proposal->probe);
    search->observe(*proposal, outcome);
    if (outcome.feasible) tried.least = std::min(tried.least, outcome.score->divergence);
    if (method == "ppo-amortised") {
      EXPECT_TRUE(outcome.feasible || proposal->probe);
    }
    tried.policies.push_back(proposal->actions);
    tried.probes.push_back(proposal->probe);
    tried.least_after.push_back(tried.least);
  }
  return tried;
}

class ChainTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  const quant::Network network_ = quant::find_network("resnet20");
};

TEST_P(ChainTest, ComesNearTheOptimumOfSlotsThatInteractBehindCliffs) {
  for (const double coupling : {0.0, 1.0}) {
    ChainedLandscape landscape(network_, GetParam(), coupling);
    const double optimum = landscape.optimum(0.5);
    const Tried tried = run("ppo-amortised", network_, landscape, 0.5, 200);
    EXPECT_GE(tried.least, optimum - 1e-9);
    EXPECT_LE(tried.least, 1.1 * optimum) << coupling;
    EXPECT_LE(tried.least_after.at(99), 1.3 * optimum) << coupling;
  }
}

TEST_P(ChainTest, IsFarAheadOfTheAgentThatMeasuresEveryEpisode) {
  ChainedLandscape landscape(network_, GetParam(), 1.0);
  const double least = run("ppo-amortised", network_, landscape, 0.5, 80).least;
  EXPECT_LT(least, 0.65 * run("ppo-masked", network_, landscape, 0.5, 160).least);
}

TEST_P(ChainTest, MeasuresNoPolicyTwice) {
  ChainedLandscape landscape(network_, GetParam(), 1.0);
  const Tried tried = run("ppo-amortised", network_, landscape, 0.5, 120);
  EXPECT_EQ(std::set<Actions>(tried.policies.begin(), tried.policies.end()).size(),
            tried.policies.size());
  EXPECT_EQ(std::count(tried.probes.begin(), tried.probes.end(), true), 38);
  EXPECT_TRUE(std::isfinite(tried.least_after.front())) << "something within th from the start";
}

INSTANTIATE_TEST_SUITE_P(, ChainTest, testing::Values(1u, 2u, 3u));

}  // namespace
}  // namespace kirchhoff::agent
