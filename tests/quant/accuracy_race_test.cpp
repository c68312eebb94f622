#include "quant/accuracy/accuracy_race.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/quant/files.h"

namespace kirchhoff::quant {
namespace {

const Policy kReference = {{{8, 8}, {8, 8}, {8, 8}}};

/// Labels of 5,000 images are all 1. The reference is wrong on every tenth image, W4 on every ninth
/// besides, W2 on every second besides.
class AccuracyRaceTest : public testing::Test {
 protected:
  static Policy middle(int bits) { return {{{8, 8}, {bits, bits}, {8, 8}}}; }

  AccuracyRace race(AccuracyMemo& memo, std::size_t first_images = 1000) {
    RaceOptions options;
    options.first_images = first_images;
    return AccuracyRace(
        [this](const Policy& policy, std::size_t first, std::size_t count) {
          asked += count;
          ImageLogits result;
          result.classes = 2;
          const int bits = policy.layers[LayerId{1}].weight;
          for (std::size_t i = first; i < first + count; ++i) {
            const bool wrong =
                i % 10 == 0 || (bits == 4 && i % 9 == 0) || (bits == 2 && i % 2 == 0);
            result.values.insert(result.values.end(), {wrong ? 1.0 : 0.0, bits == 8 ? 1.0 : 0.5});
          }
          return result;
        },
        labels, kReference, options, memo);
  }

  const std::vector<std::uint8_t> labels = std::vector<std::uint8_t>(5000, 1);
  std::size_t asked = 0;
};

TEST_F(AccuracyRaceTest, GoodPoliciesSeeAllImagesOnce) {
  AccuracyMemo memo("", "x");
  AccuracyRace race = this->race(memo);
  EXPECT_DOUBLE_EQ(race.run(kReference).accuracy_pct, 90.0);
  EXPECT_EQ(asked, 5000u);
  const AccuracyRace::Result result = race.run(middle(6));
  EXPECT_FALSE(result.stopped);
  EXPECT_EQ(result.comparison.images, 5000u);
  EXPECT_DOUBLE_EQ(result.accuracy_pct, 90.0);
  EXPECT_EQ(asked, 10000u);
  race.run(middle(6));
  EXPECT_EQ(asked, 10000u);
}

TEST_F(AccuracyRaceTest, CollapsedPoliciesStopAfterTheFirstImages) {
  AccuracyMemo memo("", "x");
  AccuracyRace race = this->race(memo);
  race.run(kReference);
  const AccuracyRace::Result result = race.run(middle(2));
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.comparison.images, 1000u);
  EXPECT_EQ(result.comparison.lost, 400u);
  EXPECT_EQ(asked, 6000u);
  EXPECT_DOUBLE_EQ(result.accuracy_pct, 50.0);
  EXPECT_EQ(race.stopped(), 1u);
}

TEST_F(AccuracyRaceTest, LossesThatCouldBeChanceGoOn) {
  // W4 loses 10.0 points on the first 1,000 images, and its error is 0.95.
  AccuracyMemo memo("", "x");
  AccuracyRace race = this->race(memo);
  const AccuracyRace::Result result = race.run(middle(4));
  EXPECT_FALSE(result.stopped);
  const auto first = memo.find(middle(4).to_string(), 1000);
  ASSERT_TRUE(first);
  EXPECT_NEAR(first->loss_points(), 10.0, 0.1);
  EXPECT_NEAR(first->error_points(), std::sqrt(0.1 * 0.9 / 1000) * 100, 0.01);
}

TEST_F(AccuracyRaceTest, WithoutARaceEveryPolicySeesAllImages) {
  AccuracyMemo memo("", "x");
  AccuracyRace race = this->race(memo, 0);
  EXPECT_FALSE(race.run(middle(2)).stopped);
  EXPECT_EQ(asked, 10000u);
}

TEST_F(AccuracyRaceTest, AnswersComeFromTheFileAfterARestart) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/new/memo";
  std::vector<double> before;
  {
    AccuracyMemo memo(path, "abc");
    AccuracyRace race = this->race(memo);
    for (const int bits : {8, 6, 4, 2}) before.push_back(race.run(middle(bits)).accuracy_pct);
  }
  asked = 0;
  AccuracyMemo memo(path, "abc");
  AccuracyRace race = this->race(memo);
  std::vector<double> after;
  for (const int bits : {8, 6, 4, 2}) after.push_back(race.run(middle(bits)).accuracy_pct);
  EXPECT_EQ(after, before);
  EXPECT_EQ(asked, 0u);
}

