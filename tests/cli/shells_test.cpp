#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "cli/shells/completion.h"
#include "tests/cli/declared_options.h"

namespace kirchhoff::cli {
namespace {

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

/// What bash offers for the last of these words, in `folder`.
std::set<std::string> completed(std::vector<std::string> words, const ScratchDirectory& folder) {
  words.insert(words.begin(), KIRCHHOFF_PROGRAM);
  const std::string line = fmt::format(
      "source <('{}' completion bash); COMP_WORDS=('{}'); COMP_CWORD={}; _kirchhoff; "
      "printf '%s\\n' \"${{COMPREPLY[@]}}\"",
      KIRCHHOFF_PROGRAM, fmt::join(words, "' '"), words.size() - 1);
  const Outcome outcome = run_words({"/bin/bash", "-c", line}, folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_EQ(outcome.error, "");
  std::set<std::string> offered = lines_of(outcome.output);
  offered.erase("");
  return offered;
}

/// Of the page of --help-all.
std::set<std::string> options_of(const std::string& command) {
  std::set<std::string> names;
  std::istringstream page(run_program({command, "--help-all"}, "/").output);
  for (std::string line; std::getline(page, line);) {
    std::istringstream words(line);
    std::string name;
    // --SECTION.KEY stands for many.
    if (words >> name && line.compare(0, 4, "  --") == 0 && name.find("KEY") == std::string::npos)
      names.insert(name);
  }
  return names;
}

TEST(Completion, BashOffersEveryOptionOfEveryCommand) {
  const ScratchDirectory folder;
  for (const auto& [command, needed] : commands()) {
    const std::set<std::string> offered = completed({command, "--"}, folder);
    const std::set<std::string> declared = options_of(command);
    EXPECT_FALSE(declared.empty());
    EXPECT_TRUE(std::includes(offered.begin(), offered.end(), declared.begin(), declared.end()))
        << command << ": " << fmt::format("{}", fmt::join(offered, " "));
  }
}

TEST(Completion, BashOffersCommandsNamesChoicesKeysAndFiles) {
  const ScratchDirectory folder;
  write_text(folder.file("my.ini"), "");
  std::filesystem::create_directory(folder.file("images"));
  EXPECT_EQ(completed({"sea"}, folder), std::set<std::string>{"search"});
  EXPECT_EQ(completed({"help", "expl"}, folder), std::set<std::string>{"explain"});
  EXPECT_EQ(completed({"simulate", "--fidelity", "m"}, folder), std::set<std::string>{"mvm"});
  EXPECT_EQ(completed({"simulate", "--fidelity", "=", "b"}, folder), std::set<std::string>{"bit"});
  EXPECT_EQ(completed({"simulate", "--preset", "neur"}, folder), std::set<std::string>{"neurram"});
  EXPECT_EQ(completed({"search", "--network", "vgg1"}, folder).count("vgg13"), 1U);
  EXPECT_EQ(completed({"search", "--method", "ppo-m"}, folder),
            std::set<std::string>{"ppo-masked"});
  EXPECT_EQ(completed({"simulate", "--config", "my"}, folder), std::set<std::string>{"my.ini"});
  EXPECT_EQ(completed({"simulate", "--data-dir", "i"}, folder), std::set<std::string>{"images"});
  EXPECT_EQ(completed({"simulate", "--adc.b"}, folder), std::set<std::string>{"--adc.bits"});
  EXPECT_TRUE(completed({"simulate", "--adc.bits", ""}, folder).empty());
}

TEST(Completion, OtherShellsReadTheirScripts) {
  const ScratchDirectory folder;
  for (const auto& [shell, program] :
       {std::pair{"bash", "/bin/bash"}, {"zsh", "/usr/bin/zsh"}, {"fish", "/usr/bin/fish"}}) {
    const Outcome script = run_program({"completion", shell}, folder.path());
    ASSERT_EQ(script.exit_code, 0);
    write_text(folder.file("script"), script.output);
    const Outcome read = run_words({program, "-n", "script"}, folder.path());
    EXPECT_EQ(read.exit_code, 0) << shell << ": " << read.error;
    EXPECT_EQ(read.error, "") << shell;
  }
}

// Fish completes without a terminal, by itself.
TEST(Completion, FishOffersNamesAndChoices) {
  const ScratchDirectory folder;
  const auto offered = [&](const std::string& line) {
    const std::string run = fmt::format(
        "function kirchhoff; '{0}' $argv; end; '{0}' completion fish | source; complete -C '{1}'",
        KIRCHHOFF_PROGRAM, line);
    const Outcome outcome = run_words({"/usr/bin/fish", "--no-config", "-c", run}, folder.path());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    std::set<std::string> words;
    for (const std::string& one : lines_of(outcome.output))
      words.insert(one.substr(0, one.find('\t')));
    return words;
  };
  EXPECT_EQ(offered("kirchhoff sea"), std::set<std::string>{"search"});
  EXPECT_EQ(offered("kirchhoff simulate --fid"), std::set<std::string>{"--fidelity"});
  EXPECT_EQ(offered("kirchhoff simulate --fidelity m"), std::set<std::string>{"mvm"});
  EXPECT_EQ(offered("kirchhoff simulate --preset neur").count("neurram"), 1U);
}

TEST(ManualPages, ThereIsOneForEveryCommandAndGroffFindsNoFault) {
  const ScratchDirectory folder;
  ASSERT_EQ(run_program({"man", "--out", "man1"}, folder.path()).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder.file("man1/kirchhoff.1")));
  for (const auto& [command, needed] : commands()) {
    const std::string page = "man1/kirchhoff-" + command + ".1";
    const Outcome text = run_words(
        {"/usr/bin/groff", "-man", "-ww", "-Tutf8", "-P-c", "-P-u", "-P-b", page}, folder.path());
    EXPECT_EQ(text.exit_code, 0) << command;
    EXPECT_EQ(text.error, "") << command;
    for (const std::string& name : options_of(command))
      EXPECT_NE(text.output.find(name), std::string::npos) << command << " " << name;
  }
}

TEST(Completion, AnUnknownShellIsRefused) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program({"completion", "tcsh"}, folder.path());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.error, "kirchhoff: error: completion: tcsh: must be one of bash, zsh, fish\n");
}

}  // namespace
}  // namespace kirchhoff::cli
