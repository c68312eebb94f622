#include <gtest/gtest.h>

#include "hw/pe/adc_group.h"
#include "hw/pe/conversion.h"
#include "hw/pe/dac_group.h"
#include "hw/pe/registers.h"
#include "hw/pe/sample_hold.h"
#include "hw/pe/shift_adder.h"
#include "hw/pe/subtractor.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

/// Stands at every far end of a chain and remembers what came and when.
struct Capture : sc_core::sc_module,
                 WordLineIf,
                 SampleIf,
                 ConvertIf,
                 CodeIf,
                 AccumulateIf,
                 SequencerIf {
  sc_core::sc_event idle;
  bool is_busy = false;
  std::vector<sc_time> times;
  std::vector<Columns> columns;
  std::vector<int> shifts;
  int sampled_count = 0, accumulated_count = 0;

  explicit Capture(const sc_core::sc_module_name& name) : sc_module(name) {}
  void note(const Columns& c) {
    times.push_back(sc_core::sc_time_stamp());
    columns.push_back(c);
  }
  void apply(const BitStep&, const WordLines&) override { note({}); }
  void offer(const BitStep&, const Columns& d) override { note(d); }
  bool busy() const override { return is_busy; }
  const sc_core::sc_event& idle_event() const override { return idle; }
  std::uint64_t convert(const BitStep&, const Columns& h) override {
    note(h);
    return 0;
  }
  void accept(const BitStep&, const Columns& c) override { note(c); }
  void accumulate(int, int shift, const Columns& c) override {
    shifts.push_back(shift);
    note(c);
  }
  void sampled(int) override { ++sampled_count; }
  void accumulated(int, const BitStep&) override { ++accumulated_count; }
};

class PeChainTest : public SystemCTest {
 protected:
  /// Everything up to and including `ns`: sc_start() leaves out the events of its last instant.
  static void run_until(double ns) {
    sc_core::sc_start(sc_time(ns, SC_NS) + sc_time(1, sc_core::SC_PS) - sc_core::sc_time_stamp());
  }
  Clock clock_{1000};
  Capture far_{"far"};
};

TEST_F(PeChainTest, DacSettlesAfterItsDriveTimeAndCountsRows) {
  DacGroup dut("dut", DacConfig{}, clock_);
  dut.word_lines(far_);
  elaborate();
  dut.drive({0, 2, false, 77, 5, false}, {});
  run_until(0.998);
  EXPECT_TRUE(far_.times.empty());
  run_until(1.0);
  ASSERT_EQ(far_.times.size(), 1u);
  EXPECT_EQ(dut.drives(), 77u);
}

TEST_F(PeChainTest, SubtractorTakesTheDifferenceInNoTime) {
  Subtractor dut("dut");
  dut.difference(far_);
  elaborate();
  dut.sense({0, 0, false, 4, 3, true}, {3, 0, 5}, {1, 4, 5});
  ASSERT_EQ(far_.columns.size(), 1u);
  EXPECT_EQ(far_.columns[0], (Columns{2, -4, 0}));
  EXPECT_EQ(dut.subtractions(), 3u);
}

TEST_F(PeChainTest, SampleHoldWaitsForABusyAdc) {
  SampleHold dut("dut", SampleHoldConfig{}, 0, clock_);
  dut.adc(far_);
  dut.sequencer(far_);
  elaborate();
  far_.is_busy = true;
  dut.offer({0, 0, false, 4, 2, true}, {7, -7});
  run_until(5);
  EXPECT_EQ(far_.sampled_count, 0);
  far_.is_busy = false;
  far_.idle.notify();
  run_until(6);
  EXPECT_EQ(far_.sampled_count, 1);
  EXPECT_EQ(far_.columns[0], (Columns{7, -7}));
  EXPECT_EQ(dut.samples(), 2u);
  EXPECT_EQ(dut.stall_cycles(), 6u);  // the ADC became idle just after edge 5
}

TEST_F(PeChainTest, SampleHoldAcquiresBeforeItLetsTheWordLinesGo) {
  SampleHoldConfig config;
  config.acquire = Duration::nanoseconds(2);
  SampleHold dut("dut", config, 0, clock_);
  dut.adc(far_);
  dut.sequencer(far_);
  elaborate();
  dut.offer({0, 0, false, 4, 1, true}, {1});
  run_until(1.998);
  EXPECT_EQ(far_.sampled_count, 0);
  run_until(2);
  EXPECT_EQ(far_.sampled_count, 1);
}

