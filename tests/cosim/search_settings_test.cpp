#include "cosim/search_settings.h"

#include <string>

#include <gtest/gtest.h>

#include "agent/search_methods.h"
#include "base/error.h"

namespace kirchhoff::cosim {
namespace {

std::string refusal(const std::map<std::string, std::string>& values) {
  agent::SearchOptions search;
  try {
    set_search_options(search, values);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// What config.json of a run tells, another search can be told.
TEST(SearchSettings, AreReadBackAsTheyStandInARunsConfig) {
  for (const std::string& method : agent::search_methods()) {
    agent::SearchOptions search;
    search.method = method;
    set_search_options(search, {{"episodes", "77"},
                                {"limit", "energy"},
                                {"reward.scale", "0.25"},
                                {"final.candidates", "3"},
                                {"simulator_calls", "900"}});
    agent::RunConfig config = search.config();
    EXPECT_EQ(config.at("episodes"), "77");
    for (const char* const key : {"method", "th", "seed"}) config.erase(key);
    agent::SearchOptions again;
    again.method = method;
    set_search_options(again, config);
    EXPECT_EQ(again.config(), search.config()) << method;
  }
}

TEST(SearchSettings, OfAMethodsPresetFillInWhatIsNotSaid) {
  agent::SearchOptions plain, said;
  plain.method = said.method = "ppo-masked";
  set_search_options(plain, {});
  set_search_options(said, {{"ppo.discount", "0.5"}});
  auto expected = plain.config();
  EXPECT_NE(expected.at("ppo.discount"), "0.5");
  expected["ppo.discount"] = "0.5";
  EXPECT_EQ(said.config(), expected);
}

TEST(SearchSettings, ThatAreWrongNameKeyValueAndRange) {
  EXPECT_EQ(refusal({{"episodes", "0"}}), "episodes = 0: must be an integer in [1, 10000000]");
  EXPECT_EQ(refusal({{"episodes", "3x"}}), "episodes = 3x: must be an integer in [1, 10000000]");
  EXPECT_EQ(refusal({{"ppo.discount", "nan"}}), "ppo.discount = nan: must be a number in [0, 1]");
  EXPECT_EQ(refusal({{"limit", "speed"}}),
            "limit = speed: must be one of cost, latency, energy, size");
  EXPECT_EQ(refusal({{"ppo.discont", "1"}}),
            "ppo.discont: no such option of a search (did you mean ppo.discount?)");
  EXPECT_EQ(refusal({}), "");
}

TEST(SearchSettings, WeighTheCostAsTheLimitSays) {
  const auto none = [](const std::string&) { return false; };
  SearchSettings settings;
  EXPECT_TRUE(cost_weights_of(settings, none).empty());
  settings.search.limit = "energy";
  const std::vector<std::pair<std::string, std::string>> energy = {
      {"cost.alpha", "0"}, {"cost.beta", "1"}, {"cost.gamma", "0"}};
  EXPECT_EQ(cost_weights_of(settings, none), energy);
  EXPECT_THROW(cost_weights_of(settings, [](const std::string& key) { return key == "cost.beta"; }),
               InputError);
  settings.search.limit = "cost";
  settings.workload.quantization.weights = quant::WeightQuantizer::kKmeans;
  EXPECT_THROW(cost_weights_of(settings, none), InputError);
}

}  // namespace
}  // namespace kirchhoff::cosim
