// Published figures as witnesses: those of ISAAC, the paper, BookSim and the paper's equations
// beside ours. `kirchhoff validate` prints the same list.

#include "sim/witness.h"

#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "hw/config/config_loader.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class WitnessTest : public SystemCTest {
 protected:
  static hw::ChipConfig preset(const std::string& name) {
    hw::ConfigLoader loader;
    loader.load_file(KIRCHHOFF_PRESETS "/" + name + ".ini");
    return loader.finish();
  }

  /// Every figure is there once and within its bar.
  static void expect_met(const sim::Witnesses& witnesses, std::size_t figures, std::size_t bars) {
    EXPECT_EQ(witnesses.size(), figures);
    std::set<std::string> names;
    std::size_t held = 0;
    for (const sim::Witness& one : witnesses) {
      EXPECT_TRUE(names.insert(one.of + one.figure).second) << one.figure;
      EXPECT_TRUE(one.met()) << one.of << ", " << one.figure << ": published " << one.published
                             << ", ours " << one.ours << " " << one.unit;
      held += one.bar ? 1 : 0;
    }
    EXPECT_EQ(held, bars);
  }
};

TEST_F(WitnessTest, IsaacsFiguresAreMet) {
  expect_met(sim::isaac_witnesses(preset("isaac")), 22, 22);
}

// LeNet-5's energy and power have no bar: the published ones count less than one conversion per
// used column (docs/validation.md); neither has Table 8, whose policy is not published.
TEST_F(WitnessTest, ThePapersFiguresAreMet) {
  expect_met(sim::paper_witnesses(preset("paper")), 7, 4);
}

TEST_F(WitnessTest, MeasuredMacrosAreMet) {
  // The ratio of two energies has no bar (docs/presets.md).
  expect_met(sim::hung_witnesses(preset("hung22")), 7, 6);
  expect_met(sim::xue_witnesses(preset("xue21")), 3, 3);
  expect_met(sim::neurram_witnesses(preset("neurram")), 18, 18);
  expect_met(sim::yao_witnesses(preset("yao20")), 3, 3);
  expect_met(sim::wen_witnesses(preset("wen")), 2, 2);
}

// No more than efficiencies without a bar is published of the energies of the first two.
TEST_F(WitnessTest, AcceleratorsWithoutSiliconAreMet) {
  expect_met(sim::pipelayer_witnesses(preset("pipelayer")), 2, 1);
  expect_met(sim::prime_witnesses(preset("prime")), 3, 2);
  expect_met(sim::puma_witnesses(preset("puma")), 2, 2);
}

TEST_F(WitnessTest, BookSimsLatenciesAtLowLoadAreMet) {
  expect_met(sim::booksim_witnesses(), 5, 5);
}

TEST_F(WitnessTest, ThePapersEquationsAreMet) { expect_met(sim::equation_witnesses(), 4, 4); }

TEST(WitnessBarTest, ABarIsMissedOnBothSidesAndByWhatIsNoNumber) {
  sim::Witness witness{"somebody", "a figure", "", 10, 10, 0.5};
  EXPECT_TRUE(witness.met());
  witness.ours = 10.5;
  EXPECT_TRUE(witness.met());
  witness.ours = 10.6;
  EXPECT_FALSE(witness.met());
  witness.ours = 9.4;
  EXPECT_FALSE(witness.met());
  witness.ours = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(witness.met());
  witness.bar.reset();
  EXPECT_TRUE(witness.met());
}

}  // namespace
}  // namespace kirchhoff
