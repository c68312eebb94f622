#include "base/progress.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>

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
  EXPECT_EQ(text.substr(text.size() - 11), ", best 0.5\n") << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
}

TEST(Progress, SaysNothingWhenNothingWasDone) {
  ::testing::internal::CaptureStderr();
  { Progress progress("search", "episodes", 10, 10); }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
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
}

}  // namespace
}  // namespace kirchhoff::cli
