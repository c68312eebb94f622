#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/csv.h"
#include "tests/cli/program.h"

namespace kirchhoff::cli {
namespace {

using report::Csv;

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

/// A comparison of four searches that takes seconds.
Arguments compare(const std::string& out, const Arguments& more = {}) {
  std::map<std::string, std::string> options = {{"--methods", "ppo,random"},
                                                {"--th", "0.9"},
                                                {"--seeds", "1..2"},
                                                {"--budget", "12"},
                                                {"--validation-images", "200"},
                                                {"--final.candidates", "2"},
                                                {"--final.slack_policies", "2"},
                                                {"--jobs", "2"},
                                                {"--out", out}};
  for (std::size_t i = 0; i + 1 < more.size(); i += 2) options[more[i]] = more[i + 1];
  Arguments arguments = {"compare"};
  for (const auto& [name, value] : options) arguments.insert(arguments.end(), {name, value});
  return arguments;
}

/// Every file below a folder with its contents, but those that hold times or a search's state.
std::map<std::string, std::string> files_of(const std::string& folder, bool all) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = fs::relative(entry.path(), folder).string();
    const bool seconds = name.find("timing.json") != std::string::npos ||
                         name.find("report/times") != std::string::npos || name == "times.csv" ||
                         name.find("checkpoint") != std::string::npos ||
                         name.find("sessions.json") != std::string::npos ||
                         name.compare(0, 4, "logs") == 0;
    if (all || !seconds) files[name] = contents_of(entry.path().string());
  }
  return files;
}

void expect_equal(const std::map<std::string, std::string>& a,
                  const std::map<std::string, std::string>& b) {
  for (const auto& [name, contents] : a) {
    ASSERT_EQ(b.count(name), 1U) << name;
    EXPECT_EQ(b.at(name), contents) << name;
  }
  EXPECT_EQ(a.size(), b.size());
}

TEST(CompareCommand, RefusesWrongRequestsBeforeAnyRun) {
  const std::vector<std::pair<Arguments, std::string>> refusals = {
      {{"--methods", "ppo,magic"}, "--methods ppo,magic: must be of "},
      {{"--methods", "ppo,ppo"}, "--methods ppo,ppo: ppo is there twice"},
      {{"--methods", ""}, "--methods '': must not be"},
      {{"--th", "0.8,x"}, "--th 0.8,x: must be numbers in [0.001, 1000]"},
      {{"--th", "0.8,"}, "--th 0.8,: must be numbers in [0.001, 1000]"},
      {{"--th", "0.8,0.80"}, "--th 0.8,0.80: 0.8 is there twice"},
      {{"--seeds", "5..1"}, "--seeds 5..1: must be integers of at least 0 or ranges"},
      {{"--seeds", "1,,2"}, "--seeds 1,,2: must be integers of at least 0 or ranges"},
      {{"--seeds", "1..3,2"}, "--seeds 1..3,2: 2 is there twice"},
      {{"--seeds", "0..999999999999"}, "--seeds 0..999999999999: a range has at most"},
      {{"--budget", "0"}, "--budget 0: must be an integer in [1, "},
      {{"--episodes", "5"}, "--episodes: unknown option"},
      {{"--adc.bits", "17"}, "--adc.bits 17: must be an integer in [1, 16]"},
      {{"--validation-images", "5001"}, "--validation-images 5001: the validation split has 5000"},
      {{"--cost-table", "none.csv"}, "none.csv: cannot open"},
      {{"--network", "none"}, "network "},
      {{"--out", "file"}, "--out file: must be a folder"},
      {{"--out", "."}, "--out .: holds something else than a comparison"}};
  for (const auto& [more, message] : refusals) {
    const ScratchDirectory folder;
    write_text(folder.file("file"), "");
    const Outcome outcome = run_program(compare("out", more), folder.path());
    EXPECT_EQ(outcome.exit_code, 2) << message;
    EXPECT_EQ(outcome.output, "") << message;
    const std::string expected = "kirchhoff: error: " + message;
    EXPECT_EQ(outcome.error.substr(0, expected.size()), expected);
    EXPECT_EQ(folder.names(), Arguments{"file"}) << message;
  }
}

