#include "agent/search_methods.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "agent/search/search.h"
#include "base/error.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"
#include "tests/agent/staircase_method.h"

namespace kirchhoff::agent {
namespace {

namespace fs = std::filesystem;

std::string error_of(SearchMethodType type) {
  try {
    add_search_method(std::move(type));
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

class OwnMethodTest : public testing::Test {
 protected:
  void SetUp() override {
    if (search_method_place("staircase") == search_methods().size()) {
      add_search_method(staircase_method());
    }
    root_ = fs::path(testing::TempDir()) / ("kirchhoff_own_method_" + std::to_string(::getpid()));
    fs::create_directories(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  SearchOptions options(int stride) const {
    SearchOptions options;
    options.method = "staircase";
    options.episodes = 40;
    options.reward.threshold = 0.75;
    options.methods.of<StaircaseOptions>().stride = stride;
    return options;
  }
  std::optional<Summary> run(const SearchOptions& options, const std::string& name, bool resume,
                             std::int64_t until) {
    AdditiveCost costs;
    SeparableAccuracy accuracies;
    Search search(quant::lenet5(), costs, accuracies, accuracies, options, (root_ / name).string(),
                  {}, resume);
    std::int64_t done = 0;
    SearchCallbacks callbacks;
    callbacks.progress = [&](const SearchProgress& progress) { done = progress.episode; };
    callbacks.stop = [&] { return done >= until; };
    return search.run(callbacks);
  }
  std::string text(const std::string& name, const std::string& file) const {
    std::ifstream stream(root_ / name / file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  fs::path root_;
};

TEST_F(OwnMethodTest, IsListedAfterTheOthers) {
  EXPECT_EQ(search_methods().back(), "staircase");
  EXPECT_EQ(search_method_type("staircase").summary,
            "takes bits away from one slot after the other");
  EXPECT_TRUE(is_setting_of_method("staircase.stride"));
  EXPECT_TRUE(reads_setting("staircase", "staircase.stride"));
  EXPECT_FALSE(reads_setting(default_search_method(), "staircase.stride"));
  EXPECT_TRUE(reads_setting("staircase", "reward.scale"));
}

TEST_F(OwnMethodTest, IsSearchedWithAndItsOptionsAreInTheConfiguration) {
  const auto summary = run(options(2), "whole", false, 1000);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->method, "staircase");
  EXPECT_GT(summary->feasible_episodes, 0);
  EXPECT_NE(text("whole", "config.json").find("\"staircase.stride\": \"2\""), std::string::npos);
  EXPECT_EQ(text("whole", "config.json").find("nsga2."), std::string::npos);
}

TEST_F(OwnMethodTest, IsResumedToTheSameBytes) {
  ASSERT_TRUE(run(options(1), "whole", false, 1000));
  EXPECT_FALSE(run(options(1), "parts", false, 7));
  ASSERT_TRUE(run(options(1), "parts", true, 1000));
  for (const char* file : {"episodes.csv", "summary.json", "best_policy.json"})
    EXPECT_EQ(text("parts", file), text("whole", file)) << file;
}

TEST_F(OwnMethodTest, ItsOptionsHaveRanges) {
  try {
    options(7).validate();
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "staircase.stride = 7: must be in [1, 6]");
  }
}

TEST_F(OwnMethodTest, TwoOfANameAreRefused) {
  EXPECT_EQ(error_of(staircase_method()), "search method staircase: there is one already");
  struct Other final : OptionGroupOf<Other> {
    std::string name() const override { return "staircase"; }
    std::string section() const override { return "Other"; }
    void visit(OptionVisitor&) override {}
  };
  SearchMethodType other = staircase_method();
  other.name = "escalator";
  other.options = {std::make_shared<Other>()};
  EXPECT_EQ(error_of(other),
            "search method escalator: options staircase.*: staircase has others of that name");
}

TEST(SearchMethods, EveryOneHasANameASummaryAndAMaker) {
  for (const SearchMethodType& type : search_method_types()) {
    EXPECT_FALSE(type.name.empty());
    EXPECT_FALSE(type.summary.empty()) << type.name;
    EXPECT_LE(type.summary.size(), 80u) << type.name;
    EXPECT_TRUE(type.make) << type.name;
  }
  EXPECT_FALSE(recommended_search_methods().empty());
}

}  // namespace
}  // namespace kirchhoff::agent
