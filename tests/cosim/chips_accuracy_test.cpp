#include "cosim/chips_accuracy.h"

#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"
#include "tests/base/scratch_directory.h"

namespace kirchhoff::cosim {
namespace {

using quant::LayerId;
using quant::Policy;

TEST(ChipScoreTest, MeanAndQuantilesOfTheBadSide) {
  const std::vector<double> accuracies = {90.0, 70.0, 80.0, 60.0, 50.0};
  const std::vector<double> divergences = {0.1, 0.3, 0.2, 0.4, 0.5};
  const ChipScore mean = ChipScore::parse("cell-score", "mean");
  EXPECT_DOUBLE_EQ(mean.of_accuracies(accuracies), 70.0);
  EXPECT_DOUBLE_EQ(mean.of_divergences(divergences), 0.3);
  // 0.1 x 4 chips from the worst one.
  const ChipScore decile = ChipScore::parse("cell-score", "q10");
  EXPECT_DOUBLE_EQ(decile.of_accuracies(accuracies), 54.0);
  EXPECT_DOUBLE_EQ(decile.of_divergences(divergences), 0.46);
  const ChipScore median = ChipScore::parse("cell-score", "q50");
  EXPECT_DOUBLE_EQ(median.of_accuracies(accuracies), 70.0);
  EXPECT_DOUBLE_EQ(decile.of_accuracies({42.0}), 42.0);
}

TEST(ChipScoreTest, OtherWordsAreRefused) {
  for (const char* text : {"", "q", "q0", "q51", "q10x", "q-1", "median", "mean ", "10"})
    EXPECT_THROW(ChipScore::parse("cell-score", text), InputError) << text;
}

/// Images of two classes, all of class 1. A chip gets every `wrong_of`-th image wrong under any
/// policy, and at 2 bits every second one, too.
class ChipsAccuracyTest : public testing::Test {
 protected:
  std::unique_ptr<SplitAccuracy> chip(std::size_t wrong_of) {
    return std::make_unique<SplitAccuracy>(
        [wrong_of](const Policy& policy, std::size_t first, std::size_t count) {
          quant::ImageLogits logits;
          logits.classes = 2;
          const bool coarse = policy.layers[LayerId{1}].weight == 2;
          for (std::size_t i = first; i < first + count; ++i) {
            const bool wrong = i % wrong_of == 0 || (coarse && i % 2 == 0);
            logits.values.insert(logits.values.end(), {wrong ? 1.0 : 0.0, 0.5});
          }
          return logits;
        },
        network, images, images.size(), quant::RaceOptions{0, 0.0, 0.0}, std::to_string(wrong_of));
  }
  static quant::Dataset all_of_class_1() {
    quant::Dataset data;
    data.shape = {1, 1, 1};
    data.pixels.assign(1000, 0);
    data.labels.assign(1000, 1);
    return data;
  }
  Policy middle(int bits) const {
    Policy policy = Policy::uniform(network, 8, 8);
    policy.layers[LayerId{1}].weight = bits;
    return policy;
  }

