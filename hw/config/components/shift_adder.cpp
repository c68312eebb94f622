#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component shift_adder() {
  using namespace counting;
  Component c("shift_adder", quantity::pairs());
  c.events = {CostEvent("shift_adds", "columns in use x pairs, per read of a bit step")
                  .costs("shift_adder.add_pj")
                  .expected(columns_of_slices(), key_is("mapping.encoding", "differential"))};
  // The partial products of a code of a few bits: as many as the digit has bits.
  const Factor multiplied = {quantity::multiplied_bits(), 1};
  constexpr char kProducts[] =
      "one for every ADC: MNSIM 2.0; near-memory mode: for every bit that it is multiplied by";
  c.laws = {{"shift_adder.add_pj",
             {multiplied},
             "assumption: near-memory mode adds a code for every bit of the digit"},
            {"shift_adder.leak_mw", {{"adc.per_pair", 1}, multiplied}, kProducts},
            {"shift_adder.area_um2", {{"adc.per_pair", 1}, multiplied}, kProducts},
            {"shift_adder.rated_mw",
             {{"adc.per_pair", 1}, {"clock.pe_mhz", 1}, multiplied},
             kProducts,
             "shift_adder.leak_mw"}};
  return c;
}

}  // namespace kirchhoff::hw::tables
