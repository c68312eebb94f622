#include "quant/accuracy/prefix_store.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "quant/network/golden.h"

namespace kirchhoff::quant {
namespace {

using Maps = PrefixStore::Maps;

TEST(PrefixStore, GivesBackWhatItKeeps) {
  PrefixStore store(100);
  EXPECT_EQ(store.find("a"), nullptr);
  store.keep("a", Maps{1, 2, 3});
  store.keep("a", Maps{9, 9, 9});
  ASSERT_NE(store.find("a"), nullptr);
  EXPECT_EQ(*store.find("a"), (Maps{1, 2, 3}));
  EXPECT_EQ(store.bytes(), 3u);
  EXPECT_EQ(store.hits(), 2u);
}

TEST(PrefixStore, DropsWhatWasNotUsedForLongest) {
  PrefixStore store(100);
  store.keep("a", Maps(40));
  store.keep("b", Maps(40));
  store.find("a");
  store.keep("c", Maps(30));
  EXPECT_NE(store.find("a"), nullptr);
  EXPECT_EQ(store.find("b"), nullptr);
  EXPECT_NE(store.find("c"), nullptr);
}

TEST(PrefixStore, RefusesWhatWouldEmptyIt) {
  PrefixStore store(100);
  store.keep("a", Maps(50));
  EXPECT_TRUE(store.takes(50));
  EXPECT_FALSE(store.takes(51));
  store.keep("b", Maps(51));
  EXPECT_EQ(store.find("b"), nullptr);
  EXPECT_NE(store.find("a"), nullptr);
}

TEST(PrefixStore, StaysWithinItsSizeAndTellsTheTruth) {
  PrefixStore store(1000);
  std::map<std::string, Maps> all;
  const std::vector<std::uint8_t> random = random_image({1, 1, 3000}, 7);
  for (std::size_t i = 0; i + 2 < random.size(); i += 2) {
    const std::string key = std::to_string(random[i] % 40);
    if (const Maps* found = store.find(key)) {
      EXPECT_EQ(*found, all.at(key));
    } else {
      const Maps maps(random[i + 1], random[i]);
      all[key] = maps;
      store.keep(key, maps);
    }
    EXPECT_LE(store.bytes(), 1000u);
  }
  EXPECT_GT(store.hits(), 100u);
}

}  // namespace
}  // namespace kirchhoff::quant
