#include "hw/config/replication.h"

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

TEST(ReplicationTest, TextsAreReadBack) {
  for (const char* text : {"1", "4", "8,4,1", "65536,1", "balance"}) {
    Replication replicate;
    EXPECT_TRUE(replicate.assign(text)) << text;
    EXPECT_EQ(replicate.text(), text);
    EXPECT_EQ(replicate.single(), std::string(text) == "1");
  }
}

TEST(ReplicationTest, AnythingElseIsRefusedAndChangesNothing) {
  Replication replicate;
  ASSERT_TRUE(replicate.assign("3,2"));
  for (const char* text : {"", "0", "-1", "65537", "2,", ",2", "2,,2", "2, 2", "2.5", "2x", "all",
                           "Balance", "balance,2", "+2", "99999999999"}) {
    EXPECT_FALSE(replicate.assign(text)) << text;
    EXPECT_EQ(replicate.text(), "3,2");
  }
}

}  // namespace
}  // namespace kirchhoff::hw
