// The engine's look-ups of real cells against the golden inference's plain sums.

#include "quant/accuracy/cell_columns.h"

#include <memory>
#include <random>
#include <utility>

#include <gtest/gtest.h>

#include "quant/accuracy/batch_inference.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "tests/quant/chains.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff::quant {
namespace {

/// Cells that miss their levels by anything up to `spread`, in fixed point, with an off current.
class RandomCells final : public CellSource {
 public:
  RandomCells(std::uint64_t seed, int spread, int off) : seed_(seed), spread_(spread), off_(off) {}

  int conductance(const CellArray& array, int row, int column, int level) const override {
    const auto at = [](int value) { return static_cast<std::uint64_t>(value); };
    std::uint64_t hash = seed_;
    for (const std::uint64_t part :
         {at(index(array.layer)), at(array.row_begin), at(array.column_begin), at(array.slice),
          at(array.negative ? 1 : 0), at(row), at(column)}) {
      hash = (hash ^ part) * 0x9e3779b97f4a7c15;
      hash ^= hash >> 29;
    }
    const int miss = static_cast<int>(hash % (2 * at(spread_) + 1)) - spread_;
    return std::clamp((level << kFractionBits) + off_ + miss, 0, kMost);
  }
  /// Thresholds a level apart, each missed by up to a few levels, in order.
  base::Staircase transfer(const CellArray& array, int number) const override {
    std::vector<std::int32_t> thresholds;
    const int lowest = offset_ ? 0 : -(1 << (bits_ - 1));
    for (int i = 0; i <= 1 << bits_; ++i) {
      const int draw = conductance(array, i, 1000 + number, 20) - (20 << kFractionBits) - off_;
      thresholds.push_back(lsb_ * (256 * (lowest + i) - 128 + misses_ * draw));
    }
    std::sort(thresholds.begin(), thresholds.end());
    return base::Staircase(thresholds);
  }
  base::NoiseKey noise_key(const CellArray& array) const override {
    return {static_cast<std::uint32_t>(conductance(array, 1, 2000, 30)),
            static_cast<std::uint32_t>(conductance(array, 2, 2000, 30))};
  }
  int noise_square(int conductance) const override {
    return same_square_ > 0 ? same_square_ : static_cast<int>(base::noise_square(conductance));
  }
  /// Every cell adds the same to a column's square; 0: its own.
  void set_square(int square) { same_square_ = square; }
  /// Converters for `adc`, whose thresholds miss their places by `misses` times what cells do.
  void set_converters(const AdcModel& adc, int misses) {
    bits_ = adc.bits;
    lsb_ = adc.lsb;
    offset_ = adc.offset;
    misses_ = misses;
  }

