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

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/round_robin.h"
#include "hw/config/chip_config.h"
#include "hw/noc/flit.h"

namespace kirchhoff::hw {

using PacketPtr = std::shared_ptr<Packet>;

/// A tile's or the host's side of its network interface.
struct NetworkIf : virtual sc_core::sc_interface {
  /// Hands a packet over; waits while the virtual network's queue is full. Call from a thread.
  virtual void send(PacketPtr packet) = 0;
  /// Takes the oldest received packet, or null. Wait for received_event() when there is none.
  virtual PacketPtr receive() = 0;
  virtual const sc_core::sc_event& received_event() const = 0;
};

/// Cuts packets into flits and puts them together again. Queues are finite both ways: a full send
/// queue holds the sender, a full receive queue holds credits back and so the network.
class NetworkInterface final : public sc_core::sc_module, public NetworkIf {
 public:
  tlm_utils::simple_initiator_socket<NetworkInterface> to_router{"to_router"};
  tlm_utils::simple_target_socket<NetworkInterface> from_router{"from_router"};
  sc_core::sc_export<NetworkIf> port{"port"};

  NetworkInterface(const sc_core::sc_module_name& name, NodeId node, const NocConfig& config,
                   const Clock& clock, FlitPool& pool, const Tracer* tracer = nullptr);
  ~NetworkInterface() override { credit_.clear_extension(&credit_extension_); }
  void reset();

  void send(PacketPtr packet) override;
  PacketPtr receive() override;
  const sc_core::sc_event& received_event() const override { return received_event_; }

  std::uint64_t sent_flits() const { return sent_flits_; }
  /// One line per packet that waits here, with what it waits for.
  void report_waiting(std::vector<std::string>& lines) const;

 private:
  /// Sending side of one virtual network: whole packets, one after another.
  struct SendQueue {
    std::deque<std::pair<PacketPtr, Cycle>>
        packets;  ///< with the first cycle in which they may leave
    int next_flit = 0;
    int vc = -1;
  };
  struct ReceiveChannel {
    std::deque<tlm::tlm_generic_payload*> flits;
  };

  tlm::tlm_sync_enum receive_flit(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                                  sc_core::sc_time& delay);
  tlm::tlm_sync_enum receive_credit(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                                    sc_core::sc_time& delay);
  void inject();
  bool may_inject(SendQueue& queue, std::size_t network, Cycle now);
  void eject();

  const NodeId node_;
  const NocConfig config_;
  const Clock& clock_;
  FlitPool& pool_;
  std::array<SendQueue, kVirtualNetworks> send_;
  std::vector<int> credits_;
  std::deque<std::pair<Cycle, int>> returning_;
  RoundRobin inject_arbiter_{kVirtualNetworks};
  std::deque<std::pair<Cycle, tlm::tlm_generic_payload*>> arriving_;
  std::vector<ReceiveChannel> channels_;
  std::deque<PacketPtr> received_;
  tlm::tlm_generic_payload credit_;
  FlitExtension credit_extension_;
  sc_core::sc_event inject_event_, space_event_, eject_event_, received_event_;
  std::uint64_t next_id_ = 0, sent_flits_ = 0;
  Probe sending_, receiving_;
};

}  // namespace kirchhoff::hw
