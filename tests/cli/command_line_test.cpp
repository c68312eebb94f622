#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/terminal/wrapped.h"
#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

const Arguments kCommands = {"config",     "train", "finetune", "evaluate",   "map",    "simulate",
                             "explain",    "noc",   "compare",  "cost-table", "doctor", "report",
                             "search",     "serve", "list",     "export",     "sweep",  "validate",
                             "completion", "man",   "status",   "policy",     "watch"};

class RefusedCommandLine : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedCommandLine, EndsWithTwoOneLineAndNothingWritten) {
  const ScratchDirectory folder;
  write_text(folder.file("bad.ini"), "[adc]\nbits = 17\n");
  expect_refused(GetParam(), folder);
}

INSTANTIATE_TEST_SUITE_P(
    Program, RefusedCommandLine,
    ::testing::Values(
        Refusal{{""}, "'': unknown command (see kirchhoff --help)"},
        Refusal{{"serch"}, "serch: unknown command (did you mean search?)"},
        Refusal{{"frobnicate"}, "frobnicate: unknown command (see kirchhoff --help)"},
        Refusal{{"two\nlines"}, "two\\nlines: unknown command (see kirchhoff --help)"},
        Refusal{{"--verison"},
                "--verison: unknown option before the command (see kirchhoff --help)"},
        Refusal{{"--version", "now"}, "--version: unexpected argument 'now'"},
        Refusal{{"help", "serch"}, "serch: unknown command (did you mean search?)"},
        Refusal{{"help", "config", "more"}, "help: unexpected argument 'more'"}));

INSTANTIATE_TEST_SUITE_P(
    Config, RefusedCommandLine,
    ::testing::Values(
        Refusal{{"config", "extra"},
                "config: extra: no key and no section (kirchhoff config prints all)"},
        Refusal{{"config", "adx"}, "config: adx: no key and no section (did you mean adc?)"},
        Refusal{{"config", "adc", "--ini", "a.ini"}, "--ini a.ini: holds all keys: leave out adc"},
        Refusal{{"config", "-x"}, "config: unexpected argument '-x' (see kirchhoff config --help)"},
        Refusal{{"config", "--adc.bit", "8"},
                "--adc.bit: unknown option (did you mean --adc.bits?)"},
        Refusal{{"config", "--pres", "table4"}, "--pres: unknown option (did you mean --preset?)"},
        Refusal{{"config", "--frobnicate=3"},
                "--frobnicate: unknown option (see kirchhoff config --help)"},
        Refusal{{"config", "--adc.bits"}, "--adc.bits: needs a value"},
        Refusal{{"config", "--adc.bits="}, "--adc.bits: needs a value"},
        Refusal{{"config", "--adc.bits", "17"}, "--adc.bits 17: must be an integer in [1, 16]"},
        Refusal{{"config", "--adc.bits", "eight", "--json", "out.json"},
                "--adc.bits eight: must be an integer in [1, 16]"},
        Refusal{{"config", "--adc.bits", "6", "--adc.bits", "7"}, "--adc.bits: given twice"},
        Refusal{{"config", "--preset", "none", "--ini", "out.ini"},
                "--preset none: must be one of "},
        Refusal{{"config", "--preset", "../presets/paper"},
                "--preset ../presets/paper: must be one of "},
        Refusal{{"config", "--config", "missing.ini"},
                "missing.ini: cannot open: No such file or directory"},
        Refusal{{"config", "--config", "bad.ini", "--json", "out.json"},
                "bad.ini:2: adc.bits = 17: must be an integer in [1, 16]"},
        Refusal{{"config", "--cost.alpha", "0.5", "--cost.beta", "0.5", "--cost.gamma", "0.5",
                 "--json", "out.json"},
                "cost.alpha + cost.beta + cost.gamma = 1.5: must be 1"}));

TEST(CommandLine, EveryCommandRefusesAnUnknownOption) {
  for (const std::string& command : kCommands) {
    const ScratchDirectory folder;
    const Outcome outcome = run_program({command, "--frobnicate"}, folder.path());
    EXPECT_EQ(outcome.exit_code, 2) << command;
    EXPECT_EQ(outcome.output, "") << command;
    EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1) << outcome.error;
    EXPECT_NE(outcome.error.find("--frobnicate"), std::string::npos) << outcome.error;
    EXPECT_TRUE(folder.names().empty()) << command;
  }
}

TEST(CommandLine, EveryCommandExplainsItself) {
  const ScratchDirectory folder;
  const Outcome overview = run_program({"--help"}, folder.path());
  EXPECT_EQ(overview.exit_code, 0);
  EXPECT_EQ(overview.error, "");
  for (const std::string& command : kCommands) {
    EXPECT_NE(overview.output.find("\n  " + command + " "), std::string::npos) << command;
    const Outcome page = run_program({command, "--help"}, folder.path());
    EXPECT_EQ(page.exit_code, 0) << command;
    EXPECT_EQ(page.error, "") << command;
    EXPECT_NE(page.output.find("--help"), std::string::npos) << command;
    EXPECT_EQ(run_program({"help", command}, folder.path()).output, page.output) << command;
  }
  EXPECT_TRUE(folder.names().empty());
}

