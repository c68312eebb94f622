#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component sfu() {
  using namespace counting;
  const Expression outputs = per_window(quantity::output_channels());
  const Expression delivered =
      outputs.none_if(quantity::is_last_layer(), "the last layer delivers its accumulators");
  const Condition whole_layer = quantity::is_whole_layer();
  Component c("sfu", quantity::tiles());
  c.events = {
      CostEvent("requantised", "values")
          .costs("sfu.requantise_pj")
          .expected(delivered, whole_layer),
      CostEvent("table_reads", "values").costs("sfu.lut_pj").expected(delivered, whole_layer),
      CostEvent("pool_comparisons", "values but the first of a pooling window")
          .costs("sfu.pool_pj")
          .expected(outputs * (1_n - 1_n / quantity::pooled_windows().as("")), whole_layer),
      // A comparator is an adder whose carry is all that is looked at.
      CostEvent("sfu_additions", "values of windows that the SFU reduces, and second operands")
          .costs("sfu.pool_pj")};
  c.laws = {{"sfu.leak_mw", {{"sfu.lanes", 1}}, kLanes},
            {"sfu.area_um2", {{"sfu.lanes", 1}}, kLanes},
            {"sfu.rated_mw", {{"sfu.lanes", 1}, {"clock.tile_mhz", 1}}, kFullRate, "sfu.leak_mw"}};
  return c;
}

}  // namespace kirchhoff::hw::tables
