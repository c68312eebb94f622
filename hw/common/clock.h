#pragma once

#include <cstdint>

#include <systemc>

namespace kirchhoff::hw {

using Cycle = std::uint64_t;

/// A clock domain as a value: nothing toggles. Edge k lies at epoch + round(k * period), computed
/// from the frequency, so that a period which is no whole number of picoseconds does not drift. All
/// domains of a chip restart together at the beginning of a run: equal runs see equal phases.
class Clock {
 public:
  explicit Clock(int mhz) : mhz_(static_cast<std::uint64_t>(mhz)) {}

  /// Edge 0 is now.
  void restart() { epoch_ = sc_core::sc_time_stamp(); }
  /// Time from edge 0 to edge `cycle`, in picoseconds.
  std::uint64_t offset_ps(Cycle cycle) const { return (cycle * 1000000u + mhz_ / 2) / mhz_; }
  sc_core::sc_time edge(Cycle cycle) const {
    return epoch_ + sc_core::sc_time::from_value(offset_ps(cycle));
  }
  /// First edge at or after `time`.
  Cycle cycle_at(const sc_core::sc_time& time) const {
    const std::uint64_t ps = (time - epoch_).value();
    Cycle cycle = ps * mhz_ / 1000000u;
    while (offset_ps(cycle) < ps) ++cycle;
    while (cycle > 0 && offset_ps(cycle - 1) >= ps) --cycle;
    return cycle;
  }
  Cycle now() const { return cycle_at(sc_core::sc_time_stamp()); }
  /// From now to `cycles` edges after the next edge at or after now.
  sc_core::sc_time delay(Cycle cycles) const {
    return edge(now() + cycles) - sc_core::sc_time_stamp();
  }
  /// From now to edge `cycle`, which must not lie in the past.
  sc_core::sc_time until(Cycle cycle) const { return edge(cycle) - sc_core::sc_time_stamp(); }

  /// Whole cycles that cover `ns`; a billionth of slack keeps 1 ns at 1 GHz one cycle.
  Cycle cycles_for(double ns) const {
    const double cycles = ns * static_cast<double>(mhz_) / 1000.0;
    const auto whole = static_cast<Cycle>(cycles);
    return cycles - static_cast<double>(whole) > 1e-9 ? whole + 1 : whole;
  }
  double period_ns() const { return 1000.0 / static_cast<double>(mhz_); }
  int mhz() const { return static_cast<int>(mhz_); }

 private:
  std::uint64_t mhz_;
  sc_core::sc_time epoch_;
};

/// The clock domains of a chip.
struct Clocks {
  Clock pe;
  Clock tile;
  Clock noc;

  void restart() {
    pe.restart();
    tile.restart();
    noc.restart();
  }
};

}  // namespace kirchhoff::hw
