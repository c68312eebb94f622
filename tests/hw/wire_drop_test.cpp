// What lines with resistance leave of currents: the closed form of CellModel::seen() against the
// voltages of all nodes.

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <Eigen/Sparse>
#include <gtest/gtest.h>

#include "hw/cells/cell_model.h"

namespace kirchhoff::hw {
namespace {

/// An array whose word lines are driven with 1 V or 0 V before their first column, and whose bit
/// lines end at 0 V behind their first row.
struct Array {
  Eigen::MatrixXd conductance_us;
  std::vector<bool> driven;
  double wire_ohm;

  int rows() const { return static_cast<int>(conductance_us.rows()); }
  int columns() const { return static_cast<int>(conductance_us.cols()); }

  /// Currents of the columns in uA, by Kirchhoff's laws: a node for either end of every cell.
  Eigen::VectorXd currents() const {
    const int cells = rows() * columns();
    const double wire_us = 1e6 / wire_ohm;
    std::vector<Eigen::Triplet<double>> entries;
    Eigen::VectorXd sources = Eigen::VectorXd::Zero(2 * cells);
    const auto ground = [&](int node, double us) { entries.emplace_back(node, node, us); };
    const auto connect = [&](int a, int b, double us) {
      ground(a, us);
      ground(b, us);
      entries.emplace_back(a, b, -us);
      entries.emplace_back(b, a, -us);
    };
    const auto word = [&](int r, int c) { return r * columns() + c; };
    const auto bit = [&](int r, int c) { return cells + word(r, c); };
    for (int r = 0; r < rows(); ++r) {
      for (int c = 0; c < columns(); ++c) {
        connect(word(r, c), bit(r, c), conductance_us(r, c));
        if (c > 0) connect(word(r, c), word(r, c - 1), wire_us);
        if (r > 0) connect(bit(r, c), bit(r - 1, c), wire_us);
      }
      ground(word(r, 0), wire_us);
      sources[word(r, 0)] = driven[static_cast<std::size_t>(r)] ? wire_us : 0.0;
    }
    for (int c = 0; c < columns(); ++c) ground(bit(0, c), wire_us);
    Eigen::SparseMatrix<double> matrix(2 * cells, 2 * cells);
    matrix.setFromTriplets(entries.begin(), entries.end());
    const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(matrix);
    const Eigen::VectorXd volts = solver.solve(sources);
    return volts.segment(cells, columns()) * wire_us;
  }
};

CellModel model_of(double wire_ohm, double on_off_ratio = 20) {
  CellsConfig cells;
  cells.on_off_ratio = on_off_ratio;
  cells.wire_ohm = wire_ohm;
  return CellModel(cells, 1);
}

Array random_array(std::mt19937_64& engine, const CellModel& model, int rows, int columns,
                   double wire_ohm) {
  Array array{Eigen::MatrixXd(rows, columns), {}, wire_ohm};
  for (int r = 0; r < rows; ++r) {
    array.driven.push_back(engine() % 2 == 0);
    for (int c = 0; c < columns; ++c)
      array.conductance_us(r, c) = model.target_us(static_cast<int>(engine() % 2));
  }
  return array;
}

/// Of one array, over its columns, in shares of what they would conduct without wires.
struct Losses {
  double mean, worst;            ///< by Kirchhoff's laws
  double mean_miss, worst_miss;  ///< of the closed form
};

Losses losses(const Array& array, const CellModel& model) {
  const Eigen::VectorXd nodal = array.currents();
  const ArrayPlace place{0, 0, 0, 0, false, array.rows(), array.columns()};
  Losses found{};
  for (int c = 0; c < array.columns(); ++c) {
    double ideal = 0, first = 0;
    for (int r = 0; r < array.rows(); ++r) {
      if (!array.driven[static_cast<std::size_t>(r)]) continue;
      ideal += array.conductance_us(r, c);
      first += array.conductance_us(r, c) * model.seen(place, r, c, array.conductance_us(r, c));
    }
    const double loss = 1 - nodal[c] / ideal, miss = std::abs(first - nodal[c]) / ideal;
    found.mean += loss / array.columns();
    found.mean_miss += miss / array.columns();
    found.worst = std::max(found.worst, loss);
    found.worst_miss = std::max(found.worst_miss, miss);
  }
  return found;
}

TEST(WireDrop, RandomArraysLoseWhatTheClosedFormSaysWithinItsBand) {
  std::mt19937_64 engine(5);
  double largest = 0;
  for (int round = 0; round < 64; ++round) {
    SCOPED_TRACE(round);
    const int rows = 16 + static_cast<int>(engine() % 49);
    const int columns = 16 + static_cast<int>(engine() % 49);
    const double wire_ohm = 0.5 + 0.25 * static_cast<double>(engine() % 11);
    const CellModel model = model_of(wire_ohm);
    const Losses found = losses(random_array(engine, model, rows, columns, wire_ohm), model);
    EXPECT_LT(found.mean_miss, 0.15 * found.mean);
    EXPECT_LT(found.worst_miss, 0.3 * found.worst);
    largest = std::max(largest, found.worst);
  }
  EXPECT_GT(largest, 0.1);
}

// Where all cells conduct the average, what is left are products of drops: nothing, as lines get
// better, whichever rows are driven.
TEST(WireDrop, SmallDropsAreExactWhateverIsDriven) {
  std::mt19937_64 engine(6);
  const double wire_ohm = 1e-3;
  const CellModel model = model_of(wire_ohm);
  for (int round = 0; round < 8; ++round) {
    Array array = random_array(engine, model, 20 + round, 40 - round, wire_ohm);
    array.conductance_us.setConstant(0.5 * (model.target_us(0) + model.target_us(1)));
    const Losses found = losses(array, model);
    EXPECT_GT(found.mean, 1e-6);
    EXPECT_LT(found.worst_miss, 1e-3 * found.worst);
  }
}

TEST(WireDrop, GrowsWithTheDistanceFromDriversAndConverters) {
  const CellModel model = model_of(1);
  const ArrayPlace place{0, 0, 0, 0, false, 128, 128};
  for (int at = 1; at < 128; ++at) {
    EXPECT_LT(model.seen(place, at, 0, 40), model.seen(place, at - 1, 0, 40));
    EXPECT_LT(model.seen(place, 0, at, 40), model.seen(place, 0, at - 1, 40));
  }
  // A block that is smaller has less current on its lines.
  EXPECT_GT(model.seen({0, 0, 0, 0, false, 128, 6}, 5, 5, 40), model.seen(place, 5, 5, 40));
  EXPECT_EQ(model_of(0).seen(place, 127, 127, 40), 1.0);
}

}  // namespace
}  // namespace kirchhoff::hw
