#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/csv.h"
#include "report/sweep.h"
#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

using report::Csv;

namespace fs = std::filesystem;

Arguments sweep(const std::string& out, const Arguments& more) {
  Arguments words = {"sweep", "--out", out};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// Twelve chips of LeNet-5 under two policies, some of which cannot be.
const Arguments kSmall = {"--key",    "crossbar.size=32..33,64",
                          "--key",    "adc.per_pair=1,40",
                          "--policy", "W6A4",
                          "--policy", "W8A8",
                          "--images", "40"};

std::size_t count(const Csv& points, const std::string& status) {
  std::size_t rows = 0;
  for (std::size_t row = 0; row < points.size(); ++row)
    rows += points.text(row, "status") == status;
  return rows;
}

/// Starts the small sweep in `cut`, one point at a time, and sends it `signal` once so many points
/// are there; its exit code, or 128 + the signal.
int interrupted(const ScratchDirectory& folder, std::size_t wanted, int signal) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::chdir(folder.path().c_str()) != 0 || ::freopen("/dev/null", "w", stdout) == nullptr ||
        ::freopen("/dev/null", "w", stderr) == nullptr)
      ::_exit(126);
    Arguments words = {KIRCHHOFF_PROGRAM};
    const Arguments given = sweep("cut", kSmall);
    words.insert(words.end(), given.begin(), given.end());
    words.insert(words.end(), {"--jobs", "1"});
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  const auto results = [&] {
    std::size_t files = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder.file("cut/points"), error))
      files += entry.path().extension() == ".json";
    return files;
  };
  int status = 0;
  while (results() < wanted) {
    if (::waitpid(child, &status, WNOHANG) != 0) return -1;  // it had ended before
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  ::kill(child, signal);
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(SweepCommand, EveryCombinationIsARowAndWhatCannotBeSaysWhy) {
  const ScratchDirectory folder;
  const Outcome outcome =
      run_program(sweep("s", {"--key", "crossbar.size=32..33,64", "--key", "adc.per_pair=1,40",
                              "--policy", "W6A4", "--policy", "W8A8", "--json", "s.json"}),
                  folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const Csv points = Csv::load(folder.file("s/points.csv"));
  ASSERT_EQ(points.size(), 12U);
  EXPECT_EQ(count(points, "done"), 8U);
  EXPECT_EQ(count(points, "refused"), 4U);
  for (std::size_t row = 0; row < points.size(); ++row) {
    const bool small = *points.number(row, "crossbar.size") < 40;
    const bool many = points.text(row, "adc.per_pair") == "40";
    EXPECT_EQ(points.text(row, "status"), small && many ? "refused" : "done") << row;
    if (small && many) {
      EXPECT_NE(points.text(row, "reason").find("adc.per_pair = 40: must be in [1, crossbar.cols"),
                std::string::npos)
          << points.text(row, "reason");
      EXPECT_FALSE(points.number(row, "latency_ns"));
    } else {
      EXPECT_GT(*points.number(row, "latency_ns"), 0.0);
    }
  }
  EXPECT_NE(outcome.output.find("must be in [1, crossbar.cols = 32]"), std::string::npos)
      << outcome.output;
  EXPECT_EQ(contents_of(folder.file("s.json")), contents_of(folder.file("s/points.json")));
  const auto json = nlohmann::json::parse(contents_of(folder.file("s.json")));
  EXPECT_EQ(json["points"].size(), 12U);
  EXPECT_EQ(json["points"][0]["crossbar.size"], 32);
  EXPECT_EQ(json["axes"], nlohmann::json({"crossbar.size", "adc.per_pair"}));

  // A point is what simulate says of its chip.
  const Outcome alone =
      run_program({"simulate", "--timing-only", "--policy", "W8A8", "--crossbar.rows", "64",
                   "--crossbar.cols", "64", "--adc.per_pair", "40", "--json", "alone.json"},
                  folder.path());
  ASSERT_EQ(alone.exit_code, 0) << alone.error;
  const auto whole = nlohmann::json::parse(contents_of(folder.file("alone.json")));
  EXPECT_EQ(*points.number(11, "latency_ns"), whole["latency_ns"].get<double>());
  EXPECT_EQ(*points.number(11, "energy_pj"), whole["energy_pj"].get<double>());
  EXPECT_EQ(*points.number(11, "area_um2"), whole["area_um2"].get<double>());
}

TEST(SweepCommand, TheFilesAreTheSameForEveryNumberOfJobsAndAfterInterruptions) {
  const ScratchDirectory folder;
  const auto run = [&](const std::string& out, const std::string& jobs) {
    Arguments more = kSmall;
    more.insert(more.end(), {"--jobs", jobs});
    return run_program(sweep(out, more), folder.path());
  };
  ASSERT_EQ(run("one", "1").exit_code, 0);
  ASSERT_EQ(run("three", "3").exit_code, 0);
  // Killed when the first points are there, then asked to stop.
  EXPECT_EQ(interrupted(folder, 1, SIGKILL), 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(folder.file("cut/points.csv")));
  EXPECT_EQ(interrupted(folder, 3, SIGTERM), 128 + SIGTERM);
  EXPECT_GT(count(Csv::load(folder.file("cut/points.csv")), "unfinished"), 0U);
  ASSERT_EQ(run("cut", "2").exit_code, 0);
  for (const char* file : {"points.csv", "points.json", "sweep.json"}) {
    const std::string one = contents_of(folder.file(std::string("one/") + file));
    EXPECT_FALSE(one.empty());
    EXPECT_EQ(one, contents_of(folder.file(std::string("three/") + file))) << file;
    EXPECT_EQ(one, contents_of(folder.file(std::string("cut/") + file))) << file;
  }
}

TEST(SweepCommand, KeysValuesAndPoliciesMayBeAddedAndNothingIsRunAgain) {
  const ScratchDirectory folder;
  ASSERT_EQ(run_program(sweep("s", {"--key", "adc.bits=6"}), folder.path()).exit_code, 0);
  const auto first = fs::directory_iterator(folder.file("s/points"))->path();
  const auto written = fs::last_write_time(first);
  const Outcome more = run_program(
      sweep("s", {"--key", "adc.bits=6,7", "--key", "chip.schedule=pipelined"}), folder.path());
  ASSERT_EQ(more.exit_code, 0) << more.error;
  const Csv points = Csv::load(folder.file("s/points.csv"));
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points.text(0, "chip.schedule"), "sequential") << "what the sweep varies from";
  EXPECT_EQ(points.text(2, "chip.schedule"), "pipelined");
  EXPECT_EQ(fs::last_write_time(first), written);
  const Outcome other =
      run_program(sweep("s", {"--key", "adc.bits=8", "--chip.unused", "idle"}), folder.path());
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.error.find("chip.unused = idle: the sweep in this folder has gated"),
            std::string::npos)
      << other.error;
}

