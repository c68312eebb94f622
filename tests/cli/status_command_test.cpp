#include <csignal>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/cli/background_program.h"
#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

Arguments comparison(const Arguments& more) {
  Arguments words = {"compare", "--methods",
                     "random",  "--th",
                     "0.9",     "--seeds",
                     "1..3",    "--budget",
                     "40",      "--validation-images",
                     "100",     "--final.candidates",
                     "0",       "--jobs",
                     "1",       "--out",
                     "study"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

json status_of(const std::string& study, const ScratchDirectory& folder) {
  const Outcome outcome = run_program({"status", study, "--json", "-"}, folder.path());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.error;
  return json::parse(outcome.output).at("folders").at(0);
}

TEST(StatusCommand, FollowsAComparisonFromItsFirstRunToItsEnd) {
  const ScratchDirectory folder;
  ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", folder.file("cache").c_str(), 1), 0);
  const pid_t child = started(comparison({}), folder.path());
  const std::string first = folder.file("study/runs/random-th0.9-seed1/");
  EXPECT_TRUE(stopped_when(child, [&] { return fs::exists(first + "checkpoint"); }));
  const json running = status_of("study", folder);
  EXPECT_EQ(running["kind"], "comparison");
  EXPECT_EQ(running["total"], 3);
  EXPECT_EQ(running["running"], 1);
  EXPECT_EQ(running["waiting"], 2);
  const json run = running["runs"][0];
  EXPECT_EQ(run["name"], "random-th0.9-seed1");
  EXPECT_EQ(run["state"], "running");
  EXPECT_EQ(run["process"], child);
  EXPECT_EQ(run["part"], "comparison");
  EXPECT_EQ(run["of_episodes"], 40);
  const Outcome page = run_program({"status", "study"}, folder.path());
  EXPECT_NE(page.output.find("3 in all: 1 running, 2 waiting"), std::string::npos) << page.output;
  EXPECT_NE(page.output.find(fmt::format("process {} (comparison)", child)), std::string::npos)
      << page.output;
  ::kill(child, SIGKILL);
  EXPECT_EQ(end_of(child), 128 + SIGKILL);
  // Its search ends with it, a moment later.
  json left = status_of("study", folder);
  while (left["running"] != 0) left = status_of("study", folder);
  EXPECT_EQ(left["running"], 0);
  EXPECT_EQ(left["interrupted"], 1);

  ASSERT_EQ(run_program(comparison({}), folder.path()).exit_code, 0);
  const json done = status_of("study", folder);
  EXPECT_EQ(done["done"], 3);
  for (const json& one : done["runs"]) {
    EXPECT_EQ(one["state"], "done");
    EXPECT_EQ(one["episodes"], 40);
    EXPECT_GT(one["best_accuracy_pct"].get<double>(), 50.0);
    EXPECT_LE(one["best_cost_ratio"].get<double>(), 0.9);
  }
  const json search = status_of("study/runs/random-th0.9-seed2", folder);
  EXPECT_EQ(search["kind"], "search");
  EXPECT_EQ(search["done"], 1);
}

TEST(StatusCommand, AFailureIsShownWithItsReasonAndTheOthersAreThere) {
  const ScratchDirectory folder;
  // In the way of one of the runs.
  fs::create_directories(folder.file("study/runs"));
  fs::create_directories(folder.file("study/logs"));
  const pid_t child = started(comparison({}), folder.path());
  EXPECT_TRUE(stopped_when(child, [&] { return fs::exists(folder.file("study/sessions.json")); }));
  write_text(folder.file("study/runs/random-th0.9-seed2"), "");
  go_on(child);
  EXPECT_EQ(end_of(child), 1);
  const json status = status_of("study", folder);
  EXPECT_EQ(status["done"], 2);
  EXPECT_EQ(status["failed"], 1);
  EXPECT_EQ(status["runs"][1]["state"], "failed");
  EXPECT_NE(status["runs"][1]["reason"].get<std::string>().find("must be a folder"),
            std::string::npos)
      << status;
  const Outcome page = run_program({"status", "study"}, folder.path());
  EXPECT_NE(page.output.find("failed      random-th0.9-seed2: "), std::string::npos) << page.output;
}

TEST(StatusCommand, CountsThePointsOfASweep) {
  const ScratchDirectory folder;
  ASSERT_EQ(run_program({"sweep", "--key", "crossbar.size=32,64", "--key", "adc.per_pair=1,40",
                         "--out", "s"},
                        folder.path())
                .exit_code,
            0);
  const json status = status_of("s", folder);
  EXPECT_EQ(status["kind"], "sweep");
  EXPECT_EQ(status["done"], 3);
  EXPECT_EQ(status["refused"], 1);
  EXPECT_EQ(status["total"], 4);
  const Outcome both = run_program({"status", "s", "s", "--json", "s.json"}, folder.path());
  EXPECT_EQ(json::parse(contents_of(folder.file("s.json")))["folders"].size(), 2U);
}

TEST(StatusCommand, WhatIsNoSuchFolderIsRefused) {
  const ScratchDirectory folder;
  fs::create_directory(folder.file("empty"));
  expect_refused({{"status", "empty"}, "empty: must be the folder of a comparison, a sweep or a "},
                 folder);
  expect_refused({{"status", "none"}, "none: must be the folder of a comparison"}, folder);
}

}  // namespace
}  // namespace kirchhoff::cli
