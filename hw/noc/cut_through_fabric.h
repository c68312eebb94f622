#pragma once

#include <vector>

#include "hw/noc/cut_through_router.h"
#include "hw/noc/fabric.h"

namespace kirchhoff::hw {

/// A network under virtual cut-through; see CutThroughRouter.
class CutThroughFabric final : public Fabric {
 public:
  CutThroughFabric(const NocConfig& config, const Topology& topology, const Routing& routing);

 private:
  void run_parts(Cycle limit) override;
  void reset_parts() override;
  void begin_turn_of_parts() override;
  void count(NocCounters& counters) const override;
  void wait_in_routers(std::vector<Wait>& waits) const override;
  void inject(NodeId end_point, Cycle now);

  IndexedVector<RouterId, CutThroughRouter> routers_;
};

}  // namespace kirchhoff::hw