TEST(SweepCommand, PresetsAreChipsToChooseFrom) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(
      sweep("s", {"--key", "preset=table4,edge,cloud", "--key", "mapping.replicate=1,balance"}),
      folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const Csv points = Csv::load(folder.file("s/points.csv"));
  ASSERT_EQ(points.size(), 6U);
  std::set<double> areas;
  for (std::size_t row = 0; row < points.size(); ++row)
    areas.insert(*points.number(row, "area_um2"));
  EXPECT_EQ(areas.size(), 6U);
}

TEST(SweepCommand, SemicolonsSeparateValuesThatAreLists) {
  const ScratchDirectory folder;
  const std::string key = "mapping.replicate=2,1,1,1,1;1;balance";
  const Outcome outcome = run_program(sweep("s", {"--key", key}), folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const Csv points = Csv::load(folder.file("s/points.csv"));
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points.text(0, "mapping.replicate"), "2,1,1,1,1");
  EXPECT_LT(*points.number(0, "latency_ns"), *points.number(1, "latency_ns"));
  EXPECT_GT(*points.number(0, "area_um2"), *points.number(1, "area_um2"));
  // The same command finds its points again, and pages have a name for each value.
  const Outcome again = run_program(sweep("s", {"--key", key}), folder.path());
  ASSERT_EQ(again.exit_code, 0) << again.error;
  EXPECT_EQ(Csv::load(folder.file("s/points.csv")).size(), 3U);
  ASSERT_EQ(run_program({"report", "s", "--html", "s.html"}, folder.path()).exit_code, 0);
  EXPECT_NE(contents_of(folder.file("s.html")).find("2,1,1,1,1"), std::string::npos);
}

TEST(SweepCommand, AccuracyIsMeasuredOnceForChipsOfTheSameIntegers) {
  const ScratchDirectory folder;
  const Outcome outcome =
      run_program(sweep("s", {"--key", "adc.bits=2,9", "--key", "tile.pes=8,16", "--policy", "W4A4",
                              "--accuracy", "--accuracy-images", "40"}),
                  folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const Csv points = Csv::load(folder.file("s/points.csv"));
  ASSERT_EQ(points.size(), 4U);
  EXPECT_EQ(points.text(0, "accuracy_pct"), points.text(1, "accuracy_pct"));
  EXPECT_EQ(points.text(2, "accuracy_pct"), points.text(3, "accuracy_pct"));
  EXPECT_LT(*points.number(0, "accuracy_pct"), *points.number(2, "accuracy_pct"))
      << "a converter of two bits saturates";
  std::size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder.file("s/accuracy")))
    files += entry.is_regular_file();
  EXPECT_EQ(files, 2U);
}

