#pragma once

#include <systemc>

namespace kirchhoff::hw {

/// Controller to line buffer. The controller knows which pixels it holds.
struct LineBufferIf : virtual sc_core::sc_interface {
  /// True when `bits` of pixels fit.
  virtual bool holds(long long bits) const = 0;
  virtual void write(long long bits) = 0;
  virtual void read(long long bits) = 0;
};

}  // namespace kirchhoff::hw
