#pragma once

#include <map>
#include <string>

#include "hw/config/chip_config.h"

namespace kirchhoff::sim {

/// A product of a macro: blocks of `rows` x `columns` weights side by side on the pairs of one PE,
/// all multiplied at once with inputs of `activation_bits` bits.
struct MacroProduct {
  int rows = 0, columns = 0, blocks = 1;
  int weight_bits = 1, activation_bits = 1;

  double operations() const { return 2.0 * rows * columns * blocks; }  ///< a MAC is two
};

/// What it takes, simulated at fidelity=bit.
struct MacroCost {
  double latency_ns = 0;   ///< from the start of the first to its sums
  double interval_ns = 0;  ///< from there to the sums of the second, started as soon as possible
  /// Of a product, by component: events, and the leakage of what it uses over an interval. Without
  /// the registers that hold inputs and sums, which macros are measured without.
  std::map<std::string, double> energy_pj;
  double area_um2 = 0;  ///< of what the product uses, by the same components

  double total_pj() const;
};

/// One PE of the chip by itself, as measured macros are: nothing feeds it and nothing waits.
/// Elaborates on a kernel of its own (own_kernel.h). InputError when the blocks need more pairs
/// than a PE has, or more rows or columns than an array.
MacroCost measure_macro(const hw::ChipConfig& config, const MacroProduct& product);

}  // namespace kirchhoff::sim
