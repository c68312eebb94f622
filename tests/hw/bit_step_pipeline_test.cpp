#include "hw/pe/bit_step_pipeline.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

/// Drive 2, read 4, acquire 1, conversions of one cycle, addition 3.
PeConfig config() {
  PeConfig config;
  config.dac.drive = Duration::nanoseconds(2);
  config.crossbar.read = Duration::nanoseconds(4);
  config.sample_hold.acquire = Duration::nanoseconds(1);
  config.shift_adder.cycles = 3;
  return config;
}

class BitStepPipelineTest : public testing::Test {
 protected:
  const Clock clock_{1000};
};

TEST_F(BitStepPipelineTest, OneBitStepPassesAllStages) {
  BitStepPipeline pipeline(config(), clock_);
  const MvmTimes times = pipeline.run(100, 1, 1, 10);
  EXPECT_EQ(times.first_sampled, 100u + 2 + 4 + 1);
  EXPECT_EQ(times.last_sampled, times.first_sampled);
  EXPECT_EQ(times.ready, 107u);
  EXPECT_EQ(times.done, 107u + 10 + 3);
  EXPECT_EQ(times.adc_wait, 0u);
}

// In steady state a step takes the longer of the read and the conversion.
TEST_F(BitStepPipelineTest, TheSlowerStageSetsThePace) {
  for (const int columns : {1, 6, 7, 8, 100}) {
    BitStepPipeline pipeline(config(), clock_);
    const Cycle read = 7, conversion = static_cast<Cycle>(columns) + 1;  // acquired first
    const MvmTimes times = pipeline.run(0, 8, 1, columns);
    EXPECT_EQ(times.last_sampled, 7 + 7 * std::max(read, conversion)) << columns;
    const Cycle wait = conversion > read ? conversion - read : 0;
    EXPECT_EQ(times.adc_wait, 7 * wait) << columns;
  }
}

// A product that begins while the last columns of the one before are converted waits for the ADC.
TEST_F(BitStepPipelineTest, ProductsShareTheAdc) {
  BitStepPipeline pipeline(config(), clock_);
  const MvmTimes first = pipeline.run(0, 2, 1, 50);
  const MvmTimes second = pipeline.run(first.ready, 2, 1, 50);
  EXPECT_EQ(second.first_sampled, first.done - 3 + 1);
  EXPECT_GT(second.adc_wait, first.adc_wait);
  pipeline.reset();
  EXPECT_EQ(pipeline.run(0, 2, 1, 50).done, first.done);
}

TEST_F(BitStepPipelineTest, WithoutOverlapAStepWaitsForTheSumsOfTheOneBefore) {
  PeConfig serial = config();
  serial.overlap = false;
  BitStepPipeline pipeline(serial, clock_);
  const MvmTimes times = pipeline.run(0, 3, 1, 10);
  EXPECT_EQ(times.done, 3u * (2 + 4 + 1 + 10 + 3));
  EXPECT_EQ(times.ready, times.done);
  EXPECT_EQ(times.read_wait, 2u * (10 + 3));
  EXPECT_EQ(times.adc_wait, 0u);
}

// Every group of rows is read, converted and added by itself.
TEST_F(BitStepPipelineTest, GroupsOfRowsFollowEachOther) {
  BitStepPipeline pipeline(config(), clock_);
  const MvmTimes times = pipeline.run(0, 3, 4, 2);
  EXPECT_EQ(times.last_sampled, 3u * 4 * (2 + 4 + 1));
  PeConfig mux = config();
  mux.sample_hold.present = false;
  EXPECT_EQ(BitStepPipeline(mux, clock_).run(0, 3, 4, 2).ready, 3u * 4 * 2 * (2 + 4 + 1));
}

// Digits of 2, 2 and 1 bits: 3 + 3 + 1 pulses, the lines settle once for each.
TEST_F(BitStepPipelineTest, ADigitTakesAPulsePerLevel) {
  PeConfig pulsed = config();
  pulsed.dac.bits = 2;
  EXPECT_EQ(BitStepPipeline(pulsed, clock_).run(0, 5, 1, 2).last_sampled, 3u * (2 + 4 + 1));
  pulsed.dac.levels = DacLevels::kPulses;
  const MvmTimes times = BitStepPipeline(pulsed, clock_).run(0, 5, 1, 2);
  EXPECT_EQ(times.first_sampled, 2u + 3 * 4 + 1);
  EXPECT_EQ(times.last_sampled, 3u * (2 + 1) + (3 + 3 + 1) * 4);
  pulsed.sample_hold.present = false;
  const MvmTimes rounds = BitStepPipeline(pulsed, clock_).run(0, 5, 1, 2);
  EXPECT_EQ(rounds.first_sampled, 2u + 3 * 4);
  EXPECT_EQ(rounds.ready, 2u * (3 * (2 + 1) + (3 + 3 + 1) * 4));
}

TEST_F(BitStepPipelineTest, AdcsInParallelTakeARoundOfColumnsAtATime) {
  PeConfig wide = config();
  wide.adc.per_pair = 8;
  wide.adc.cycles = 5;
  const StageCycles stages(wide, clock_);
  EXPECT_EQ(stages.rounds(8), 1);
  EXPECT_EQ(stages.rounds(9), 2);
  EXPECT_EQ(stages.conversion(9), 10u);
}

}  // namespace
}  // namespace kirchhoff::hw
