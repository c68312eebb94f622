#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component subtractor() {
  using namespace counting;
  const auto none = [](const Expression& count) {
    return count.none_if(key_is("mapping.encoding", "offset"),
                         "the offset encoding subtracts nothing");
  };
  Component c("subtractor", none(quantity::pairs()));
  c.events = {
      CostEvent("subtractions",
                "columns in use x pairs, per read of a bit step; per bit of what is integrated")
          .costs("subtractor.subtract_pj")
          .expected(none(columns_integrated(quantity::activation_bits())))};
  c.leak.reset();
  c.laws = {{"subtractor.rated_mw", {{"adc.per_pair", 1}, {"clock.pe_mhz", 1}}, kPerConversion},
            {"subtractor.area_um2", {{"adc.per_pair", 1}}, kPerConversion}};
  return c;
}

}  // namespace kirchhoff::hw::tables
