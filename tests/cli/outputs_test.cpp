// Where the program writes: one rule for every output of every command.
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "tests/cli/declared_options.h"
#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;

/// Options that name a file or folder, by command: what is written, and what is read.
struct Paths {
  std::set<std::string> files, folders, read;
};

const std::set<std::string> kWorkload = {"--data-dir", "--weights"};

const std::map<std::string, Paths> kPaths = {
    {"completion", {{}, {}, {}}},
    {"man", {{}, {"--out"}, {}}},
    {"config", {{"--json", "--ini", "--markdown", "--svg"}, {}, {"--config"}}},
    {"train", {{"--out", "--checkpoint", "--json"}, {}, {"--data-dir"}}},
    {"finetune",
     {{"--out", "--checkpoint", "--json"}, {}, {"--data-dir", "--weights", "--config"}}},
    {"evaluate", {{"--json"}, {}, {"--data-dir", "--weights", "--config"}}},
    {"network", {{"--json", "--dot", "--svg"}, {}, {}}},
    {"export", {{"--onnx", "--json"}, {}, kWorkload}},
    {"policy", {{"--out", "--json"}, {}, {"--weights"}}},
    {"map", {{"--json", "--svg"}, {}, {"--weights", "--config"}}},
    {"simulate",
     {{"--json", "--vcd", "--fst", "--gtkw", "--perfetto", "--events"},
      {"--dump"},
      {"--data-dir", "--weights", "--config"}}},
    {"explain", {{"--json"}, {}, {"--weights", "--config", "--report"}}},
    {"cost-table", {{"--out", "--json"}, {}, {"--weights", "--config", "--table"}}},
    {"noc", {{"--json"}, {}, {"--config"}}},
    {"search", {{"--json"}, {"--out"}, {"--data-dir", "--weights", "--config", "--cost-table"}}},
    {"doctor", {{"--json"}, {}, {}}},
    {"list", {{"--json"}, {}, {}}},
    {"serve", {{}, {}, {"--data-dir", "--weights", "--config"}}},
    {"compare", {{"--json"}, {"--out"}, {"--data-dir", "--weights", "--config", "--cost-table"}}},
    {"sweep", {{"--json"}, {"--out"}, {"--data-dir", "--config"}}},
    {"validate", {{"--json"}, {}, {}}},
    {"status", {{"--json"}, {}, {}}},
    {"report", {{"--html", "--json"}, {"--out"}, {"--cost-table"}}},
    {"watch", {{}, {}, {"--cost-table"}}}};

void expect_refusal(const Arguments& arguments, const std::string& message,
                    const ScratchDirectory& folder) {
  SCOPED_TRACE(arguments.front());
  expect_refused({arguments, message}, folder);
}

TEST(Outputs, EveryCommandIsKnownHere) {
  std::set<std::string> known, paths, listed;
  for (const auto& [command, needed] : commands()) known.insert(command);
  for (const auto& [command, all] : kPaths) paths.insert(command);
  EXPECT_EQ(paths, known);
  // Between "commands:" and an empty line: a command and what it does.
  std::istringstream page(run_program({"--help"}, "/").output);
  std::string line;
  while (std::getline(page, line) && line != "commands:") continue;
  while (std::getline(page, line) && !line.empty()) {
    std::istringstream words(line);
    words >> line;
    listed.insert(line);
  }
  EXPECT_EQ(listed, known);
}

TEST(Outputs, EveryOptionThatNamesAPathIsKnownHere) {
  for (const auto& [command, needed] : commands()) {
    const Paths& known = kPaths.at(command);
    std::set<std::string> names = known.files;
    names.insert(known.folders.begin(), known.folders.end());
    names.insert(known.read.begin(), known.read.end());
    EXPECT_EQ(declared_options(command, {"FILE", "DIR"}), names)
        << command << ": say in kPaths whether it is written or read";
  }
}

