#pragma once

#include <array>
#include <vector>

#include "hw/noc/fabric.h"
#include "hw/noc/wormhole_router.h"

namespace kirchhoff::hw {

/// A network under wormhole flow control; see WormholeRouter.
class WormholeFabric final : public Fabric {
 public:
  WormholeFabric(const NocConfig& config, const Topology& topology, const Routing& routing);

 private:
  /// The packet of a virtual network that a source is sending.
  struct Stream {
    int transit = -1;  ///< -1: between packets
    int channel = -1;
    int flits = 0, sent = 0;
  };
  struct Injector {
    std::array<Stream, kVirtualNetworks> streams;
    Credits credits;
  };

  void run_parts(Cycle limit) override;
  void reset_parts() override;
  void begin_turn_of_parts() override;
  void count(NocCounters& counters) const override;
  void wait_in_routers(std::vector<Wait>& waits) const override;
  void inject(NodeId end_point, Cycle now);
  int channel_for(const Injector& injector, std::size_t network, Cycle now) const;

  IndexedVector<RouterId, WormholeRouter> routers_;
  IndexedVector<NodeId, Injector> injectors_;
};

}  // namespace kirchhoff::hw
