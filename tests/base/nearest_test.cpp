#include "base/nearest.h"

#include <gtest/gtest.h>

namespace kirchhoff {
namespace {

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string> words = {"config", "train",    "evaluate",
                                          "map",    "simulate", "search"};
  EXPECT_EQ(nearest("serch", words), "search");
  EXPECT_EQ(nearest("simluate", words), "simulate");
  EXPECT_EQ(nearest("eval", words), "evaluate");
  EXPECT_EQ(nearest("mpa", words), "");
}

TEST(Nearest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest("frobnicate", {"config", "train"}), "");
  EXPECT_EQ(nearest("", {"config", "train"}), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace kirchhoff
