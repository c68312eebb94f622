// Several processes share the folder of a comparison or a sweep.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/options/shard_option.h"
#include "report/csv.h"
#include "tests/cli/background_program.h"
#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;
using report::Csv;

/// Eight searches that take seconds.
Arguments comparison(const std::string& out, const Arguments& more) {
  Arguments words = {"compare",    "--methods",
                     "random,ppo", "--th",
                     "0.9",        "--seeds",
                     "1..4",       "--budget",
                     "24",         "--validation-images",
                     "100",        "--final.candidates",
                     "2",          "--jobs",
                     "1",          "--final.slack_policies",
                     "2",          "--out",
                     out};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Arguments sweep(const std::string& out, const Arguments& more) {
  Arguments words = {"sweep", "--out",    out,    "--key",    "adc.bits=2..8", "--jobs",
                     "1",     "--policy", "W4A4", "--policy", "W8A8"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::size_t files_in(const std::string& folder, const std::string& extension) {
  std::size_t files = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    files += entry->path().extension() == extension ? 1 : 0;
  return files;
}

/// The files below a folder, but those that tell of times and of who has run what.
std::map<std::string, std::string> results_in(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(entry.path(), folder).string();
    bool varies = !entry.is_regular_file() || name.compare(0, 4, "logs") == 0 ||
                  name.compare(0, 7, "points/") == 0 || name.compare(0, 9, "accuracy/") == 0;
    for (const char* part : {"timing.json", "times.", "checkpoint", "sessions.json"})
      varies = varies || name.find(part) != std::string::npos;
    if (!varies) files[name] = contents_of(entry.path().string());
  }
  return files;
}

void expect_same(const std::string& whole, const std::string& shared) {
  const auto a = results_in(whole), b = results_in(shared);
  EXPECT_GT(a.size(), 2U);
  for (const auto& [name, contents] : a) {
    ASSERT_EQ(b.count(name), 1U) << name;
    EXPECT_EQ(b.at(name), contents) << name;
  }
  for (const auto& [name, contents] : b) EXPECT_EQ(a.count(name), 1U) << name;
}

TEST(Shards, ThreeWithOneKilledTwiceMakeTheBytesOfOneProcess) {
  const ScratchDirectory folder;
  ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", folder.file("cache").c_str(), 1), 0);
  ASSERT_EQ(run_program(comparison("one", {}), folder.path()).exit_code, 0);
  ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", folder.file("other-cache").c_str(), 1), 0);
  const auto shard = [&](int number) {
    return started(comparison("three", {"--shard", fmt::format("{}/3", number)}), folder.path());
  };
  const auto rows = [&] { return files_in(folder.file("three/runs"), ".csv"); };
  // Alone at first, so that it is surely in the middle of its work.
  EXPECT_TRUE(killed_when(shard(2), [&] { return rows() > 0; }));
  const std::size_t before = rows();
  EXPECT_TRUE(killed_when(shard(2), [&] { return rows() > before; }));
  EXPECT_FALSE(fs::exists(folder.file("three/runs.csv")));
  const pid_t first = shard(1), second = shard(2), third = shard(3);
  EXPECT_EQ(end_of(first), 0);
  EXPECT_EQ(end_of(second), 0);
  EXPECT_EQ(end_of(third), 0);
  expect_same(folder.file("one"), folder.file("three"));
  EXPECT_FALSE(fs::exists(folder.file("three/claims"))) << "nothing is left to do";
}

TEST(Shards, OfASweepMakeTheBytesOfOneProcess) {
  const ScratchDirectory folder;
  ASSERT_EQ(
      run_program(sweep("one", {"--accuracy", "--accuracy-images", "40"}), folder.path()).exit_code,
      0);
  const auto shard = [&](int number) {
    return started(sweep("three", {"--accuracy", "--accuracy-images", "40", "--shard",
                                   fmt::format("{}/3", number)}),
                   folder.path());
  };
  const auto points = [&] { return files_in(folder.file("three/points"), ".json"); };
  EXPECT_TRUE(killed_when(shard(3), [&] { return points() > 0; }));
  const std::size_t before = points();
  EXPECT_TRUE(killed_when(shard(3), [&] { return points() > before; }));
  std::vector<pid_t> shards;
  for (const int number : {1, 2, 3}) shards.push_back(shard(number));
  for (const pid_t one : shards) EXPECT_EQ(end_of(one), 0);
  expect_same(folder.file("one"), folder.file("three"));
  EXPECT_FALSE(fs::exists(folder.file("three/claims")));
}

#ifdef KIRCHHOFF_PARALLEL
TEST(Shards, StartedByGnuParallelMakeTheBytesOfOneProcess) {
  const ScratchDirectory folder;
  ASSERT_EQ(run_program(sweep("one", {}), folder.path()).exit_code, 0);
  std::string command;
  for (const std::string& word : sweep("four", {})) command += " " + word;
  const Outcome outcome = run_shell(
      fmt::format("HOME=. {} -j4 \"$0\"{} --shard {{}}/4 ::: 1 2 3 4", KIRCHHOFF_PARALLEL, command),
      folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  expect_same(folder.file("one"), folder.file("four"));
}
#endif

#ifdef KIRCHHOFF_MPIRUN
/// So many ranks of the program; more than the machine has cores are for correctness only.
Arguments ranks(int count, const Arguments& arguments) {
  Arguments words = {KIRCHHOFF_MPIRUN, "--oversubscribe", "-n", fmt::format("{}", count),
                     KIRCHHOFF_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.insert(words.end(), {"--launcher", "mpi"});
  return words;
}

class MpiRun : public ::testing::Test {
 protected:
  // As root, in a container, too.
  void SetUp() override {
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
  }
  const ScratchDirectory folder_;
};

TEST_F(MpiRun, FourMakeTheBytesOfOneProcess) {
  ASSERT_EQ(run_program(comparison("one", {}), folder_.path()).exit_code, 0);
  const Outcome outcome = run_words(ranks(4, comparison("four", {})), folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  expect_same(folder_.file("one"), folder_.file("four"));
  ASSERT_EQ(run_program(sweep("sweep-one", {}), folder_.path()).exit_code, 0);
  ASSERT_EQ(run_words(ranks(4, sweep("sweep-four", {})), folder_.path()).exit_code, 0);
  expect_same(folder_.file("sweep-one"), folder_.file("sweep-four"));
}

TEST_F(MpiRun, WhenOneDiesTheSameCommandGoesOn) {
  ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", folder_.file("cache").c_str(), 1), 0);
  ASSERT_EQ(run_program(comparison("one", {}), folder_.path()).exit_code, 0);
  ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", folder_.file("other-cache").c_str(), 1), 0);
  /// A rank that is not the first and works.
  const auto worker = [&]() -> long {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_.file("three/claims"), error)) {
      const std::string text = contents_of(entry.path().string());
      if (text.find("\"rank 1\"") != std::string::npos &&
          entry.path().filename().string().find('@') != std::string::npos)
        return nlohmann::json::parse(text)["pid"].get<long>();
    }
    return 0;
  };
  const pid_t child = started_words(ranks(3, comparison("three", {})), folder_.path());
  int status = 0;
  while (worker() == 0 && ::waitpid(child, &status, WNOHANG) == 0)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  ASSERT_NE(worker(), 0);
  ::kill(static_cast<pid_t>(worker()), SIGKILL);
  EXPECT_NE(end_of(child), 0);
  const Outcome outcome = run_words(ranks(3, comparison("three", {})), folder_.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  expect_same(folder_.file("one"), folder_.file("three"));
}

Arguments search(const std::string& out, const Arguments& more) {
  Arguments arguments = {"search", "--th",          "0.8", "--validation-images",
                         "200",    "--race-images", "60",  "--episodes",
                         "20",     "--out",         out};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST_F(MpiRun, ASearchHasTheSameBytesOnAnyNumberOfRanks) {
  // Proposals, chips, the final stage, fine-tuning to every policy: whatever is measured together.
  const std::vector<Arguments> searches = {
      {"--method", "nsga2"},
      {"--method", "random-wall", "--cell-seeds", "1,2", "--cells.spread", "normal",
       "--cells.sigma", "0.1"},
      {"--method", "random", "--tune-each", "1", "--tune-images", "64", "--final.candidates", "0"}};
  for (std::size_t i = 0; i < searches.size(); ++i) {
    SCOPED_TRACE(searches[i][1]);
    for (const int count : {1, 2, 4}) {
      // Every search measures for itself.
      const std::string name = fmt::format("{}-{}", i, count);
      ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", folder_.file("cache-" + name).c_str(), 1), 0);
      const Outcome outcome =
          count == 1 ? run_program(search(name, searches[i]), folder_.path())
                     : run_words(ranks(count, search(name, searches[i])), folder_.path());
      ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
      for (const char* file : {"/config.json", "/episodes.csv", "/summary.json"}) {
        EXPECT_EQ(contents_of(folder_.file(name + file)),
                  contents_of(folder_.file(fmt::format("{}-1{}", i, file))))
            << name << file;
      }
    }
  }
}

TEST_F(MpiRun, WrongInputOfASearchEndsAllOfThem) {
  const Outcome workers = run_words(ranks(3, search("s", {"--workers", "2"})), folder_.path());
  EXPECT_EQ(workers.exit_code, 2) << workers.error;
  EXPECT_NE(workers.error.find("--workers 2: must be 1 with --launcher mpi"), std::string::npos)
      << workers.error;
  EXPECT_FALSE(fs::exists(folder_.file("s")));
}

TEST_F(MpiRun, WrongInputEndsAllOfThem) {
  const Outcome outcome = run_words(ranks(3, sweep("s", {"--policy", "W99A1"})), folder_.path());
  EXPECT_EQ(outcome.exit_code, 2) << outcome.error;
  EXPECT_NE(outcome.error.find("kirchhoff: error: "), std::string::npos) << outcome.error;
  EXPECT_FALSE(fs::exists(folder_.file("s")));
}
#endif

TEST(Shards, OneAloneDoesAllWork) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(sweep("s", {"--shard", "2/5"}), folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_EQ(Csv::load(folder.file("s/points.csv")).size(), 14U);
}

/// A claim of a worker on another machine that was last heard of so long ago.
void hold_elsewhere(const std::string& claims, const std::string& name, int silent_s,
                    const std::string& own) {
  // As our own files have it, but for the host.
  nlohmann::json holder = nlohmann::json::parse(own);
  holder["host"] = "node7";
  holder["part"] = "shard 1/2";
  fs::create_directories(claims);
  const std::string file = claims + "/worker-node7-1-00000000";
  write_text(file, holder.dump());
  fs::create_hard_link(file, claims + "/" + name + "@1");
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::seconds(silent_s));
}

/// The file of a worker of this program, as a killed one leaves it.
std::string worker_file(const ScratchDirectory& folder) {
  const auto worker = [&]() -> std::string {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder.file("w/claims"), error)) {
      if (entry.path().filename().string().compare(0, 7, "worker-") == 0)
        return contents_of(entry.path().string());
    }
    return "";
  };
  const pid_t child = started(sweep("w", {"--shard", "1/2"}), folder.path());
  killed_when(child, [&] { return !worker().empty(); });
  return worker();
}

TEST(Shards, WhatAnotherMachineHasIsLeftToItUntilItIsSilent) {
  const ScratchDirectory folder;
  const std::string own = worker_file(folder);
  ASSERT_FALSE(own.empty());
  ASSERT_EQ(run_program(sweep("one", {}), folder.path()).exit_code, 0);
  const std::string point = Csv::load(folder.file("one/points.csv")).text(3, "point");
  hold_elsewhere(folder.file("two/claims"), point, 5, own);
  const Outcome outcome = run_program(sweep("two", {"--shard", "2/2"}), folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(outcome.output.find("two: 13 of 14 points are simulated"), std::string::npos)
      << outcome.output;
  EXPECT_FALSE(fs::exists(folder.file("two/points.csv")));
  // Who does not share the folder keeps away from it.
  const Outcome alone = run_program(sweep("two", {}), folder.path());
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_NE(alone.error.find("another sweep is running in this folder: shard 1/2, process "),
            std::string::npos)
      << alone.error;
  // A report tells of what there is.
  const Outcome report = run_program({"report", "two", "--out", "tables"}, folder.path());
  EXPECT_EQ(report.exit_code, 0) << report.error;
  EXPECT_NE(report.output.find("unfinished"), std::string::npos) << report.output;

  fs::last_write_time(folder.file("two/claims/" + point + "@1"),
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  const Outcome later = run_program(sweep("two", {"--shard", "2/2"}), folder.path());
  EXPECT_EQ(later.exit_code, 0) << later.error;
  expect_same(folder.file("one"), folder.file("two"));
}

TEST(Shards, AnotherProgramIsRefused) {
  const ScratchDirectory folder;
  std::string own = worker_file(folder);
  auto other = nlohmann::json::parse(own);
  other["kirchhoff"] = "0.0.9";
  hold_elsewhere(folder.file("s/claims"), "x", 1, other.dump());
  const Outcome outcome = run_program(sweep("s", {"--shard", "1/2"}), folder.path());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.error.find("kirchhoff 0.0.9"), std::string::npos) << outcome.error;
  EXPECT_NE(outcome.error.find("all must be the same program"), std::string::npos) << outcome.error;
}

TEST(Shards, OtherSettingsAreRefused) {
  const ScratchDirectory folder;
  ASSERT_EQ(run_program(sweep("s", {"--shard", "1/2"}), folder.path()).exit_code, 0);
  const Outcome outcome =
      run_program(sweep("s", {"--shard", "2/2", "--chip.unused", "idle"}), folder.path());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.error.find("chip.unused = idle: the sweep in this folder has gated"),
            std::string::npos)
      << outcome.error;
}

TEST(Shards, ThePlaceInAJobArrayOfSlurmIsTaken) {
  const ScratchDirectory folder;
  const Outcome outcome = run_shell(
      "SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_STEP=2 "
      "SLURM_ARRAY_TASK_COUNT=4 \"$0\" sweep --key adc.bits=4,5 --out s && "
      "grep -c shard s/sessions.json",
      folder.path());
  EXPECT_EQ(outcome.error.find("error"), std::string::npos) << outcome.error;
  ::setenv("SLURM_ARRAY_TASK_ID", "7", 1);
  ::setenv("SLURM_ARRAY_TASK_MIN", "3", 1);
  ::setenv("SLURM_ARRAY_TASK_STEP", "2", 1);
  ::setenv("SLURM_ARRAY_TASK_COUNT", "4", 1);
  Options options("sweep", "");
  const ShardOption option(options);
  const std::optional<Shard> shard = option.shard();
  for (const char* name : {"ID", "MIN", "STEP", "COUNT"})
    ::unsetenv((std::string("SLURM_ARRAY_TASK_") + name).c_str());
  ASSERT_TRUE(shard);
  EXPECT_EQ(shard->name(), "shard 3/4");
  EXPECT_FALSE(option.shard());
}

TEST(Shards, BeginWithDifferentWorkAndComeToAll) {
  for (int count = 1; count < 8; ++count) {
    for (std::size_t work = 0; work < 20; ++work) {
      std::set<std::size_t> first;
      for (int index = 1; index <= count; ++index) {
        const std::vector<std::size_t> order = shard_order({index, count}, work);
        EXPECT_EQ(order.size(), work);
        EXPECT_EQ(std::set<std::size_t>(order.begin(), order.end()).size(), work);
        // Its own part, in order, comes before everybody else's.
        for (std::size_t i = 0;
             i * static_cast<std::size_t>(count) + static_cast<std::size_t>(index - 1) < work; ++i)
          EXPECT_EQ(order[i],
                    i * static_cast<std::size_t>(count) + static_cast<std::size_t>(index - 1));
        if (!order.empty()) first.insert(order.front());
      }
      EXPECT_EQ(first.size(), std::min<std::size_t>(work, static_cast<std::size_t>(count)));
    }
  }
}

class RefusedShard : public ::testing::TestWithParam<const char*> {};

TEST_P(RefusedShard, EndsWithTwoBeforeAnythingStarts) {
  const ScratchDirectory folder;
  const std::string message = fmt::format("--shard {}: must be i/n with i from 1 to n", GetParam());
  expect_refused({sweep("s", {"--shard", GetParam()}), message}, folder);
  expect_refused({comparison("s", {"--shard", GetParam()}), message}, folder);
}

INSTANTIATE_TEST_SUITE_P(Program, RefusedShard,
                         ::testing::Values("1", "0/3", "4/3", "a/3", "1/", "1/2/3", "-1/2",
                                           "1/1000000"));

}  // namespace
}  // namespace kirchhoff::cli