 private:
  int same_square_ = 0;
  int bits_ = 8, lsb_ = 1, misses_ = 1;
  bool offset_ = false;
  const std::uint64_t seed_;
  const int spread_, off_;
};

AdcModel converter(int bits, int lsb, int cell_bits, bool offset, bool unit_column, int block_rows,
                   std::shared_ptr<const CellSource> cells) {
  AdcModel adc;
  adc.bits = bits;
  adc.lsb = lsb;
  adc.cell_bits = cell_bits;
  adc.offset = offset;
  adc.unit_column = unit_column;
  adc.block_rows = block_rows;
  adc.cells = std::move(cells);
  return adc;
}

bool all_have_columns(const AdcModel& adc, const IntegerNetwork& integers) {
  for (const LayerId l : integers.layers.ids()) {
    if (!has_cell_columns(adc, integers.layer(l), integers.policy.layers[l])) return false;
  }
  return true;
}

Network tall_network() { return chain({3, 7, 7}, {{17, 3, 1, 1, 1}, {9, 3, 1, 0, 2}}, 7); }

TEST(CellColumns, EqualGoldenForEveryResolution) {
  const auto cells = std::make_shared<RandomCells>(1, 40, 0);
  const Network network = tall_network();
  for (int bits = 3; bits <= 10; ++bits) {
    for (const int lsb : {1, 2, 4}) {
      const AdcModel adc = converter(bits, lsb, 1, false, false, 128, cells);
      const auto seed = static_cast<std::uint64_t>(bits * 10 + lsb);
      const IntegerNetwork integers =
          random_integer_network(network, Policy::uniform(network, 8, 8), seed);
      ASSERT_TRUE(all_have_columns(adc, integers));
      expect_golden_logits(integers, 2, seed, &adc);
    }
  }
}

// Cells of one to four bits, both encodings, sums that fit 16 bits and sums that do not.
TEST(CellColumns, EqualGoldenForEveryCellAndEncoding) {
  const Network network = tall_network();
  std::uint64_t seed = 3;
  for (const int cell_bits : {1, 2, 4}) {
    for (const int off : {0, 100, 2000}) {
      for (const auto& [offset, unit_column] :
           {std::pair{false, false}, std::pair{true, false}, std::pair{true, true}}) {
        ++seed;
        const auto cells = std::make_shared<RandomCells>(seed, seed % 2 == 0 ? 60 : 400, off);
        AdcModel adc = converter(5 + static_cast<int>(seed % 4), seed % 3 == 0 ? 2 : 1, cell_bits,
                                 offset, unit_column, seed % 2 == 0 ? 128 : 64, cells);
        adc.sign_slice = seed % 5 != 0;
        adc.block_columns = seed % 4 == 0 ? 128 : 8;
        const int weight_bits = 2 + static_cast<int>(seed % 7);
        const IntegerNetwork integers = random_integer_network(
            network, Policy::uniform(network, weight_bits, 10 - weight_bits), seed);
        ASSERT_TRUE(all_have_columns(adc, integers));
        expect_golden_logits(integers, 2, seed, &adc);
      }
    }
  }
}

TEST(CellColumns, EqualGoldenOnRandomNetworks) {
  std::mt19937_64 engine(17);
  const auto draw = [&](int low, int high) {
    return low + static_cast<int>(engine() % static_cast<unsigned>(high - low + 1));
  };
  int counted = 0;
  for (int round = 0; round < 20; ++round) {
    const int side = draw(4, 9);
    const int kernel = draw(1, 3);
    const Network network = chain({draw(1, 3), side, side},
                                  {{draw(1, 20), kernel, 1, draw(0, kernel - 1), 1},
                                   {draw(1, 20), 2, draw(1, 2), draw(0, 1), 1}},
                                  draw(1, 10));
    Policy policy = Policy::uniform(network, 8, 8);
    for (LayerBits& bits : policy.layers)
      bits = {draw(kMinBits, kMaxSearchBits), draw(kMinBits, kMaxSearchBits)};
    const bool offset = draw(0, 1) == 1;
    const auto cells = std::make_shared<RandomCells>(engine(), 1 << draw(0, 11), draw(0, 1) * 300);
    AdcModel adc = converter(draw(3, 11), 1 << draw(0, 8), 1 << draw(0, 2), offset,
                             offset && draw(0, 1) == 1, 16 << draw(0, 5), cells);
    adc.rounds = draw(0, 2) > 0;
    const IntegerNetwork integers = random_integer_network(network, policy, engine());
    counted += all_have_columns(adc, integers) ? 1 : 0;
    expect_golden_logits(integers, draw(1, 20) > 15 ? 19 : 3, engine(), &adc);
  }
  EXPECT_GE(counted, 18);
}

// Groups along the diagonal and dense, inputs with a sign, residual sums, layers off the crossbars.
TEST(CellColumns, EqualGoldenOnRandomGraphs) {
  std::uint64_t saturated = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    RandomGraphs random(seed);
    const Network network = lower(random.graph()).network;
    const IntegerNetwork integers = random_integer_network(network, random.policy(network), seed);
    const bool offset = random.chance(50);
    AdcModel adc = converter(
        random.between(2, 8), random.pick({1, 1, 2, 4}), random.pick({1, 2, 4}), offset,
        offset && random.chance(50), random.pick({16, 32, 64, 128}),
        std::make_shared<RandomCells>(seed, random.pick({5, 80, 900}), random.pick({0, 50})));
    adc.block_columns = random.pick({8, 32, 128});
    adc.rows_per_read = random.pick({0, 0, 3, 16, 40});
    adc.grouped = static_cast<GroupedMatrix>(random.between(0, 2));
    adc.rounds = random.chance(70);
    const auto images = static_cast<std::size_t>(random.between(1, 18));
    const Dataset data = random_dataset(network.image, images, seed);
    std::vector<std::vector<std::int64_t>> expected;
    ClippedConversions clipped(network.layers.size(), 0);
    for (std::size_t i = 0; i < images; ++i) {
      const GoldenResult golden = golden_inference(integers, data.image(i), &adc);
      expected.push_back(golden.logits);
      for (const LayerId l : clipped.ids()) clipped[l] += golden.layers[l].clipped_conversions;
    }
    for (const std::uint64_t count : clipped) saturated += count;
    BatchInference engine(network, data, random.between(1, 2), &adc);
    ASSERT_TRUE(engine.takes(PolicyIntegers(integers))) << seed;
    for (const base::Processor kind : base::processors()) {
      const base::ForceProcessor forced(kind);
      std::vector<std::vector<std::int64_t>> logits(images);
      const std::size_t size = expected.front().size();
      const ClippedConversions found =
          engine.run(PolicyIntegers(integers), 0, images,
                     [&](std::size_t at, int count, const std::int64_t* rows) {
                       for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
                         logits[at + i].assign(rows + i * size, rows + (i + 1) * size);
                     });
      ASSERT_EQ(logits, expected) << "seed " << seed << " processor " << static_cast<int>(kind);
      ASSERT_EQ(found.items(), clipped.items()) << "seed " << seed;
    }
  }
  EXPECT_GT(saturated, 0u);
}

