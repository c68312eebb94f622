#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/methods/ddpg/options.h"
#include "agent/methods/ppo/options.h"
#include "agent/search/search.h"
#include "base/error.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

/// A numeric option, and how to set it.
struct Option {
  std::string key;
  std::vector<double> ends;
  std::function<void(SearchOptions&, double)> set;
};

/// Calls see(key, min, max) for every numeric option of a group, and sets the one named `key`.
class Numbers final : public OptionVisitor {
 public:
  explicit Numbers(std::function<void(const std::string&, double, double)> see,
                   std::string key = "", double value = 0.0)
      : see_(std::move(see)), key_(std::move(key)), value_(value) {}
  void integer(const char* key, int& field, int min, int max, const char*) override {
    visit(key, field, min, max);
  }
  void number(const char* key, double& field, double min, double max, const char*) override {
    visit(key, field, min, max);
  }
  void choice(const char*, std::string&, const std::vector<std::string>&, const char*) override {}

 private:
  template <class Field>
  void visit(const char* key, Field& field, Field min, Field max) {
    if (see_) see_(key, static_cast<double>(min), static_cast<double>(max));
    if (key == key_) field = static_cast<Field>(value_);
  }
  std::function<void(const std::string&, double, double)> see_;
  const std::string key_;
  const double value_;
};

/// Every numeric option of every method, and of the reward.
std::vector<Option> all_options() {
  std::vector<Option> options;
  Numbers see([&](const std::string& key, double min, double max) {
    options.push_back({key, {min, max}, [key](SearchOptions& target, double value) {
                         Numbers set(nullptr, key, value);
                         for (const auto& group : target.methods.groups()) group->visit(set);
                       }});
  });
  SearchOptions any;
  for (const auto& group : any.methods.groups()) group->visit(see);
  visit_reward_options(any.reward, [&](const char* name, auto&, auto min, auto max, const char*) {
    const std::string key = name;
    options.push_back({key,
                       {static_cast<double>(min), static_cast<double>(max)},
                       [key](SearchOptions& target, double value) {
                         visit_reward_options(target.reward, [&](const char* other, auto& field,
                                                                 auto, auto, const char*) {
                           if (key == other) field = value;
                         });
                       }});
  });
  return options;
}

SearchOptions small(const std::string& method) {
  SearchOptions options;
  options.method = method;
  options.episodes = 8;
  options.reward.threshold = 0.75;
  options.methods.of<PpoOptions>() = PpoOptions::of_preset(search_method_type(method).preset);
  options.methods.of<PpoOptions>().hidden_size = options.methods.of<DdpgOptions>().hidden_size = 8;
  options.methods.of<PpoOptions>().episodes_per_update = 4;
  options.methods.of<PpoOptions>().policy_iterations =
      options.methods.of<PpoOptions>().value_iterations = 2;
  options.methods.of<DdpgOptions>().warmup_episodes = 2;
  options.methods.of<DdpgOptions>().batch_size = 8;
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
    if (!reads_setting(GetParam(), option.key)) continue;
    SCOPED_TRACE(option.key);
    for (const double end : option.ends) {
      SCOPED_TRACE(end);
      SearchOptions options = small(GetParam());
      // Few updates of what is large, but enough to probe every slot.
      if (end > 1000.0) options.episodes = 8;
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
