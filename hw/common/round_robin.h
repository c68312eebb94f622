#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

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
  /// `winner` was the only one that wanted anything.
  void grant(std::size_t winner) { last_ = winner; }
  /// The same over an ascending list of candidates, which is all that can want anything.
  template <typename Wants>
  std::size_t pick_from(const std::vector<std::size_t>& candidates, Wants&& wants) {
    const auto next = std::upper_bound(candidates.begin(), candidates.end(), last_);
    for (auto it = next; it != candidates.end(); ++it) {
      if (wants(*it)) return last_ = *it;
    }
    for (auto it = candidates.begin(); it != next; ++it) {
      if (wants(*it)) return last_ = *it;
    }
    return requesters_;
  }

 private:
  std::size_t requesters_;
  std::size_t last_ = requesters_ - 1;
};

}  // namespace kirchhoff::hw