// Converters that take columns in turn, thresholds close by and far apart, wide sums, saturation,
// steps that drive nothing.
TEST(CellColumns, RealConvertersEqualGoldenOnRandomGraphs) {
  std::uint64_t saturated = 0;
  int counted = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomGraphs random(seed + 500);
    const Network network = lower(random.graph()).network;
    const IntegerNetwork integers = random_integer_network(network, random.policy(network), seed);
    const bool offset = random.chance(50);
    const auto cells =
        std::make_shared<RandomCells>(seed, random.pick({0, 20, 900}), random.pick({0, 0, 50}));
    AdcModel adc =
        converter(random.between(2, 9), random.pick({1, 1, 2, 4}), random.pick({1, 2, 4}), offset,
                  offset && random.chance(50), random.pick({16, 32, 64, 128}), cells);
    adc.real_converters = random.pick({1, 1, 2, 5, 32});
    cells->set_converters(adc, random.pick({0, 1, 3, 20}));
    adc.block_columns = random.pick({8, 32, 128});
    adc.rows_per_read = random.pick({0, 0, 3, 16, 40});
    adc.grouped = static_cast<GroupedMatrix>(random.between(0, 2));
    const auto images = static_cast<std::size_t>(random.pick({1, 2, 3, 18}));
    const Dataset data = random_dataset(network.image, images, seed);
    std::vector<std::vector<std::int64_t>> expected;
    ClippedConversions clipped(network.layers.size(), 0);
    for (std::size_t i = 0; i < images; ++i) {
      const GoldenResult golden = golden_inference(integers, data.image(i), &adc);
      expected.push_back(golden.logits);
      for (const LayerId l : clipped.ids()) clipped[l] += golden.layers[l].clipped_conversions;
    }
    for (const std::uint64_t count : clipped) saturated += count;
    counted += all_have_columns(adc, integers) ? 1 : 0;
    for (const base::Processor kind : base::processors()) {
      const base::ForceProcessor forced(kind);
      const BatchLogits found = batch_inference(integers, data, images, random.between(1, 2), &adc);
      ASSERT_EQ(found.logits, expected) << "seed " << seed << " on " << static_cast<int>(kind);
      ASSERT_EQ(found.clipped_conversions.items(), clipped.items()) << "seed " << seed;
    }
  }
  EXPECT_GT(saturated, 0u);
  EXPECT_GE(counted, 36);
}

