#pragma once

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/sums.h"

namespace kirchhoff::hw {

/// Controller to the tile's shift-adder.
struct TileAdderIf : virtual sc_core::sc_interface {
  /// Cycles that `count` sums need to pass the adder. It sits on the tile bus: whoever adds holds
  /// the bus for at least so long.
  virtual Cycle cycles_for(int count) const = 0;
  /// sum += addend, `count` values of `bits` bits in the tile's output register. `first`: the
  /// register is loaded, not added to. Vectors are empty when only sizes flow.
  virtual void add(Sums& sum, const Sums& addend, int count, int bits, bool first) = 0;
  /// Whoever takes `count` sums from the output register: the SFU or the network interface.
  virtual void take(int count, int bits) = 0;
};

}  // namespace kirchhoff::hw
