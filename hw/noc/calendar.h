#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

#include "hw/common/clock.h"

namespace kirchhoff::hw {

/// The agenda of a network: which part (a router, a source) has to look around in which cycle. Near
/// cycles lie in a wheel of 64 slots, in which each part stands at most once per cycle; later ones
/// in a heap. Parts influence each other one cycle later at the earliest, so their order within a
/// cycle means nothing.
class Calendar {
 public:
  explicit Calendar(std::size_t parts) : scheduled_(parts, 0) {}

  void reset() {
    for (auto& slot : wheel_) slot.clear();
    for (auto& mask : scheduled_) mask = 0;
    far_ = {};
    occupied_ = 0;
    now_ = 0;
  }

  /// The cycle up to which everything has happened.
  Cycle now() const { return now_; }

  /// `part` steps in cycle `at`, which must lie in the future.
  void schedule(int part, Cycle at) {
    if (at - now_ >= kSlots) {
      far_.emplace(at, part);
      return;
    }
    const auto slot = static_cast<unsigned>(at % kSlots);
    const std::uint64_t bit = std::uint64_t{1} << slot;
    std::uint64_t& mask = scheduled_[static_cast<std::size_t>(part)];
    if (mask & bit) return;
    mask |= bit;
    occupied_ |= bit;
    wheel_[slot].push_back(part);
  }

  bool empty() const { return occupied_ == 0 && far_.empty(); }

  /// The next cycle in which something is to be done, or kNever.
  Cycle next() const {
    Cycle cycle = far_.empty() ? kNever : far_.top().first;
    if (occupied_ != 0) {
      const auto first = static_cast<unsigned>((now_ + 1) % kSlots);
      const std::uint64_t turned =
          first == 0 ? occupied_ : (occupied_ >> first) | (occupied_ << (kSlots - first));
      const Cycle near = now_ + 1 + static_cast<Cycle>(__builtin_ctzll(turned));
      cycle = near < cycle ? near : cycle;
    }
    return cycle;
  }

  /// Calls step(part, cycle) for everything up to and including cycle `limit`, cycle by cycle.
  template <typename Step>
  void run(Cycle limit, Step&& step) {
    for (Cycle cycle = next(); cycle <= limit && cycle != kNever; cycle = next()) {
      // Far entries of this cycle join the wheel while it still lies in the future.
      while (!far_.empty() && far_.top().first == cycle) {
        const int part = far_.top().second;
        far_.pop();
        now_ = cycle - 1;
        schedule(part, cycle);
      }
      now_ = cycle;
      const auto slot = static_cast<unsigned>(cycle % kSlots);
      const std::uint64_t bit = std::uint64_t{1} << slot;
      occupied_ &= ~bit;
      auto& parts = wheel_[slot];
      for (const int part : parts) {
        scheduled_[static_cast<std::size_t>(part)] &= ~bit;
        step(part, cycle);
      }
      parts.clear();
    }
    pass(limit);
  }

  /// Nothing is to be done up to and including `limit`.
  void pass(Cycle limit) {
    if (now_ < limit) now_ = limit;
  }

 private:
  static constexpr Cycle kSlots = 64;
  using Far = std::pair<Cycle, int>;

  std::array<std::vector<int>, kSlots> wheel_;
  std::vector<std::uint64_t> scheduled_;  ///< per part: the slots in which it stands
  std::priority_queue<Far, std::vector<Far>, std::greater<>> far_;
  std::uint64_t occupied_ = 0;  ///< slots with anything in them
  Cycle now_ = 0;
};

}  // namespace kirchhoff::hw
