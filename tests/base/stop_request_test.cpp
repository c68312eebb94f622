#include "base/stop_request.h"

#include <csignal>

#include <gtest/gtest.h>

namespace kirchhoff {
namespace {

class StopRequestTest : public ::testing::Test {
 protected:
  StopRequestTest() { withdraw_stop(); }
  ~StopRequestTest() override { withdraw_stop(); }
};

TEST_F(StopRequestTest, NobodyIsStoppedUnasked) {
  EXPECT_FALSE(stop_requested());
  EXPECT_FALSE(stop_overdue());
  give_up_if_stopped();
}

// What can end in good order knows at once, what would lose its work a little later.
TEST_F(StopRequestTest, APieceOfWorkMayBeFinishedBeforeItIsGivenUp) {
  request_stop();
  EXPECT_TRUE(stop_requested());
  while (!stop_overdue()) {
  }
  EXPECT_THROW(give_up_if_stopped(), Stopped);
  // Asking again does not grant more time.
  request_stop();
  EXPECT_TRUE(stop_overdue());
}

TEST_F(StopRequestTest, IsMadeFromASignalHandler) {
  const auto before = std::signal(SIGUSR1, [](int) { request_stop(); });
  std::raise(SIGUSR1);
  std::signal(SIGUSR1, before);
  EXPECT_TRUE(stop_requested());
}

}  // namespace
}  // namespace kirchhoff