TEST(CompareCommand, RunsEverythingOnceAndRefusesOtherSettings) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(compare("cmp"), folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const Csv runs = Csv::load(folder.file("cmp/runs.csv"));
  ASSERT_EQ(runs.size(), 4U);
  const char* const expected[][2] = {{"ppo", "1"}, {"ppo", "2"}, {"random", "1"}, {"random", "2"}};
  for (std::size_t row = 0; row < 4; ++row) {
    EXPECT_EQ(runs.text(row, "network"), "lenet5");
    EXPECT_EQ(runs.text(row, "dataset"), "fashion-mnist");
    EXPECT_EQ(runs.text(row, "method"), expected[row][0]);
    EXPECT_EQ(runs.text(row, "seed"), expected[row][1]);
    EXPECT_EQ(runs.text(row, "th"), "0.9");
    EXPECT_EQ(runs.text(row, "episodes"), "12");
    EXPECT_EQ(runs.text(row, "status"), "done");
    EXPECT_LE(runs.number(row, "final_cost_ratio").value_or(9.0), 0.9);
    EXPECT_GT(runs.number(row, "w8a8_energy_pj").value_or(0.0), 0.0);
    EXPECT_GT(runs.number(row, "test_answer_pct").value_or(0.0), 0.0);
    EXPECT_EQ(runs.text(row, "test_images"), "10000");
  }
  const Csv episodes = Csv::load(folder.file("cmp/episodes.csv"));
  EXPECT_EQ(episodes.size(), 4U * 12U);
  EXPECT_EQ(Csv::load(folder.file("cmp/times.csv")).size(), 4U);
  for (const char* name : {"verdict", "table5", "table6", "table7", "table8", "pareto", "losses",
                           "duels", "bias", "task"}) {
    const std::string table = contents_of(folder.file(std::string("cmp/report/") + name + ".md"));
    EXPECT_FALSE(table.empty()) << name;
    EXPECT_NE(outcome.output.find(table), std::string::npos) << name;
  }
  EXPECT_EQ(Csv::load(folder.file("cmp/report/fig6_7_8.csv")).size(), 2U * 12U);
  EXPECT_EQ(Csv::load(folder.file("cmp/report/fig10.csv")).size(), 2U * 5U);

  // Nothing is left to do: the same bytes again.
  const auto before = files_of(folder.file("cmp"), true);
  const Outcome again = run_program(compare("cmp"), folder.path());
  EXPECT_EQ(again.exit_code, 0) << again.error;
  EXPECT_EQ(again.output, outcome.output);
  expect_equal(before, files_of(folder.file("cmp"), true));
  const Outcome json = run_program(compare("cmp", {"--json", "-"}), folder.path());
  EXPECT_EQ(nlohmann::json::parse(json.output)["tables"]["verdict"]["rows"].size(), 1U);
  expect_equal(before, files_of(folder.file("cmp"), true));

  const Outcome other = run_program(compare("cmp", {"--budget", "13"}), folder.path());
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.error.find("compare.json: budget = 13: the comparison in this folder has 12"),
            std::string::npos)
      << other.error;
  const Outcome chip = run_program(compare("cmp", {"--adc.bits", "6"}), folder.path());
  EXPECT_EQ(chip.exit_code, 2);
  EXPECT_NE(chip.error.find("adc.bits = 6: the comparison in this folder has 8"), std::string::npos)
      << chip.error;
  expect_equal(before, files_of(folder.file("cmp"), true));

  // Another threshold, of which one cannot be reached.
  const Outcome more = run_program(compare("cmp", {"--methods", "random", "--th", "0.5,0.95",
                                                   "--seeds", "1", "--ddpg.noise", "0.4"}),
                                   folder.path());
  EXPECT_EQ(more.exit_code, 0) << more.error;
  EXPECT_NE(more.error.find("no runs at th = 0.5: must be at least 0.717"), std::string::npos)
      << more.error;
  const Csv grown = Csv::load(folder.file("cmp/runs.csv"));
  ASSERT_EQ(grown.size(), 6U);
  EXPECT_EQ(grown.text(0, "status"), "unreachable");
  EXPECT_EQ(grown.text(0, "reason").substr(0, 29), "th = 0.5: must be at least 0.");
  EXPECT_EQ(grown.text(5, "th"), "0.95");

  // A finished search is a folder for a report, too.
  const Outcome single =
      run_program({"report", "cmp/runs/random-th0.9-seed1", "--out", "single"}, folder.path());
  EXPECT_EQ(single.exit_code, 0) << single.error;
  EXPECT_EQ(contents_of(folder.file("single/fig9.csv")).empty(), false);
}

TEST(CompareCommand, SettingsOfPpoHoldForItsTunedKind) {
  const ScratchDirectory folder;
  const Arguments few = {"--methods", "ppo-tuned", "--seeds", "1", "--budget", "2"};
  ASSERT_EQ(run_program(compare("cmp", few), folder.path()).exit_code, 0);
  Arguments other = few;
  other.insert(other.end(), {"--ppo.hidden_size", "64", "--seeds", "2"});
  const Outcome refused = run_program(compare("cmp", other), folder.path());
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.error.find("ppo.hidden_size = 64: the comparison in this folder has 256"),
            std::string::npos)
      << refused.error;
}

