#include "hw/noc/network_interface.h"

#include <utility>

#include <fmt/core.h>

namespace kirchhoff::hw {

NetworkInterface::NetworkInterface(const sc_core::sc_module_name& name, NodeId node,
                                   const Tracer* tracer, Turns* turns)
    : sc_module(name),
      node_(node),
      turns_(turns),
      watched_(tracer != nullptr),
      receiving_(Probe::level(tracer, *this, "receive_queue", 8)),
      received_packets_(tracer, *this, "receive_queue", "packets") {
  to_noc.register_nb_transport_bw(this, &NetworkInterface::room);
  from_noc.register_nb_transport_fw(this, &NetworkInterface::message_arrived);
  port.bind(*this);
}

void NetworkInterface::reset() {
  for (Event& room : room_) room.cancel();
  received_event_.cancel();
  received_.clear();
  receiver_ = nullptr;
  handed_over_ = nullptr;
  next_id_ = 0;
}

void NetworkInterface::send(PacketPtr packet) {
  // Ids name packets in reports: the node in front keeps them unique over the chip.
  packet->id = static_cast<std::uint64_t>(index(node_)) * 1000000u + next_id_++;
  packet->source = node_;
  if (turns_) turns_->sent();
  const VirtualNetwork network = network_of(packet->kind);
  while (true) {
    tlm::tlm_phase phase = MESSAGE;
    sc_core::sc_time delay;
    packet->sent_ps = now_ps();
    if (to_noc->nb_transport_fw(sent_.with(std::move(packet), network), phase, delay) ==
        tlm::TLM_COMPLETED) {
      return;
    }
    packet = sent_.take_back();
    room_[static_cast<std::size_t>(network)].wait();
  }
}

PacketPtr NetworkInterface::receive() {
  if (received_.empty()) return nullptr;
  PacketPtr packet = std::move(received_.front());
  received_.pop_front();
  receiving_.set(static_cast<std::int64_t>(received_.size()));
  received_packets_.set(static_cast<double>(received_.size()));
  tlm::tlm_phase phase = TAKEN;
  sc_core::sc_time delay;
  from_noc->nb_transport_bw(taken_.with(nullptr, network_of(packet->kind)), phase, delay);
  return packet;
}

PacketPtr NetworkInterface::wait_for_packet(const Clock& clock, const bool& accepting) {
  if (!watched_) receiver_ = &clock;
  accepting_ = &accepting;
  received_event_.wait();
  receiver_ = nullptr;
  return std::move(handed_over_);
}

// To whom would take it as soon as it is there and then wait for an edge: the end point sleeps
// until that edge.
void NetworkInterface::hand_over(PacketPtr packet) {
  const std::uint64_t edge = std::exchange(receiver_, nullptr)->next_edge_ps();
  const VirtualNetwork network = network_of(packet->kind);
  packet->arrived_ps = now_ps();
  handed_over_ = std::move(packet);
  if (edge == now_ps()) {
    received_event_.notify();
  } else {
    received_event_.at(edge);
  }
  tlm::tlm_phase phase = TAKEN;
  sc_core::sc_time delay;
  from_noc->nb_transport_bw(taken_.with(nullptr, network), phase, delay);
}

tlm::tlm_sync_enum NetworkInterface::message_arrived(tlm::tlm_generic_payload& trans,
                                                     tlm::tlm_phase&, sc_core::sc_time&) {
  if (receiver_ && *accepting_) {
    hand_over(std::move(MessageExtension::of(trans).packet));
    return tlm::TLM_COMPLETED;
  }
  received_.push_back(std::move(MessageExtension::of(trans).packet));
  received_.back()->arrived_ps = now_ps();
  receiving_.set(static_cast<std::int64_t>(received_.size()));
  received_packets_.set(static_cast<double>(received_.size()));
  // Who sleeps until its edge looks then.
  if (!handed_over_) received_event_.notify();
  return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum NetworkInterface::room(tlm::tlm_generic_payload& trans, tlm::tlm_phase&,
                                          sc_core::sc_time&) {
  room_[static_cast<std::size_t>(MessageExtension::of(trans).network)].notify();
  return tlm::TLM_COMPLETED;
}

void NetworkInterface::report_waiting(std::vector<std::string>& lines) const {
  for (const PacketPtr& packet : received_) {
    lines.push_back(fmt::format("{}: in the receive queue of node {}, waits for the tile",
                                packet->describe(), index(node_)));
  }
}

}  // namespace kirchhoff::hw