// Noise of cells, of converters and of both, small and larger than the converter's range, with
// ideal and real converters, narrow and wide sums of squares.
TEST(CellColumns, NoiseEqualsGoldenOnRandomGraphs) {
  std::uint64_t saturated = 0;
  int counted = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomGraphs random(seed + 900);
    const Network network = lower(random.graph()).network;
    const IntegerNetwork integers = random_integer_network(network, random.policy(network), seed);
    const bool offset = random.chance(50);
    const auto cells = std::make_shared<RandomCells>(seed, random.pick({0, 20, 900}),
                                                     random.pick({0, 0, 50, 4000}));
    AdcModel adc =
        converter(random.between(2, 9), random.pick({1, 1, 2, 4}), random.pick({1, 2, 4}), offset,
                  offset && random.chance(50), random.pick({16, 32, 64, 128}), cells);
    adc.real_converters = random.pick({0, 0, 1, 2, 5});
    cells->set_converters(adc, random.pick({0, 1, 3}));
    cells->set_square(random.pick({0, 0, 256, 600000}));
    const int kinds = random.between(1, 3);
    if (kinds % 2 == 1) adc.read_noise = 0.01f * static_cast<float>(random.pick({1, 10, 100}));
    if (kinds / 2 == 1) adc.thermal_noise = static_cast<float>(random.pick({1, 100, 3000}));
    adc.block_columns = random.pick({8, 32, 128});
    adc.rows_per_read = random.pick({0, 0, 3, 16, 40});
    adc.grouped = static_cast<GroupedMatrix>(random.between(0, 2));
    adc.rounds = random.chance(70);
    const auto images = static_cast<std::size_t>(random.pick({1, 2, 3, 18}));
    const Dataset data = random_dataset(network.image, images, seed);
    std::vector<std::vector<std::int64_t>> expected;
    ClippedConversions clipped(network.layers.size(), 0);
    for (std::size_t i = 0; i < images; ++i) {
      const GoldenResult golden = golden_inference(integers, data.image(i), &adc);
      expected.push_back(golden.logits);
      for (const LayerId l : clipped.ids()) clipped[l] += golden.layers[l].clipped_conversions;
    }
    for (const std::uint64_t count : clipped) saturated += count;
    counted += all_have_columns(adc, integers) ? 1 : 0;
    for (const base::Processor kind : base::processors()) {
      const base::ForceProcessor forced(kind);
      const BatchLogits found = batch_inference(integers, data, images, random.between(1, 2), &adc);
      ASSERT_EQ(found.logits, expected) << "seed " << seed << " on " << static_cast<int>(kind);
      ASSERT_EQ(found.clipped_conversions.items(), clipped.items()) << "seed " << seed;
    }
  }
  EXPECT_GT(saturated, 0u);
  EXPECT_GE(counted, 36);
}

// Every cell conducts all it can: the largest sums of the largest arrays.
TEST(CellColumns, EqualGoldenAtFullScale) {
  const Network network = chain({60, 3, 3}, {{9, 3, 1, 1, 1}}, 5);
  const IntegerNetwork integers =
      random_integer_network(network, Policy::uniform(network, 3, 2), 2);
  const auto cells = std::make_shared<RandomCells>(1, 1 << 14, 1 << 13);
  for (const bool offset : {false, true}) {
    const AdcModel adc = converter(16, 1, 1, offset, offset, 512, cells);
    ASSERT_TRUE(all_have_columns(adc, integers));
    expect_golden_logits(integers, 2, 9, &adc);
  }
}

TEST(CellColumns, CellsWithoutDeviationGiveTheIdealLogits) {
  const Network network = tall_network();
  for (const bool offset : {false, true}) {
    const IntegerNetwork integers =
        random_integer_network(network, Policy::uniform(network, 6, 7), 4);
    const Dataset data = random_dataset(network.image, 3, 4);
    const AdcModel ideal = converter(5, 1, 2, offset, offset, 64, nullptr);
    const AdcModel real =
        converter(5, 1, 2, offset, offset, 64, std::make_shared<RandomCells>(1, 0, 0));
    const BatchLogits one = batch_inference(integers, data, 3, 1, &ideal),
                      other = batch_inference(integers, data, 3, 1, &real);
    EXPECT_EQ(one.logits, other.logits);
    EXPECT_EQ(one.clipped_conversions.items(), other.clipped_conversions.items());
  }
}

TEST(CellColumns, WhatTheyCannotExpressTakesTheReference) {
  const auto cells = std::make_shared<RandomCells>(1, 40, 0);
  const Network network = chain({1, 5, 5}, {{4, 3, 1, 1, 1}}, 3);
  const AdcModel thirds = converter(4, 3, 1, false, false, 128, cells);
  const IntegerNetwork narrow = random_integer_network(network, Policy::uniform(network, 5, 6), 3);
  EXPECT_FALSE(all_have_columns(thirds, narrow));
  expect_golden_logits(narrow, 3, 4, &thirds);
  const AdcModel adc = converter(8, 1, 1, false, false, 128, cells);
  EXPECT_TRUE(all_have_columns(adc, narrow));
  const IntegerNetwork wide = random_integer_network(network, Policy::uniform(network, 11, 12), 3);
  EXPECT_FALSE(all_have_columns(adc, wide));
  expect_golden_logits(wide, 3, 4, &adc);
}

}  // namespace
}  // namespace kirchhoff::quant
