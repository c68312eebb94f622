#pragma once

#include <memory>
#include <vector>

#include <systemc>

#include "hw/common/agenda.h"
#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/round_robin.h"

namespace kirchhoff::hw {

/// Hears when its request is granted, so that waiting and service can be told apart.
class GrantListener {
 public:
  virtual ~GrantListener() = default;
  /// The request is granted at `ps`, now or later; a call before that time may put it off.
  virtual void granted(std::uint64_t ps) = 0;
};

/// A resource that serves one requester at a time, in whole cycles, with round-robin arbitration:
/// the tile bus, the eDRAM. A request is seen at the first clock edge after it was made, so that
/// the order in which processes run within an instant can never decide who wins.
///
/// A grant therefore stands as soon as its edge has come, and is foreseen before: whoever wins if
/// nobody else asks in time is told so at once, and loses its grant to one that asks in time and
/// comes first. An idle resource costs one event per request, the end of the service.
class SharedResource final : public sc_core::sc_module {
 public:
  /// `requesters` names who may ask, in the order of their numbers; waveforms show the names.
  SharedResource(const sc_core::sc_module_name& name, const Clock& clock,
                 std::vector<const char*> requesters, const Tracer* tracer = nullptr);
  void reset();
  /// Arbitration begins anew, counters go on. Only while nobody asks.
  void restart();

  /// Occupies the resource for `cycles`; returns when they are over. Call from a thread;
  /// one call per requester at a time.
  void occupy(std::size_t requester, Cycle cycles, GrantListener* listener = nullptr);

  Cycle busy_cycles() const { return busy_cycles_; }
  /// Cycles that requests waited because another one was served (not the arbitration cycle itself).
  Cycle stall_cycles() const { return stall_cycles_; }

 private:
  struct Request {
    explicit Request(Agenda& agenda) : served(agenda) {}
    bool pending = false;
    Cycle since = 0;  ///< first cycle in which the request may win
    Cycle cycles = 0;
    GrantListener* listener = nullptr;
    Event served;
  };

  void settle();
  void foresee();
  void foresee(std::size_t winner, Cycle grant);
  void revoke();

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  const Clock& clock_;
  const std::vector<const char*> names_;
  const bool watched_;  ///< grants are announced when they happen, not before
  std::vector<std::unique_ptr<Request>> requests_;
  RoundRobin round_robin_;
  TimedMethod grant_method_{*agenda_, [this] { settle(); }};  ///< when watched
  int pending_ = 0;
  std::size_t winner_;  ///< whose grant is foreseen; the number of requesters: nobody's
  Cycle grant_ = 0;     ///< in which cycle …
  std::uint64_t grant_ps_ = kNever;  ///< … and when; never: nobody's
  Cycle next_ = 0;                   ///< first in which there may be another grant
  Cycle busy_cycles_ = 0, stall_cycles_ = 0;
  Probe owner_;
};

}  // namespace kirchhoff::hw
