#pragma once

#include <cstdint>
#include <vector>

#include "hw/cells/array_place.h"
#include "hw/config/cells_config.h"

namespace kirchhoff::hw {

/// What the cells of a chip conduct: a pure function of seed, array, place in the array,
/// programming and level, with the same bits on every processor.
///
/// A conductance is an integer in fixed point (CellsConfig). So the current of a column is an exact
/// sum, whoever adds it in whatever order.
class CellModel {
 public:
  static constexpr int kFractionBits = CellsConfig::kFractionBits;
  static constexpr int kMost = CellsConfig::kMost;

  /// InputError unless `config` is valid.
  CellModel(const CellsConfig& config, int cell_bits);

  /// Of the cell at (row, column) of an array, programmed to `level`; in [0, kMost].
  std::int16_t conductance(const ArrayPlace& array, int row, int column, int level) const;

  /// Conductance that a level is to have, in uS.
  double target_us(int level) const;
  /// Standard deviation of what the programming makes of a target, in uS; of its logarithm for
  /// kLognormal.
  double spread_us(double target_us) const;
  /// Share of a cell's conductance that is seen through the lines, where the block's other cells
  /// conduct what they do on average: docs/cells.md.
  double seen(const ArrayPlace& array, int row, int column, double conductance_us) const;
  /// Probability that one write leaves a cell of this level within the tolerance of
  /// `cells.verify_tolerance`.
  double acceptance(int level) const;

 private:
  enum class Stuck { kNo, kLow, kHigh };
  struct Level {
    double target_us, spread_us;
  };
  /// What a write makes of a level, with a standard normal number.
  double written(const Level& level, double deviate) const;
  Stuck stuck(const ArrayPlace& array, int row, int column) const;
  double drifted(double conductance_us, double deviate) const;
  double unwired(const ArrayPlace& array, int row, int column, int level) const;
  std::int16_t fixed(double conductance_us) const;

  const CellsConfig config_;
  const double off_us_, step_us_, tolerance_us_;
  const double wire_;  ///< resistance of a line from cell to cell, in 1/uS
  const double drift_factor_, drift_mean_us_, drift_spread_us_;
  std::vector<Level> levels_;
};

}  // namespace kirchhoff::hw
