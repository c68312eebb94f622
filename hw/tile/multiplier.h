#pragma once

#include <cstdint>
#include <vector>

#include "hw/common/sums.h"
#include "hw/config/tile_config.h"
#include "hw/ports/sfu_port.h"

namespace kirchhoff::hw {

/// The multipliers in front of the SFU's reducer, with the register that holds their weights. They
/// multiply pixels with weights as wide as both are, lane by lane. Plain class: no time.
class Multiplier {
 public:
  explicit Multiplier(const MultiplierConfig& config) : config_(config) {}

  void reset() { bit_products_ = weight_reads_ = 0; }
  /// Cycles of the tile clock that a window takes.
  int cycles(const WindowReduction& window) const;
  /// Counts a window and, where integers flow, makes its sums.
  void multiply(const WindowReduction& window, const std::vector<std::int32_t>& pixels,
                Sums& result);
  std::uint64_t bit_products() const { return bit_products_; }
  std::uint64_t weight_reads() const { return weight_reads_; }

 private:
  const MultiplierConfig config_;
  std::uint64_t bit_products_ = 0, weight_reads_ = 0;
};

/// Products of a window.
constexpr long long products_of(const WindowReduction& window) {
  return 1LL * window.channels * window.outputs * window.pixels;
}

}  // namespace kirchhoff::hw
