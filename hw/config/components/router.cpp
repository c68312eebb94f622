#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component router() {
  using namespace counting;
  const Expression ports = quantity::router_ports();
  const std::vector<Factor> buffers = {
      {"noc.flit_bits", 1}, {"noc.vcs", 1}, {"noc.buffer_flits", 1}};
  const std::vector<Factor> flit = {
      {"noc.flit_bits", 1}, {"noc.vcs", 0.16}, {"noc.buffer_flits", 0.16}};
  constexpr char kRouter[] = "bits; depth: BookSim 2; ports: PUMA";
  constexpr char kBuffers[] = "input buffers, 94 % of a router's leakage (Noxim); ports: PUMA";

  Component c("router", quantity::routers());
  c.events = {CostEvent("router_flits", "flits x routers passed").costs("router.flit_pj")};
  c.sleeps = false;  // packets of other layers pass it
  c.laws = {
      {"router.flit_pj", with(flit, {{ports, 0.67}}), kRouter},
      {"router.leak_mw", with(buffers, {{ports, 1.34}}), kBuffers},
      {"router.area_um2",
       with(buffers, {{ports, 1.3},
                      {"noc.ni_packets", 0, "buffers of network interfaces are in no constant"}}),
       kBuffers},
      {"router.rated_mw", with(flit, {{ports, 1.67}, {"clock.noc_mhz", 1}}), kRouter,
       "router.leak_mw"}};
  return c;
}

}  // namespace kirchhoff::hw::tables
