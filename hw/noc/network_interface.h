#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "hw/common/agenda.h"
#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/timeline.h"
#include "hw/common/turns.h"
#include "hw/noc/message_payload.h"
#include "hw/noc/packet.h"

namespace kirchhoff::hw {

/// A tile's or the host's side of its network interface.
struct NetworkIf : virtual sc_core::sc_interface {
  /// Hands a packet over; waits while the virtual network's queue is full. Call from a
  /// thread.
  virtual void send(PacketPtr packet) = 0;
  /// Takes the oldest received packet, or null. Wait for received() when there is none.
  virtual PacketPtr receive() = 0;
  /// Notified when a packet has been received.
  virtual Event& received() = 0;
  /// Waits, in a thread, until one may be there. Returns a packet that has been taken when it came,
  /// if `accepting` held then, on the edge of `clock` at or behind that moment; or null: look
  /// whether there is one.
  virtual PacketPtr wait_for_packet(const Clock& /*clock*/, const bool& /*accepting*/) {
    received().wait();
    return nullptr;
  }
};

/// Between an end point's threads and the network. Its queues are finite both ways: a full send
/// queue holds the sender, a full receive queue holds messages back in the network. The send queue,
/// the cutting into packets and their reassembly are timed to the cycle with the links that they
/// feed (hw/noc/fabric.h).
class NetworkInterface final : public sc_core::sc_module, public NetworkIf {
 public:
  tlm_utils::simple_initiator_socket<NetworkInterface> to_noc{"to_noc"};
  tlm_utils::simple_target_socket<NetworkInterface> from_noc{"from_noc"};
  sc_core::sc_export<NetworkIf> port{"port"};

  NetworkInterface(const sc_core::sc_module_name& name, NodeId node, const Tracer* tracer = nullptr,
                   Turns* turns = nullptr);
  void reset();

  void send(PacketPtr packet) override;
  PacketPtr receive() override;
  Event& received() override { return received_event_; }
  PacketPtr wait_for_packet(const Clock& clock, const bool& accepting) override;

  /// One line per received packet that waits for its end point.
  void report_waiting(std::vector<std::string>& lines) const;

 private:
  tlm::tlm_sync_enum message_arrived(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);
  tlm::tlm_sync_enum room(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                          sc_core::sc_time& delay);

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  const NodeId node_;
  Turns* const turns_;  ///< null: nobody has turns
  MessagePayload sent_, taken_;
  void hand_over(PacketPtr packet);

  std::deque<PacketPtr> received_;
  const bool watched_;               ///< packets are seen to wait
  const Clock* receiver_ = nullptr;  ///< of an end point that waits for a packet …
  const bool* accepting_ = nullptr;  ///< … if it still does
  PacketPtr handed_over_;
  std::array<Event, kVirtualNetworks> room_{Event(*agenda_), Event(*agenda_), Event(*agenda_)};
  Event received_event_{*agenda_};
  std::uint64_t next_id_ = 0;
  Probe receiving_;
  Gauge received_packets_;
};

}  // namespace kirchhoff::hw
