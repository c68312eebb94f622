#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "agent/planning/sensitivity.h"

namespace kirchhoff::agent {

/// Which policies to measure for a law of every slot's losses, as few as will do: each slot alone
/// at 2 and at 4 bits, the others at 8. Rounding noise falls to a quarter with every bit; where
/// these two bits do not even quarter a loss once, the slot is at a cliff, and wider ones are
/// probed until it falls.
class SlotProbes {
 public:
  explicit SlotProbes(const PolicySpace& space);

  /// The next policy to measure; empty when no more is needed.
  std::optional<Actions> next() const;
  /// Those behind next() that will be needed whatever comes out, in this order among others.
  std::vector<Actions> upcoming() const;
  /// The loss of next().
  void learn(double loss);
  /// What was told so far, in order.
  const std::vector<double>& losses() const { return losses_; }
  /// Of all slots at all widths, as probe_sensitivities() has them. When next() is empty.
  Sensitivities law() const;

 private:
  struct Probes {
    std::vector<int> actions;
    std::vector<double> losses;
  };
  Actions probe(SlotId slot, std::size_t width) const;
  bool needs_more(const Probes& slot) const;

  IndexedVector<SlotId, Probes> slots_;
  SlotId slot_{};  ///< that is being probed
  std::vector<double> losses_;
};

}  // namespace kirchhoff::agent
