#pragma once

#include <cstdint>
#include <limits>

#include <systemc>

#include "hw/common/agenda.h"
#include "hw/config/cycles.h"

namespace kirchhoff::hw {

using Cycle = std::uint64_t;
/// Of cycles and of picoseconds.
inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

/// A clock domain as a value: nothing toggles. Edge k lies at epoch + round(k * period), computed
/// from the frequency, so that a period which is no whole number of picoseconds does not drift. All
/// domains of a chip restart together at the beginning of a run: equal runs see equal phases.
class Clock {
 public:
  explicit Clock(int mhz)
      : mhz_(static_cast<std::uint64_t>(mhz)),
        inverse_(~std::uint64_t{0} / mhz_ + 1),
        exact_below_(mhz_ > 1 ? ~std::uint64_t{0} / mhz_ : 0) {}

  /// Edge 0 is now.
  void restart() {
    epoch_ = now_ps();
    known_ps_ = known_edge_ps_ = known_cycle_ = 0;
  }
  /// Time from edge 0 to edge `cycle`, in picoseconds.
  std::uint64_t offset_ps(Cycle cycle) const { return per_mhz(cycle * 1000000u + mhz_ / 2); }
  std::uint64_t edge_ps(Cycle cycle) const { return epoch_ + offset_ps(cycle); }
  sc_core::sc_time edge(Cycle cycle) const { return sc_core::sc_time::from_value(edge_ps(cycle)); }
  /// First edge at or after `ps`.
  Cycle cycle_at_ps(std::uint64_t ps) const {
    ps -= epoch_;
    // Whoever asks at one time asks several times.
    if (ps == known_ps_) return known_cycle_;
    Cycle cycle = ps * mhz_ / 1000000u;
    std::uint64_t edge = offset_ps(cycle);
    if (edge > ps) {
      for (std::uint64_t before; (before = offset_ps(cycle - 1)) >= ps; edge = before) --cycle;
    } else {
      while (edge < ps) edge = offset_ps(++cycle);
    }
    known_ps_ = ps;
    known_edge_ps_ = edge;
    return known_cycle_ = cycle;
  }
  Cycle cycle_at(const sc_core::sc_time& time) const { return cycle_at_ps(time.value()); }
  Cycle now() const { return cycle_at_ps(now_ps()); }
  /// The last edge at or before now.
  Cycle last() const {
    const Cycle cycle = now();
    return epoch_ + known_edge_ps_ == now_ps() ? cycle : cycle - 1;
  }
  /// True when an edge is now.
  bool on_edge() const { return next_edge_ps() == now_ps(); }
  /// The first edge at or after now.
  std::uint64_t next_edge_ps() const {
    now();
    return epoch_ + known_edge_ps_;
  }
  /// From now to `cycles` edges after the next edge at or after now.
  sc_core::sc_time delay(Cycle cycles) const { return until(now() + cycles); }
  /// From now to edge `cycle`, which must not lie in the past.
  sc_core::sc_time until(Cycle cycle) const {
    return sc_core::sc_time::from_value(edge_ps(cycle) - now_ps());
  }

  /// Whole cycles that cover `ns`.
  Cycle cycles_for(double ns) const { return hw::cycles_for(ns, mhz()); }
  double period_ns() const { return 1000.0 / static_cast<double>(mhz_); }
  int mhz() const { return static_cast<int>(mhz_); }

 private:
  __extension__ using Wide = unsigned __int128;
  /// n / mhz_, which a product gives faster: with 2^64 / mhz_ rounded up, what is too much does not
  /// reach the next whole number as long as n < 2^64 / mhz_, which is seconds of simulated time.
  std::uint64_t per_mhz(std::uint64_t n) const {
    return n < exact_below_ ? static_cast<std::uint64_t>(Wide{n} * inverse_ >> 64) : n / mhz_;
  }

  std::uint64_t mhz_;
  std::uint64_t inverse_, exact_below_;
  std::uint64_t epoch_ = 0;
  /// The last time that was asked for, since the epoch, and its edge.
  mutable std::uint64_t known_ps_ = 0, known_edge_ps_ = 0;
  mutable Cycle known_cycle_ = 0;
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
