#pragma once

#include <cstddef>

namespace kirchhoff::hw {

/// Round-robin arbitration: the requester after the last winner comes first.
class RoundRobin {
 public:
  explicit RoundRobin(std::size_t requesters) : requesters_(requesters) {}
  void reset() { last_ = requesters_ - 1; }
  /// Index of the winner among those for which `wants(i)` holds, or `requesters` when none does.
  template <typename Wants>
  std::size_t pick(Wants&& wants) {
    for (std::size_t k = 1; k <= requesters_; ++k) {
      const std::size_t i = (last_ + k) % requesters_;
      if (wants(i)) return last_ = i;
    }
    return requesters_;
  }

 private:
  std::size_t requesters_;
  std::size_t last_ = requesters_ - 1;
};

}  // namespace kirchhoff::hw
