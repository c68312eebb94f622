#include "hw/noc/network_interface.h"

#include <algorithm>

#include <fmt/core.h>

namespace kirchhoff::hw {

NetworkInterface::NetworkInterface(const sc_core::sc_module_name& name, NodeId node,
                                   const NocConfig& config, const Clock& clock, FlitPool& pool,
                                   const Tracer* tracer)
    : sc_module(name),
      node_(node),
      config_(config),
      clock_(clock),
      pool_(pool),
      channels_(static_cast<std::size_t>(kVirtualNetworks * config.vcs)),
      sending_(Probe::bits(tracer, *this, "send_queue", 8)),
      receiving_(Probe::bits(tracer, *this, "receive_queue", 8)) {
  to_router.register_nb_transport_bw(this, &NetworkInterface::receive_credit);
  from_router.register_nb_transport_fw(this, &NetworkInterface::receive_flit);
  port.bind(*this);
  credit_.set_extension(&credit_extension_);
  reset();
  SC_HAS_PROCESS(NetworkInterface);
  SC_METHOD(inject);
  sensitive << inject_event_;
  dont_initialize();
  SC_METHOD(eject);
  sensitive << eject_event_;
  dont_initialize();
}

void NetworkInterface::reset() {
  for (auto* event : {&inject_event_, &space_event_, &eject_event_, &received_event_})
    event->cancel();
  for (SendQueue& queue : send_) queue = {};
  credits_.assign(channels_.size(), config_.buffer_flits);
  returning_.clear();
  inject_arbiter_.reset();
  for (auto& [cycle, trans] : arriving_) trans->release();
  arriving_.clear();
  for (ReceiveChannel& channel : channels_) {
    for (auto* trans : channel.flits) trans->release();
    channel.flits.clear();
  }
  received_.clear();
  next_id_ = sent_flits_ = 0;
}

void NetworkInterface::send(PacketPtr packet) {
  SendQueue& queue = send_[static_cast<std::size_t>(network_of(packet->kind))];
  while (static_cast<int>(queue.packets.size()) >= config_.ni_packets) wait(space_event_);
  // Ids name packets in reports: the node in front keeps them unique over the chip.
  packet->id = static_cast<std::uint64_t>(index(node_)) * 1000000u + next_id_++;
  packet->source = node_;
  packet->flits = flits_of(packet->payload_bits, config_.flit_bits);
  // Seen at the next edge after now, whatever order processes run in.
  const Cycle now = clock_.now();
  const Cycle visible = clock_.edge(now) == sc_core::sc_time_stamp() ? now + 1 : now;
  queue.packets.emplace_back(std::move(packet), visible);
  sending_.set(static_cast<std::int64_t>(queue.packets.size()));
  inject_event_.notify(clock_.until(visible));
}

PacketPtr NetworkInterface::receive() {
  if (received_.empty()) return nullptr;
  PacketPtr packet = std::move(received_.front());
  received_.pop_front();
  receiving_.set(static_cast<std::int64_t>(received_.size()));
  eject_event_.notify(clock_.delay(1));
  return packet;
}

tlm::tlm_sync_enum NetworkInterface::receive_credit(tlm::tlm_generic_payload& trans,
                                                    tlm::tlm_phase&, sc_core::sc_time& delay) {
  const Cycle cycle = clock_.cycle_at(sc_core::sc_time_stamp() + delay);
  returning_.emplace_back(cycle, FlitExtension::of(trans).vc);
  inject_event_.notify(clock_.until(cycle));
  return tlm::TLM_ACCEPTED;
}

// A packet takes a virtual channel that has a free place; the router never sees packets of one
// channel mixed.
bool NetworkInterface::may_inject(SendQueue& queue, std::size_t network, Cycle now) {
  if (queue.packets.empty() || queue.packets.front().second > now) return false;
  if (queue.vc < 0) {
    const int first = static_cast<int>(network) * config_.vcs;
    const auto* begin = &credits_[static_cast<std::size_t>(first)];
    const auto* best = std::max_element(begin, begin + config_.vcs);
    if (*best == 0) return false;
    queue.vc = first + static_cast<int>(best - begin);
  }
  return credits_[static_cast<std::size_t>(queue.vc)] > 0;
}

// One flit per cycle, round-robin over the virtual networks.
void NetworkInterface::inject() {
  const Cycle now = clock_.now();
  while (!returning_.empty() && returning_.front().first <= now) {
    ++credits_[static_cast<std::size_t>(returning_.front().second)];
    returning_.pop_front();
  }
  const std::size_t network =
      inject_arbiter_.pick([&](std::size_t i) { return may_inject(send_[i], i, now); });
  if (network == kVirtualNetworks) return;

  SendQueue& queue = send_[network];
  const PacketPtr& packet = queue.packets.front().first;
  const bool head = queue.next_flit == 0, tail = queue.next_flit + 1 == packet->flits;
  auto* trans = pool_.acquire();
  FlitExtension& flit = FlitExtension::of(*trans);
  flit.packet = packet;
  flit.kind = head && tail ? FlitKind::kHeadTail
              : head       ? FlitKind::kHead
              : tail       ? FlitKind::kTail
                           : FlitKind::kBody;
  flit.vc = queue.vc;
  --credits_[static_cast<std::size_t>(queue.vc)];
  ++sent_flits_;
  ++queue.next_flit;
  if (tail) {
    queue.packets.pop_front();
    queue.next_flit = 0;
    queue.vc = -1;
    sending_.set(static_cast<std::int64_t>(queue.packets.size()));
    space_event_.notify(clock_.delay(1));
  }
  tlm::tlm_phase phase = FLIT;
  sc_core::sc_time delay = clock_.delay(static_cast<Cycle>(config_.link_cycles));
  to_router->nb_transport_fw(*trans, phase, delay);
  inject_event_.notify(clock_.delay(1));
}

tlm::tlm_sync_enum NetworkInterface::receive_flit(tlm::tlm_generic_payload& trans, tlm::tlm_phase&,
                                                  sc_core::sc_time& delay) {
  const Cycle cycle = clock_.cycle_at(sc_core::sc_time_stamp() + delay);
  arriving_.emplace_back(cycle, &trans);
  eject_event_.notify(clock_.until(cycle));
  return tlm::TLM_ACCEPTED;
}

// Takes flits out of the receive buffers, frees their places, and hands over packets whose tail has
// come.
void NetworkInterface::eject() {
  const Cycle now = clock_.now();
  while (!arriving_.empty() && arriving_.front().first <= now) {
    auto* trans = arriving_.front().second;
    channels_[static_cast<std::size_t>(FlitExtension::of(*trans).vc)].flits.push_back(trans);
    arriving_.pop_front();
  }
  for (std::size_t vc = 0; vc < channels_.size(); ++vc) {
    auto& flits = channels_[vc].flits;
    while (!flits.empty()) {
      FlitExtension& flit = FlitExtension::of(*flits.front());
      if (flit.is_tail()) {
        if (static_cast<int>(received_.size()) >= config_.ni_packets) break;
        received_.push_back(flit.packet);
        receiving_.set(static_cast<std::int64_t>(received_.size()));
        received_event_.notify(sc_core::SC_ZERO_TIME);
      }
      flits.front()->release();
      flits.pop_front();
      tlm::tlm_phase phase = CREDIT;
      credit_extension_.vc = static_cast<int>(vc);
      sc_core::sc_time delay = clock_.delay(1);
      from_router->nb_transport_bw(credit_, phase, delay);
    }
  }
  if (!arriving_.empty()) eject_event_.notify(clock_.until(arriving_.front().first));
}

void NetworkInterface::report_waiting(std::vector<std::string>& lines) const {
  for (const SendQueue& queue : send_) {
    for (std::size_t i = 0; i < queue.packets.size(); ++i) {
      lines.push_back(fmt::format("{}: in the send queue of node {}, waits for {}",
                                  queue.packets[i].first->describe(), index(node_),
                                  i == 0 ? "a credit of the router" : "the packet before it"));
    }
  }
  for (const PacketPtr& packet : received_) {
    lines.push_back(fmt::format("{}: in the receive queue of node {}, waits for the tile",
                                packet->describe(), index(node_)));
  }
  for (const ReceiveChannel& channel : channels_) {
    if (channel.flits.empty()) continue;
    lines.push_back(
        fmt::format("{}: at the network interface of node {}, waits for room in the receive queue",
                    FlitExtension::of(*channel.flits.front()).packet->describe(), index(node_)));
  }
}

}  // namespace kirchhoff::hw
