#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component controller() {
  using namespace counting;
  Component c("controller", quantity::tiles());
  c.events = {
      CostEvent("commands", "commands to components of the tile").costs("controller.command_pj"),
      CostEvent("windows", "windows completed").expected(per_window(quantity::tiles_of_copy()))};
  c.sleeps = false;  // it waits for the first pixels
  c.laws = {
      {"controller.rated_mw", {{"clock.tile_mhz", 1}}, kFullRate, "controller.leak_mw"},
      {"controller.area_um2", {{"tile.write_arrays", 0, "write drivers are in no constant"}}}};
  return c;
}

}  // namespace kirchhoff::hw::tables
