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
  void step(int part, Cycle now) override;
  void reset_parts() override;
  void count(NocCounters& counters) const override;
  void wait_in_routers(std::vector<Wait>& waits) const override;
  void inject(int end_point, Cycle now);

  std::vector<CutThroughRouter> routers_;
};

}  // namespace kirchhoff::hw
