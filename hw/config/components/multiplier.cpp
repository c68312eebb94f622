#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component multiplier() {
  using namespace counting;
  const Expression products = per_window(quantity::output_channels() * quantity::layer_rows());
  Component c("multiplier", quantity::multipliers());
  c.present = key_is("mapping.depthwise", "digital");
  c.events = {
      CostEvent("bit_products",
                "partial products: weight bits x activation bits of every value of a window")
          .costs("multiplier.bit_pj")
          .expected(products * quantity::weight_bits() * quantity::activation_bits(),
                    both(quantity::is_whole_layer(), quantity::is_digital()))};
  const std::vector<Factor> size = {{"multiplier.lanes", 1}, {"multiplier.bits", 2}};
  c.laws = {{"multiplier.leak_mw", size, kCellArray},
            {"multiplier.area_um2", size, kCellArray},
            {"multiplier.rated_mw", with(size, {{"clock.tile_mhz", 1}}), kFullRate,
             "multiplier.leak_mw"}};
  return c;
}

}  // namespace kirchhoff::hw::tables
