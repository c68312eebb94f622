#pragma once

#include <cstddef>
#include <vector>

#include "hw/ports/bit_step.h"

namespace kirchhoff::hw {

/// A stage of one lane of a PE. The lanes of a block run in step: same bit, same columns, same
/// clock. So an event of the block's first lane, its leader, serves all of them, and a bit step
/// costs one event per stage instead of one per stage and lane. A stage that joined no PE stands
/// alone.
template <typename Stage>
class LockstepLane {
 public:
  /// `lanes` are this stage's modules of the PE, by lane.
  void join(const std::vector<Stage*>& lanes) { lanes_ = &lanes; }

 protected:
  ~LockstepLane() = default;
  /// True for the lane whose events serve the block.
  bool leads(const BitStep& step) const {
    return !lanes_ || (*lanes_)[static_cast<std::size_t>(step.first_lane)] == this;
  }
  /// Calls `work` with the stages of the block's lanes, the leader first.
  template <typename Work>
  void each_lane(const BitStep& step, Work&& work) {
    if (!lanes_) {
      work(static_cast<Stage&>(*this));
      return;
    }
    for (int lane = step.first_lane; lane < step.first_lane + step.lanes; ++lane)
      work(*(*lanes_)[static_cast<std::size_t>(lane)]);
  }

 private:
  const std::vector<Stage*>* lanes_ = nullptr;
};

}  // namespace kirchhoff::hw
