#include "hw/noc/wormhole_fabric.h"

#include <algorithm>

namespace kirchhoff::hw {

WormholeFabric::WormholeFabric(const NocConfig& config, const Topology& topology,
                               const Routing& routing)
    : Fabric(config, topology, routing), injectors_(topology.end_points()) {
  routers_.reserve(topology.routers());
  for (const RouterId r : ids<RouterId>(topology.routers())) routers_.emplace_back(*this, r);
  for (const RouterId r : routers_.ids()) {
    for (int port = 0; port < kLocal; ++port) {
      const std::optional<RouterId> next = topology.neighbour(r, port);
      if (next) routers_[r].connect(port, routers_[*next], opposite(port));
    }
  }
  for (const NodeId node : ids<NodeId>(topology.end_points())) {
    routers_[topology.router_of(node)].set_feeder(topology.port_of(node), part_of(node),
                                                  injectors_[node].credits);
  }
  reset();
}

void WormholeFabric::reset_parts() {
  for (WormholeRouter& router : routers_) router.reset();
  for (Injector& injector : injectors_) {
    injector.streams = {};
    injector.credits.reset(static_cast<std::size_t>(kVirtualNetworks * config_.vcs),
                           config_.buffer_flits);
  }
}

void WormholeFabric::begin_turn_of_parts() {
  for (WormholeRouter& router : routers_) router.begin_turn();
  for (Injector& injector : injectors_) {
    injector.streams = {};
    injector.credits.restart();
  }
}

void WormholeFabric::run_parts(Cycle limit) {
  calendar_.run(limit, [&](int part, Cycle now) {
    run_part(
        part, [&](RouterId router) { routers_[router].step(now); },
        [&](NodeId end_point) { inject(end_point, now); });
  });
}

// The channel of the present packet, or for a new one that with most places; -1 when it has none,
// or when the packet before must have left every one of them first.
int WormholeFabric::channel_for(const Injector& injector, std::size_t network, Cycle now) const {
  const Stream& stream = injector.streams[network];
  if (stream.transit >= 0) {
    return injector.credits.available(static_cast<std::size_t>(stream.channel), now) > 0
               ? stream.channel
               : -1;
  }
  const int first = static_cast<int>(network) * config_.vcs;
  int best = -1, most = 0;
  for (int vc = first; vc < first + config_.vcs; ++vc) {
    const auto channel = static_cast<std::size_t>(vc);
    if (tail_credit_ && !injector.credits.empty(channel, now)) continue;
    const int places = injector.credits.available(channel, now);
    if (places > most) {
      best = vc;
      most = places;
    }
  }
  return best;
}

// One flit per cycle, round-robin over the virtual networks. A packet takes a virtual channel that
// has a place; the router never sees packets of one channel mixed.
void WormholeFabric::inject(NodeId end_point, Cycle now) {
  Source& from = sources_[end_point];
  Injector& injector = injectors_[end_point];
  const auto may_send = [&](std::size_t network) {
    const SendQueue& queue = from.queues[network];
    return queue.size > 0 && message(queue.front).visible <= now &&
           channel_for(injector, network, now) >= 0;
  };
  const std::size_t network = from.arbiter.pick(may_send);
  // Without a place the credit wakes, without a message the next one.
  if (network == kVirtualNetworks) return;
  SendQueue& queue = from.queues[network];
  Stream& stream = injector.streams[network];
  stream.channel = channel_for(injector, network, now);
  const bool head = stream.transit < 0;
  if (head) {
    stream.flits = next_packet_flits(queue);
    stream.transit = begin_packet(queue, stream.flits);
    stream.sent = 0;
  }
  const bool tail = ++stream.sent == stream.flits;
  injector.credits.take(static_cast<std::size_t>(stream.channel), now);
  ++from.flits;
  ++queue.injected;
  last_move_ = std::max(last_move_, now);
  routers_[from.router].accept(from.port, stream.channel, stream.transit, head, tail,
                               now + static_cast<Cycle>(config_.link_cycles));
  if (tail) {
    stream.transit = -1;
    if (message(queue.front).packets_left == 0) leave_queue(end_point, queue, now + 1);
  }
  calendar_.schedule(part_of(end_point), now + 1);
}

void WormholeFabric::count(NocCounters& counters) const {
  for (const WormholeRouter& router : routers_) router.count(counters);
}

void WormholeFabric::wait_in_routers(std::vector<Wait>& waits) const {
  for (const WormholeRouter& router : routers_) router.waits(waits);
}

}  // namespace kirchhoff::hw