TEST(AccuracyMemo, ForgetsWhatBelongsToSomethingElse) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/memo";
  AccuracyMemo(path, "abc").store("8/8", {100, 90, 1, 2});
  EXPECT_TRUE(AccuracyMemo(path, "abc").find("8/8", 100));
  EXPECT_FALSE(AccuracyMemo(path, "abc").find("8/8", 101));
  EXPECT_FALSE(AccuracyMemo(path, "abd").find("8/8", 100));
  EXPECT_EQ(AccuracyMemo(path, "abc").size(), 0u);
}

TEST(AccuracyMemo, EveryChangedByteIsNoticedAndItsLineAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.path("memo");
  {
    AccuracyMemo memo(path, "abc");
    memo.store("8/8", {100, 90, 1, 2, 0.25});
    memo.store("8/7", {100, 89, 1, 2, 0.5});
    memo.store("8/6", {100, 88, 1, 2, 1.0 / 3});
  }
  const std::string good = read_file(path);
  const std::size_t begin = good.find("8/7"), end = good.find("8/6");
  for (std::size_t at = begin; at + 1 < end; ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    write_file(path, bad);
    testing::internal::CaptureStderr();
    AccuracyMemo memo(path, "abc");
    EXPECT_NE(testing::internal::GetCapturedStderr().find(path + ": 1 damaged line; measured anew"),
              std::string::npos)
        << at;
    EXPECT_FALSE(memo.find("8/7", 100)) << at;
    ASSERT_TRUE(memo.find("8/6", 100)) << at;
    EXPECT_EQ(memo.find("8/6", 100)->divergence_sum, 1.0 / 3);
    memo.store("8/7", {100, 89, 1, 2, 0.5});
    EXPECT_EQ(AccuracyMemo(path, "abc").size(), 3u) << "the damage is gone from the file";
  }
}

TEST(AccuracyMemo, WithoutADamagedLineTheRestIsKept) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/memo";
  int number = 0;
  // The first was cut short.
  for (const char* damage : {"8/7 100 9", "8/7 100 90 1 x\n", "8/7 100 101 1 2\n", "\n",
                             "8/7 2305843009213693952 0 0 0 0 00000000\n"}) {
    const std::string fingerprint = std::to_string(++number);
    AccuracyMemo(path, fingerprint).store("8/8", {100, 90, 1, 2});
    std::ofstream(path, std::ios::app) << damage;
    AccuracyMemo memo(path, fingerprint);
    EXPECT_EQ(memo.size(), 1u) << damage;
    memo.store("8/6", {100, 80, 1, 2});
    EXPECT_EQ(AccuracyMemo(path, fingerprint).size(), 2u) << damage;
  }
  AccuracyMemo(path, "a").store("8/8", {100, 90, 1, 2});
  std::string other = read_file(path);
  other.replace(other.find(" a\n"), 3, " b\n");
  write_file(path, other);
  EXPECT_EQ(AccuracyMemo(path, "b").size(), 0u) << "a line counts in its own file only";
}

// A worker measures, and who asked it writes.
TEST(AccuracyMemo, WhatIsLearntIsFiledAndWhatIsUnfiledIsNot) {
  const TemporaryFolder folder;
  AccuracyMemo asking(folder.path("asking"), "abc"), other(folder.path("other"), "abc");
  {
    const AccuracyMemo::Unfiled quiet(other);
    other.store("8/8", {100, 90, 1, 2, 0.25});
    other.store("8/8", {60, 50, 1, 2, 1.0 / 3});
  }
  EXPECT_EQ(other.size(), 2u);
  EXPECT_EQ(AccuracyMemo(folder.path("other"), "abc").size(), 0u);
  for (int again = 0; again < 2; ++again)
    for (const std::string& values : other.values_of("8/8")) asking.learn(values);
  const AccuracyMemo later(folder.path("asking"), "abc");
  ASSERT_EQ(later.size(), 2u);
  EXPECT_EQ(later.find("8/8", 60)->divergence_sum, 1.0 / 3);
  const std::string file = read_file(folder.path("asking"));
  EXPECT_EQ(std::count(file.begin(), file.end(), '\n'), 3) << "a header and two lines";
  // Its own measurement is another one's, too, when it is learnt.
  for (const std::string& values : other.values_of("8/8")) other.learn(values);
  EXPECT_EQ(AccuracyMemo(folder.path("other"), "abc").size(), 2u);
}

TEST(AccuracyMemo, WorksWithoutAFile) {
  const TemporaryFolder folder;
  std::ofstream(folder.path("file")) << "no folder";
  AccuracyMemo memo(folder.path("file/memo"), "abc");
  memo.store("8/8", {100, 90, 1, 2});
  ASSERT_TRUE(memo.find("8/8", 100));
  EXPECT_EQ(memo.find("8/8", 100)->correct, 90u);
}

}  // namespace
}  // namespace kirchhoff::quant
