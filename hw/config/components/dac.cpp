#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component dac() {
  using namespace counting;
  const std::vector<Factor> line = {{"crossbar.cols", 1}};
  const std::vector<Factor> driver = with(line, {{quantity::line_voltages(), 1}});
  constexpr char kDriver[] = "assumption: a driver grows with the line that it drives";
  constexpr char kSwitches[] = "assumption: likewise; a switch for every voltage";

  Component c("dac", quantity::rows_in_use());
  c.events = {CostEvent("dac_drives",
                        "rows in use x pairs, per bit step and drive; per round without "
                        "sample-and-holds")
                  .costs("dac.drive_pj")
                  .expected(per_drive(
                      per_block(quantity::slices() * shown_summed(quantity::rows()) * drives())))};
  c.laws = {{"dac.drive_ns", {{"crossbar.cols", 0, kSettling}}},
            {"dac.drive_pj", line, kDriver},
            {"dac.leak_mw", driver, kSwitches},
            {"dac.rated_mw", driver, kSwitches},
            {"dac.area_um2", driver, kSwitches}};
  return c;
}

}  // namespace kirchhoff::hw::tables
