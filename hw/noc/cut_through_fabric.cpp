#include "hw/noc/cut_through_fabric.h"

namespace kirchhoff::hw {

CutThroughFabric::CutThroughFabric(const NocConfig& config, const Topology& topology,
                                   const Routing& routing)
    : Fabric(config, topology, routing) {
  routers_.reserve(topology.routers());
  for (const RouterId r : ids<RouterId>(topology.routers())) routers_.emplace_back(*this, r);
  for (const RouterId r : routers_.ids()) {
    for (int port = 0; port < kLocal; ++port) {
      const std::optional<RouterId> next = topology.neighbour(r, port);
      if (next) routers_[r].connect(port, routers_[*next], opposite(port));
    }
  }
  for (const NodeId node : ids<NodeId>(topology.end_points())) {
    routers_[topology.router_of(node)].set_feeder(topology.port_of(node), part_of(node));
  }
  reset();
}

void CutThroughFabric::reset_parts() {
  for (CutThroughRouter& router : routers_) router.reset();
}

void CutThroughFabric::begin_turn_of_parts() {
  for (CutThroughRouter& router : routers_) router.begin_turn();
}

void CutThroughFabric::run_parts(Cycle limit) {
  calendar_.run(limit, [&](int part, Cycle now) {
    run_part(
        part, [&](RouterId router) { routers_[router].step(now); },
        [&](NodeId end_point) { inject(end_point, now); });
  });
}

// A whole packet at a time, round-robin over the virtual networks.
void CutThroughFabric::inject(NodeId end_point, Cycle now) {
  Source& from = sources_[end_point];
  if (from.free_at > now) {
    calendar_.schedule(part_of(end_point), from.free_at);
    return;
  }
  CutThroughRouter& router = routers_[from.router];
  int channel = -1, flits = 0;
  const std::size_t network = from.arbiter.pick([&](std::size_t n) {
    const SendQueue& queue = from.queues[n];
    if (queue.size == 0 || message(queue.front).visible > now) return false;
    flits = next_packet_flits(queue);
    channel = router.channel_with_room(from.port, static_cast<int>(n), flits, now);
    return channel >= 0;
  });
  if (network < kVirtualNetworks) {
    SendQueue& queue = from.queues[network];
    const int number = begin_packet(queue, flits);
    router.accept(from.port, channel, number,
                  now + static_cast<Cycle>(config_.link_cycles) + setup_);
    from.free_at = now + static_cast<Cycle>(flits);
    from.flits += static_cast<std::uint64_t>(flits);
    queue.injected += static_cast<std::uint64_t>(flits);
    last_move_ = std::max(last_move_, from.free_at);
    if (message(queue.front).packets_left == 0) leave_queue(end_point, queue, from.free_at);
  }
  for (std::size_t n = 0; n < kVirtualNetworks; ++n) {
    const SendQueue& queue = from.queues[n];
    if (queue.size == 0) continue;
    const Cycle visible = message(queue.front).visible;
    if (from.free_at > now) {
      calendar_.schedule(part_of(end_point), std::max(from.free_at, visible));
    } else if (visible <= now) {
      router.wait_for_room(from.port, static_cast<int>(n), now);
    }
  }
}

void CutThroughFabric::count(NocCounters& counters) const {
  for (const CutThroughRouter& router : routers_) router.count(counters);
}

void CutThroughFabric::wait_in_routers(std::vector<Wait>& waits) const {
  for (const CutThroughRouter& router : routers_) router.waits(waits);
}

}  // namespace kirchhoff::hw