TEST(Outputs, WhatIsPrintedAsATableIsJsonAsWell) {
  for (const auto& [command, paths] : kPaths) {
    // serve's answers are JSON, one in a line; completion prints a script, watch an address, man
    // nothing.
    if (command == "serve" || command == "completion" || command == "man" || command == "watch")
      continue;
    EXPECT_EQ(paths.files.count("--json"), 1U) << command;
  }
}

// A run of the program takes a second: where all options go through the same code, they take turns
// at the ways to be wrong.
TEST(Outputs, AnEmptyPathIsNoPath) {
  const ScratchDirectory folder;
  for (const auto& [command, needed] : commands()) {
    const std::set<std::string> names = declared_options(command, {"FILE", "DIR"});
    if (names.empty()) continue;
    for (const std::string& name : std::set<std::string>{*names.begin(), *names.rbegin()})
      expect_refusal(with_option(command, name, ""), name + " '': must not be empty", folder);
  }
}

TEST(Outputs, WhatCannotBeWrittenIsRefusedBeforeTheRun) {
  const ScratchDirectory folder;
  write_text(folder.file("file"), "");
  fs::create_directory(folder.file("folder"));
  fs::create_symlink("loop", folder.file("loop"));
  const std::pair<std::string, std::string> wrong[] = {
      {"none/x", "its folder must exist"},
      {"folder", "must be a file, not a folder"},
      {"file/x", "cannot be written: Not a directory"},
      {"loop", "cannot be written: Too many levels of symbolic links"}};
  std::size_t turn = 0;
  for (const auto& [command, paths] : kPaths) {
    for (const std::string& name : paths.files) {
      const auto& [path, rule] = wrong[turn++ % std::size(wrong)];
      expect_refusal(with_option(command, name, path), name + " " + path + ": " + rule, folder);
    }
    for (const std::string& name : paths.folders) {
      for (const char* path : {"file", "file/x"})
        expect_refusal(with_option(command, name, path), name + " " + path + ": must be a folder",
                       folder);
    }
  }
}

TEST(Outputs, TwoOutputsToOnePathAreRefused) {
  const ScratchDirectory folder;
  fs::create_symlink("x", folder.file("link"));
  fs::create_directory(folder.file("dir"));
  const char* const spellings[] = {"x", "./x", "dir/../x", "link"};
  std::size_t turn = 0;
  for (const auto& [command, paths] : kPaths) {
    for (const std::string& first : paths.files) {
      for (const std::string& second : paths.files) {
        if (second <= first) continue;
        Arguments arguments = with_option(command, first, "x");
        arguments.insert(arguments.end(), {second, spellings[turn++ % std::size(spellings)]});
        const Outcome outcome = run_program(arguments, folder.path());
        EXPECT_EQ(outcome.exit_code, 2) << command << " " << first << " " << second;
        EXPECT_NE(outcome.error.find("is where --"), std::string::npos) << outcome.error;
        EXPECT_EQ(folder.names(), (Arguments{"dir", "link"}));
      }
    }
  }
  // A file among those that the command writes by itself.
  expect_refusal({"simulate", "--dump", "dir", "--json", "dir/dump.json"},
                 "--dump dir: is where --json dir/dump.json is written, too", folder);
  // Where the shell has sent the messages.
  const Outcome shell = run_shell("\"$0\" map --json log > log", folder.path());
  EXPECT_EQ(shell.exit_code, 2);
  EXPECT_NE(shell.error.find("--json log: standard output is that file, too"), std::string::npos)
      << shell.error;
}

/// Command lines that write something small, with PATH for the output.
const std::vector<Arguments> kWriters = {
    {"config", "--json", "PATH"},
    {"config", "--ini", "PATH"},
    {"config", "--markdown", "PATH"},
    {"network", "--json", "PATH"},
    {"network", "--dot", "PATH"},
    {"map", "--json", "PATH"},
    {"policy", "W6A4", "--out", "PATH"},
    {"policy", "W6A4", "--json", "PATH"},
    {"explain", "energy", "--json", "PATH"},
    {"noc", "--width", "2", "--height", "2", "--cycles", "100", "--json", "PATH"},
    {"cost-table", "--min-bits", "8", "--out", "PATH"},
    {"cost-table", "--min-bits", "8", "--json", "PATH"},
    {"list", "methods", "presets", "--json", "PATH"},
    {"simulate", "--timing-only", "--json", "PATH"},
    {"simulate", "--timing-only", "--vcd", "PATH"},
    {"simulate", "--timing-only", "--perfetto", "PATH"},
    {"simulate", "--timing-only", "--events", "PATH"}};

