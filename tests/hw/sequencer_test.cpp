#include "hw/pe/sequencer.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

/// The DACs of one pair: remembers the steps, and the lines that they drive.
struct FakeDac : DriveIf {
  void drive(const BitStep& step, const WordLines& lines) override {
    steps.push_back(step);
    driven.push_back(lines.planes[0][0]);
  }
  std::vector<BitStep> steps;
  std::vector<std::uint64_t> driven;
};

/// A PE of four pairs with a clock of 1 GHz, whose chains are played by the test.
struct Bench : sc_core::sc_module, PeListenerIf {
  explicit Bench(const sc_core::sc_module_name& name, bool hold = true, bool overlap = true)
      : sc_module(name), config(pe(hold, overlap)) {
    listener(*this);
    for (FakeDac& dac : dacs) sequencer.dacs(dac);
  }
  static PeConfig pe(bool hold, bool overlap) {
    PeConfig config;
    config.pairs = 4;
    config.overlap = overlap;
    config.sample_hold.present = hold;
    config.adc.per_pair = 4;
    return config;
  }
  /// A block of three rows on two pairs.
  void block(int b, int first_pair, int columns, int bits) {
    PeSetup setup;
    setup.rows = 3;
    setup.columns = columns;
    setup.slices = 2;
    setup.activation_bits = bits;
    setup.functional = true;
    setup.first_pair = first_pair;
    blocks.set(b, setup);
    sequencer.configure(b);
    const std::int32_t values[3] = {0b01, 0b10, 0b11};
    for (const int slot : {2 * b, 2 * b + 1}) input_register.load(slot, values, 3, bits);
  }
  void pe_ready(PeId) override { ++ready; }
  void pe_done(PeId) override { ++done; }
  /// Everything that follows at once.
  static void settle() { sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_PS)); }
  void sampled(int first_pair) {
    for (const int lane : {0, 1}) sequencer.sampled(first_pair + lane);
    settle();
  }
  void accumulated(int first_pair) {
    for (const int lane : {0, 1}) {
      const auto pair = static_cast<std::size_t>(first_pair + lane);
      sequencer.accumulated(static_cast<int>(pair), dacs[pair].steps.at(sums[pair]++));
    }
    settle();
  }

  const PeConfig config;
  sc_core::sc_port<PeListenerIf> listener{"listener"};
  Clock clock{1000};
  BlockTable blocks{config};
  PeCells cells{config};
  InputRegister input_register{"input_register", config.input_register, 4};
  OutputRegister output_register{"output_register", config.output_register, 4};
  Sequencer sequencer{"sequencer",
                      {*this, PeId{0}, listener, config, clock, blocks, cells, input_register,
                       output_register, nullptr}};
  FakeDac dacs[4];
  std::size_t sums[4] = {};  ///< bit steps whose sums are there
  int ready = 0, done = 0;
};

class SequencerTest : public SystemCTest {};

TEST_F(SequencerTest, BitsFollowEachOtherAsTheColumnsAreHeld) {
  Bench bench("bench");
  elaborate();
  bench.block(0, 0, 10, 2);
  bench.sequencer.start(1, 1);
  Bench::settle();
  for (const int lane : {0, 1}) {
    ASSERT_EQ(bench.dacs[lane].steps.size(), 1u);
    EXPECT_EQ(bench.dacs[lane].driven[0], 0b101u) << "bit 0 of every row";
    EXPECT_EQ(bench.dacs[lane].steps[0].columns, 10);
    EXPECT_EQ(bench.dacs[lane].steps[0].driven, 2);
    EXPECT_EQ(bench.dacs[lane].steps[0].slot, 1);
    EXPECT_FALSE(bench.dacs[lane].steps[0].last);
  }
  EXPECT_TRUE(bench.dacs[2].steps.empty()) << "another block's, or nobody's";
  bench.sequencer.sampled(0);
  Bench::settle();
  EXPECT_EQ(bench.dacs[0].steps.size(), 1u) << "the other pair is not held yet";
  bench.sequencer.sampled(1);
  Bench::settle();
  ASSERT_EQ(bench.dacs[0].steps.size(), 2u);
  EXPECT_EQ(bench.dacs[0].driven[1], 0b110u);
  EXPECT_TRUE(bench.dacs[0].steps[1].last);
  EXPECT_EQ(bench.ready, 0);
  bench.sampled(0);
  EXPECT_EQ(bench.ready, 1) << "the word lines are free";
  EXPECT_EQ(bench.done, 0);
  bench.accumulated(0);
  EXPECT_EQ(bench.done, 0) << "the first bit";
  bench.accumulated(0);
  EXPECT_EQ(bench.done, 1);
}

