#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <vector>

#include "agent/environment.h"

namespace kirchhoff::agent {

/// What one more bit makes of a policy, not measured yet.
struct BitStep {
  SlotId slot{};
  quant::Policy policy;
  Cost cost;
  int added_bits = 1;  ///< more where the next width alone is beyond the threshold
};

/// Which bit to try next, of those that the threshold leaves room for. The order in which a network
/// lists its layers decides nothing: it would make the answer depend on it wherever not every slot
/// can be tried.
class SlackOrder {
 public:
  explicit SlackOrder(const PolicySpace& space)
      : space_(space), expected_(space.slots().size(), 0.0) {}

  /// The most promising first: by what the last bit that was tried there took off the divergence,
  /// a quarter of it where that bit was taken (half the rounding step, a quarter of its power);
  /// before anything was tried, by cost; then by the slot's name.
  void sort(std::vector<BitStep>& steps) const;
  /// The bit of `slot` was tried.
  void tried(SlotId slot, double divergence_saved) { expected_[slot] = divergence_saved; }
  /// The bit of `slot` was taken.
  void taken(SlotId slot) { expected_[slot] /= 4.0; }

 private:
  std::tuple<double, double, std::string, bool> key(const BitStep& step) const;
  const PolicySpace& space_;
  IndexedVector<SlotId, double> expected_;  ///< in nats
};

/// One more bit of every slot that has room for it within the threshold; where more bits may cost
/// less, its next width that is.
std::vector<BitStep> bit_steps(Environment& environment, const quant::Policy& from);

}  // namespace kirchhoff::agent