TEST(CommandLine, TheVersionIsThatOfTheBuild) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program({"--version"}, folder.path());
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output.substr(0, outcome.output.find('\n')), "kirchhoff " KIRCHHOFF_VERSION);
  for (const char* part : {"\ncommit ", "\ncompiler ", "\nlibraries ", "SystemC 2.3.", "LibTorch "})
    EXPECT_NE(outcome.output.find(part), std::string::npos) << part << " in " << outcome.output;
  EXPECT_EQ(outcome.error, "");
  for (const char* spelling : {"-V", "version"})
    EXPECT_EQ(run_program({spelling}, folder.path()).output, outcome.output);
}

TEST(CommandLine, WithoutACommandThePageIsShownAndItIsNoSuccess) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program({}, folder.path());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.output, "");
  EXPECT_EQ(outcome.error, run_program({"--help"}, folder.path()).output);
}

TEST(CommandLine, ColoursAreForTerminalsThatWantThem) {
  const ScratchDirectory folder;
  // script(1) runs a line in a terminal of its own.
  const auto in_terminal = [&](const std::string& setting, const std::string& words) {
    return run_shell(fmt::format("{} script -qec \"$0 {}\" /dev/null", setting, words),
                     folder.path())
        .output;
  };
  const std::string escape = "\x1b[";
  EXPECT_NE(in_terminal("TERM=xterm", "search --th x").find(escape), std::string::npos);
  EXPECT_NE(in_terminal("TERM=xterm", "search --help").find(escape), std::string::npos);
  EXPECT_EQ(in_terminal("TERM=xterm NO_COLOR=1", "search --th x").find(escape), std::string::npos);
  EXPECT_EQ(in_terminal("TERM=dumb", "search --help").find(escape), std::string::npos);
  const Outcome piped =
      run_shell("TERM=xterm \"$0\" search --th x; \"$0\" search --help", folder.path());
  EXPECT_EQ((piped.output + piped.error).find(escape), std::string::npos);
}

TEST(CommandLine, ADiskThatIsFullFailsTheRun) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program({"config", "--json", "/dev/full"}, folder.path());
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.error, "kirchhoff: error: /dev/full: cannot write: No space left on device\n");
}

TEST(ConfigCommand, ATableOfAllKeysWithMeanings) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program({"config", "--adc.bits=6"}, folder.path());
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.error, "");
  std::istringstream lines(outcome.output);
  std::string header, line;
  std::getline(lines, header);
  const std::size_t meaning = header.find("meaning");
  ASSERT_NE(meaning, std::string::npos);
  bool found = false;
  while (std::getline(lines, line)) {
    EXPECT_LE(columns_of(line), 80u) << line;
    // A long key or value has a line of its own; nothing else stands left of the column.
    const bool alone = line.size() > meaning && line.find("  ", 28) >= meaning;
    if (line.size() > meaning && !alone) {
      EXPECT_NE(line[meaning], ' ') << line;
      EXPECT_EQ(line.substr(meaning - 2, 2), "  ") << line;
    }
    if (line.substr(0, 9) != "adc.bits ") continue;
    found = true;
    EXPECT_NE(line.find(" 6 bit "), std::string::npos) << line;
  }
  EXPECT_TRUE(found);
  EXPECT_NE(outcome.output.find("[--adc.bits]"), std::string::npos) << "who set it";
}

TEST(ConfigCommand, SaysAllOfWhatIsNamed) {
  const ScratchDirectory folder;
  const auto keys = [&](const Arguments& words) {
    Arguments arguments{"config"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    std::istringstream lines(run_program(arguments, folder.path()).output);
    std::string found;
    for (std::string line; std::getline(lines, line);)
      if (!line.empty() && line[0] != ' ') found += line.substr(0, line.find(' ')) + " ";
    return found;
  };
  EXPECT_EQ(keys({"adc.bits"}), "adc.bits ");
  EXPECT_EQ(keys({"noc.vcs", "adc.bits"}), "adc.bits noc.vcs ");
  EXPECT_EQ(keys({"mesh_width"}), "chip.mesh_width ");
  EXPECT_EQ(keys({"mesh_"}), "chip.mesh_width chip.mesh_height ");
  EXPECT_EQ(keys({"clock"}), "clock.pe_mhz clock.tile_mhz clock.noc_mhz ");
  const std::string text = run_program({"config", "adc.bits"}, folder.path()).output;
  for (const char* part :
       {"= 8 bit", "  meaning ", "  allowed   an integer in [1, 16]", "  source "})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in " << text;
}

TEST(ConfigCommand, WritesFilesThatItReadsAgain) {
  const ScratchDirectory folder;
  EXPECT_EQ(run_program({"config", "--preset", "paper", "--ini", "a.ini", "--json", "a.json"},
                        folder.path())
                .output,
            "");
  EXPECT_EQ(folder.names(), (Arguments{"a.ini", "a.json"}));
  EXPECT_EQ(run_program({"config", "--config", "a.ini", "--ini", "b.ini"}, folder.path()).error,
            "");
  EXPECT_EQ(contents_of(folder.file("a.ini")), contents_of(folder.file("b.ini")));
  const std::string json = contents_of(folder.file("a.json"));
  EXPECT_NE(json.find("\"adc.per_pair\": {\n    \"value\": 8,"), std::string::npos);
  EXPECT_NE(json.find("\"sample_hold.present\": {\n    \"value\": false,"), std::string::npos);
}

}  // namespace
}  // namespace kirchhoff::cli
