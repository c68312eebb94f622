#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace kirchhoff::base {

/// A function of integers that rises by one at each of its thresholds. Thresholds may coincide.
class Staircase {
 public:
  /// `thresholds` must not fall.
  explicit Staircase(std::vector<std::int32_t> thresholds) : thresholds_(std::move(thresholds)) {}

  /// Thresholds that `value` has reached.
  int steps(std::int32_t value) const {
    return static_cast<int>(std::upper_bound(thresholds_.begin(), thresholds_.end(), value) -
                            thresholds_.begin());
  }
  const std::vector<std::int32_t>& thresholds() const { return thresholds_; }

 private:
  std::vector<std::int32_t> thresholds_;
};

}  // namespace kirchhoff::base
