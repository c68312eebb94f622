#include "base/cache_folder.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace kirchhoff {
namespace {

TEST(CacheFolder, FollowsTheEnvironment) {
  ::setenv("KIRCHHOFF_CACHE", "/somewhere/own", 1);
  EXPECT_EQ(cache_folder(), "/somewhere/own");
  ::unsetenv("KIRCHHOFF_CACHE");
  ::setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(cache_folder(), "/xdg/kirchhoff");
  ::unsetenv("XDG_CACHE_HOME");
  ::setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(cache_folder(), "/home/someone/.cache/kirchhoff");
  ::unsetenv("HOME");
  EXPECT_EQ(cache_folder(), "");
}

}  // namespace
}  // namespace kirchhoff
