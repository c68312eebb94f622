#pragma once

#include <string>

namespace kirchhoff::hw {

/// How conductances spread about their targets: a published fit, or a distribution with
/// `cells.sigma`.
enum class CellSpread {
  kNone,
  kNeurram,
  kNeurramDay,
  kNeurramTwoDays,
  kWan,
  kMilo,
  kCmoHfox,
  kCmoHfoxFine,
  kNormal,
  kLognormal
};
/// How the standard deviation of kNormal and kLognormal follows the target.
enum class SpreadLaw { kIndependent, kProportional, kInverse };
/// What is stuck together.
enum class StuckCluster { kCell, kRow, kColumn, kArray };
enum class CellDrift { kNone, kPower, kCmoHfox };
/// What the standard deviation of read noise is relative to.
enum class NoiseLaw { kProportional, kIndependent };

/// Names of the enumerations in config files, in the order of their values.
inline constexpr const char* kCellSpreadNames[] = {
    "none", "neurram",  "neurram_1d",    "neurram_2d", "wan",
    "milo", "cmo_hfox", "cmo_hfox_fine", "normal",     "lognormal"};
inline constexpr const char* kSpreadLawNames[] = {"independent", "proportional", "inverse"};
inline constexpr const char* kStuckClusterNames[] = {"cell", "row", "column", "array"};
inline constexpr const char* kCellDriftNames[] = {"none", "power", "cmo_hfox"};
inline constexpr const char* kNoiseLawNames[] = {"proportional", "independent"};

/// What tells the cells of a chip from ideal ones (docs/cells.md).
struct CellsConfig {
  /// Conductances are integers: one step between neighbouring levels is 2^kFractionBits.
  static constexpr int kFractionBits = 8;
  /// Where conductances end: 51 steps. No level and no off current reaches it, so that only far
  /// ends of a distribution do; five such cells still add up to less than 2^16.
  static constexpr int kMost = 51 << kFractionBits;

  int seed = 1;
  int programming = 0;
  double g_max_us = 40.0;
  double on_off_ratio = 0.0;
  CellSpread spread = CellSpread::kNone;
  double sigma = 0.0;
  SpreadLaw spread_law = SpreadLaw::kIndependent;
  double verify_tolerance = 0.0;
  int verify_pulses = 10;
  double stuck_low = 0.0;
  double stuck_high = 0.0;
  StuckCluster stuck_cluster = StuckCluster::kCell;
  CellDrift drift = CellDrift::kNone;
  double age_s = 1.0;
  double drift_exponent = 0.0;
  double wire_ohm = 0.0;
  double read_noise = 0.0;
  NoiseLaw noise_law = NoiseLaw::kProportional;
  int reading = 0;

