#include "base/progress.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/progress_line.h"
#include "base/stop_request.h"
#include "cli/terminal/interrupt.h"

namespace kirchhoff::cli {
namespace {

TEST(Progress, ALogGetsOneLineAtTheEndOfShortWork) {
  ::testing::internal::CaptureStderr();
  {
    Progress progress("search", "episodes", 10, 4);
    for (std::size_t done = 5; done <= 7; ++done) progress.update(done, "best 0.5");
  }
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.substr(0, 22), "search: 7/10 episodes,") << text;
  EXPECT_EQ(text.substr(22, 10), " best 0.5\n") << "no rate of no time: " << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST(Progress, SaysNothingWhenNothingWasDone) {
  ::testing::internal::CaptureStderr();
  { Progress progress("search", "episodes", 10, 10); }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, WhatIsMostlyDoneAtOnceIsNotSaidInALog) {
  ::testing::internal::CaptureStderr();
  {
    Progress progress("reading", "MB", 10);
    progress.wait(std::chrono::milliseconds(0));
    progress.update(5, "");
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

/// What `work` says on standard error where that is a terminal.
template <typename Work>
std::string in_terminal(const Work& work) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY), before = ::dup(STDERR_FILENO);
  EXPECT_EQ(::grantpt(terminal) + ::unlockpt(terminal), 0);
  const int line = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  ::dup2(line, STDERR_FILENO);
  work();
  ::dup2(before, STDERR_FILENO);
  EXPECT_EQ(::write(line, "$", 1), 1);  // so that the end is known
  std::string text;
  // The kernel hands on what a terminal got when it likes, in as many parts.
  for (char part = 0; part != '$' && ::read(terminal, &part, 1) == 1;) text += part;
  for (const int file : {terminal, before, line}) ::close(file);
  return text.substr(0, text.size() - std::min<std::size_t>(text.size(), 1));
}

TEST(Progress, WhatIsMostlyDoneAtOnceIsSaidOnATerminalOnceThatTakesLong) {
  const auto shown = [](std::chrono::milliseconds patience) {
    return in_terminal([&] {
      Progress progress("reading", "MB", 10);
      progress.wait(patience);
      progress.update(5, "");
    });
  };
  EXPECT_EQ(shown(std::chrono::hours(1)), "");
  EXPECT_NE(shown(std::chrono::milliseconds(0)).find("reading: 5/10 MB"), std::string::npos);
}

ProgressState halfway() {
  return {"search", "episodes", 150, 300, 100, 150, 50, "best 98.20 % at cost 0.790", false};
}

TEST(ProgressLine, SaysWhatMattersFirst) {
  EXPECT_EQ(progress_line(halfway(), 0),
            "search: 150/300 episodes, best 98.20 % at cost 0.790, 1 min 15 s left, "
            "2 episodes/s");
  ProgressState over = halfway();
  over.last = true;
  EXPECT_EQ(progress_line(over, 0),
            "search: 150/300 episodes, best 98.20 % at cost 0.790, took 50 s, 2 episodes/s");
}

TEST(ProgressLine, FitsTheTerminalPartByPart) {
  const std::string whole = progress_line(halfway(), 0);
  for (std::size_t room = 1; room <= whole.size() + 5; ++room) {
    const std::string line = progress_line(halfway(), room);
    EXPECT_LE(line.size(), room);
    EXPECT_EQ(whole.compare(0, line.size(), line), 0) << line;
    const std::string next = whole.substr(line.size(), 2);
    // Only what stands first is ever cut; the other parts are there or are not.
    if (room >= 52) EXPECT_TRUE(next.empty() || next == ", ") << room << ": " << line;
  }
}

TEST(ProgressLine, CutsNoCharacterInHalf) {
  ProgressState state = halfway();
  state.note = "ääääääää";
  EXPECT_EQ(progress_line(state, 28), "search: 150/300 episodes, ää");
}

TEST(ProgressLine, PromisesNothingThatItCannotKnow) {
  ProgressState state = halfway();
  state.elapsed_s = 0.5;
  EXPECT_EQ(progress_line(state, 0).find(" left"), std::string::npos);
  state.elapsed_s = 5;
  state.worked = 0;
  EXPECT_EQ(progress_line(state, 0).find(" left"), std::string::npos) << "nothing is finished yet";
  // What is under way counts: two hours are over, and half of all is done.
  state = {"compare", "runs", 0, 4, 2.0, 2.0, 7200, "", false};
  EXPECT_EQ(progress_line(state, 0), "compare: 0/4 runs, 2 h 00 min left, 0.017 runs/min");
  // Never "0 s left" before the end.
  state = {"images", "images", 99, 100, 9900, 0.01, 10, "", false};
  EXPECT_NE(progress_line(state, 0).find(", 1 s left"), std::string::npos);
}

TEST(InterruptDeathTest, TheFirstSignalAsksAndTheSecondEnds) {
  EXPECT_EXIT(
      {
        install_interrupt_handler();
        if (stop_requested()) std::_Exit(1);
        std::raise(SIGTERM);
        if (!stop_requested()) std::_Exit(2);
        std::raise(SIGINT);
        std::_Exit(3);
      },
      ::testing::ExitedWithCode(130), "stopping");
  EXPECT_EXIT(
      {
        install_interrupt_handler();
        std::raise(SIGINT);
        std::raise(SIGTERM);
      },
      ::testing::ExitedWithCode(143), "stopping");
}

}  // namespace
}  // namespace kirchhoff::cli
