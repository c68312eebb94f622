// A search method that a user adds is offered by every command, without another line.
#include <gtest/gtest.h>

#include "tests/cli/program.h"

namespace kirchhoff::cli {
namespace {

Outcome run_own(std::vector<std::string> words, const ScratchDirectory& folder) {
  words.insert(words.begin(), KIRCHHOFF_OWN_METHOD_PROGRAM);
  return run_words(words, folder.path());
}

TEST(OwnMethod, IsListedAndExplained) {
  const ScratchDirectory folder;
  const Outcome list = run_own({"list", "methods"}, folder);
  EXPECT_NE(list.output.find("takes bits away from one slot after the other"), std::string::npos)
      << list.output << list.error;
  const Outcome help = run_own({"search", "--help-all"}, folder);
  EXPECT_NE(help.output.find("--staircase.stride"), std::string::npos);
}

TEST(OwnMethod, IsSearchedAndCompared) {
  const ScratchDirectory folder;
  const Outcome search = run_own({"search", "--method", "staircase", "--staircase.stride", "2",
                                  "--episodes", "20", "--validation-images", "100", "--out", "one"},
                                 folder);
  EXPECT_EQ(search.exit_code, 0) << search.error;
  const std::vector<std::string> compare = {
      "compare",  "--methods", "staircase,uniform",   "--th", "0.8",   "--seeds", "1..2",
      "--budget", "20",        "--validation-images", "100",  "--out", "study"};
  const Outcome first = run_own(compare, folder);
  ASSERT_EQ(first.exit_code, 0) << first.error;
  const std::string runs = contents_of(folder.file("study/runs.csv"));
  // Nothing is left to chance: one seed stands for both.
  EXPECT_NE(runs.find("staircase,0.8,1,done"), std::string::npos) << runs;
  EXPECT_EQ(runs.find("staircase,0.8,2"), std::string::npos) << runs;
  EXPECT_EQ(run_own(compare, folder).exit_code, 0);
  EXPECT_EQ(contents_of(folder.file("study/runs.csv")), runs);
}

}  // namespace
}  // namespace kirchhoff::cli
