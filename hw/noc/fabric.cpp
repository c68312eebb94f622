#include "hw/noc/fabric.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include <fmt/core.h>

#include "hw/noc/cut_through_fabric.h"
#include "hw/noc/wormhole_fabric.h"

namespace kirchhoff::hw {

namespace {

// A table of directions pays off until it leaves the cache.
constexpr int kTableRouters = 512;

}  // namespace

Fabric::Fabric(const NocConfig& config, const Topology& topology, const Routing& routing)
    : config_(config),
      topology_(topology),
      routing_(routing),
      hop_(hop_cycles(config)),
      onward_(static_cast<Cycle>(config.sa_cycles + config.st_cycles + config.link_cycles)),
      setup_(static_cast<Cycle>(config.rc_cycles + config.va_cycles)),
      tail_credit_(config.vc_reuse == VcReuse::kTailCredit),
      calendar_(static_cast<std::size_t>(topology.routers() + topology.end_points())),
      sources_(topology.end_points()),
      routers_(topology.routers()),
      sinks_(topology.end_points()) {
  const int routers = topology.routers();
  if (routers <= kTableRouters) {
    directions_.reserve(static_cast<std::size_t>(routers) * static_cast<std::size_t>(routers));
    for (const RouterId r : ids<RouterId>(routers)) {
      for (const RouterId t : ids<RouterId>(routers)) {
        directions_.push_back(
            static_cast<std::int8_t>(r == t ? -1 : routing.direction(topology, r, t)));
      }
    }
  }
}

void Fabric::reset() {
  calendar_.reset();
  last_move_ = turn_ = 0;
  transits_.clear();
  free_transits_.clear();
  messages_.clear();
  free_messages_.clear();
  for (const NodeId e : sources_.ids()) {
    sources_[e] = {};
    sources_[e].router = topology_.router_of(e);
    sources_[e].port = topology_.port_of(e);
    sinks_[e] = {};
    sinks_[e].places.fill(config_.ni_packets);
  }
  layers_.clear();
  inside_ = 0;
  reset_parts();
}

void Fabric::begin_turn(Cycle now) {
  assert(inside_ == 0);
  turn_ = now;
  for (Source& source : sources_) {
    source.arbiter.reset();
    source.free_at = now;
    for (SendQueue& queue : source.queues) queue.place_free = now;
  }
  begin_turn_of_parts();
}

bool Fabric::full(NodeId end_point, int network, Cycle now) const {
  const SendQueue& queue = sources_[end_point].queues[static_cast<std::size_t>(network)];
  return queue.size + (queue.place_free > now ? 1 : 0) >= config_.ni_packets;
}

int Fabric::send(NodeId end_point, PacketPtr packet, Cycle visible) {
  int number = static_cast<int>(messages_.size());
  if (free_messages_.empty()) {
    messages_.emplace_back();
  } else {
    number = free_messages_.back();
    free_messages_.pop_back();
  }
  Message& m = messages_[static_cast<std::size_t>(number)];
  const Segments segments = segments_of(packet->payload_bits, config_);
  packet->flits = segments.flits;
  m = {};
  m.source = end_point;
  m.destination = packet->destination;
  m.network = static_cast<int>(network_of(packet->kind));
  m.hops = packet->hops = topology_.hops(packet->source, packet->destination);
  m.packets_left = m.heads_left = m.tails_left = segments.packets;
  m.payload_left = segments.flits - segments.packets;
  m.visible = visible;
  SendQueue& queue = sources_[end_point].queues[static_cast<std::size_t>(m.network)];
  queue.queued += static_cast<std::uint64_t>(segments.flits);
  m.queued_to = queue.queued;
  if (queue.size++ == 0) {
    queue.front = number;
  } else {
    messages_[static_cast<std::size_t>(queue.back)].next = number;
  }
  queue.back = number;
  if (!layers_.has(packet->layer)) layers_.resize(index(packet->layer) + 1);
  LayerTraffic& traffic = layers_[packet->layer];
  ++traffic.messages;
  traffic.packets += static_cast<std::uint64_t>(segments.packets);
  traffic.flits += static_cast<std::uint64_t>(segments.flits);
  m.packet = std::move(packet);
  ++inside_;
  last_move_ = std::max(last_move_, visible);
  calendar_.schedule(part_of(end_point), visible);
  show_queue(end_point);
  return number;
}

void Fabric::take(NodeId end_point, int network, Cycle visible) {
  Sink& sink = sinks_[end_point];
  ++sink.places[static_cast<std::size_t>(network)];
  if (!sink.wanted) return;
  sink.wanted = false;
  calendar_.schedule(part_of(sources_[end_point].router), visible);
}

Cycle Fabric::arrival_bound(int number) const {
  const Message& m = message(number);
  if (m.done != kNever) return m.done;
  if (calendar_.empty()) return kNever;
  const Cycle soon = calendar_.next();
  const Source& from = sources_[m.source];
  const SendQueue& queue = from.queues[static_cast<std::size_t>(m.network)];
  const std::uint64_t unsent = m.queued_to - std::min(m.queued_to, queue.injected);
  if (m.packets_left > 0) {
    return std::max({soon, m.visible, from.free_at}) + unsent - 1 +
           zero_load_cycles(config_, m.hops, 1);
  }
  // All packets have begun: the last one is as good as any.
  const Transit& t = transit(m.last_transit);
  if (t.message != number) return soon + onward_;
  if (t.delivering) return soon + static_cast<Cycle>(t.to_deliver) - 1 + onward_;
  const int left = topology_.hops(t.router, t.target);
  const Cycle by_head = std::max(t.ready, soon) + onward_ + static_cast<Cycle>(left) * hop_ +
                        static_cast<Cycle>(t.flits) - 1;
  // Flits behind a head that was held up may follow it faster than it came.
  const Cycle by_tail = unsent == 0 ? 0
                                    : soon + unsent - 1 + static_cast<Cycle>(config_.link_cycles) +
                                          static_cast<Cycle>(m.hops + 1) * onward_;
  return std::max(by_head, by_tail);
}

Cycle Fabric::place_bound(NodeId end_point, int network) const {
  const Source& from = sources_[end_point];
  const SendQueue& queue = from.queues[static_cast<std::size_t>(network)];
  if (queue.place_free > now()) return queue.place_free;
  if (calendar_.empty()) return kNever;
  const Message& front = message(queue.front);
  return std::max({calendar_.next(), front.visible, from.free_at}) +
         (front.queued_to - queue.injected);
}

PacketPtr Fabric::finish(int number) {
  Message& m = message_at(number);
  const auto flits = static_cast<Cycle>(m.packet->flits);
  LayerTraffic& traffic = layers_[m.packet->layer];
  const Cycle head = zero_load_cycles(config_, m.hops, 1);
  traffic.head_cycles += head;
  traffic.serialisation_cycles += flits - 1;
  const Cycle contention = m.done - m.visible - head - (flits - 1);
  traffic.contention_cycles += contention;
  PacketPtr packet = std::move(m.packet);
  packet->contention_cycles = contention;
  packet->entered = m.visible;
  packet->flit_cycles = m.flit_cycles;
  free_messages_.push_back(number);
  --inside_;
  return packet;
}

NocCounters Fabric::counters() const {
  NocCounters counters;
  counters.layers = layers_;
  for (const Source& from : sources_) counters.injected_flits.push_back(from.flits);
  count(counters);
  for (const LinkLoad& link : counters.links) counters.stall_cycles += link.stall_cycles;
  return counters;
}

std::vector<Wait> Fabric::waits() const {
  std::vector<Wait> waits;
  for (const NodeId e : sources_.ids()) {
    for (const SendQueue& queue : sources_[e].queues) {
      for (int n = queue.front; queue.size > 0 && n >= 0; n = message(n).next) {
        waits.push_back(
            {message(n).packet->describe(), fmt::format("in the send queue of node {}", index(e)),
             n != queue.front
                 ? "waits for the packet before it"
                 : fmt::format("waits for room in router {}", index(sources_[e].router))});
      }
    }
  }
  wait_in_routers(waits);
  return waits;
}

Wait Fabric::wait_at(int number, RouterId router, int port, int channel) const {
  Wait wait;
  wait.packet = message(transit(number).message).packet->describe();
  wait.where = fmt::format("router {}, input {}, virtual channel {}", index(router),
                           name_of_port(port), channel);
  wait.transit = number;
  return wait;
}

int Fabric::begin_packet(SendQueue& queue, int flits) {
  int number = static_cast<int>(transits_.size());
  if (free_transits_.empty()) {
    transits_.emplace_back();
  } else {
    number = free_transits_.back();
    free_transits_.pop_back();
  }
  Message& m = message_at(queue.front);
  Transit& t = transit(number);
  t = {};
  t.message = queue.front;
  t.flits = t.to_deliver = flits;
  t.network = m.network;
  t.layer = m.packet->layer;
  t.target = sources_[m.destination].router;
  t.target_port = sources_[m.destination].port;
  m.last_transit = number;
  m.payload_left -= flits - 1;
  --m.packets_left;
  return number;
}

void Fabric::leave_queue(NodeId end_point, SendQueue& queue, Cycle place_free) {
  queue.front = message(queue.front).next;
  --queue.size;
  queue.place_free = place_free;
  show_queue(end_point);
}

void Fabric::show_queue(NodeId end_point) const {
  if (!on_queued) return;
  int messages = 0;
  for (const SendQueue& queue : sources_[end_point].queues) messages += queue.size;
  on_queued(end_point, messages);
}

std::unique_ptr<Fabric> make_fabric(const NocConfig& config, const Topology& topology,
                                    const Routing& routing) {
  if (config.flow_control == FlowControl::kCutThrough) {
    return std::make_unique<CutThroughFabric>(config, topology, routing);
  }
  return std::make_unique<WormholeFabric>(config, topology, routing);
}

}  // namespace kirchhoff::hw
