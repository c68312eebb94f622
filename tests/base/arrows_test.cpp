// A folder of the project includes only itself and those below it (docs/architecture.md), and types
// have names of their own.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace kirchhoff {
namespace {

namespace fs = std::filesystem;

/// What each may include besides itself. hw/config, which knows no SystemC, counts as a folder.
const std::map<std::string, std::set<std::string>> kMayUse = {
    {"base", {}},
    {"traces", {"base"}},
    {"quant", {"base"}},
    {"hw/config", {"base"}},
    {"hw", {"base", "traces", "hw/config"}},
    {"mapping", {"base", "quant", "hw/config"}},
    {"sim", {"base", "traces", "quant", "hw/config", "hw", "mapping"}},
    {"agent", {"base", "quant"}},
    {"cosim", {"base", "traces", "quant", "hw/config", "hw", "mapping", "sim", "agent"}},
    {"report", {"base", "quant", "hw/config", "mapping", "sim", "agent", "cosim"}},
    {"python", {"base", "quant", "hw/config", "sim", "agent", "cosim"}},
    {"cli",
     {"base", "traces", "quant", "hw/config", "hw", "mapping", "sim", "agent", "cosim", "report"}},
};

std::string folder_of(const std::string& path) {
  if (path.rfind("hw/config/", 0) == 0) return "hw/config";
  return path.substr(0, path.find('/'));
}

void check(const fs::path& root, const fs::path& file) {
  static const std::regex include("#include \"([a-z]+/[^\"]+)\"");
  const std::string path = fs::relative(file, root).string(), folder = folder_of(path);
  std::ifstream stream(file);
  std::smatch match;
  for (std::string line; std::getline(stream, line);) {
    if (!std::regex_match(line, match, include)) continue;
    const std::string used = folder_of(match[1]);
    EXPECT_TRUE(used == folder || kMayUse.at(folder).count(used) != 0) << path << ": " << line;
  }
}

TEST(Arrows, FoldersUseOnlyThoseBelowThem) {
  const fs::path root = KIRCHHOFF_SOURCE_DIR;
  for (const auto& [folder, below] : kMayUse) {
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp" && extension != ".inc") continue;
      ++files;
      check(root, entry.path());
    }
    EXPECT_GT(files, 2) << folder;
  }
}

TEST(Arrows, LibTorchStaysInItsFolderAndSystemCInTheChip) {
  const fs::path root = KIRCHHOFF_SOURCE_DIR;
  const std::regex torch("#include <(torch|ATen|c10)/.*"), systemc("#include <(systemc|tlm).*");
  for (const auto& [folder, below] : kMayUse) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = fs::relative(entry.path(), root).string();
      std::ifstream stream(entry.path());
      for (std::string line; std::getline(stream, line);) {
        if (std::regex_match(line, torch)) {
          EXPECT_EQ(path.rfind("quant/torch/", 0), 0u) << path << ": " << line;
        }
        if (std::regex_match(line, systemc)) {
          const bool chip = path.rfind("hw/", 0) == 0 && path.rfind("hw/config/", 0) != 0;
          EXPECT_TRUE(chip || folder == "sim" || path == "cli/main.cpp") << path << ": " << line;
        }
      }
    }
  }
}

// Two types of one name in one namespace are one to the linker, which keeps the functions of
// either.
TEST(Names, OfTypesInHeadersAreThereOncePerNamespace) {
  const fs::path root = KIRCHHOFF_SOURCE_DIR;
  // As clang-format lays out what is not nested.
  const std::regex space(R"(namespace ([\w:]+) \{.*)"),
      type(R"((?:enum class|class|struct|union|enum) (?:\[\[\w+\]\] )?(\w+)\b[^;]*\{.*)");
  std::map<std::string, std::string> places;
  for (const auto& [folder, below] : kMayUse) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.path().extension() != ".h") continue;
      const std::string path = fs::relative(entry.path(), root).string();
      std::ifstream stream(entry.path());
      std::string current;
      std::smatch match;
      for (std::string line; std::getline(stream, line);) {
        if (std::regex_match(line, match, space)) current = match[1];
        if (!std::regex_match(line, match, type)) continue;
        const std::string name = current + "::" + match[1].str();
        const auto place = places.emplace(name, path).first->second;
        EXPECT_EQ(place, path) << name << " is in both";
      }
    }
  }
  EXPECT_GT(places.size(), 200u);
}

}  // namespace
}  // namespace kirchhoff