TEST(CompareCommand, AScoreHoldsForAllMethodsAndStaysAsItIs) {
  const ScratchDirectory folder;
  const Arguments few = {"--methods", "ppo,random", "--seeds", "1", "--budget", "2"};
  Arguments by_divergence = few;
  by_divergence.insert(by_divergence.end(), {"--score", "divergence"});
  const Outcome outcome = run_program(compare("cmp", by_divergence), folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  for (const char* run : {"ppo-th0.9-seed1", "random-th0.9-seed1"}) {
    const std::string config =
        contents_of(folder.file(std::string("cmp/runs/") + run + "/config.json"));
    EXPECT_NE(config.find(R"("score": "divergence")"), std::string::npos) << config;
  }
  const Outcome refused = run_program(compare("cmp", few), folder.path());
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.error.find("score = nothing: the comparison in this folder has divergence"),
            std::string::npos)
      << refused.error;
}

TEST(CompareCommand, ASearchWithOtherRewardsStaysApart) {
  const ScratchDirectory folder;
  const Arguments few = {"--methods", "random", "--seeds", "1", "--budget", "2"};
  ASSERT_EQ(run_program(compare("cmp", few), folder.path()).exit_code, 0);
  Arguments other = few;
  other.insert(other.end(), {"--seeds", "2", "--reward.max_loss_points", "5"});
  ASSERT_EQ(run_program(compare("other", other), folder.path()).exit_code, 0);
  const Outcome outcome = run_program(
      {"report", "cmp", "other/runs/random-th0.9-seed2", "--out", "both"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(contents_of(folder.file("both/times.md")).find("| lenet5 (reward.max_loss_points 5) |"),
            std::string::npos)
      << contents_of(folder.file("both/times.md"));
}

TEST(CompareCommand, ASearchByTheMethodsOwnScoreJoinsAComparison) {
  const ScratchDirectory folder;
  const Arguments few = {"--methods", "random", "--seeds", "1", "--budget", "2"};
  ASSERT_EQ(run_program(compare("cmp", few), folder.path()).exit_code, 0);
  Arguments other = few;
  other.insert(other.end(), {"--seeds", "2"});
  ASSERT_EQ(run_program(compare("other", other), folder.path()).exit_code, 0);
  const Outcome outcome = run_program(
      {"report", "cmp", "other/runs/random-th0.9-seed2", "--out", "both"}, folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_NE(contents_of(folder.file("both/times.md")).find("| random | 1, 2 | 2/2 |"),
            std::string::npos)
      << contents_of(folder.file("both/times.md"));
}

TEST(CompareCommand, ThresholdsThatAreAllUnreachableAreWrongInput) {
  const ScratchDirectory folder;
  const Outcome outcome = run_program(
      compare("cmp", {"--methods", "random", "--th", "0.5", "--seeds", "1"}), folder.path());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.error.find("th = 0.5: must be at least 0.717"), std::string::npos)
      << outcome.error;
  EXPECT_EQ(Csv::load(folder.file("cmp/runs.csv")).size(), 1U);
}

/// Episodes that searches of a comparison have written down.
std::size_t episodes_in(const std::string& folder) {
  std::size_t rows = 0;
  std::error_code error;
  for (const auto& run : fs::directory_iterator(folder + "/runs", error)) {
    const std::string text = contents_of((run.path() / "episodes.csv").string());
    rows += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  return rows;
}

/// Starts a comparison in `out` and sends it `signal` once its searches have written `rows` more
/// lines; its exit code, or 128 + the signal.
int interrupted(const Arguments& arguments, const std::string& folder, const std::string& out,
                std::size_t rows, int signal) {
  const std::size_t before = episodes_in(out);
  const pid_t child = ::fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_WRONLY);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    std::vector<char*> argv{const_cast<char*>(KIRCHHOFF_PROGRAM)};
    for (const auto& s : arguments) argv.push_back(const_cast<char*>(s.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  while (episodes_in(out) < before + rows && ::waitpid(child, &status, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::kill(child, signal);
  if (::waitpid(child, &status, 0) != child) return -1;  // it had ended before
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(CompareCommand, AnInterruptedComparisonGoesOnToTheSameResult) {
  const ScratchDirectory folder;
  const Arguments more = {"--methods", "random", "--budget", "300"};
  ASSERT_EQ(run_program(compare("whole", more), folder.path()).exit_code, 0);
  // With what the whole one has measured, runs would be over before they are interrupted.
  ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", folder.file("cache").c_str(), 1), 0);
  const auto cut = [&](std::size_t rows, int signal) {
    return interrupted(compare("cut", more), folder.path(), folder.file("cut"), rows, signal);
  };
  EXPECT_EQ(cut(10, SIGKILL), 128 + SIGKILL);
  EXPECT_FALSE(fs::exists(folder.file("cut/runs.csv")));
  EXPECT_EQ(cut(20, SIGTERM), 128 + SIGTERM);
  const Csv runs = Csv::load(folder.file("cut/runs.csv"));
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs.text(1, "status"), "unfinished");
  Outcome outcome = run_program(compare("cut", more), folder.path());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  expect_equal(files_of(folder.file("whole"), false), files_of(folder.file("cut"), false));
}

}  // namespace
}  // namespace kirchhoff::cli
