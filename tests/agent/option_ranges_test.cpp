#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/search.h"
#include "tests/agent/landscape.h"
#include "traces/error.h"

namespace kirchhoff::agent {
namespace {

/// A numeric option, and how to set it.
struct Option {
  std::string key;
  std::vector<double> ends;
  std::function<void(SearchOptions&, double)> set;
};

/// Every numeric option of every method, and of the reward.
std::vector<Option> all_options() {
  std::vector<Option> options;
  // The visitors hand out fields of one object; the same visit of another one sets them there.
  const auto add = [&](const auto& visit_options) {
    SearchOptions any;
    visit_options(any, [&](const char* name, auto&, auto min, auto max, const char*) {
      const std::string key = name;
      options.push_back(
          {key,
           {static_cast<double>(min), static_cast<double>(max)},
           [key, visit_options](SearchOptions& target, double value) {
             visit_options(target, [&](const char* other, auto& field, auto, auto, const char*) {
               if (key == other) field = static_cast<std::decay_t<decltype(field)>>(value);
             });
           }});
    });
  };
  add([](SearchOptions& o, const auto& visit) { visit_ppo_options(o.ppo, visit); });
  add([](SearchOptions& o, const auto& visit) { visit_ddpg_options(o.ddpg, visit); });
  add([](SearchOptions& o, const auto& visit) { visit_plan_options(o.plan, visit); });
  add([](SearchOptions& o, const auto& visit) { visit_reward_options(o.reward, visit); });
  return options;
}

bool reads(const std::string& method, const std::string& key) {
  if (key.rfind("ppo.", 0) == 0) return method == "ppo" || method == "ppo-tuned";
  if (key.rfind("reward.", 0) == 0) return true;
  return key.rfind(method + ".", 0) == 0;
}

SearchOptions small(const std::string& method) {
  SearchOptions options;
  options.method = method;
  options.episodes = 8;
  options.reward.threshold = 0.75;
  if (method == "ppo-tuned") options.ppo = PpoOptions::tuned();
  options.ppo.hidden_size = options.ddpg.hidden_size = 8;
  options.ppo.episodes_per_update = 4;
  options.ppo.policy_iterations = options.ppo.value_iterations = 2;
  options.ddpg.warmup_episodes = 2;
  options.ddpg.batch_size = 8;
  return options;
}

/// Proposes and learns; only a method that says that it has diverged may end early.
void run(const SearchOptions& options) {
  AdditiveCost costs;
  SeparableAccuracy accuracies;
  Environment environment(quant::lenet5(), costs, accuracies, options.reward);
  try {
    const auto method = make_search_method(options, environment);
    for (int episode = 0; episode < options.episodes; ++episode) {
      const auto proposal = method->propose();
      if (!proposal) return;
      const Outcome outcome = environment.evaluate(proposal->actions, proposal->probe);
      ASSERT_TRUE(std::isfinite(outcome.reward));
      const std::string row = method->observe(*proposal, outcome);
      ASSERT_EQ(row.find("nan"), std::string::npos) << row;
      ASSERT_EQ(row.find("inf"), std::string::npos) << row;
    }
  } catch (const RunError& error) {
    ASSERT_NE(std::string(error.what()).find("diverged"), std::string::npos) << error.what();
  }
}

class OptionRangesTest : public testing::TestWithParam<std::string> {};

TEST_P(OptionRangesTest, EveryOptionWorksAtBothEndsOfItsRangeAndNotBeyond) {
  for (const Option& option : all_options()) {
    if (!reads(GetParam(), option.key)) continue;
    SCOPED_TRACE(option.key);
    for (const double end : option.ends) {
      SCOPED_TRACE(end);
      SearchOptions options = small(GetParam());
      // Few updates of what is large.
      if (end > 1000.0) options.episodes = 4;
      option.set(options, end);
      run(options);
      const double beyond = end == option.ends.front() ? end - std::max(1.0, std::abs(end))
                                                       : end + std::max(1.0, std::abs(end));
      option.set(options, beyond);
      EXPECT_THROW(options.validate(), InputError);
    }
  }
}

TEST_P(OptionRangesTest, ThresholdsHaveARange) {
  for (const double threshold :
       {0.0, -1.0, 1e-300, 1e40, std::nan(""), std::numeric_limits<double>::infinity()}) {
    SearchOptions options = small(GetParam());
    options.reward.threshold = threshold;
    EXPECT_THROW(options.validate(), InputError) << threshold;
  }
}

INSTANTIATE_TEST_SUITE_P(, OptionRangesTest, testing::ValuesIn(search_methods()),
                         [](const auto& name) {
                           std::string text = name.param;
                           text.erase(std::remove(text.begin(), text.end(), '-'), text.end());
                           return text;
                         });

/// Rewards that no option allows.
class DivergenceTest : public testing::TestWithParam<std::string> {};

TEST_P(DivergenceTest, AnAgentThatIsNoNumberIsAFailureThatSaysSo) {
  AdditiveCost costs;
  SeparableAccuracy accuracies;
  SearchOptions options = small(GetParam());
  options.episodes = 40;
  Environment environment(quant::lenet5(), costs, accuracies, options.reward);
  const auto method = make_search_method(options, environment);
  try {
    for (int episode = 0; episode < options.episodes; ++episode) {
      const auto proposal = method->propose();
      Outcome outcome = environment.evaluate(proposal->actions);
      outcome.reward = 1e60 * (episode % 3);
      method->observe(*proposal, outcome);
    }
    ADD_FAILURE() << "goes on";
  } catch (const RunError& error) {
    EXPECT_EQ(std::string(error.what()).rfind("the agent has diverged: ", 0), 0u) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(, DivergenceTest, testing::Values("ppo", "ddpg"),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace kirchhoff::agent
