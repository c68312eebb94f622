// Every number on the command line has a smallest and a largest value.
#include <gtest/gtest.h>

#include "tests/cli/declared_options.h"
#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

TEST(Ranges, EveryNumberIsFinite) {
  const ScratchDirectory folder;
  for (const auto& [command, needed] : commands()) {
    for (const std::string& name : declared_options(command, {"N", "X"})) {
      if (name.compare(0, 9, "--reward.") == 0) continue;  // of the agent: tests/agent
      // Neither an integer nor within any range.
      const Outcome outcome = run_program(with_option(command, name, "1e300"), folder.path());
      EXPECT_EQ(outcome.exit_code, 2) << command << " " << name;
      EXPECT_EQ(outcome.error.find("kirchhoff: error: " + name + " 1e300: must be "), 0u)
          << outcome.error;
    }
  }
  EXPECT_TRUE(folder.names().empty());
}

TEST(Ranges, ThresholdsOfAComparisonAreThoseOfASearch) {
  const ScratchDirectory folder;
  for (const char* th : {"0", "-1", "1e40", "nan"}) {
    for (const Arguments& arguments :
         {Arguments{"search", "--th", th}, Arguments{"compare", "--out", "c", "--th", th}}) {
      const Outcome outcome = run_program(arguments, folder.path());
      EXPECT_EQ(outcome.exit_code, 2) << arguments.front() << " " << th;
      EXPECT_NE(outcome.error.find(std::string("--th ") + th + ": must be "), std::string::npos)
          << outcome.error;
    }
  }
}

TEST(CommandLine, AValueCountsHoweverItIsJoinedToItsOption) {
  const ScratchDirectory folder;
  for (const char* command : {"train", "finetune"}) {
    SCOPED_TRACE(command);
    const std::string usual = run_program({command, "--help-all"}, folder.path()).output;
    const std::string apart =
        run_program({command, "--network", "vgg13", "--help-all"}, folder.path()).output;
    EXPECT_NE(usual, apart);
    for (const Arguments& arguments :
         {Arguments{command, "--network=vgg13", "--help-all"},
          Arguments{command, "--help-all", "--network=vgg13"},
          Arguments{command, "--seed", "7", "--network=vgg13", "--help-all"}}) {
      EXPECT_EQ(run_program(arguments, folder.path()).output, apart);
    }
    // A value of another option is none of this one.
    EXPECT_EQ(run_program({command, "--out", "--network", "vgg13"}, folder.path()).exit_code, 2);
  }
  ASSERT_EQ(run_program({"cost-table", "--out", "t.csv"}, folder.path()).exit_code, 0);
  const std::string costs =
      run_program({"cost-table", "--table", "t.csv", "--evaluate", "W8A8"}, folder.path()).output;
  EXPECT_NE(costs, "");
  for (const Arguments& arguments : {Arguments{"cost-table", "--evaluate", "W8A8", "t.csv"},
                                     Arguments{"cost-table", "--evaluate=W8A8", "t.csv"},
                                     Arguments{"cost-table", "t.csv", "--evaluate=W8A8"}}) {
    EXPECT_EQ(run_program(arguments, folder.path()).output, costs);
  }
  EXPECT_EQ(run_program({"cost-table", "t.csv"}, folder.path()).exit_code, 2);
  const std::string energy = run_program({"explain", "energy"}, folder.path()).output;
  EXPECT_EQ(run_program({"explain", "--policy=W8A8", "energy"}, folder.path()).output, energy);
}

}  // namespace
}  // namespace kirchhoff::cli
