// Inside hw each folder includes only itself and those before it (docs/architecture.md).

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

constexpr std::array<const char*, 11> kFolders = {"config",     "cells", "common", "ports",
                                                  "crossbar",   "pe",    "noc",    "host",
                                                  "controller", "tile",  "chip"};

std::size_t rank(const std::string& folder) {
  return static_cast<std::size_t>(std::find(kFolders.begin(), kFolders.end(), folder) -
                                  kFolders.begin());
}

TEST(ArrowsTest, FoldersOfHwUseOnlyThoseBeforeThem) {
  const std::regex include("#include \"hw/(\\w+)/[^\"]+\"");
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(KIRCHHOFF_HW_DIR)) {
    const std::string extension = entry.path().extension();
    if (extension != ".h" && extension != ".cpp") continue;
    ++files;
    const std::string folder =
        std::filesystem::relative(entry.path(), KIRCHHOFF_HW_DIR).begin()->string();
    ASSERT_LT(rank(folder), kFolders.size()) << folder << " has no place among the folders";
    std::ifstream file(entry.path());
    std::smatch match;
    for (std::string line; std::getline(file, line);) {
      if (!std::regex_match(line, match, include)) continue;
      EXPECT_LE(rank(match[1]), rank(folder)) << entry.path() << ": " << line;
    }
  }
  EXPECT_GT(files, 50);
}

}  // namespace
}  // namespace kirchhoff::hw
