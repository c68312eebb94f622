#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component sample_hold() {
  using namespace counting;
  const Condition absent = key_is("sample_hold.present", "false");
  Component c("sample_hold", quantity::columns_in_use().none_if(
                                 absent, "sample_hold.present = false: no column has one"));
  c.events = {
      CostEvent("samples",
                "columns in use x pairs, per read of a bit step, or times that it is integrated; 0 "
                "without sample-and-holds")
          .costs("sample_hold.sample_pj")
          .expected(columns_integrated(quantity::pulses())
                        .none_if(absent, "sample_hold.present = false: no column is held"))};
  return c;
}

}  // namespace kirchhoff::hw::tables
