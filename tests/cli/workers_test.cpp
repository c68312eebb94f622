// Searches whose policies are measured by several processes.
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cli/refusal.h"

namespace kirchhoff::cli {
namespace {

Arguments search(const std::string& out, const std::string& method, const Arguments& more) {
  Arguments arguments = {"search", "--method",      method, "--th",  "0.8", "--validation-images",
                         "200",    "--race-images", "60",   "--out", out};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// Where programs that are started remember accuracies.
class CacheFolder {
 public:
  explicit CacheFolder(const std::string& path) {
    if (const char* before = std::getenv(kName)) before_ = before;
    ::setenv(kName, path.c_str(), 1);
  }
  ~CacheFolder() { before_ ? ::setenv(kName, before_->c_str(), 1) : ::unsetenv(kName); }
  CacheFolder(const CacheFolder&) = delete;
  CacheFolder& operator=(const CacheFolder&) = delete;

 private:
  static constexpr const char* kName = "KIRCHHOFF_CACHE";
  std::optional<std::string> before_;
};

void expect_same(const ScratchDirectory& folder, const std::string& one, const std::string& other) {
  for (const char* file : {"/config.json", "/episodes.csv", "/summary.json", "/best_policy.json"}) {
    EXPECT_FALSE(contents_of(folder.file(one + file)).empty()) << file;
    EXPECT_EQ(contents_of(folder.file(one + file)), contents_of(folder.file(other + file))) << file;
  }
}

TEST(WorkersTest, AnyNumberGivesTheSameBytes) {
  for (const std::string method : {"nsga2", "ppo-masked"}) {
    SCOPED_TRACE(method);
    const ScratchDirectory folder;
    for (const std::string workers : {"1", "3"}) {
      // Every search measures for itself.
      const ScratchDirectory cache;
      const CacheFolder there(cache.path());
      const Outcome outcome = run_program(
          search(workers, method, {"--episodes", "24", "--workers", workers}), folder.path());
      ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    }
    expect_same(folder, "1", "3");
  }
}

TEST(WorkersTest, SeveralChipsAreMeasuredSideBySideToo) {
  const ScratchDirectory folder;
  const Arguments cells = {"--cells.spread",     "normal", "--cells.sigma", "0.1",
                           "--cell-seeds",       "1,2",    "--episodes",    "5",
                           "--final.candidates", "0"};
  for (const std::string workers : {"1", "4"}) {
    const ScratchDirectory cache;
    const CacheFolder there(cache.path());
    Arguments more = cells;
    more.insert(more.end(), {"--workers", workers});
    const Outcome outcome = run_program(search(workers, "random-wall", more), folder.path());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  }
  expect_same(folder, "1", "4");
}

TEST(WorkersTest, WhatACopyOfAProcessCannotDoIsRefused) {
  const ScratchDirectory folder;
  expect_refused({search("run", "random", {"--workers", "2", "--tune-each", "1"}),
                  "--workers 2: must be 1 with --tune-each"},
                 folder);
  expect_refused({search("run", "random", {"--workers", "-1"}), "--workers"}, folder);
}

}  // namespace
}  // namespace kirchhoff::cli
