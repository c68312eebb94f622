#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/shared_resource.h"
#include "hw/common/timeline.h"
#include "hw/controller/activity.h"
#include "hw/noc/packet.h"

namespace kirchhoff::hw {

/// What a wait was, known only when it is over: its parts, in the order of time, that were
/// something else than the activity that the sequence had entered.
class Hindsight {
 public:
  explicit Hindsight(Activity entered) : entered_(entered) {}

  /// Times in picoseconds; parts follow each other.
  void add(Activity activity, std::uint64_t begin, std::uint64_t end);
  /// Moves what lies between two moments from the activity entered to those of the parts.
  void correct(std::uint64_t from, std::uint64_t to, ActivityTimes& account) const;

 private:
  struct Part {
    Activity activity;
    std::uint64_t begin, end;
  };

  const Activity entered_;
  std::array<Part, kActivities> parts_{};
  std::size_t count_ = 0;
};

/// The account of one sequence: its state with the time it has spent in every activity. While a
/// sequence waits for another one, its time is put down to what that one does: blame() says what
/// the time until now went into, and its entries always sum to the time since reset().
class SequenceAccount final : public GrantListener {
 public:
  /// `name`: "fetch", for the waveforms' fetch_state and the row in the timeline.
  SequenceAccount(const Tracer* tracer, const sc_core::sc_object& owner, const char* name)
      : state_(Probe::text(tracer, owner, (std::string(name) + "_state").c_str(), "idle")),
        timeline_(tracer, owner, name) {}

  /// Idle from now on; no time has passed.
  void reset();
  /// From the next reset() on: whether it adds up times, or only knows its activity.
  void keep_times(bool keep) { keeps_times_ = keep; }
  /// `culprit`: the sequence that this one waits for.
  void enter(Activity activity, const SequenceAccount* culprit = nullptr) {
    if (keeps_times_) return enter_timed(activity, culprit);
    activity_ = activity;
    granted_ps_ = kNever;
  }
  /// The resource that it waits for is granted at `ps`: waiting ends, service begins.
  void granted(std::uint64_t ps) override;
  Activity activity() const { return granted_ps_ <= now_ps() ? service() : activity_; }

  // For the timeline only.

  /// The window that it works on from now on; -1: none.
  void work_on(std::int64_t window) { window_ = window; }
  /// It has handed a packet to the network; it has taken one.
  void sent(const Packet& packet);
  void took(const Packet& packet);
  bool traced() const { return static_cast<bool>(timeline_); }

  ActivityTimes blame() const;

  /// The present wait is over, and its last `parts`, which reach until now, were something else.
  /// What lies before its beginning is cut off. `sequences` are all that may wait for this one.
  struct WaitPart {
    Activity activity;
    std::uint64_t ps;
  };
  Hindsight explain_wait(const std::vector<WaitPart>& parts,
                         const std::vector<SequenceAccount*>& sequences);

 private:
  struct Taken {
    std::uint64_t id, ps;
    PacketKind kind;
    LayerLabel layer;
    NodeId source;
    int hops, flits;
  };
  Activity service() const {
    return activity_ == Activity::kWaitEdram ? Activity::kEdram : Activity::kBus;
  }
  void enter_timed(Activity activity, const SequenceAccount* culprit);
  void settle(std::uint64_t now);
  void spend(ActivityTimes& times, std::uint64_t now) const;
  bool waits_for(const SequenceAccount& other) const;
  void record(std::uint64_t now);
  void forward(std::uint64_t arrow_ps);

  bool keeps_times_ = true;
  ActivityTimes settled_{};
  Activity activity_ = Activity::kIdle;
  std::uint64_t since_ = 0;
  std::uint64_t granted_ps_ = kNever;  ///< end of waiting for a resource, in the future or past
  const SequenceAccount* culprit_ = nullptr;
  ActivityTimes culprit_before_{};
  Probe state_;
  Timeline timeline_;
  std::int64_t window_ = -1, entered_window_ = -1;
  std::uint64_t entered_ = 0;                            ///< when the present activity began
  std::uint64_t recorded_begin_ = 0, recorded_end_ = 0;  ///< the last slice
  std::optional<Taken> taken_;                           ///< waits for the slice that handles it
};

}  // namespace kirchhoff::hw