Arguments to(Arguments writer, const std::string& path) {
  std::replace(writer.begin(), writer.end(), std::string("PATH"), path);
  return writer;
}

TEST(Outputs, ALinkStaysAndNothingOfTheUsersIsTouched) {
  for (const Arguments& writer : kWriters) {
    SCOPED_TRACE(writer.front() + " " + writer[writer.size() - 2]);
    const ScratchDirectory folder;
    fs::create_directory(folder.file("disk"));
    write_text(folder.file("disk/real"), "stale");
    write_text(folder.file("disk/real.tmp"), "mine");
    write_text(folder.file("link.tmp"), "mine");
    fs::create_symlink("disk/real", folder.file("link"));
    const Outcome outcome = run_program(to(writer, "link"), folder.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    EXPECT_TRUE(fs::is_symlink(folder.file("link")));
    EXPECT_TRUE(fs::is_regular_file(fs::symlink_status(folder.file("disk/real"))));
    EXPECT_GT(contents_of(folder.file("disk/real")).size(), 5u);
    EXPECT_EQ(contents_of(folder.file("disk/real.tmp")), "mine");
    EXPECT_EQ(contents_of(folder.file("link.tmp")), "mine");
    EXPECT_EQ(folder.names(), (Arguments{"disk", "link", "link.tmp"}));
  }
}

TEST(Outputs, StandardOutputAndPipesAreStreams) {
  struct stat before = {};
  ASSERT_EQ(::stat("/dev/null", &before), 0);
  const char* const names[] = {"-", "/dev/stdout", "/proc/self/fd/1"};
  std::size_t turn = 0;
  for (const Arguments& writer : kWriters) {
    SCOPED_TRACE(writer.front() + " " + writer[writer.size() - 2]);
    const ScratchDirectory folder;
    ASSERT_EQ(run_program(to(writer, "file"), folder.path()).exit_code, 0);
    ASSERT_EQ(run_program(to(writer, "/dev/null"), folder.path()).exit_code, 0);
    // In place of what the command prints.
    const char* const path = names[turn++ % std::size(names)];
    const Outcome printed = run_program(to(writer, path), folder.path());
    EXPECT_EQ(printed.exit_code, 0) << printed.error;
    ASSERT_FALSE(printed.output.empty());
    EXPECT_EQ(printed.output.front(), contents_of(folder.file("file")).front()) << path;
    ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
    std::string got;
    std::thread reader([&] { got = contents_of(folder.file("pipe")); });
    const Outcome outcome = run_program(to(writer, "pipe"), folder.path());
    reader.join();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
    EXPECT_EQ(got.size() > 0, true);
    EXPECT_TRUE(fs::is_fifo(folder.file("pipe")));
    EXPECT_EQ(folder.names(), (Arguments{"file", "pipe"}));
  }
  struct stat after = {};
  ASSERT_EQ(::stat("/dev/null", &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  const ScratchDirectory folder;
  const Outcome json = run_program({"map", "--json", "-"}, folder.path());
  EXPECT_EQ(nlohmann::json::parse(json.output)["network"], "lenet5");
  const Outcome list = run_program({"list", "datasets", "methods", "--json", "-"}, folder.path());
  const auto lists = nlohmann::json::parse(list.output);
  EXPECT_EQ(lists["datasets"][1]["name"], "mnist");
  EXPECT_EQ(lists["datasets"][1]["trained"][0], "lenet5");
  EXPECT_EQ(lists["methods"][0]["chance"], true);
  const Outcome table =
      run_program({"cost-table", "--min-bits", "8", "--json", "-"}, folder.path());
  EXPECT_EQ(nlohmann::json::parse(table.output)["layers"][1]["costs"][0]["w_bits"], 8);
}

TEST(Outputs, ClosedDescriptorsNeverGetAFileOfTheProgram) {
  const ScratchDirectory folder;
  const std::string map = "\"$0\" map --json ";
  ASSERT_EQ(run_shell(map + "open.json", folder.path()).exit_code, 0);
  const std::string expected = contents_of(folder.file("open.json"));
  for (const char* closed :
       {"<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
    SCOPED_TRACE(closed);
    EXPECT_EQ(run_shell(map + "closed.json " + closed, folder.path()).exit_code, 0);
    EXPECT_EQ(contents_of(folder.file("closed.json")), expected);
    EXPECT_EQ(
        run_shell("\"$0\" map --policy x --json closed.json " + std::string(closed), folder.path())
            .exit_code,
        2);
    EXPECT_EQ(contents_of(folder.file("closed.json")), expected);
  }
  // A log that stays open while there are messages.
  const std::string search =
      "\"$0\" search --method uniform --th 0.9 --episodes 3 --validation-images 100 "
      "--final.candidates 0 --out ";
  ASSERT_EQ(run_shell(search + "open", folder.path()).exit_code, 0);
  ASSERT_EQ(run_shell(search + "closed <&- >&- 2>&-", folder.path()).exit_code, 0);
  for (const char* name : {"/episodes.csv", "/summary.json", "/config.json"})
    EXPECT_EQ(contents_of(folder.file(std::string("closed") + name)),
              contents_of(folder.file(std::string("open") + name)));
}

TEST(Outputs, AFileThatGrowsTooLargeIsAnErrorThatLeavesNothing) {
  const ScratchDirectory folder;
  const Outcome outcome = run_shell("ulimit -f 1; \"$0\" config --json x.json", folder.path());
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.error, "kirchhoff: error: x.json: cannot write: File too large\n");
  EXPECT_TRUE(folder.names().empty());
}

#ifndef __SANITIZE_ADDRESS__  // reserves terabytes
TEST(Outputs, LittleAddressSpaceEndsWithAnErrorAndNeverHangs) {
  const ScratchDirectory folder;
  bool refused = false;
  for (const char* kib : {"400000", "700000", "800000", "900000", "1600000"}) {
    const Outcome outcome =
        run_shell("ulimit -v " + std::string(kib) + "; \"$0\" evaluate --images 10", folder.path());
    // 127, 134: there was not even room for the libraries, before the program began.
    EXPECT_TRUE(outcome.exit_code == 0 || outcome.exit_code == 1 || outcome.exit_code == 127 ||
                outcome.exit_code == 134)
        << kib;
    if (outcome.exit_code != 0) {
      EXPECT_NE(outcome.error, "") << kib;
    }
    refused = refused || outcome.error.find("too little address space") != std::string::npos;
  }
  EXPECT_TRUE(refused);
}
#endif

TEST(Outputs, WhatFilesHoldCannotSteerTheTerminal) {
  const ScratchDirectory folder;
  const std::string escape = "\x1b]0;title\a\x1b[31m";
  const Outcome unknown = run_program({escape}, folder.path());
  EXPECT_EQ(unknown.error.find('\x1b'), std::string::npos) << unknown.error;
  fs::create_directory(folder.file(escape));
  for (const char* command : {"report", "list"}) {
    const Outcome outcome = run_program({command, escape}, folder.path());
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ((outcome.output + outcome.error).find('\x1b'), std::string::npos) << outcome.error;
  }
  const Outcome map = run_program({"map", "--json", escape + "/x.json"}, folder.path());
  EXPECT_EQ(map.exit_code, 0);
  EXPECT_EQ((map.output + map.error).find('\x1b'), std::string::npos);
  const Outcome evaluate =
      run_program({"simulate", "--timing-only", "--json", escape + "/x.json"}, folder.path());
  EXPECT_NE(evaluate.output.find("report: \\u001b]0;title"), std::string::npos) << evaluate.output;
}

}  // namespace
}  // namespace kirchhoff::cli
