#include <filesystem>
#include <functional>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

const std::string kDeep(150'000, '[');
const std::string kNestedToo = "arrays and objects are nested more than 64 deep";

class RefusedInput : public ::testing::TestWithParam<Refusal> {};

// Everything that is wrong with a file as a file, whichever command reads it.
TEST_P(RefusedInput, EndsWithTwoOneLineAndNothingWritten) {
  const ScratchDirectory folder;
  write_text(folder.file("deep.json"), kDeep);
  write_text(folder.file("latin1.ini"), "[adc]\n; G\xfcltig f\xfcr alle\nbits = 8\n");
  write_text(folder.file("twice.json"), R"({"network": "lenet5", "network": "vgg13"})");
  ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  std::filesystem::create_directories(folder.file("empty"));
  expect_refused(GetParam(), folder);
}

INSTANTIATE_TEST_SUITE_P(
    Files, RefusedInput,
    ::testing::Values(
        Refusal{{"map", "--config", "/proc/self/mem"},
                "/proc/self/mem: offset 0: cannot read: Input/output error"},
        Refusal{{"map", "--network", "/proc/self/mem"}, "/proc/self/mem: offset 0: cannot read"},
        Refusal{{"map", "--policy", "/proc/self/mem"}, "/proc/self/mem: offset 0: cannot read"},
        Refusal{{"map", "--config", "/dev/zero"}, "/dev/zero: more than 1048576 bytes: must be at"},
        Refusal{{"map", "--policy", "/dev/zero"}, "/dev/zero: more than 1048576 bytes: must be at"},
        Refusal{{"map", "--network", "/dev/zero"}, "/dev/zero: more than 1048576 bytes: must be"},
        Refusal{{"map", "--config", "empty"}, "empty: is a folder, not a file"},
        Refusal{{"map", "--policy", "empty"}, "empty: is a folder, not a file"},
        Refusal{{"map", "--network", "empty"}, "empty: is a folder, not a file"},
        Refusal{{"simulate", "--weights", "pipe"}, "pipe: is a pipe: must be a regular file"},
        Refusal{{"simulate", "--weights", "/dev/zero"},
                "/dev/zero: is a device: must be a regular"},
        Refusal{{"compare", "--network", "pipe", "--out", "c"}, "--network pipe: must be a file"},
        Refusal{{"evaluate", "--dataset", "mnist", "--data-dir", "empty"},
                "dataset mnist: no train-images-idx3-ubyte or train-images-idx3-ubyte.gz in "
                "empty/mnist, empty: name the folder"}));

INSTANTIATE_TEST_SUITE_P(
    Texts, RefusedInput,
    ::testing::Values(
        Refusal{{"simulate", "--timing-only", "--config", "latin1.ini", "--json", "s.json"},
                "latin1.ini:2: byte 4: 0xfc: must be text in UTF-8"},
        Refusal{{"map", "--network", "latin1.ini"}, "latin1.ini:2: byte 4: 0xfc: must be text"},
        Refusal{{"map", "--policy", "latin1.ini"}, "latin1.ini:2: byte 4: 0xfc: must be text"},
        Refusal{{"cost-table", "--evaluate", "W6A4", "--table", "latin1.ini"},
                "latin1.ini:2: byte 4: 0xfc: must be text"}));

INSTANTIATE_TEST_SUITE_P(Json, RefusedInput,
                         ::testing::Values(Refusal{{"map", "--network", "deep.json"},
                                                   "deep.json: line 1, column 65: " + kNestedToo},
                                           Refusal{{"map", "--policy", "deep.json"},
                                                   "deep.json: line 1, column 65: " + kNestedToo},
                                           Refusal{{"explain", "energy", "--report", "deep.json"},
                                                   "deep.json: line 1, column 65: " + kNestedToo},
                                           Refusal{{"report", "deep.json", "--html", "r.html"},
                                                   "deep.json: line 1, column 65: " + kNestedToo},
                                           Refusal{{"map", "--policy", "twice.json"},
                                                   "twice.json: key \"network\" appears twice"}));

// Not parameters: their names would be what they test.
TEST(WhatWasFound, IsShownInSixtyPlainCharacters) {
  const ScratchDirectory folder;
  write_text(folder.file("long.ini"), "[" + std::string(100'000, 'x') + "]\n");
  write_text(folder.file("escape.ini"), "[adc]\nbits = \x1b[31m8\n");
  const std::string shortened = std::string(57, 'x') + "...";
  const std::string longer(1000, 'x');
  for (const Refusal& refusal :
       {Refusal{{"map", "--config", "escape.ini"}, "escape.ini:2: adc.bits = \\x1b[31m8: must be"},
        Refusal{{"map", "--config", "long.ini"}, "long.ini:1: [" + shortened + "]: unknown sec"},
        Refusal{{"map", "--policy", "\x1b[2J\xff"}, "policy \"\\x1b[2J\\xff\": no such file"},
        Refusal{{"map", "--policy", longer}, "policy \"" + shortened + "\": no such file"},
        Refusal{{"map", "--network", longer}, "network \"" + shortened + "\": must be"},
        Refusal{{"map", "--adc.bits", longer}, "--adc.bits " + shortened + ": must be"},
        Refusal{{"explain", longer}, shortened + ": no such quantity"},
        Refusal{{"list", longer}, "list: " + shortened + ": must be one of"},
        Refusal{{longer}, shortened + ": unknown command"}}) {
    expect_refused(refusal, folder);
  }
}

TEST(StoredJson, NestingHasALimitInEveryFileOfAFolder) {
  // A configuration holds texts, as options do; what came of it holds numbers.
  const std::string config =
      R"({"network": "lenet5", "dataset": "mnist", "method": "ppo", "th": "0.8", "seed": "1"})";
  const std::string summary =
      R"({"network": "lenet5", "dataset": "mnist", "method": "ppo", "th": 0.8, "seed": 1})";
  const std::pair<const char*, std::vector<const char*>> folders[] = {
      {"config.json", {"summary.json"}},
      {"summary.json", {"config.json"}},
      {"timing.json", {"config.json", "summary.json"}},
      {"compare.json", {}}};
  for (const auto& [broken, others] : folders) {
    const ScratchDirectory folder;
    for (const std::string other : others) {
      write_text(folder.file(other), other == "config.json" ? config : summary);
    }
    for (const char* csv : {"runs.csv", "episodes.csv", "times.csv"}) {
      write_text(folder.file(csv), "episode,decrements\n");
    }
    write_text(folder.file(broken), kDeep);
    const Outcome outcome = run_program({"report", folder.path()}, folder.path());
    EXPECT_EQ(outcome.exit_code, 2) << broken;
    EXPECT_NE(outcome.error.find(std::string(broken) + ": line 1, column 65: " + kNestedToo),
              std::string::npos)
        << broken << ": " << outcome.error;
  }
}

class PipedInput : public ::testing::Test {
 protected:
  /// Runs the command with `{}` replaced by a file, then by a pipe that has the same text.
  void expect_alike(std::vector<std::string> words, const std::string& text) {
    write_text(folder_.file("file"), text);
    const std::string pipe = folder_.file("pipe");
    std::filesystem::remove(pipe);
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const auto with = [&](const std::string& name) {
      std::vector<std::string> all = words;
      for (std::string& word : all) word = word == "{}" ? name : word;
      return run_program(all, folder_.path());
    };
    const Outcome from_file = with("file");
    ASSERT_EQ(from_file.exit_code, 0) << from_file.error;
    std::thread writer([&] { write_text(pipe, text); });
    const Outcome from_pipe = with("pipe");
    writer.join();
    EXPECT_EQ(from_pipe.exit_code, 0) << from_pipe.error;
    EXPECT_EQ(from_pipe.output, from_file.output);
  }
  const ScratchDirectory folder_;
};

TEST_F(PipedInput, IsReadLikeAFileByEveryOptionThatNamesAText) {
  expect_alike({"map", "--config", "{}"}, "[crossbar]\nrows = 64\n");
  expect_alike({"map", "--network", "{}"},
               R"({"name": "n", "image": {"channels": 1, "height": 28, "width": 28}, "layers": [
                   {"name": "a", "kind": "convolution", "out_channels": 4, "kernel": 5},
                   {"name": "b", "kind": "fully_connected", "out_channels": 10}]})");
  expect_alike({"map", "--policy", "{}"},
               R"({"network": "lenet5", "layers": [
                   {"name": "C1", "w": 8, "a": 8}, {"name": "C3", "w": 6, "a": 4},
                   {"name": "C5", "w": 6, "a": 4}, {"name": "F6", "w": 6, "a": 4},
                   {"name": "OUT", "w": 8, "a": 8}]})");
}

TEST(NamesThatAreNotUtf8, WorkAndAreReplacedInJson) {
  const ScratchDirectory folder;
  write_text(folder.file("caf\xe9.ini"), "[adc]\nbits = 8\n");
  const Outcome outcome = run_program(
      {"simulate", "--timing-only", "--config", "caf\xe9.ini", "--json", "s.json"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const auto json = nlohmann::json::parse(contents_of(folder.file("s.json")));
  EXPECT_EQ(json.at("config").at("adc.bits").at("from"), "caf\xef\xbf\xbd.ini:2");
}

}  // namespace
}  // namespace kirchhoff::cli
