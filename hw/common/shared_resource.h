#pragma once

#include <memory>
#include <vector>

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/round_robin.h"

namespace kirchhoff::hw {

/// Hears when its request is granted, so that waiting and service can be told apart.
class GrantListener {
 public:
  virtual ~GrantListener() = default;
  virtual void granted() = 0;
};

/// A resource that serves one requester at a time, in whole cycles, with round-robin arbitration:
/// the tile bus, the eDRAM. A request is seen at the first clock edge after it was made, so that
/// the order in which processes run within an instant can never decide who wins.
class SharedResource final : public sc_core::sc_module {
 public:
  /// `requesters` names who may ask, in the order of their numbers; waveforms show the names.
  SharedResource(const sc_core::sc_module_name& name, const Clock& clock,
                 std::vector<const char*> requesters, const Tracer* tracer = nullptr);
  void reset();

  /// Occupies the resource for `cycles`; returns when they are over. Call from a thread; one call
  /// per requester at a time.
  void occupy(std::size_t requester, Cycle cycles, GrantListener* listener = nullptr);

  Cycle busy_cycles() const { return busy_cycles_; }
  /// Cycles that requests waited because another one was served (not the arbitration cycle itself).
  Cycle stall_cycles() const { return stall_cycles_; }

 private:
  struct Request {
    bool pending = false;
    Cycle since = 0;  ///< first cycle in which the request may win
    Cycle cycles = 0;
    GrantListener* listener = nullptr;
    sc_core::sc_event served;
  };

  void arbitrate();

  const Clock& clock_;
  const std::vector<const char*> names_;
  std::vector<std::unique_ptr<Request>> requests_;
  RoundRobin round_robin_;
  sc_core::sc_event arbitrate_event_;
  int pending_ = 0;
  Cycle free_at_ = 0;
  Cycle busy_cycles_ = 0, stall_cycles_ = 0;
  Probe owner_;
};

}  // namespace kirchhoff::hw
