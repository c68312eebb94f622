#pragma once

#include <cstdint>
#include <vector>

#include <systemc>

namespace kirchhoff::hw {

/// What the controller asks of the tile around it.
struct TileIf : virtual sc_core::sc_interface {
  /// The tile's counters, as the counter registers show them.
  virtual std::vector<std::uint64_t> counter_values() const = 0;
  /// Counters and contents of PEs, buffer, bus, adder and SFU back to their reset state; cells
  /// stay. The network interface keeps the packets that wait for START.
  virtual void rewind_datapath() = 0;
};

}  // namespace kirchhoff::hw
