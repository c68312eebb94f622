// Searches that take what slots lose alone from gradients.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cli/program.h"

namespace kirchhoff::cli {
namespace {

class GradientSearchTest : public testing::Test {
 protected:
  Outcome search(const std::string& out, const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"search",  "--th",
                                      "0.8",     "--validation-images",
                                      "60",      "--out",
                                      out,       "--final.candidates",
                                      "0",       "--plan.sensitivity",
                                      "gradient"};
    words.insert(words.end(), more.begin(), more.end());
    return run_program(words, folder_.path());
  }
  std::string file(const std::string& name) const { return contents_of(folder_.file(name)); }
  ScratchDirectory folder_;
};

TEST_F(GradientSearchTest, MeasuresNoProbeAndWritesWhatItBelieves) {
  const Outcome outcome = search("run", {"--method", "ilp", "--episodes", "3"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  // W8A8's and those of three policies within th.
  EXPECT_NE(outcome.output.find("4 accuracies"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.error.find("gradients"), std::string::npos) << outcome.error;
  const std::string sensitivities = file("run/sensitivities.csv");
  EXPECT_EQ(sensitivities.rfind("layer,operand,bits,divergence_nats\nC3,weights,2,", 0), 0u)
      << sensitivities;
  EXPECT_NE(sensitivities.find("\nF6,activations,8,0\n"), std::string::npos) << sensitivities;
}

TEST_F(GradientSearchTest, ThreadsDoNotChangeAByte) {
  for (const std::string threads : {"1", "2"}) {
    ASSERT_EQ(search(threads, {"--method", "ppo-masked", "--episodes", "12", "--threads", threads,
                               "--ppo.hidden_size", "16"})
                  .exit_code,
              0);
  }
  for (const char* name :
       {"/sensitivities.csv", "/episodes.csv", "/updates.csv", "/summary.json"}) {
    EXPECT_FALSE(file(std::string("1") + name).empty()) << name;
    EXPECT_EQ(file(std::string("1") + name), file(std::string("2") + name)) << name;
  }
}

TEST_F(GradientSearchTest, FewerImagesAreAnotherEstimateAndMoreThanThereAreARefusal) {
  ASSERT_EQ(search("all", {"--method", "greedy", "--episodes", "2"}).exit_code, 0);
  ASSERT_EQ(search("few", {"--method", "greedy", "--episodes", "2", "--plan.gradient_images", "20"})
                .exit_code,
            0);
  EXPECT_NE(file("all/sensitivities.csv"), file("few/sensitivities.csv"));
  const Outcome refused = search("more", {"--method", "greedy", "--plan.gradient_images", "61"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.error.find("--plan.gradient_images 61: the search looks at 60 images"),
            std::string::npos)
      << refused.error;
}

TEST_F(GradientSearchTest, WhatChangesTheNetworkOrCountsPointsRefusesThem) {
  const Outcome tuned = search("tuned", {"--method", "ilp", "--tune-each", "1"});
  EXPECT_EQ(tuned.exit_code, 2);
  EXPECT_NE(tuned.error.find("--plan.sensitivity gradient: must be divergence or accuracy with "
                             "--tune-each"),
            std::string::npos)
      << tuned.error;
  const Outcome points =
      search("points", {"--method", "adaptive", "--plan.sensitivity", "accuracy"});
  EXPECT_EQ(points.exit_code, 2);
}

}  // namespace
}  // namespace kirchhoff::cli
