#include "cli/ranks/rank_jobs.h"

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/stop_request.h"

namespace kirchhoff::cli {
namespace {

using nlohmann::json;

/// Ranks that are played: they answer in any order, some jobs as done by somebody else.
class PlayedRanks final : public Ranks {
 public:
  PlayedRanks(int size, std::uint64_t seed) : size_(size), engine_(seed) {}

  int rank() const override { return 0; }
  int size() const override { return size_; }
  void send(int to, const std::string& text) override {
    const json message = json::parse(text);
    if (message.contains("stop") || message.contains("end")) {
      told_.emplace(to, message.begin().key());
      return;
    }
    EXPECT_TRUE(given_[to].empty()) << "it has all that it can do";
    sizes_.push_back(message["jobs"].size());
    for (const json& job : message["jobs"]) {
      EXPECT_EQ(job["name"].get<std::string>(),
                fmt::format("job {}", job["job"].get<std::size_t>()));
      given_[to].push_back(job["job"].get<std::size_t>());
    }
  }
  bool receive(int& from, std::string& text) override {
    std::vector<int> busy;
    for (const auto& [rank, jobs] : given_)
      if (!jobs.empty()) busy.push_back(rank);
    if (busy.empty() || engine_() % 3 == 0) return false;
    from = busy[engine_() % busy.size()];
    if (!error_.empty()) {
      json message;
      message["error"] = error_;
      text = message.dump();
      return true;
    }
    json ended = json::array();
    std::deque<std::size_t>& jobs = given_[from];
    for (std::size_t count = 1 + engine_() % jobs.size(); count > 0; --count) {
      ended.push_back({{"job", jobs.front()},
                       {"status", static_cast<int>(jobs.front() % 3)},
                       {"elsewhere", jobs.front() % 7 == 0}});
      jobs.pop_front();
    }
    json message;
    message["ended"] = ended;
    text = message.dump();
    return true;
  }

  void fail(const std::string& error) { error_ = error; }
  const std::vector<std::size_t>& sizes() const { return sizes_; }
  const std::set<std::pair<int, std::string>>& told() const { return told_; }

 private:
  const int size_;
  std::mt19937_64 engine_;
  std::map<int, std::deque<std::size_t>> given_;
  std::vector<std::size_t> sizes_;
  std::set<std::pair<int, std::string>> told_;
  std::string error_;
};

std::vector<Job> jobs_of(std::size_t count) {
  std::vector<Job> jobs(count);
  for (std::size_t i = 0; i < count; ++i) jobs[i].name = fmt::format("job {}", i);
  return jobs;
}

// So many ranks that the first one starts nothing itself.
constexpr int kRanks = 40;

TEST(RankJobs, EveryJobIsHandedOutOnceAndItsEndIsHeard) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::size_t count = seed * seed * 4 + seed;
    PlayedRanks ranks(kRanks, seed);
    std::map<std::size_t, int> ended;
    std::size_t left_out = 0;
    JobCallbacks callbacks;
    callbacks.wanted = [&](std::size_t job) {
      const bool wanted = job % 11 != 5;
      left_out += wanted ? 0 : 1;
      return wanted;
    };
    callbacks.finished = [&](std::size_t job, int status) {
      ++ended[job];
      EXPECT_NE(job % 7, 0U);
      EXPECT_EQ(status, static_cast<int>(job % 3));
    };
    callbacks.elsewhere = [&](std::size_t job) {
      ++ended[job];
      EXPECT_EQ(job % 7, 0U);
    };
    RankJobs(ranks, 1, nullptr, "").run(jobs_of(count), callbacks);
    EXPECT_EQ(ended.size() + left_out, count);
    for (const auto& [job, times] : ended) EXPECT_EQ(times, 1) << job;
    for (const std::size_t size : ranks.sizes()) EXPECT_LE(size, 32U);
    if (!ranks.sizes().empty()) EXPECT_EQ(ranks.sizes().back(), 1U);
  }
}

TEST(RankJobs, ManyJobsTakeFewMessages) {
  PlayedRanks ranks(kRanks, 1);
  RankJobs(ranks, 1, nullptr, "").run(jobs_of(20000), {});
  EXPECT_LT(ranks.sizes().size(), 20000U / 10);
}

TEST(RankJobs, WhatARankCannotDoEndsTheRun) {
  PlayedRanks ranks(kRanks, 1);
  ranks.fail("study/logs: cannot create");
  try {
    RankJobs(ranks, 1, nullptr, "").run(jobs_of(100), {});
    FAIL();
  } catch (const RunError& error) {
    EXPECT_NE(std::string(error.what()).find(": study/logs: cannot create"), std::string::npos)
        << error.what();
  }
}

TEST(RankJobs, AStopIsToldToAllThatWork) {
  PlayedRanks ranks(kRanks, 1);
  std::size_t done = 0;
  JobCallbacks callbacks;
  callbacks.finished = [&](std::size_t, int) {
    if (++done == 5) request_stop();
  };
  RankJobs(ranks, 1, nullptr, "").run(jobs_of(20000), callbacks);
  withdraw_stop();
  EXPECT_LT(done, 20000U);
  EXPECT_FALSE(ranks.told().empty());
  for (const auto& [rank, what] : ranks.told()) EXPECT_EQ(what, "stop") << rank;
}

}  // namespace
}  // namespace kirchhoff::cli
