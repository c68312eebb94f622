#include "cli/ranks/rank_questions.h"

#include <deque>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/stop_request.h"

namespace kirchhoff::cli {
namespace {

std::string doubled(const std::string& question) { return question + question; }

/// Ranks that are played: each answers in the order in which it was asked, all of them whenever
/// they like.
class PlayedRanks final : public Ranks {
 public:
  PlayedRanks(int size, std::uint64_t seed) : size_(size), engine_(seed) {}

  int rank() const override { return 0; }
  int size() const override { return size_; }
  void send(int to, const std::string& text) override {
    EXPECT_GT(to, 0);
    EXPECT_LT(to, size_);
    ++sent_;
    asked_[to].push_back(text);
  }
  bool receive(int& from, std::string& text) override {
    std::vector<int> busy;
    for (const auto& [rank, questions] : asked_)
      if (!questions.empty()) busy.push_back(rank);
    if (busy.empty() || engine_() % 3 == 0) return false;
    from = busy[engine_() % busy.size()];
    Played other(asked_[from].front(), from == failing_);
    asked_[from].pop_front();
    serve_questions(other, [&](const std::string& question) {
      if (other.fails) throw RunError("no disk");
      return doubled(question);
    });
    text = other.said;
    return true;
  }

  void fail(int rank) { failing_ = rank; }
  int sent() const { return sent_; }
  bool is_quiet() const {
    for (const auto& [rank, questions] : asked_)
      if (!questions.empty()) return false;
    return true;
  }

 private:
  /// The other side of one question, which then hears that there is no more.
  struct Played final : Ranks {
    Played(std::string question, bool failing) : heard(std::move(question)), fails(failing) {}
    int rank() const override { return 1; }
    int size() const override { return 2; }
    void send(int to, const std::string& text) override {
      EXPECT_EQ(to, 0);
      said = text;
    }
    bool receive(int& from, std::string& text) override {
      from = 0;
      text = std::exchange(heard, "{\"end\":true}");
      return true;
    }
    std::string heard, said;
    const bool fails;
  };

  const int size_;
  std::mt19937_64 engine_;
  std::map<int, std::deque<std::string>> asked_;
  int failing_ = 0, sent_ = 0;
};

std::vector<std::string> questions_of(std::size_t count) {
  std::vector<std::string> questions;
  for (std::size_t i = 0; i < count; ++i)
    questions.push_back(fmt::format("{}{}", i, std::string(i % 7, '\0')));
  return questions;
}

TEST(RankQuestions, AnswersStandInTheOrderOfTheQuestionsWhoeverGivesThem) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::size_t count = seed % 23;
    PlayedRanks ranks(1 + static_cast<int>(seed % 6), seed);
    int own = 0;
    RankQuestions all(ranks, [&](const std::string& question) {
      ++own;
      return doubled(question);
    });
    const std::vector<std::string> questions = questions_of(count);
    for (int again = 0; again < 2; ++again) {
      const std::vector<std::string> answers = all.ask(questions);
      ASSERT_EQ(answers.size(), count);
      for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(answers[i], doubled(questions[i]));
    }
    EXPECT_EQ(static_cast<std::size_t>(own + ranks.sent()), 2 * count);
    if (ranks.size() > 1 && count > 0) EXPECT_GT(ranks.sent(), 0);
    EXPECT_TRUE(ranks.is_quiet());
  }
}

TEST(RankQuestions, WhatARankThrowsIsThrownHereWithItsRankOnceNobodyTalksAnyMore) {
  PlayedRanks ranks(4, 1);
  ranks.fail(2);
  RankQuestions all(ranks, doubled);
  try {
    all.ask(questions_of(50));
    FAIL() << "nothing was thrown";
  } catch (const RunError& error) {
    EXPECT_STREQ(error.what(), "rank 2: no disk");
  }
  EXPECT_TRUE(ranks.is_quiet());
}

TEST(RankQuestions, WhatThisRankThrowsIsThrownOnceNobodyTalksAnyMore) {
  PlayedRanks ranks(3, 1);
  RankQuestions all(ranks, [](const std::string&) -> std::string { throw RunError("here"); });
  EXPECT_THROW(all.ask(questions_of(50)), RunError);
  EXPECT_TRUE(ranks.is_quiet());
}

TEST(RankQuestions, AStopEndsTheAsking) {
  PlayedRanks ranks(3, 1);
  RankQuestions all(ranks, [](const std::string& question) {
    request_stop();
    while (!stop_overdue()) std::this_thread::yield();
    return question;
  });
  EXPECT_THROW(all.ask(questions_of(50)), Stopped);
  withdraw_stop();
  EXPECT_TRUE(ranks.is_quiet());
}

}  // namespace
}  // namespace kirchhoff::cli
