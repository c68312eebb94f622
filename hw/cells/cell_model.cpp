#include "hw/cells/cell_model.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "base/normal_quantile.h"
#include "base/portable_math.h"
#include "hw/cells/draws.h"
#include "hw/config/encoding.h"

namespace kirchhoff::hw {
namespace {

double polynomial(double x, std::initializer_list<double> coefficients) {
  double power = 1.0, sum = 0.0;
  for (const double c : coefficients) {
    sum += c * power;
    power *= x;
  }
  return sum;
}

double logarithm_of_age(const CellsConfig& config) { return base::portable_log(config.age_s); }

}  // namespace

// Means and spreads of CMO/HfOx in uS: AIHWKit, inference/noise/reram.py.
CellModel::CellModel(const CellsConfig& config, int cell_bits)
    : config_(config),
      off_us_(config.on_off_ratio > 0 ? config.g_max_us / config.on_off_ratio : 0.0),
      step_us_((config.g_max_us - off_us_) / top_level(cell_bits)),
      tolerance_us_(config.verify_tolerance * step_us_),
      wire_(1e-6 * config.wire_ohm),
      drift_factor_(config.drift == CellDrift::kPower
                        ? base::portable_pow(config.age_s, config.drift_exponent)
                        : 1.0),
      drift_mean_us_(config.drift == CellDrift::kCmoHfox ? -0.0890 * logarithm_of_age(config)
                                                         : 0.0),
      drift_spread_us_(
          config.drift == CellDrift::kCmoHfox ? 0.0420 * logarithm_of_age(config) + 0.4118 : 0.0) {
  config_.validate();
  for (int level = 0; level <= top_level(cell_bits); ++level)
    levels_.push_back({target_us(level), spread_us(target_us(level))});
}

// The currents of the cells n = 1 to N of a line share min(m, n) of its segments with that of
// cell m.
double CellModel::seen(const ArrayPlace& array, int row, int column, double g) const {
  if (wire_ == 0) return 1.0;
  const auto shared = [](int m, int of) { return 0.5 * m * (2.0 * of - m + 1.0); };
  // A unit column is behind the block's last.
  const int x = std::min(column, array.columns) + 1, y = row + 1;
  const double others =
      shared(x, std::max(array.columns, x)) - x + shared(y, std::max(array.rows, y)) - y;
  return 1.0 / (1.0 + wire_ * (0.5 * (off_us_ + config_.g_max_us) * others + g * (x + y)));
}

double CellModel::target_us(int level) const { return off_us_ + step_us_ * level; }

// The fits: AIHWKit (inference/noise/reram.py) for NeuRRAM and CMO/HfOx, CrossSim (devices/custom)
// for wan and milo; where a polynomial falls below zero, there is no spread.
double CellModel::spread_us(double g) const {
  const double x = g / 40.0;  // NeuRRAM's window
  const double largest = config_.g_max_us, sigma = config_.sigma;
  const bool of_logarithm = config_.spread == CellSpread::kLognormal;
  double spread = 0.0;
  switch (config_.spread) {
    case CellSpread::kNone:
      break;
    case CellSpread::kNeurram:
      spread = polynomial(x, {0.348, 16.03, -43.853, 45.393, -16.815});
      break;
    case CellSpread::kNeurramDay:
      spread = polynomial(x, {0.701, 22.086, -50.773, 47.095, -16.458});
      break;
    case CellSpread::kNeurramTwoDays:
      spread = polynomial(x, {0.782, 20.274, -43.507, 37.062, -11.934});
      break;
    case CellSpread::kWan:
      spread = polynomial(g, {1.053, 0.2374, -1.167e-2, 1.536e-4});
      break;
    case CellSpread::kMilo:
      spread = polynomial(g, {4.782, -0.0091});
      break;
    case CellSpread::kCmoHfox:
      spread = polynomial(g, {0.01122, 0.01129});
      break;
    case CellSpread::kCmoHfoxFine:
      spread = polynomial(g, {0.00081, 0.00107});
      break;
    case CellSpread::kNormal:
    case CellSpread::kLognormal:
      if (config_.spread_law == SpreadLaw::kProportional) return sigma * (of_logarithm ? 1.0 : g);
      spread = sigma * largest;
      if (config_.spread_law == SpreadLaw::kInverse) spread *= off_us_ / g;
      // A number that does not conduct has no logarithm: it stays.
      if (of_logarithm) spread = g > 0 ? spread / g : 0.0;
      break;
  }
  return std::max(spread, 0.0);
}

CellModel::Stuck CellModel::stuck(const ArrayPlace& array, int row, int column) const {
  const StuckCluster cluster = config_.stuck_cluster;
  const bool rows_alike = cluster == StuckCluster::kColumn || cluster == StuckCluster::kArray;
  const bool columns_alike = cluster == StuckCluster::kRow || cluster == StuckCluster::kArray;
  // Whatever is programmed, the same cells are stuck.
  const double chance =
      draw(config_.seed, array,
           {Purpose::kStuck, rows_alike ? kAllCells : row, columns_alike ? kAllCells : column})
          .first;
  if (chance < config_.stuck_low) return Stuck::kLow;
  return chance < config_.stuck_low + config_.stuck_high ? Stuck::kHigh : Stuck::kNo;
}

double CellModel::written(const Level& level, double deviate) const {
  return config_.spread == CellSpread::kLognormal
             ? level.target_us * base::portable_exp(level.spread_us * deviate)
             : std::max(level.target_us + level.spread_us * deviate, 0.0);
}

double CellModel::acceptance(int level) const {
  const Level& at = levels_[static_cast<std::size_t>(level)];
  if (!config_.verifies() || at.spread_us == 0) return 1.0;
  // A normal number below x is one above -x.
  const auto below = [](double x) {
    return 0.5 * base::portable_erfc(-x * 0.70710678118654752440);
  };
  const bool of_logarithm = config_.spread == CellSpread::kLognormal;
  const double most =
      of_logarithm ? base::portable_log1p(tolerance_us_ / at.target_us) : tolerance_us_;
  const double accepted = below(most / at.spread_us);
  // Nothing conducts less than nothing.
  if (tolerance_us_ >= at.target_us) return accepted;
  const double least =
      of_logarithm ? base::portable_log1p(-tolerance_us_ / at.target_us) : -tolerance_us_;
  return accepted - below(least / at.spread_us);
}

double CellModel::drifted(double g, double deviate) const {
  switch (config_.drift) {
    case CellDrift::kNone:
      return g;
    case CellDrift::kPower:
      // To the ends of the window, and no nearer to it where the programming went beyond.
      return std::clamp(g * drift_factor_, std::min(g, off_us_), std::max(g, config_.g_max_us));
    case CellDrift::kCmoHfox:
      return g + drift_mean_us_ + drift_spread_us_ * deviate;
  }
  return g;
}

std::int16_t CellModel::fixed(double g) const {
  const double steps = g / step_us_ * (1 << kFractionBits);
  return static_cast<std::int16_t>(std::clamp(std::floor(steps + 0.5), 0.0, double{kMost}));
}

std::int16_t CellModel::conductance(const ArrayPlace& array, int row, int column, int level) const {
  const double g = unwired(array, row, column, level);
  return fixed(g * seen(array, row, column, g));
}

double CellModel::unwired(const ArrayPlace& array, int row, int column, int level) const {
  if (config_.sticks()) {
    const Stuck stuck = this->stuck(array, row, column);
    if (stuck != Stuck::kNo)
      return stuck == Stuck::kLow ? levels_.front().target_us : levels_.back().target_us;
  }
  const Level& at = levels_[static_cast<std::size_t>(level)];
  double g = at.target_us;
  if (config_.spreads() || config_.drift == CellDrift::kCmoHfox) {
    Draws draws = draw(config_.seed, array, {Purpose::kLevel, row, column, config_.programming});
    if (config_.spreads()) g = written(at, base::normal_quantile(draws.first));
    for (int write = 1; config_.verifies() && write < config_.verify_pulses; ++write) {
      if (std::abs(g - at.target_us) <= tolerance_us_) break;
      draws = draw(config_.seed, array, {Purpose::kLevel, row, column, config_.programming, write});
      g = written(at, base::normal_quantile(draws.first));
    }
    const bool drifts = config_.drift == CellDrift::kCmoHfox;
    g = drifted(g, drifts ? base::normal_quantile(draws.second) : 0.0);
  } else {
    g = drifted(g, 0.0);
  }
  return g;
}

}  // namespace kirchhoff::hw
