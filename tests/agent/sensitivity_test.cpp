#include "agent/planning/sensitivity.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "agent/methods/ilp/bit_program.h"
#include "base/error.h"
#include "base/rng.h"
#include "quant/network/networks.h"

namespace kirchhoff::agent {
namespace {

TEST(SensitivityTest, EverySlotIsProbedAloneAtEveryWidthBelowEight) {
  const PolicySpace space(quant::lenet5());
  int probes = 0;
  const Sensitivities found =
      probe_sensitivities(space, probed_actions(space, 300), [&](const Actions& actions) {
        ++probes;
        double loss = 0.0;
        int lowered = 0;
        for (const SlotId s : actions.ids()) {
          if (actions[s] == kActions - 1) continue;
          ++lowered;
          loss = (1.0 + index(s)) * (kActions - 1 - actions[s]);
        }
        EXPECT_EQ(lowered, 1);
        return loss;
      });
  EXPECT_EQ(probes, 36);
  EXPECT_EQ(found[SlotId{1}][6], 0.0);
  EXPECT_EQ(found[SlotId{1}][4], 4.0);
  EXPECT_EQ(predicted_loss(found, {6, 6, 6, 6, 6, 6}), 0.0);
  EXPECT_EQ(predicted_loss(found, {6, 4, 6, 6, 6, 5}), 4.0 + 6.0);
}

TEST(SensitivityTest, NoiseIsPooledSoThatFewerBitsNeverLoseLess) {
  const PolicySpace space(quant::lenet5());
  const std::map<int, double> losses = {{0, 5.0}, {1, 1.0},  {2, 3.0},
                                        {3, 0.5}, {4, -1.0}, {5, 0.3}};
  const Sensitivities found =
      probe_sensitivities(space, probed_actions(space, 300), [&](const Actions& actions) {
        for (const int action : actions) {
          if (action != kActions - 1) return losses.at(action);
        }
        return 0.0;
      });
  EXPECT_EQ(found[SlotId{0}], (std::array<double, kActions>{5.0, 2.0, 2.0, 0.5, 0.15, 0.15, 0.0}));
}

TEST(SensitivityTest, SmallBudgetsProbeFewerWidthsAndInterpolate) {
  const PolicySpace space(quant::lenet5());
  EXPECT_EQ(probed_actions(space, 48).size(), 6u);
  EXPECT_EQ(probed_actions(space, 47).size(), 5u);
  EXPECT_EQ(probed_actions(space, 16), (std::vector<int>{0, 2}));
  EXPECT_EQ(probed_actions(space, 8), (std::vector<int>{2}));
  EXPECT_THROW(probed_actions(space, 7), InputError);

  const auto quartering = [](const Actions& actions) {
    for (const int action : actions) {
      if (action != kActions - 1) return std::pow(4.0, -action);
    }
    return 0.0;
  };
  for (const int episodes : {8, 16, 24, 32, 40}) {
    const Sensitivities found =
        probe_sensitivities(space, probed_actions(space, episodes), quartering);
    for (int action = 0; action + 1 < kActions; ++action) {
      EXPECT_DOUBLE_EQ(found[SlotId{3}][static_cast<std::size_t>(action)], std::pow(4.0, -action));
    }
  }
}

class BitProgramTest : public testing::Test {
 protected:
  using Layers = std::vector<BitProgram::Layer>;
  using Choices = std::vector<std::size_t>;

  Layers random_layers(Rng& rng, std::size_t count, std::size_t choices) {
    Layers layers(count);
    for (auto& layer : layers) {
      for (std::size_t c = 0; c < choices; ++c) {
        // Losses over six orders of magnitude, as between 8 and 2 bits.
        layer.choices.push_back({std::pow(10.0, -6.0 * rng.uniform()), -rng.uniform()});
      }
    }
    return layers;
  }
  static double sum(const Layers& layers, const Choices& choices,
                    double BitProgram::Choice::*value) {
    double total = 0.0;
    for (std::size_t l = 0; l < layers.size(); ++l) total += layers[l].choices[choices[l]].*value;
    return total;
  }
  /// Losses of all combinations of three layers within the limit, ascending.
  static std::vector<double> all(const Layers& layers, double limit) {
    std::vector<double> losses;
    for (std::size_t i = 0; i < layers[0].choices.size(); ++i) {
      for (std::size_t j = 0; j < layers[1].choices.size(); ++j) {
        for (std::size_t k = 0; k < layers[2].choices.size(); ++k) {
          if (sum(layers, {i, j, k}, &BitProgram::Choice::cost) > limit) continue;
          losses.push_back(sum(layers, {i, j, k}, &BitProgram::Choice::loss));
        }
      }
    }
    std::sort(losses.begin(), losses.end());
    return losses;
  }
};

TEST_F(BitProgramTest, SolutionsAreTheBestCombinationsInOrder) {
  Rng rng(7);
  testing::internal::CaptureStdout();
  for (int instance = 0; instance < 5; ++instance) {
    const Layers layers = random_layers(rng, 3, 20);
    const double limit = -2.0;
    const std::vector<double> expected = all(layers, limit);
    ASSERT_GE(expected.size(), 5u);
    BitProgram program(layers);
    for (std::size_t i = 0; i < 5; ++i) {
      const auto choices = program.solve(limit);
      ASSERT_TRUE(choices);
      EXPECT_NEAR(sum(layers, *choices, &BitProgram::Choice::loss), expected[i], 1e-9);
      EXPECT_LE(sum(layers, *choices, &BitProgram::Choice::cost), limit + 1e-9);
      program.forbid(*choices);
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "") << "the solver keeps quiet";
}

TEST_F(BitProgramTest, UnreachableLimitAndForbiddenRestHaveNoSolution) {
  const Layers layers = {{{{1.0, 0.0}, {2.0, -0.1}}}, {{{1.0, 0.0}, {2.0, -0.1}}}};
  BitProgram program(layers);
  testing::internal::CaptureStdout();
  EXPECT_FALSE(program.solve(-0.3));
  EXPECT_EQ(program.solve(-0.2), (Choices{1, 1}));
  program.forbid({1, 1});
  EXPECT_FALSE(program.solve(-0.2));
  EXPECT_EQ(program.solve(0.0), (Choices{0, 0}));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST_F(BitProgramTest, LossesOfNothingAreSolvedToo) {
  const Layers layers = {{{{0.0, 0.0}, {0.0, -0.1}}}, {{{0.0, 0.0}, {0.0, -0.1}}}};
  EXPECT_EQ(BitProgram(layers).solve(-0.2), (Choices{1, 1}));
}

TEST_F(BitProgramTest, LayersThatReadOneMapGetOneWidthOfIt) {
  // Alone the second layer would take its first choice; the map's 2 bits leave it the second.
  const Layers layers = {{{{5.0, 0.0, 8}, {1.0, 0.0, 2}}}, {{{1.0, 0.0, 8}, {2.0, 0.0, 2}}, true}};
  BitProgram program(layers);
  EXPECT_EQ(program.solve(0.0), (Choices{1, 1}));
  program.forbid({1, 1});
  EXPECT_EQ(program.solve(0.0), (Choices{0, 0}));
  program.forbid({0, 0});
  EXPECT_FALSE(program.solve(0.0));
}

}  // namespace
}  // namespace kirchhoff::agent
