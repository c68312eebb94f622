#include "base/coroutine.h"

#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff {
namespace {

std::unique_ptr<Coroutine> coroutine_of(std::function<void()> body) {
  return std::make_unique<Coroutine>(std::move(body), 64 * 1024);
}

TEST(CoroutineTest, LeavesItsMiddleAndGoesOnThere) {
  std::vector<int> log;
  std::unique_ptr<Coroutine> coroutine;
  coroutine = coroutine_of([&] {
    for (int i = 0; i < 3; ++i) {
      log.push_back(i);
      coroutine->suspend();
    }
  });
  EXPECT_TRUE(log.empty());
  for (int i = 0; i < 3; ++i) {
    coroutine->resume();
    log.push_back(10);
  }
  coroutine->resume();  // to its end
  coroutine->resume();  // beyond
  EXPECT_EQ(log, (std::vector<int>{0, 10, 1, 10, 2, 10}));
}

TEST(CoroutineTest, ThrowsWhatItsBodyThrowsWhereItWasResumed) {
  std::unique_ptr<Coroutine> coroutine;
  coroutine = coroutine_of([&] {
    coroutine->suspend();
    throw std::runtime_error("over there");
  });
  coroutine->resume();
  EXPECT_THROW(coroutine->resume(), std::runtime_error);
  coroutine->resume();
}

TEST(CoroutineTest, GivesBackWhatAnUnfinishedBodyHolds) {
  const auto held = std::make_shared<int>(1);
  std::unique_ptr<Coroutine> coroutine;
  coroutine = coroutine_of([&, held] {
    const auto another = std::make_unique<std::shared_ptr<int>>(held);
    coroutine->suspend();
  });
  coroutine->resume();
  EXPECT_EQ(held.use_count(), 3);
  coroutine.reset();
  EXPECT_EQ(held.use_count(), 1);
}

// Whoever resumed the first is gone back to by the last.
// A sanitizer that took this stack for the other one afterwards would say so at the next exception.
TEST(CoroutineTest, ABodyThatNeverBeganIsGivenUpWithoutATrace) {
  const auto held = std::make_shared<int>(7);
  bool ran = false;
  testing::internal::CaptureStderr();
  {
    const Coroutine never([held, &ran] { ran = true; }, 65536);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  EXPECT_FALSE(ran);
  EXPECT_THROW(throw std::runtime_error("here"), std::runtime_error);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(CoroutineTest, OneGoesOnInsteadOfAnother) {
  std::vector<int> log;
  std::unique_ptr<Coroutine> a, b, c;
  a = coroutine_of([&] {
    log.push_back(1);
    a->resume_instead(*b);
    log.push_back(4);
    a->resume_instead(*c);
    log.push_back(7);
  });
  b = coroutine_of([&] {
    log.push_back(2);
    b->suspend();
    log.push_back(6);
    b->resume_instead(*a);
  });
  c = coroutine_of([&] {
    log.push_back(5);
    c->resume_instead(*b);
  });
  a->resume();
  log.push_back(3);
  a->resume();
  log.push_back(8);
  EXPECT_EQ(log, (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(CoroutineTest, WhatIsThrownInsteadOfAnotherComesOutOfTheSameResume) {
  const auto held = std::make_shared<int>(1);
  std::unique_ptr<Coroutine> a, b;
  a = coroutine_of([&, held] {
    const auto another = std::make_unique<std::shared_ptr<int>>(held);
    a->resume_instead(*b);
  });
  b = coroutine_of([&] { throw std::runtime_error("over there"); });
  EXPECT_THROW(a->resume(), std::runtime_error);
  b->resume();  // has ended
  a.reset();    // has not
  EXPECT_EQ(held.use_count(), 1);
}

TEST(CoroutineTest, ManyRunSideBySide) {
  std::vector<std::unique_ptr<Coroutine>> all(200);
  int steps = 0;
  for (auto& one : all) {
    one = coroutine_of([&] {
      try {
        throw steps;  // exceptions stay on the stack that they were thrown on
      } catch (int) {
      }
      for (;; ++steps) one->suspend();
    });
  }
  for (int round = 0; round < 10; ++round) {
    for (auto& one : all) one->resume();
  }
  EXPECT_EQ(steps, 200 * 9);
}

}  // namespace
}  // namespace kirchhoff
