#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component dac() {
  using namespace counting;
  const std::vector<Factor> line = {{"crossbar.cols", 1}};
  constexpr char kDriver[] = "assumption: a driver grows with the line that it drives";

  Component c("dac", quantity::rows_in_use());
  c.events = {CostEvent("dac_drives",
                        "rows in use x pairs, per bit step; per round without sample-and-holds")
                  .costs("dac.drive_pj")
                  .expected(per_bit_step(
                      per_block(quantity::slices() * shown_summed(quantity::rows()) * drives())))};
  c.laws = {{"dac.drive_ns", {{"crossbar.cols", 0, kSettling}}},
            {"dac.drive_pj", line, kDriver},
            {"dac.leak_mw", line, kDriver},
            {"dac.rated_mw", line, kDriver},
            {"dac.area_um2", line, kDriver}};
  return c;
}

}  // namespace kirchhoff::hw::tables
