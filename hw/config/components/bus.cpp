#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component bus() {
  using namespace counting;
  const std::vector<Factor> wires = {{"bus.width_bits", 1}, {"tile.pes", 0.5}};
  Component c("bus", quantity::tiles());
  c.events = {CostEvent("bus_bytes", "bytes moved").costs("bus.byte_pj")};
  c.sleeps = false;  // it brings what its layer waits for
  c.laws = {{"bus.byte_pj", {{"tile.pes", 0.5}}, kWires},
            {"bus.leak_mw", wires, kWires},
            {"bus.area_um2", wires, kWires},
            {"bus.rated_mw", with(wires, {{"clock.tile_mhz", 1}}), kFullRate, "bus.leak_mw"}};
  return c;
}

}  // namespace kirchhoff::hw::tables