TEST_F(SequencerTest, WithoutOverlapTheNextBitWaitsForTheSums) {
  Bench bench("bench", true, false);
  elaborate();
  bench.block(0, 0, 10, 2);
  bench.sequencer.start(0, 0);
  Bench::settle();
  bench.sampled(0);
  EXPECT_EQ(bench.dacs[0].steps.size(), 1u);
  sc_core::sc_start(sc_core::sc_time(7, sc_core::SC_NS));
  bench.accumulated(0);
  ASSERT_EQ(bench.dacs[0].steps.size(), 2u);
  EXPECT_EQ(bench.sequencer.read_wait_cycles(), 2u * 7) << "cycles of both pairs";
  bench.sampled(0);
  EXPECT_EQ(bench.ready, 0);
  bench.accumulated(0);
  EXPECT_EQ(bench.ready, 1);
  EXPECT_EQ(bench.done, 1);
}

// Four ADCs and ten columns that nothing holds: three drives per bit.
TEST_F(SequencerTest, ColumnsThatNothingHoldsAreDrivenInRounds) {
  Bench bench("bench", false);
  elaborate();
  bench.block(0, 2, 10, 2);
  bench.sequencer.start(0, 0);
  Bench::settle();
  for (int round = 0; round < 6; ++round) bench.sampled(2);
  const std::vector<BitStep>& steps = bench.dacs[2].steps;
  ASSERT_EQ(steps.size(), 6u);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(steps[i].bit, static_cast<int>(i / 3));
    EXPECT_EQ(steps[i].first_column, static_cast<int>(i % 3 * 4));
    EXPECT_EQ(steps[i].columns, i % 3 == 2 ? 2 : 4);
    EXPECT_EQ(steps[i].complete, i % 3 == 2);
    EXPECT_EQ(steps[i].last, i == 5);
    EXPECT_EQ(steps[i].first_lane, 2);
  }
  EXPECT_EQ(bench.ready, 1);
}

// Blocks go their own ways; the PE is ready and done with the last of them, product by product.
TEST_F(SequencerTest, TheSlowestBlockDecides) {
  Bench bench("bench");
  elaborate();
  bench.block(0, 0, 10, 1);
  bench.block(1, 2, 10, 1);
  bench.sequencer.start(0, 0);
  Bench::settle();
  bench.sampled(0);
  bench.accumulated(0);
  EXPECT_EQ(bench.ready, 0);
  EXPECT_EQ(bench.done, 0);
  bench.sampled(2);
  EXPECT_EQ(bench.ready, 1);
  bench.sequencer.start(1, 1);
  sc_core::sc_start(sc_core::sc_time(2, sc_core::SC_NS));
  bench.sampled(0);
  bench.accumulated(0);
  EXPECT_EQ(bench.done, 0) << "block 1 still owes the first product";
  bench.accumulated(2);
  EXPECT_EQ(bench.done, 1);
  bench.sampled(2);
  bench.accumulated(2);
  EXPECT_EQ(bench.done, 2);
}

TEST_F(SequencerTest, AResetForgetsTheProductUnderWay) {
  Bench bench("bench");
  elaborate();
  bench.block(0, 0, 10, 2);
  bench.sequencer.start(0, 0);
  bench.sequencer.reset();
  sc_core::sc_start(sc_core::sc_time(5, sc_core::SC_NS));
  EXPECT_TRUE(bench.dacs[0].steps.empty());
  bench.sequencer.start(0, 0);
  sc_core::sc_start(sc_core::sc_time(2, sc_core::SC_NS));
  EXPECT_EQ(bench.dacs[0].steps.size(), 1u);
}

}  // namespace
}  // namespace kirchhoff::hw