  bool has_sigma() const {
    return spread == CellSpread::kNormal || spread == CellSpread::kLognormal;
  }
  bool spreads() const { return spread != CellSpread::kNone && (!has_sigma() || sigma > 0); }
  /// Cells are written until they are near enough to their targets.
  bool verifies() const { return verify_tolerance > 0 && spreads(); }
  bool drifts() const {
    return drift == CellDrift::kCmoHfox ||
           (drift == CellDrift::kPower && drift_exponent != 0 && age_s > 1);
  }
  bool sticks() const { return stuck_low > 0 || stuck_high > 0; }
  /// Every cell conducts its level, but for the noise of a read.
  bool conducts_levels() const {
    return !spreads() && !drifts() && !sticks() && on_off_ratio == 0 && wire_ohm == 0;
  }
  /// None of the effects is on.
  bool ideal() const { return conducts_levels() && read_noise == 0; }
  /// Largest conductance for which the fit of `spread` was measured, in uS; 0: any.
  double fitted_us() const;
  /// The keys that are not at their defaults: "cells.spread = neurram, cells.seed = 2"; empty where
  /// cells are ideal.
  std::string text() const;
  /// Checks relations between keys. InputError naming them.
  void validate() const;
};

template <typename Config, typename Visitor>
void visit_cells(Config& c, Visitor& v) {
  v("cells.seed", c.seed, 0, 2147483647, "which chip: every draw of its cells follows from this",
    "own choice");
  v("cells.programming", c.programming, 0, 65535,
    "which programming of that chip: stuck cells stay, levels land anew", "own choice");
  v("cells.g_max_us", c.g_max_us, 1e-3, 1e6,
    "conductance of the largest level, in uS, for fits that are in uS",
    "NeuRRAM's window (Wan et al., Nature 2022)");
  v("cells.on_off_ratio", c.on_off_ratio, 0.0, 1e9,
    "conductance of the largest level over that of level 0, whose current adds up: 1.5 or more; "
    "0 = level 0 conducts nothing",
    "assumption: off currents are compensated; MNSIM 2.0's device set has 100");
  v("cells.spread", c.spread, kCellSpreadNames,
    "spread of programmed conductances: fits of NeuRRAM's cells after 1 s, a day and two "
    "(AIHWKit), "
    "another of the same data (wan, CrossSim), of 50 to 225 uS RRAM (milo, CrossSim), of CMO/HfOx "
    "accepted within 2 % or 0.2 % (cmo_hfox_fine, AIHWKit); normal or lognormal with cells.sigma",
    "ideal cells");
  v("cells.sigma", c.sigma, 0.0, 1.0,
    "normal, lognormal: standard deviation; of the logarithm for the latter where proportional",
    "no spread unless given");
  v("cells.spread_law", c.spread_law, kSpreadLawNames,
    "cells.sigma counts in the largest conductance, in the target, or in the largest at level 0 "
    "and "
    "less above, as 1 over the target",
    "CrossSim's generic devices");
  v("cells.verify_tolerance", c.verify_tolerance, 0.0, 10.0,
    "normal, lognormal: a cell is written again while it is further from its target than this "
    "share "
    "of the step between levels; 0 = written once",
    "no verification: the fits are of cells that were verified");
  v("cells.verify_pulses", c.verify_pulses, 1, 1000,
    "most writes of a cell that is verified, each of crossbar.write_pulses", "own choice");
  v("cells.stuck_low", c.stuck_low, 0.0, 1.0, "share of cells that conduct as level 0",
    "no stuck cells unless given");
  v("cells.stuck_high", c.stuck_high, 0.0, 1.0, "share of cells that conduct as the largest level",
    "no stuck cells unless given");
  v("cells.stuck_cluster", c.stuck_cluster, kStuckClusterNames,
    "what is stuck together: single cells, or whole rows, columns or arrays, with the same shares",
    "NeuroSim 1.5: single cells");
  v("cells.drift", c.drift, kCellDriftNames,
    "conductances at cells.age_s: times its power cells.drift_exponent, or as CMO/HfOx was "
    "measured "
    "(AIHWKit)",
    "no drift unless given");
  v("cells.age_s", c.age_s, 1.0, 1e10, "drift: time since the programming, in s; 1 = its beginning",
    "own choice");
  v("cells.drift_exponent", c.drift_exponent, -1.0, 1.0,
    "power: below 0 conductances fall, above they rise, to the ends of the window",
    "NeuroSim 1.5: g t^v");
  v("cells.wire_ohm", c.wire_ohm, 0.0, 1000.0,
    "resistance of a word line or a bit line from cell to cell, in Ohm: cells conduct less the "
    "further they are from the drivers and the converters",
    "no resistance unless given; CrossSim has one per cell of rows and columns");
  v("cells.read_noise", c.read_noise, 0.0, 1.0,
    "standard deviation of a cell's conductance from read to read, relative, as "
    "cells.noise_law says; a column's is the root of the sum of its driven cells' squares",
    "no noise unless given; NeuroSim 1.5: N(g, r g); CMO/HfOx about 0.01 of the largest (AIHWKit)");
  v("cells.noise_law", c.noise_law, kNoiseLawNames,
    "cells.read_noise counts in the cell's conductance, or in the largest",
    "NeuroSim 1.5: proportional; AIHWKit's CMO/HfOx: independent");
  v("cells.reading", c.reading, 0, 65535,
    "which reading of the chip: cells and converters stay, noise is drawn anew", "own choice");
}

}  // namespace kirchhoff::hw
