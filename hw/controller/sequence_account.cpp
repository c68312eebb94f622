#include "hw/controller/sequence_account.h"

#include <algorithm>

namespace kirchhoff::hw {

void SequenceAccount::reset() {
  settled_ = {};
  activity_ = Activity::kIdle;
  granted_ps_ = kNever;
  since_ = now_ps();
  culprit_ = nullptr;
  state_.set(name_of(activity_));
  window_ = entered_window_ = -1;
  entered_ = since_;
  recorded_begin_ = recorded_end_ = 0;
  taken_.reset();
}

void SequenceAccount::settle(std::uint64_t now) {
  // Most states begin and end within one instant or have no culprit.
  if (now != since_) spend(settled_, now);
  since_ = now;
}

// The time since it was last settled.
void SequenceAccount::spend(ActivityTimes& times, std::uint64_t now) const {
  if (culprit_) {
    const ActivityTimes after = culprit_->blame();
    for (std::size_t i = 0; i < kActivities; ++i) times[i] += after[i] - culprit_before_[i];
    return;
  }
  const std::uint64_t waited = std::clamp(granted_ps_, since_, now) - since_;
  times[static_cast<std::size_t>(activity_)] += waited;
  times[static_cast<std::size_t>(service())] += now - since_ - waited;
}

void SequenceAccount::enter_timed(Activity activity, const SequenceAccount* culprit) {
  const std::uint64_t now = now_ps();
  settle(now);
  if (timeline_) {
    record(now);
    if (taken_ && activity == Activity::kIdle) forward(kNoArrow);  // handled in no time
  }
  activity_ = activity;
  granted_ps_ = kNever;
  entered_window_ = window_;
  // Two sequences that wait for each other exist only within an instant, between a notification
  // and the process that it wakes.
  culprit_ = culprit && culprit->culprit_ != this ? culprit : nullptr;
  if (culprit_) culprit_before_ = culprit_->blame();
  state_.set(name_of(activity));
}

// The activity that ends now becomes a slice, unless it lasted no time.
void SequenceAccount::record(std::uint64_t now) {
  const std::uint64_t begin = entered_;
  entered_ = now;
  if (activity_ == Activity::kIdle || now == begin) return;
  const auto from = sc_core::sc_time::from_value(begin), to = sc_core::sc_time::from_value(now);
  if (entered_window_ >= 0) {
    timeline_.slice(name_of(activity_), from, to, {{"window", entered_window_}});
  } else {
    timeline_.slice(name_of(activity_), from, to);
  }
  recorded_begin_ = begin;
  recorded_end_ = now;
  if (taken_ && begin >= taken_->ps) forward(begin);
}

// The packet belongs to the slice that began when it was taken, or soon after.
void SequenceAccount::forward(std::uint64_t arrow_ps) {
  timeline_.packet_taken(taken_->id, sc_core::sc_time::from_value(taken_->ps), arrow_ps,
                         name_of(taken_->kind),
                         {{"layer", index(taken_->layer)},
                          {"from_node", index(taken_->source)},
                          {"hops", taken_->hops},
                          {"flits", taken_->flits}});
  taken_.reset();
}

// It travelled over the bus in the slice that ends now, or waited for room in the one that does.
void SequenceAccount::sent(const Packet& packet) {
  if (!timeline_) return;
  const std::uint64_t now = now_ps();
  std::uint64_t begin = recorded_begin_, end = recorded_end_;
  if (activity_ != Activity::kIdle && entered_ < now) {
    begin = entered_;
    end = now;
  }
  const bool has_slice = end > begin && end == now;
  timeline_.packet_sent(packet.id, sc_core::sc_time::from_value(now), has_slice ? begin : kNoArrow);
}

void SequenceAccount::took(const Packet& packet) {
  if (!timeline_) return;
  if (taken_) forward(kNoArrow);  // the one before took no time
  taken_ = Taken{packet.id,     now_ps(),    packet.kind, packet.layer,
                 packet.source, packet.hops, packet.flits};
}

void Hindsight::add(Activity activity, std::uint64_t begin, std::uint64_t end) {
  if (begin < end) parts_[count_++] = {activity, begin, end};
}

void Hindsight::correct(std::uint64_t from, std::uint64_t to, ActivityTimes& account) const {
  for (std::size_t i = 0; i < count_; ++i) {
    const Part& part = parts_[i];
    const std::uint64_t begin = std::max(from, part.begin), end = std::min(to, part.end);
    if (begin >= end) continue;
    account[static_cast<std::size_t>(entered_)] -= end - begin;
    account[static_cast<std::size_t>(part.activity)] += end - begin;
  }
}

bool SequenceAccount::waits_for(const SequenceAccount& other) const {
  return culprit_ && (culprit_ == &other || culprit_->waits_for(other));
}

Hindsight SequenceAccount::explain_wait(const std::vector<WaitPart>& parts,
                                        const std::vector<SequenceAccount*>& sequences) {
  const std::uint64_t begin = since_, now = now_ps();
  Hindsight hindsight(activity_);
  std::uint64_t length = 0;
  for (const WaitPart& part : parts) length += part.ps;
  std::uint64_t at = now - length;
  for (const WaitPart& part : parts) {
    hindsight.add(part.activity, std::max(begin, at), std::max(begin, at + part.ps));
    at += part.ps;
  }
  settle(now);
  hindsight.correct(begin, now, settled_);
  // Who began to wait for this one meanwhile remembers its account of that moment, or that of one
  // that waits in between.
  for (SequenceAccount* other : sequences) {
    if (other == this || !other->waits_for(*this)) continue;
    const std::uint64_t from = other->culprit_ == this ? begin : other->culprit_->since_;
    hindsight.correct(from, other->since_, other->culprit_before_);
  }
  return hindsight;
}

void SequenceAccount::granted(std::uint64_t ps) {
  if (ps == now_ps()) {
    enter(service());
  } else {
    granted_ps_ = ps;
  }
}

ActivityTimes SequenceAccount::blame() const {
  ActivityTimes times = settled_;
  const std::uint64_t now = now_ps();
  if (now != since_) spend(times, now);
  return times;
}

}  // namespace kirchhoff::hw