TEST_F(PeChainTest, AdcConvertsColumnsInTurnAndIsIdleAfterwards) {
  AdcConfig config;
  config.per_pair = 2;
  config.cycles = 3;
  AdcGroup dut("dut", config, clock_);
  dut.codes(far_);
  elaborate();
  dut.convert({0, 0, false, 4, 5, true}, {1, 2, 3, 4, 5});
  EXPECT_TRUE(dut.busy());
  run_until(8.998);
  EXPECT_TRUE(far_.times.empty());
  run_until(9);  // ceil(5/2) rounds of 3 cycles
  ASSERT_EQ(far_.times.size(), 1u);
  EXPECT_FALSE(dut.busy());
  EXPECT_EQ(dut.conversions(), 5u);
  EXPECT_EQ(dut.busy_cycles(), 9u);
}

TEST(ConversionTest, EightBitsClipOnlyPlus128) {
  AdcConfig adc;
  std::uint64_t clipped = 0;
  const Converter converter(adc, Encoding::kDifferential);
  for (int d = -128; d <= 127; ++d) EXPECT_EQ(converter.convert(d, clipped), d);
  EXPECT_EQ(clipped, 0u);
  EXPECT_EQ(converter.convert(128, clipped), 127);
  EXPECT_EQ(clipped, 1u);
}

TEST(ConversionTest, CoarseStepsRoundToTheNearestMultipleHalvesUp) {
  AdcConfig adc;
  adc.bits = 5;
  adc.lsb = 8;
  const Converter converter(adc, Encoding::kDifferential);
  std::uint64_t clipped = 0;
  EXPECT_EQ(converter.convert(3, clipped), 0);
  EXPECT_EQ(converter.convert(4, clipped), 8);
  EXPECT_EQ(converter.convert(-4, clipped), 0);
  EXPECT_EQ(converter.convert(-5, clipped), -8);
  EXPECT_EQ(clipped, 0u);
  EXPECT_EQ(converter.convert(128, clipped), 120);
  EXPECT_EQ(converter.convert(-128, clipped), -128);
  EXPECT_EQ(clipped, 1u);
}

TEST_F(PeChainTest, ShiftAdderWeighsByWeightBitPlusActivationBit) {
  ShiftAdder dut("dut", ShiftAdderConfig{}, 3, clock_);
  dut.sums(far_);
  dut.sequencer(far_);
  dut.configure(SliceDecoder(PeConfig{}, PeSetup{}, 3, {}));
  elaborate();
  dut.accept({0, 2, true, 4, 2, true}, {1, -1});
  run_until(1);
  EXPECT_EQ(far_.shifts, (std::vector<int>{5}));
  EXPECT_EQ(far_.accumulated_count, 1);
  EXPECT_EQ(dut.adds(), 2u);
}

TEST_F(PeChainTest, InputRegisterServesOneBitOfEveryRow) {
  InputRegister dut("dut", RegisterConfig{128, {}, {}, {}, {}, {}});
  const std::int32_t values[3] = {0b101, 0b010, 0b111};
  dut.load(1, values, 3, 8);
  EXPECT_EQ(dut.writes(), 1u);
  EXPECT_EQ(dut.read_bit(1, 0, 3, true)[0], 0b101u);
  EXPECT_EQ(dut.read_bit(1, 1, 3, true)[0], 0b110u);
  EXPECT_EQ(dut.reads(), 2u);
  dut.load(0, nullptr, 128, 8);
  EXPECT_EQ(dut.writes(), 9u);
}

TEST_F(PeChainTest, OutputRegisterAccumulatesPerSlot) {
  OutputRegister dut("dut", RegisterConfig{64, {}, {}, {}, {}, {}});
  dut.begin(0, 2);
  dut.begin(1, 2);
  dut.accumulate(0, 4, {1, -1});
  dut.accumulate(0, 0, {3, 3});
  EXPECT_EQ(dut.drain(0, 2), (Sums{19, -13}));
  EXPECT_EQ(dut.drain(1, 2), (Sums{0, 0}));
  EXPECT_EQ(dut.reads(), 2u);
}

}  // namespace
}  // namespace kirchhoff::hw