  /// What is measured here must not be remembered elsewhere.
  void SetUp() override { ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", cache.path().c_str(), 1), 0); }

  const ScratchDirectory cache;
  const quant::Network network = quant::lenet5();
  const quant::Dataset images = all_of_class_1();
};

TEST_F(ChipsAccuracyTest, OneChipSaysWhatItSaysAlone) {
  std::vector<std::unique_ptr<SplitAccuracy>> one;
  one.push_back(chip(10));
  ChipsAccuracy together(std::move(one), ChipScore::parse("s", "q10"));
  const auto alone = chip(10);
  for (const int bits : {8, 2}) {
    const agent::Score a = together.score(middle(bits)), b = alone->score(middle(bits));
    EXPECT_EQ(a.accuracy_pct, b.accuracy_pct);
    EXPECT_EQ(a.divergence, b.divergence);
    EXPECT_EQ(a.loss_error_points, b.loss_error_points);
  }
}

TEST_F(ChipsAccuracyTest, SeveralAreTakenTogether) {
  // Wrong: 100, 200 and 500 of 1,000.
  for (const auto& [name, expected] : std::vector<std::pair<const char*, double>>{
           {"mean", 220.0 / 3.0}, {"q50", 80.0}, {"q10", 56.0}}) {
    std::vector<std::unique_ptr<SplitAccuracy>> chips;
    for (const std::size_t wrong_of : {10u, 5u, 2u}) chips.push_back(chip(wrong_of));
    ChipsAccuracy together(std::move(chips), ChipScore::parse("s", name));
    EXPECT_DOUBLE_EQ(together.score(middle(8)).accuracy_pct, expected) << name;
    // The third chip loses nothing at 2 bits, the others do.
    const agent::Score coarse = together.score(middle(2));
    EXPECT_LT(coarse.accuracy_pct, expected) << name;
    ASSERT_TRUE(coarse.loss_error_points);
    EXPECT_GT(*coarse.loss_error_points, 0.0);
  }
}

TEST_F(ChipsAccuracyTest, WorkersMeasureWhatIsExpectedAndNothingElseChanges) {
  int here = 0;  // inferences of this process
  const auto counted = [&](std::size_t wrong_of) {
    return std::make_unique<SplitAccuracy>(
        [&here, wrong_of](const Policy& policy, std::size_t first, std::size_t count) {
          ++here;
          quant::ImageLogits logits;
          logits.classes = 2;
          const auto bits = static_cast<std::size_t>(policy.layers[LayerId{1}].weight);
          for (std::size_t i = first; i < first + count; ++i) {
            const bool wrong = i % wrong_of == 0 || i % bits == 1;
            logits.values.insert(logits.values.end(), {wrong ? 1.0 : 0.0, 0.5});
          }
          return logits;
        },
        network, images, images.size(), quant::RaceOptions{100, 20.0, 3.0},
        "counted" + std::to_string(wrong_of));
  };
  const auto scores = [&](ChipsAccuracy& accuracy, bool whole) {
    std::vector<agent::Score> all;
    for (int bits = 2; bits <= 8; ++bits)
      all.push_back(whole ? accuracy.whole_score(middle(bits)) : accuracy.score(middle(bits)));
    return all;
  };
  std::vector<Policy> policies;
  for (int bits = 2; bits <= 8; ++bits) policies.push_back(middle(bits));
  for (const std::size_t count : {1u, 3u}) {
    SCOPED_TRACE(count);
    const auto chips = [&] {
      std::vector<std::unique_ptr<SplitAccuracy>> all;
      for (std::size_t c = 0; c < count; ++c) all.push_back(counted(5 + 3 * c));
      return all;
    };
    for (const bool whole : {false, true}) {
      // Neither finds what the other has measured.
      const ScratchDirectory one, other;
      ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", one.path().c_str(), 1), 0);
      ChipsAccuracy alone(chips(), ChipScore::parse("s", "mean"));
      EXPECT_FALSE(alone.measures_several());
      const auto expected = scores(alone, whole);
      ASSERT_EQ(::setenv("KIRCHHOFF_CACHE", other.path().c_str(), 1), 0);
      ChipsAccuracy together(chips(), ChipScore::parse("s", "mean"), copies_of_this_process(3, 1));
      EXPECT_TRUE(together.measures_several());
      here = 0;
      together.expect(policies, whole);
      const int reference = here;
      EXPECT_EQ(reference, static_cast<int>(count)) << "W8A8 of every chip";
      const auto found = scores(together, whole);
      EXPECT_EQ(here, reference);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_EQ(found[i].accuracy_pct, expected[i].accuracy_pct);
        EXPECT_EQ(found[i].divergence, expected[i].divergence);
        EXPECT_EQ(found[i].loss_error_points, expected[i].loss_error_points);
      }
      // What the workers found is there for other processes.
      here = 0;
      ChipsAccuracy later(chips(), ChipScore::parse("s", "mean"));
      scores(later, whole);
      EXPECT_LE(here, static_cast<int>(count));
    }
  }
}

TEST_F(ChipsAccuracyTest, DivergencesAreFromTheTeacher) {
  // A chip that is always wrong beside a teacher that never is: W8A8 itself diverges.
  const auto always = [](double wrong, double right) {
    return [=](const Policy&, std::size_t, std::size_t count) {
      quant::ImageLogits logits;
      logits.classes = 2;
      for (std::size_t i = 0; i < count; ++i)
        logits.values.insert(logits.values.end(), {wrong, right});
      return logits;
    };
  };
  SplitAccuracy taught(always(1.0, 0.0), network, images, images.size(),
                       quant::RaceOptions{0, 0.0, 0.0}, "chip", {always(0.0, 1.0), "teacher"});
  // D(softmax(0, 1) || softmax(1, 0)) = tanh(1/2), since the two differ by 1 in both logits.
  const agent::Score reference = taught.score(Policy::uniform(network, 8, 8));
  EXPECT_NEAR(reference.divergence, std::tanh(0.5), 1e-12);
  EXPECT_EQ(reference.accuracy_pct, 0.0);
  SplitAccuracy alone(always(1.0, 0.0), network, images, images.size(),
                      quant::RaceOptions{0, 0.0, 0.0}, "chip");
  EXPECT_EQ(alone.score(Policy::uniform(network, 8, 8)).divergence, 0.0);
}

}  // namespace
}  // namespace kirchhoff::cosim
