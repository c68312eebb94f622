#pragma once

#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include "hw/common/agenda.h"
#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/noc/fabric.h"
#include "hw/noc/message_payload.h"

namespace kirchhoff::hw {

/// The network on chip: all routers and links. End points bind their sockets in the order of their
/// numbers (tiles, then the host); what the sockets carry is said in message_payload.h.
///
/// Routers and links are plain objects that move flits in whole cycles (hw/noc/fabric.h). The
/// module runs them up to the present whenever an end point says something, and wakes when a
/// message can have arrived or a full send queue can have a place: nothing else of the network can
/// be seen from outside. So an idle path costs one event per message, and the result is the
/// same as if every cycle had been one. With waveforms it wakes in every cycle in which something
/// moves.
class Noc final : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<Noc> from_interfaces{"from_interfaces"};
  tlm_utils::multi_passthrough_initiator_socket<Noc> to_interfaces{"to_interfaces"};

  /// `routing` is for tests; null means dimension order.
  Noc(const sc_core::sc_module_name& name, const NocConfig& config, const Topology& topology,
      const Clock& clock, const Tracer* tracer = nullptr, const Routing* routing = nullptr);
  void reset();
  /// A turn begins (hw/common/turns.h): the empty network is as after reset(), counters go on.
  void begin_turn();

  const Topology& topology() const { return fabric_->topology(); }
  /// Up to the present cycle.
  NocCounters counters() const;
  /// A layer's part of them; zeros if it has sent nothing.
  LayerTraffic traffic_of(LayerLabel layer) const;
  /// True after the watchdog paused the simulation: packets wait, and none has moved for
  /// `noc.watchdog_cycles`.
  bool stuck() const { return stuck_; }
  /// One line per packet that waits, with where and what for, and one that names a cycle of waits.
  void report_waiting(std::vector<std::string>& lines) const;

 private:
  /// Something that end points can see may happen in `cycle`, not before: the arrival of a message
  /// (`message` >= 0) or a place in the send queue of `end_point` and `network`.
  struct Watch {
    Cycle cycle = 0;
    int message = -1;
    NodeId end_point{};
    int network = 0;
    bool operator>(const Watch& o) const { return cycle > o.cycle; }
  };

  tlm::tlm_sync_enum message_sent(int socket, tlm::tlm_generic_payload& trans,
                                  tlm::tlm_phase& phase, sc_core::sc_time& delay);
  tlm::tlm_sync_enum message_taken(int socket, tlm::tlm_generic_payload& trans,
                                   tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void wake();
  void look();
  Cycle last_edge() const;
  Cycle bound_of(const Watch& watch) const;
  bool happens(const Watch& watch, Cycle now);
  void watch_again(Watch watch);
  void arm();

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  const Clock& clock_;
  const XyRouting xy_;
  std::unique_ptr<Fabric> fabric_;
  bool every_cycle_ = false;
  std::priority_queue<Watch, std::vector<Watch>, std::greater<>> watches_;
  std::vector<Watch> parked_;  ///< cannot happen unless an end point does something
  IndexedVector<NodeId, std::array<bool, kVirtualNetworks>> room_watched_;
  MessagePayload arrived_, room_;
  TimedMethod wake_{*agenda_, [this] { wake(); }}, watchdog_{*agenda_, [this] { look(); }};
  Cycle armed_ = kNever;  ///< in which it wakes next
  bool waking_ = false;   ///< in wake(), which arms at its end
  bool stuck_ = false;
  /// Names of routers and end points in waveforms; they are no modules.
  struct Scope : sc_core::sc_object {
    explicit Scope(const std::string& name) : sc_object(name.c_str()) {}
  };
  std::vector<std::unique_ptr<Scope>> scopes_;
  IndexedVector<RouterId, Probe> buffered_;
  IndexedVector<NodeId, Probe> queued_;
};

}  // namespace kirchhoff::hw
