#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component tile_adder() {
  using namespace counting;
  const Expression sums = per_block(quantity::columns()) - quantity::layer_columns();
  Component c("tile_adder", quantity::tiles());
  c.events = {
      CostEvent("tile_adds", "sums added to a sum that is there")
          .costs("tile_adder.add_pj")
          .expected(per_window(sums), both(quantity::is_whole_layer(), quantity::has_blocks()))};
  c.laws = {{"tile_adder.leak_mw", {{"tile_adder.lanes", 1}}, kLanes},
            {"tile_adder.area_um2", {{"tile_adder.lanes", 1}}, kLanes},
            {"tile_adder.rated_mw",
             {{"tile_adder.lanes", 1}, {"clock.tile_mhz", 1}},
             kFullRate,
             "tile_adder.leak_mw"}};
  return c;
}

}  // namespace kirchhoff::hw::tables
