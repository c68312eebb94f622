#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"

namespace kirchhoff::cli {
namespace {

// The table that the manual shows is the one that the command prints.
TEST(ValidateCommand, PrintsTheTableOfThePage) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program({"validate", "--json", "figures.json"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  std::string table;
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, 1, "|") == 0) table += line + "\n";
  }
  std::ostringstream page;
  page << std::ifstream(KIRCHHOFF_VALIDATION_PAGE).rdbuf();
  std::string text = page.str();
  const std::string mark = "<!-- validate -->\n";
  const std::size_t from = text.find(mark) + mark.size(), to = text.find("<!-- end -->");
  ASSERT_LE(from, to);
  if (std::getenv("KIRCHHOFF_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(KIRCHHOFF_VALIDATION_PAGE) << text.replace(from, to - from, "\n" + table + "\n");
  } else {
    EXPECT_EQ(text.substr(from, to - from), "\n" + table + "\n")
        << "KIRCHHOFF_UPDATE_GOLDEN=1 writes the page anew";
  }
  const auto json = nlohmann::json::parse(contents_of(folder.file("figures.json")));
  EXPECT_EQ(json["missed"], 0);
  EXPECT_GT(json["witnesses"].size(), 30U);
  for (const auto& one : json["witnesses"])
    EXPECT_NE(outcome.output.find(one["figure"].get<std::string>()), std::string::npos);
}

}  // namespace
}  // namespace kirchhoff::cli
