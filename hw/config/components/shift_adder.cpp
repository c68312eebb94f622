#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component shift_adder() {
  using namespace counting;
  Component c("shift_adder", quantity::pairs());
  c.events = {CostEvent("shift_adds", "columns in use x pairs, per read of a bit step")
                  .costs("shift_adder.add_pj")
                  .expected(columns_of_slices(), key_is("mapping.encoding", "differential"))};
  c.laws = {{"shift_adder.leak_mw", {{"adc.per_pair", 1}}, kPerConversion},
            {"shift_adder.area_um2", {{"adc.per_pair", 1}}, kPerConversion},
            {"shift_adder.rated_mw",
             {{"adc.per_pair", 1}, {"clock.pe_mhz", 1}},
             kPerConversion,
             "shift_adder.leak_mw"}};
  return c;
}

}  // namespace kirchhoff::hw::tables
