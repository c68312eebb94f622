#include "hw/cells/cell_model.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "hw/cells/write_effort.h"

namespace kirchhoff::hw {
namespace {

constexpr double kStep = 1 << CellModel::kFractionBits;
constexpr int kRows = 128, kColumns = 128;

CellsConfig with_spread(CellSpread spread, double sigma = 0.0) {
  CellsConfig config;
  config.spread = spread;
  config.sigma = sigma;
  return config;
}

/// Calls see(conductance in steps) for all cells of `arrays` arrays that hold one level.
void each_cell(const CellModel& model, int arrays, int level,
               const std::function<void(double)>& see) {
  for (int a = 0; a < arrays; ++a) {
    for (int r = 0; r < kRows; ++r) {
      for (int c = 0; c < kColumns; ++c)
        see(model.conductance({a, 0, 0, 0, false}, r, c, level) / kStep);
    }
  }
}

struct Moments {
  double mean = 0, deviation = 0;
  std::size_t cells = 0;
};

Moments moments(const CellModel& model, int arrays, int level) {
  double sum = 0, squares = 0;
  Moments m;
  each_cell(model, arrays, level, [&](double g) {
    sum += g;
    squares += g * g;
    ++m.cells;
  });
  m.mean = sum / static_cast<double>(m.cells);
  m.deviation = std::sqrt(squares / static_cast<double>(m.cells) - m.mean * m.mean);
  return m;
}

TEST(CellModel, WithoutEffectsCellsConductTheirLevels) {
  for (const int cell_bits : {1, 2, 4}) {
    const CellModel model(CellsConfig(), cell_bits);
    for (int level = 0; level < 1 << cell_bits; ++level)
      EXPECT_EQ(model.conductance({3, 128, 0, 2, true}, 5, 7, level), level * kStep);
  }
}

TEST(CellModel, TheOffCurrentAddsUp) {
  CellsConfig config;
  config.on_off_ratio = 4;
  const CellModel model(config, 2);  // off 10 uS, a step 10 uS
  for (int level = 0; level < 4; ++level)
    EXPECT_EQ(model.conductance({}, 0, 0, level), (level + 1) * kStep);
}

// A million cells: mean and deviation within four standard errors, and the rounding.
TEST(CellModel, ProgrammedConductancesHaveTheSpreadOfTheirFit) {
  for (const CellSpread spread : {CellSpread::kNeurram, CellSpread::kNeurramDay, CellSpread::kWan,
                                  CellSpread::kCmoHfox, CellSpread::kNormal}) {
    const CellModel model(with_spread(spread, 0.05), 1);
    const double step_us = model.target_us(1);
    const double expected = model.spread_us(step_us) / step_us;
    const Moments m = moments(model, 64, 1);
    ASSERT_EQ(m.cells, 1u << 20);
    const double error = 4 * expected / std::sqrt(static_cast<double>(m.cells));
    EXPECT_NEAR(m.mean, 1.0, error) << static_cast<int>(spread);
    const double rounding = 1 / kStep / std::sqrt(12.0);
    EXPECT_NEAR(m.deviation, std::hypot(expected, rounding), error) << static_cast<int>(spread);
  }
}

// Kirchhoff's law over real cells: the current of a column of n cells has n times a cell's
// variance.
TEST(CellModel, TheSpreadOfAColumnsCurrentIsTheClosedForm) {
  const CellModel model(with_spread(CellSpread::kNormal, 0.05), 2);
  const int levels[] = {1, 2, 3, 3};
  double mean = 0, variance = 0;
  for (int r = 0; r < kRows; ++r) {
    mean += levels[r % 4];
    const double spread = model.spread_us(model.target_us(levels[r % 4])) / model.target_us(1);
    variance += spread * spread + 1 / kStep / kStep / 12;
  }
  double sum = 0, squares = 0;
  const int columns = 64 * kColumns;
  for (int c = 0; c < columns; ++c) {
    double current = 0;
    for (int r = 0; r < kRows; ++r)
      current += model.conductance({c / kColumns, 0, 0, 0, false}, r, c % kColumns, levels[r % 4]);
    current /= kStep;
    sum += current;
    squares += (current - mean) * (current - mean);
  }
  EXPECT_NEAR(sum / columns, mean, 4 * std::sqrt(variance / columns));
  // The variance of a sample variance is 2 s^4 / n.
  EXPECT_NEAR(squares / columns, variance, 4 * variance * std::sqrt(2.0 / columns));
}

TEST(CellModel, ALognormalSpreadIsNormalInTheLogarithm) {
  CellsConfig config = with_spread(CellSpread::kLognormal, 0.2);
  config.spread_law = SpreadLaw::kProportional;
  const CellModel model(config, 4);
  double sum = 0, squares = 0, cells = 0;
  each_cell(model, 16, 8, [&](double g) {
    sum += std::log(g / 8);
    squares += std::log(g / 8) * std::log(g / 8);
    ++cells;
  });
  EXPECT_NEAR(sum / cells, 0.0, 4 * 0.2 / std::sqrt(cells));
  EXPECT_NEAR(std::sqrt(squares / cells), 0.2, 4 * 0.2 / std::sqrt(2 * cells));
}

TEST(CellModel, LawsOfTheSpread) {
  CellsConfig config = with_spread(CellSpread::kNormal, 0.1);
  config.on_off_ratio = 4;  // 10 to 40 uS
  const auto spread = [&](SpreadLaw law, double g) {
    config.spread_law = law;
    return CellModel(config, 2).spread_us(g);
  };
  EXPECT_DOUBLE_EQ(spread(SpreadLaw::kIndependent, 10), 4.0);
  EXPECT_DOUBLE_EQ(spread(SpreadLaw::kIndependent, 40), 4.0);
  EXPECT_DOUBLE_EQ(spread(SpreadLaw::kProportional, 10), 1.0);
  EXPECT_DOUBLE_EQ(spread(SpreadLaw::kProportional, 40), 4.0);
  EXPECT_DOUBLE_EQ(spread(SpreadLaw::kInverse, 10), 4.0);
  EXPECT_DOUBLE_EQ(spread(SpreadLaw::kInverse, 40), 1.0);
}

// Two groups fitted one set of measurements: AIHWKit's polynomial and CrossSim's.
TEST(CellModel, BothFitsOfNeurramAgreeWithinTheirBand) {
  const CellModel aihwkit(with_spread(CellSpread::kNeurram), 1),
      crosssim(with_spread(CellSpread::kWan), 1);
  const double conductances[] = {2, 10, 20, 30, 39};
  const double of_aihwkit[] = {1.05, 2.26, 2.02, 1.53, 1.17},
               of_crosssim[] = {1.48, 2.41, 2.36, 1.82, 1.67};
  for (int i = 0; i < 5; ++i) {
    const double g = conductances[i], one = aihwkit.spread_us(g), other = crosssim.spread_us(g);
    EXPECT_NEAR(one, of_aihwkit[i], 0.01) << g;
    EXPECT_NEAR(other, of_crosssim[i], 0.01) << g;
    EXPECT_GE(other - one, 0.15) << g;
    EXPECT_LE(other - one, 0.51) << g;
  }
}

// Truncated to the tolerance, but for those that run out of writes.
TEST(CellModel, VerifiedCellsAreWithinTheTolerance) {
  CellsConfig config = with_spread(CellSpread::kNormal, 0.1);
  config.verify_tolerance = 0.1;
  config.verify_pulses = 3;
  const CellModel model(config, 1);
  const double accepted = std::erf(1 / std::sqrt(2.0));  // one standard deviation
  EXPECT_NEAR(model.acceptance(1), accepted, 1e-12);
  EXPECT_NEAR(model.acceptance(0), 0.5 + accepted / 2, 1e-12) << "below 0 is 0";
  double outside = 0, cells = 0;
  each_cell(model, 16, 1, [&](double g) {
    outside += std::abs(g - 1) > 0.1 + 0.5 / kStep ? 1 : 0;
    ++cells;
  });
  const double expected = std::pow(1 - accepted, 3);
  // Some within half a unit beyond the tolerance round to it.
  EXPECT_NEAR(outside / cells, expected,
              4 * std::sqrt(expected / cells) + 0.5 * expected / (0.1 * kStep));
  config.spread = CellSpread::kLognormal;
  config.spread_law = SpreadLaw::kProportional;
  const CellModel logarithmic(config, 1);
  double below = 0;
  config.verify_pulses = 1;
  each_cell(CellModel(config, 1), 16, 1,
            [&](double g) { below += std::abs(g - 1) <= 0.1 ? 1 : 0; });
  EXPECT_NEAR(below / cells, logarithmic.acceptance(1), 0.01);
}

TEST(WriteEffort, IsTheMeanOfWhatCellsAndRowsTake) {
  EXPECT_EQ(write_effort(CellsConfig(), 1, 128).of_cell, 1.0);
  EXPECT_EQ(write_effort(with_spread(CellSpread::kNormal, 0.1), 1, 128).of_row, 1.0);
  CellsConfig config = with_spread(CellSpread::kNormal, 0.1);
  config.verify_tolerance = 0.15;
  config.verify_pulses = 6;
  for (const int cell_bits : {1, 2}) {
    const CellModel model(config, cell_bits);
    const int levels = 1 << cell_bits, columns = 32;
    std::mt19937_64 engine(5);
    double of_cells = 0, of_rows = 0;
    const int rows = 20000;
    for (int row = 0; row < rows; ++row) {
      int slowest = 0;
      for (int c = 0; c < columns; ++c) {
        const double accepted =
            model.acceptance(static_cast<int>(engine() % static_cast<unsigned>(levels)));
        int writes = 1;
        while (writes < config.verify_pulses &&
               static_cast<double>(engine() >> 11) * 0x1p-53 >= accepted)
          ++writes;
        of_cells += writes;
        slowest = std::max(slowest, writes);
      }
      of_rows += slowest;
    }
    const WriteEffort effort = write_effort(config, cell_bits, columns);
    EXPECT_NEAR(of_cells / rows / columns, effort.of_cell, 0.01);
    EXPECT_NEAR(of_rows / rows, effort.of_row, 0.05);
  }
}

TEST(CellModel, StuckCellsAreAsManyAsTheirShares) {
  CellsConfig config;
  config.stuck_low = 0.03;
  config.stuck_high = 0.01;
  const CellModel model(config, 2);
  double low = 0, high = 0, cells = 0;
  each_cell(model, 64, 1, [&](double g) {
    low += g == 0 ? 1 : 0;
    high += g == 3 ? 1 : 0;
    EXPECT_TRUE(g == 0 || g == 1 || g == 3);
    ++cells;
  });
  const auto error = [&](double p) { return 4 * std::sqrt(p * (1 - p) / cells); };
  EXPECT_NEAR(low / cells, 0.03, error(0.03));
  EXPECT_NEAR(high / cells, 0.01, error(0.01));
}

TEST(CellModel, ClustersAreStuckTogetherAndAsMany) {
  for (const StuckCluster cluster :
       {StuckCluster::kRow, StuckCluster::kColumn, StuckCluster::kArray}) {
    CellsConfig config;
    config.stuck_low = 0.1;
    config.stuck_cluster = cluster;
    const CellModel model(config, 1);
    std::set<std::vector<int>> clusters, stuck;
    int cells = 0;
    constexpr int kArrays = 1024, kSide = 32;
    for (int a = 0; a < kArrays; ++a) {
      for (int r = 0; r < kSide; ++r) {
        for (int c = 0; c < kSide; ++c) {
          const std::vector<int> id = cluster == StuckCluster::kRow      ? std::vector<int>{a, r}
                                      : cluster == StuckCluster::kColumn ? std::vector<int>{a, c}
                                                                         : std::vector<int>{a};
          clusters.insert(id);
          if (model.conductance({a, 0, 0, 0, false}, r, c, 1) != 0) continue;
          stuck.insert(id);
          ++cells;
        }
      }
    }
    const int size = kArrays * kSide * kSide / static_cast<int>(clusters.size());
    EXPECT_EQ(cells, static_cast<int>(stuck.size()) * size) << "some of a cluster, not all";
    const auto count = static_cast<double>(clusters.size());
    EXPECT_NEAR(static_cast<double>(stuck.size()) / count, 0.1, 4 * std::sqrt(0.09 / count));
  }
}

TEST(CellModel, ConductancesDriftByTheirLaw) {
  CellsConfig config;
  config.drift = CellDrift::kPower;
  config.age_s = 100;
  config.drift_exponent = -0.1;
  EXPECT_EQ(CellModel(config, 1).conductance({}, 0, 0, 1),
            std::floor(kStep * std::pow(100, -0.1) + 0.5));
  config.drift_exponent = 0.1;  // no further than the window
  EXPECT_EQ(CellModel(config, 2).conductance({}, 0, 0, 3), 3 * kStep);
  EXPECT_EQ(CellModel(config, 2).conductance({}, 0, 0, 1),
            std::floor(kStep * std::pow(100, 0.1) + 0.5));

  config.drift = CellDrift::kCmoHfox;
  config.g_max_us = 88;
  const Moments m = moments(CellModel(config, 1), 16, 1);
  const double mean = 1 - 0.0890 * std::log(100) / 88;
  const double spread = (0.0420 * std::log(100) + 0.4118) / 88;
  EXPECT_NEAR(m.mean, mean, 4 * spread / std::sqrt(static_cast<double>(m.cells)));
  EXPECT_NEAR(m.deviation, std::hypot(spread, 1 / kStep / std::sqrt(12.0)), 1e-4);
}

TEST(CellModel, ProgrammingAnewMovesLevelsAndLeavesStuckCells) {
  CellsConfig config = with_spread(CellSpread::kNeurram);
  config.stuck_low = 0.1;
  const CellModel first(config, 1);
  config.programming = 1;
  const CellModel second(config, 1);
  config.seed = 2;
  const CellModel other(config, 1);
  int moved = 0, unstuck = 0, stuck = 0;
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < kColumns; ++c) {
      const int a = first.conductance({}, r, c, 1), b = second.conductance({}, r, c, 1);
      moved += a != b ? 1 : 0;
      stuck += a == 0 ? 1 : 0;
      EXPECT_EQ(a == 0, b == 0);
      unstuck += a == 0 && other.conductance({}, r, c, 1) != 0 ? 1 : 0;
    }
  }
  EXPECT_GT(moved, kRows * kColumns * 8 / 10);
  EXPECT_GT(unstuck, stuck * 8 / 10);
}