TEST(SweepCommand, ReportsAndPagesTakeItsFolder) {
  const ScratchDirectory folder;
  ASSERT_EQ(run_program(
                sweep("s", {"--key", "adc.bits=4..6", "--key", "chip.schedule=sequential,pipelined",
                            "--policy", "W4A4", "--policy", "W8A8"}),
                folder.path())
                .exit_code,
            0);
  const Outcome report = run_program({"report", "s"}, folder.path());
  ASSERT_EQ(report.exit_code, 0) << report.error;
  EXPECT_NE(report.output.find("Points that no other one beats"), std::string::npos);
  EXPECT_TRUE(fs::exists(folder.file("s/report/sweep-front.csv")));
  const Csv best = Csv::load(folder.file("s/report/sweep-axes.csv"));
  EXPECT_EQ(best.size(), 2U + 3U + 2U) << "policies, bits, schedules";
  const Outcome page = run_program({"report", "s", "--html", "s.html"}, folder.path());
  ASSERT_EQ(page.exit_code, 0) << page.error;
  const std::string html = contents_of(folder.file("s.html"));
  for (const char* text :
       {"Sweep of hardware values", "energy of an image against latency", "area over adc.bits",
        "latency over chip.schedule", "Points that no other one beats"})
    EXPECT_NE(html.find(text), std::string::npos) << text;
}

class RefusedSweep : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedSweep, EndsWithTwoBeforeAnythingStarts) {
  const ScratchDirectory folder;
  expect_refused(GetParam(), folder);
}

INSTANTIATE_TEST_SUITE_P(
    Program, RefusedSweep,
    ::testing::Values(
        Refusal{sweep("s", {"--key", "adc.bit=4"}),
                "--key adc.bit=4: adc.bit: unknown key (did you mean adc.bits?)"},
        Refusal{sweep("s", {"--key", "adc.bits"}),
                "--key adc.bits: must be KEY=VALUES, such as adc.bits=4..8"},
        Refusal{sweep("s", {"--key", "adc.bits=4..17"}),
                "--key adc.bits=4..17: --adc.bits 17: must be an integer in [1, 16]"},
        Refusal{sweep("s", {"--key", "adc.bits=8..4"}),
                "--key adc.bits=8..4: 8..4 must be a range of integers"},
        Refusal{sweep("s", {"--key", "adc.bits=4,"}), "--key adc.bits=4,: a value is missing"},
        Refusal{sweep("s", {"--key", "mapping.replicate=2,1;"}),
                "--key mapping.replicate=2,1;: a value is missing"},
        Refusal{sweep("s", {"--key", "adc.bits=4,5;6"}),
                "--key adc.bits=4,5;6: --adc.bits 4,5: must be an integer in [1, 16]"},
        Refusal{sweep("s", {"--key", "adc.bits=4..6,5"}),
                "--key adc.bits=4..6,5: 5 is there twice"},
        Refusal{sweep("s", {"--key", "adc.bits=4", "--key", "adc.bits=5"}),
                "--key adc.bits=5: adc.bits is there twice"},
        Refusal{sweep("s", {"--key", "crossbar.size=64", "--key", "crossbar.rows=32"}),
                "--key crossbar.rows=32: crossbar.rows is there twice"},
        Refusal{sweep("s", {"--key", "adc.bits=4", "--adc.bits", "6"}),
                "--key adc.bits=4: does not go with --adc.bits beside it"},
        Refusal{sweep("s", {"--key", "preset=table4", "--preset", "paper"}),
                "--key preset=table4: does not go with --preset beside it"},
        Refusal{sweep("s", {"--key", "preset=none"}), "--key preset=none: --preset none: must be"},
        Refusal{sweep("s", {"--policy", "W4A4", "--policy", "W4A4"}),
                "--policy W4A4: is there twice"},
        Refusal{sweep("s", {"--policy", "8/8,4/4"}), "policy \"8/8,4/4\": 2 entries"},
        Refusal{sweep("s", {"--network", "lenet6"}), "network \"lenet6\": must be"},
        Refusal{sweep("s", {"--accuracy-images", "5"}), "--accuracy-images: needs --accuracy"},
        Refusal{sweep("s", {"--key", "tile.pes=1..256", "--key", "noc.vcs=1..8", "--key",
                            "adc.bits=4..12"}),
                "18432 points: at most 10000"}));

// A row is on the front when no other one is at least as good in everything and better in
// something: against the definition, with ties.
TEST(SweepFront, HasWhatNothingBeats) {
  std::mt19937_64 engine(3);
  for (int round = 0; round < 50; ++round) {
    Csv points({"a", "b", "c"});
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < 1 + engine() % 30; ++row) {
      const auto digit = [&] { return fmt::format("{}", engine() % 5); };
      points.add({digit(), digit(), digit()});
      rows.push_back(row);
    }
    const std::vector<report::SweepObjective> objectives = {
        {"a", "", 1.0, false}, {"b", "", 1.0, true}, {"c", "", 1.0, false}};
    const auto front = report::sweep_front(points, rows, objectives);
    for (const std::size_t row : rows) {
      bool beaten = false;
      for (const std::size_t other : rows) {
        const auto at = [&](std::size_t r, const char* column) {
          return *points.number(r, column);
        };
        const bool as_good = at(other, "a") <= at(row, "a") && at(other, "b") >= at(row, "b") &&
                             at(other, "c") <= at(row, "c");
        const bool equal = at(other, "a") == at(row, "a") && at(other, "b") == at(row, "b") &&
                           at(other, "c") == at(row, "c");
        beaten = beaten || (as_good && !equal);
      }
      EXPECT_EQ(std::count(front.begin(), front.end(), row), beaten ? 0 : 1);
    }
  }
}

}  // namespace
}  // namespace kirchhoff::cli
