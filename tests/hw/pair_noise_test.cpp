#include "hw/cells/pair_noise.h"

#include <cmath>

#include <gtest/gtest.h>

#include "hw/cells/cell_model.h"
#include "hw/crossbar/lane_cells.h"

namespace kirchhoff::hw {
namespace {

constexpr ArrayPlace kPair{3, 128, 64, 2, false};

struct Moments {
  double mean, sigma;
};

/// A pair of arrays with random levels whose conversions have the noise of `pe`.
class NoisyPair {
 public:
  static constexpr int kRows = 64, kColumns = 40;

  explicit NoisyPair(const PeConfig& pe) : lane_(pe.crossbar, pe.encoding) {
    const int bytes = lane_.positive.row_bytes();
    std::vector<std::uint8_t> row(static_cast<std::size_t>(bytes));
    std::uint32_t state = 1;
    const auto fill = [&](CrossbarArray& array) {
      for (int r = 0; r < kRows; ++r) {
        for (std::uint8_t& byte : row)
          byte = static_cast<std::uint8_t>((state = state * 1664525 + 1013904223) >> 24);
        array.write_row(r, row.data());
      }
    };
    fill(lane_.positive);
    fill(*lane_.negative);
    const CellModel cells(pe.cells, pe.crossbar.cell_bits);
    const NoiseModel noise(pe);
    lane_.noise.emplace(noise, kPair);
    lane_.positive.realise(cells, &noise, kPair, kRows, kColumns, false);
    ArrayPlace negative = kPair;
    negative.negative = true;
    lane_.negative->realise(cells, &noise, negative, kRows, kColumns, false);
    // Digits of two bits.
    lines_.planes.resize(2);
    lines_.planes[0][0] = 0x0123456789abcdef;
    lines_.planes[1][0] = 0xfedc00ba98765432;
  }

  const LaneCells& lane() const { return lane_; }
  const WordLines& lines() const { return lines_; }
  /// The noise of so many reads of every column, in parts of a level, each over its `sigma`.
  template <typename Sigma>
  Moments moments(int reads, const Sigma& sigma) const {
    double sum = 0, squares = 0;
    for (int i = 0; i < reads; ++i) {
      Columns values(kColumns, 0);
      const base::NoiseEvent event{static_cast<std::uint32_t>(i), 1, 2, 3, 4};
      lane_.add_current_noise(lines_, event, 0, false, values);
      lane_.add_conversion_noise(event, 0, values);
      for (int c = 0; c < kColumns; ++c) {
        const double x = values[static_cast<std::size_t>(c)] / sigma(c);
        sum += x;
        squares += x * x;
      }
    }
    const double count = reads * double{kColumns};
    return {sum / count, std::sqrt(squares / count)};
  }

