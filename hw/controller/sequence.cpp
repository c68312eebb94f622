#include "hw/controller/sequence.h"

namespace kirchhoff::hw {

const char* name_of(Activity activity) {
  static constexpr const char* kNames[kActivities] = {
      "idle",          "multiply",        "edram",       "bus",       "sfu",
      "wait_edram",    "wait_bus",        "wait_input",  "wait_slot", "wait_fetch",
      "wait_products", "wait_output",     "wait_space",  "wait_sums", "wait_partials",
      "wait_credit",   "wait_next_layer", "wait_network"};
  return kNames[static_cast<std::size_t>(activity)];
}

bool is_service(Activity activity) {
  return activity >= Activity::kMultiply && activity <= Activity::kSfu;
}

void Sequence::reset() {
  settled_ = {};
  activity_ = Activity::kIdle;
  since_ = sc_core::sc_time_stamp().value();
  culprit_ = nullptr;
  state_.set(name_of(activity_));
}

void Sequence::settle(std::uint64_t now) {
  // Most states begin and end within one instant or have no culprit.
  if (now == since_) return;
  if (culprit_) {
    const ActivityTimes after = culprit_->blame();
    for (std::size_t i = 0; i < kActivities; ++i) settled_[i] += after[i] - culprit_before_[i];
  } else {
    settled_[static_cast<std::size_t>(activity_)] += now - since_;
  }
  since_ = now;
}

void Sequence::enter(Activity activity, const Sequence* culprit) {
  settle(sc_core::sc_time_stamp().value());
  activity_ = activity;
  // Two sequences that wait for each other exist only within an instant, between a notification
  // and the process that it wakes.
  culprit_ = culprit && culprit->culprit_ != this ? culprit : nullptr;
  if (culprit_) culprit_before_ = culprit_->blame();
  state_.set(name_of(activity));
}

void Sequence::granted() {
  enter(activity_ == Activity::kWaitEdram ? Activity::kEdram : Activity::kBus);
}

ActivityTimes Sequence::blame() const {
  ActivityTimes times = settled_;
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  if (now == since_) return times;
  if (culprit_) {
    const ActivityTimes after = culprit_->blame();
    for (std::size_t i = 0; i < kActivities; ++i) times[i] += after[i] - culprit_before_[i];
  } else {
    times[static_cast<std::size_t>(activity_)] += now - since_;
  }
  return times;
}

}  // namespace kirchhoff::hw
