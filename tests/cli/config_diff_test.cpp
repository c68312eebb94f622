#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(Arguments arguments, const ScratchDirectory& folder) {
  arguments.insert(arguments.end(), {"--json", "-"});
  const Outcome outcome = run_program(arguments, folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  return Json::parse(outcome.output);
}

/// What `config --diff` of two chips must say, from what `config` says of each.
Json expected(const Json& a, const Json& b) {
  Json keys = Json::object();
  for (const auto& [key, entry] : a.items()) {
    const Json &x = entry.at("value"), &y = b.at(key).at("value");
    if (x != y) keys[key] = {{"a", x}, {"b", y}, {"unit", entry.at("unit")}};
  }
  return keys;
}

TEST(ConfigDiff, EveryPresetDiffersInTheKeysWhoseValuesDiffer) {
  const ScratchDirectory folder;
  const Json first = json_of({"config"}, folder);
  std::size_t presets = 0;
  for (const auto& file : std::filesystem::directory_iterator(KIRCHHOFF_PRESETS)) {
    if (file.path().extension() != ".ini") continue;
    ++presets;
    const std::string name = file.path().stem().string();
    SCOPED_TRACE(name);
    const Json diff = json_of({"config", "--diff", "table4", name}, folder);
    const Json keys = expected(first, json_of({"config", "--preset", name}, folder));
    // In the same order, too: ordered_json compares it.
    EXPECT_EQ(diff, (Json{{"a", "table4"}, {"b", name}, {"keys", keys}}));
    EXPECT_EQ(keys.empty(), name == "table4");
  }
  EXPECT_GT(presets, 5U);
}

TEST(ConfigDiff, TheTableHasBothValuesAndTheUnit) {
  const ScratchDirectory folder;
  write_text(folder.file("mine.ini"), "[adc]\nbits = 6 ; a guess\nkind = flash\n");
  const Outcome diff = run_program({"config", "--diff", "mine.ini", "table4"}, folder.path());
  EXPECT_EQ(diff.exit_code, 0);
  std::istringstream lines(diff.output);
  std::string line;
  Arguments words;
  while (lines >> line) words.push_back(line);
  EXPECT_EQ(words, (Arguments{"key", "mine.ini", "table4", "unit", "adc.kind", "flash", "sar",
                              "adc.bits", "6", "8", "bit"}));
  const Outcome part =
      run_program({"config", "--diff", "mine.ini", "table4", "kind"}, folder.path());
  EXPECT_EQ(part.output.find("adc.bits"), std::string::npos);
  EXPECT_NE(part.output.find("adc.kind"), std::string::npos);
}

TEST(ConfigDiff, KeysOnTheCommandLineAreOfTheSecondChip) {
  const ScratchDirectory folder;
  const Json six = {{"a", 8}, {"b", 6}, {"unit", "bit"}};
  const Json named =
      json_of({"config", "--diff", "isaac", "isaac", "adc", "--adc.bits", "6"}, folder);
  EXPECT_EQ(named["b"], "isaac, changed");
  EXPECT_EQ(named["keys"]["adc.bits"], six);
  EXPECT_EQ(named["keys"].count("adc.rated_mw"), 1U);  // follows the bits
  // Without a second name: the chip that any other command would take from the line.
  EXPECT_EQ(json_of({"config", "--diff", "isaac", "--preset", "isaac", "--adc.bits=6"}, folder),
            named);
  write_text(folder.file("mine.ini"), "[adc]\nbits = 6\n");
  EXPECT_EQ(json_of({"config", "--diff", "table4", "--config", "mine.ini"}, folder)["keys"],
            (Json{{"adc.bits", six}}));
}

TEST(ConfigDiff, NoDifferenceIsSaidAndNoFailure) {
  const ScratchDirectory folder;
  ASSERT_EQ(run_program({"config", "--preset", "isaac", "--ini", "i.ini"}, folder.path()).exit_code,
            0);
  const Outcome same = run_program({"config", "--diff", "isaac", "i.ini"}, folder.path());
  EXPECT_EQ(same.exit_code, 0);
  EXPECT_EQ(same.output, "no difference between isaac and i.ini\n");
}

TEST(ConfigDiff, RefusesWhatIsNoChip) {
  const ScratchDirectory folder;
  write_text(folder.file("bad.ini"), "[adc]\nbits = 17\n");
  for (const Refusal& refusal :
       {Refusal{{"config", "--diff"}, "config --diff: needs one or two chips"},
        Refusal{{"config", "--diff", "isaak", "table4"},
                "config --diff: isaak: no preset and no file (did you mean isaac?)"},
        Refusal{{"config", "--diff", "isaac", "no/such.ini"},
                "config --diff: no/such.ini: no preset and no file (kirchhoff list presets"},
        Refusal{{"config", "--diff", "bad.ini", "isaac"}, "bad.ini:2: adc.bits = 17: must be"},
        Refusal{{"config", "--diff", "isaac", "bad.ini"}, "bad.ini:2: adc.bits = 17: must be"},
        Refusal{{"config", "--diff", "isaac", "paper", "adx"},
                "config: adx: no key and no section (did you mean adc?)"},
        Refusal{{"config", "--diff", "isaac", "paper", "--preset", "paper"},
                "config --diff: paper: not with --preset: leave one of them out"},
        Refusal{{"config", "--diff", "isaac", "paper", "--ini", "x.ini"},
                "--ini x.ini: holds one chip: leave out --diff"}}) {
    expect_refused(refusal, folder);
  }
}

}  // namespace
}  // namespace kirchhoff::cli