 private:
  LaneCells lane_;
  WordLines lines_;
};

PeConfig config() {
  PeConfig pe;
  pe.crossbar.rows = NoisyPair::kRows;
  pe.crossbar.cols = NoisyPair::kColumns;
  pe.crossbar.cell_bits = 2;
  pe.cells.spread = CellSpread::kNormal;
  pe.cells.sigma = 0.1;
  return pe;
}

// Column's deviation: the root of what its driven cells' conductances in parts of a level, times
// digits, add up to as squares.
double closed_form(const NoisyPair& pair, const PeConfig& pe, int column, double same_for_all) {
  const CellModel cells(pe.cells, pe.crossbar.cell_bits);
  double squares = 0;
  for (const bool negative : {false, true}) {
    ArrayPlace place = kPair;
    place.negative = negative;
    const CrossbarArray& array = negative ? *pair.lane().negative : pair.lane().positive;
    for (int r = 0; r < NoisyPair::kRows; ++r) {
      const double own = cells.conductance(place, r, column, array.level(r, column));
      const double g = same_for_all > 0 ? same_for_all : own;
      squares += std::pow(g * pair.lines().digit(r), 2);
    }
  }
  return pe.cells.read_noise * std::sqrt(squares);
}

void expect_standard(const NoisyPair& pair, int reads, const std::vector<double>& sigma) {
  const Moments found =
      pair.moments(reads, [&](int c) { return sigma[static_cast<std::size_t>(c)]; });
  const double count = reads * double{NoisyPair::kColumns};
  EXPECT_NEAR(found.mean, 0, 5 / std::sqrt(count));
  EXPECT_NEAR(found.sigma, 1, 5 / std::sqrt(2 * count) + 1e-3);  // squares are rounded
}

TEST(PairNoise, CurrentsSpreadAsTheSumOfTheirCellsSquares) {
  PeConfig pe = config();
  pe.cells.read_noise = 0.05;
  for (const NoiseLaw law : {NoiseLaw::kProportional, NoiseLaw::kIndependent}) {
    for (const double ratio : {0.0, 10.0}) {
      pe.cells.noise_law = law;
      pe.cells.on_off_ratio = ratio;
      const NoisyPair pair(pe);
      // A cell of level 3 conducts 3 steps and the off current.
      const double largest = ratio > 0 ? 3 * 256 / 0.9 : 3 * 256;
      std::vector<double> sigma;
      for (int c = 0; c < NoisyPair::kColumns; ++c) {
        sigma.push_back(closed_form(pair, pe, c, law == NoiseLaw::kIndependent ? largest : 0.0));
      }
      expect_standard(pair, 8000, sigma);
    }
  }
}

TEST(PairNoise, AMillionConversionsSpreadAsTheKeySays) {
  PeConfig pe = config();
  pe.adc.lsb = 2;
  pe.adc.errors.noise_lsb = 0.3;
  const NoisyPair pair(pe);
  expect_standard(pair, 26000, std::vector<double>(NoisyPair::kColumns, 0.3 * 2 * 256));
}

TEST(PairNoise, OfCellsAndConvertersAddUpAsIndependentNumbersDo) {
  PeConfig pe = config();
  pe.adc.errors.noise_lsb = 2;
  pe.cells.read_noise = 0.05;
  const NoisyPair pair(pe);
  std::vector<double> sigma;
  for (int c = 0; c < NoisyPair::kColumns; ++c)
    sigma.push_back(std::hypot(closed_form(pair, pe, c, 0), 2.0 * 256));
  expect_standard(pair, 8000, sigma);
}

// An ideal array that nobody drives has no noise of its cells, its converter has its own.
TEST(PairNoise, CellsThatAreNotDrivenAreSilent) {
  PeConfig pe = config();
  pe.cells.read_noise = 1;
  pe.adc.errors.noise_lsb = 1;
  const NoisyPair pair(pe);
  WordLines none;
  none.planes.resize(1);
  Columns values(4, 0);
  pair.lane().add_current_noise(none, {}, 0, false, values);
  EXPECT_EQ(values, Columns(4, 0));
  pair.lane().add_conversion_noise({}, 0, values);
  EXPECT_NE(values, Columns(4, 0));
}

// Both arrays of a pair have one name; slices and blocks have names of their own.
TEST(PairNoise, IsNamedByThePair) {
  PeConfig pe = config();
  pe.adc.errors.noise_lsb = 3;
  const NoiseModel model(pe);
  const auto draw = [&](const ArrayPlace& place) {
    return PairNoise(model, place).of_conversion({1, 2, 3, 4, 5}, 6);
  };
  ArrayPlace negative = kPair;
  negative.negative = true;
  EXPECT_EQ(draw(negative), draw(kPair));
  EXPECT_NE(draw({3, 128, 64, 1, false}), draw(kPair));
  EXPECT_NE(draw({3, 128, 0, 2, false}), draw(kPair));
  EXPECT_NE(draw({3, 0, 64, 2, false}), draw(kPair));
  EXPECT_NE(draw({2, 128, 64, 2, false}), draw(kPair));
}

}  // namespace
}  // namespace kirchhoff::hw
