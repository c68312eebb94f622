#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"

namespace kirchhoff::cli {
namespace {

using nlohmann::json;

json findings(const Outcome& outcome, const std::string& name) {
  json found = json::array();
  for (const json& finding : json::parse(outcome.output)) {
    if (finding["name"] == name) found.push_back(finding);
  }
  return found;
}

TEST(DoctorCommand, FindsAllPartsAndTheExpectedDigits) {
  const ScratchDirectory folder;
  ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", folder.file("cache").c_str(), 1), 0);
  const Outcome outcome = run_program({"doctor", "--json", "-"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output << outcome.error;
  EXPECT_EQ(findings(outcome, "module").size(), 3u);
  EXPECT_GE(findings(outcome, "self-test").size(), 2u);
  for (const json& finding : json::parse(outcome.output)) EXPECT_TRUE(finding["good"]) << finding;
  const Outcome page = run_program({"doctor"}, folder.path());
  EXPECT_NE(page.output.find("26679 cycles"), std::string::npos) << page.output;
  EXPECT_EQ(page.output.find("WRONG"), std::string::npos) << page.output;
}

TEST(DoctorCommand, TestsTheKernelsThatRunHere) {
  const ScratchDirectory folder;
  ASSERT_EQ(::setenv("KIRCHHOFF_KERNELS", "any", 1), 0);
  const Outcome outcome = run_program({"doctor", "--json", "-"}, folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  // The plain ones, and the chip.
  EXPECT_EQ(findings(outcome, "self-test").size(), 2u) << outcome.output;
}

TEST(DoctorCommand, SaysWhatDoesNotWorkAndFails) {
  const ScratchDirectory folder;
  ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", "/dev/null/cache", 1), 0);
  const Outcome outcome = run_program({"doctor"}, folder.path());
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.output.find("cache       WRONG: /dev/null/cache"), std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.error.find("doctor: 1 of "), std::string::npos) << outcome.error;
}

TEST(DoctorCommand, NamesDatasetsThatAreNotThereWithoutAFault) {
  const ScratchDirectory folder;
  ASSERT_EQ(::setenv("KIRCHHOFF_DATA", folder.path().c_str(), 1), 0);
  ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", folder.file("cache").c_str(), 1), 0);
  const Outcome outcome = run_program({"doctor", "--json", "-"}, folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  const json datasets = findings(outcome, "dataset");
  ASSERT_EQ(datasets.size(), 3u);
  EXPECT_EQ(datasets[2]["text"], "cifar10: none found");
}

}  // namespace
}  // namespace kirchhoff::cli