// A draw depends on nothing but what it is for: any order, any thread, any neighbour.
TEST(CellModel, DrawsDoNotDependOnOrderOrThreads) {
  CellsConfig config = with_spread(CellSpread::kLognormal, 0.3);
  config.stuck_high = 0.05;
  config.drift = CellDrift::kCmoHfox;
  const CellModel model(config, 2);
  struct Cell {
    ArrayPlace array;
    int row, column, level;
  };
  std::vector<Cell> cells;
  std::mt19937_64 engine(3);
  for (int i = 0; i < 20000; ++i) {
    const auto draw = [&](int most) {
      return static_cast<int>(engine() % static_cast<unsigned>(most));
    };
    cells.push_back({{draw(50), 128 * draw(200), 128 * draw(30), draw(16), draw(2) == 1},
                     draw(512),
                     draw(513),
                     draw(4)});
  }
  const auto value = [&](const Cell& c) {
    return model.conductance(c.array, c.row, c.column, c.level);
  };
  std::vector<int> forwards(cells.size()), threaded(cells.size());
  std::transform(cells.begin(), cells.end(), forwards.begin(), value);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = cells.size(); i-- > 0;)
        if (i % 4 == t) threaded[i] = value(cells[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(threaded, forwards);
}

// Every part of a cell's name counts.
TEST(CellModel, NeighboursAreIndependent) {
  const CellModel model(with_spread(CellSpread::kNormal, 0.1), 1);
  const ArrayPlace base{1, 128, 128, 1, false};
  std::vector<std::function<int(int)>> others;
  const auto add = [&](ArrayPlace place, int row, int column) {
    others.emplace_back([&model, place, row, column](int i) {
      return model.conductance(place, row + i, column, 1);
    });
  };
  add(base, 0, 3);
  add({2, 128, 128, 1, false}, 0, 3);
  add({1, 256, 128, 1, false}, 0, 3);
  add({1, 128, 256, 1, false}, 0, 3);
  add({1, 128, 128, 2, false}, 0, 3);
  add({1, 128, 128, 1, true}, 0, 3);
  add(base, 0, 4);
  add(base, 128, 3);
  for (std::size_t a = 0; a < others.size(); ++a) {
    for (std::size_t b = a + 1; b < others.size(); ++b) {
      int same = 0;
      double product = 0;
      for (int i = 0; i < 128; ++i) {
        const int x = others[a](i), y = others[b](i);
        same += x == y ? 1 : 0;
        product += (x / kStep - 1) * (y / kStep - 1) / 0.01;
      }
      EXPECT_LT(same, 20) << a << " " << b;
      EXPECT_LT(std::abs(product) / 128, 0.5) << a << " " << b;
    }
  }
}

// The same bytes on every machine: whoever changes a draw changes the results of every chip.
TEST(CellModel, DrawsAreTheseNumbers) {
  CellsConfig config = with_spread(CellSpread::kNeurram);
  const CellModel neurram(config, 1);
  config.drift = CellDrift::kCmoHfox;
  config.age_s = 86400;
  const CellModel aged(config, 2);
  config.spread = CellSpread::kLognormal;
  config.sigma = 0.25;
  config.stuck_low = config.stuck_high = 0.1;
  const CellModel mixed(config, 4);
  std::vector<int> found;
  for (int i = 0; i < 6; ++i) {
    const ArrayPlace place{i, 128 * i, 64 * i, i, i % 2 == 1};
    found.push_back(neurram.conductance(place, i, 2 * i, i % 2));
    found.push_back(aged.conductance(place, i, 2 * i, i % 4));
    found.push_back(mixed.conductance(place, i, 2 * i, 2 * i));
  }
  const std::vector<int> expected = {3,   0,   0,    257, 240, 509,  0,   436, 129,
                                     262, 747, 2357, 0,   0,   2119, 259, 255, 2929};
  EXPECT_EQ(found, expected);
}

TEST(CellModel, NoConductanceLeavesItsRange) {
  CellsConfig config = with_spread(CellSpread::kLognormal, 1.0);
  config.on_off_ratio = 1.5;
  const CellModel wild(config, 4);
  int largest = 0;
  each_cell(wild, 1, 15, [&](double g) {
    EXPECT_GE(g, 0);
    largest = std::max(largest, static_cast<int>(g * kStep));
  });
  EXPECT_EQ(largest, CellModel::kMost);
  // No level and no off current is cut.
  config = CellsConfig();
  config.on_off_ratio = 1.5;
  EXPECT_EQ(CellModel(config, 4).conductance({}, 0, 0, 15), 45 * kStep);
}

TEST(CellsConfig, BadValuesAreRefused) {
  const auto refused = [](const std::function<void(CellsConfig&)>& change) -> std::string {
    CellsConfig config;
    change(config);
    try {
      config.validate();
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(refused([](CellsConfig& c) { c.on_off_ratio = 1.2; }),
            "cells.on_off_ratio = 1.2: must be 0, or at least 1.5");
  EXPECT_EQ(refused([](CellsConfig& c) {
              c.spread = CellSpread::kWan;
              c.g_max_us = 50;
            }),
            "cells.g_max_us = 50: cells.spread = wan was measured up to 40 uS, so it must be in "
            "[0.001, 40]");
  EXPECT_NE(refused([](CellsConfig& c) {
              c.spread = CellSpread::kNormal;
              c.spread_law = SpreadLaw::kInverse;
            }).find("needs cells.on_off_ratio"),
            std::string::npos);
  EXPECT_NE(refused([](CellsConfig& c) {
              c.spread = CellSpread::kNeurram;
              c.verify_tolerance = 0.1;
            }).find("must be 0 with cells.spread = neurram"),
            std::string::npos);
  EXPECT_EQ(refused([](CellsConfig& c) { c.stuck_low = c.stuck_high = 0.75; }),
            "cells.stuck_low + cells.stuck_high = 1.5: must be at most 1");
  EXPECT_EQ(refused([](CellsConfig& c) {
              c.spread = CellSpread::kMilo;
              c.g_max_us = 225;
            }),
            "");
}

}  // namespace
}  // namespace kirchhoff::hw
