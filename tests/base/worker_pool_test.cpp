#include "base/worker_pool.h"

#include <csignal>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/stop_request.h"

namespace kirchhoff {
namespace {

std::vector<std::string> numbers(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back(std::to_string(i));
  return all;
}

TEST(WorkerPool, AnswersInTheOrderOfTheQuestionsWhoeverDoesTheWork) {
  const std::string unit = "!";
  WorkerPool pool(3, nullptr, [&](const std::string& question) {
    // Later questions are answered sooner.
    ::usleep(static_cast<useconds_t>(20 - std::stoi(question)) * 500);
    return question + unit;
  });
  EXPECT_EQ(pool.size(), 3u);
  for (const int count : {20, 0, 1, 2, 7}) {
    const auto answers = pool.ask(numbers(count));
    ASSERT_EQ(answers.size(), static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i)
      EXPECT_EQ(answers[static_cast<std::size_t>(i)], std::to_string(i) + "!");
  }
}

TEST(WorkerPool, WorkersAreOtherProcessesThatBeginWithWhatThisOneHad) {
  int state = 7;
  WorkerPool pool(
      2, [&] { state *= 6; },
      [&](const std::string&) { return std::to_string(::getpid()) + " " + std::to_string(state); });
  state = 0;
  for (const std::string& answer : pool.ask(numbers(6))) {
    EXPECT_NE(answer.substr(0, answer.find(' ')), std::to_string(::getpid()));
    EXPECT_EQ(answer.substr(answer.find(' ') + 1), "42");
  }
}

TEST(WorkerPool, LongTextsAndBytesOfAllKindsPass) {
  WorkerPool pool(2, nullptr, [](const std::string& question) { return question + question; });
  std::string text(3'000'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7);
  EXPECT_EQ(pool.ask({text, ""}), (std::vector<std::string>{text + text, ""}));
}

TEST(WorkerPool, WhatAWorkerThrowsIsThrownHere) {
  WorkerPool pool(2, nullptr, [](const std::string& question) {
    if (question == "3") throw InputError("no threes");
    return question;
  });
  try {
    pool.ask(numbers(8));
    ADD_FAILURE();
  } catch (const RunError& error) {
    EXPECT_STREQ(error.what(), "no threes");
  }
}

TEST(WorkerPool, AWorkerThatDiesIsToldOf) {
  WorkerPool pool(2, nullptr, [](const std::string& question) {
    if (question == "5") ::raise(SIGKILL);
    return question;
  });
  try {
    pool.ask(numbers(8));
    ADD_FAILURE();
  } catch (const RunError& error) {
    EXPECT_STREQ(error.what(), "a worker ended by signal 9");
  }
}

TEST(WorkerPool, AStopEndsTheWaiting) {
  WorkerPool pool(2, nullptr, [](const std::string& question) {
    ::pause();
    return question;
  });
  request_stop();
  EXPECT_THROW(pool.ask(numbers(4)), Stopped);
  withdraw_stop();
}

}  // namespace
}  // namespace kirchhoff
