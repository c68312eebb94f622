#include "hw/noc/cut_through_fabric.h"

namespace kirchhoff::hw {

CutThroughFabric::CutThroughFabric(const NocConfig& config, const Topology& topology,
                                   const Routing& routing)
    : Fabric(config, topology, routing) {
  routers_.reserve(static_cast<std::size_t>(topology.routers()));
  for (int r = 0; r < topology.routers(); ++r) routers_.emplace_back(*this, r);
  for (int r = 0; r < topology.routers(); ++r) {
    for (int port = 0; port < kLocal; ++port) {
      const int next = topology.neighbour(r, port);
      if (next < 0) continue;
      routers_[static_cast<std::size_t>(r)].connect(port, routers_[static_cast<std::size_t>(next)],
                                                    opposite(port));
    }
  }
  for (int e = 0; e < topology.end_points(); ++e) {
    const auto node = static_cast<NodeId>(e);
    routers_[static_cast<std::size_t>(topology.router_of(node))].set_feeder(topology.port_of(node),
                                                                            source_part(e));
  }
  reset();
}

void CutThroughFabric::reset_parts() {
  for (CutThroughRouter& router : routers_) router.reset();
}

void CutThroughFabric::run_parts(Cycle limit) {
  const int routers = topology_.routers();
  calendar_.run(limit, [&](int part, Cycle now) {
    if (part < routers) {
      routers_[static_cast<std::size_t>(part)].step(now);
    } else {
      inject(part - routers, now);
    }
  });
}

// A whole packet at a time, round-robin over the virtual networks.
void CutThroughFabric::inject(int end_point, Cycle now) {
  Source& from = source(end_point);
  if (from.free_at > now) {
    calendar_.schedule(source_part(end_point), from.free_at);
    return;
  }
  CutThroughRouter& router = routers_[static_cast<std::size_t>(from.router)];
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
      calendar_.schedule(source_part(end_point), std::max(from.free_at, visible));
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
