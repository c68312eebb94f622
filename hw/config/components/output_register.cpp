#include "hw/config/components/counting.h"
#include "hw/config/components/memory.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component output_register() {
  using namespace counting;
  const Expression word = Expression("output_register.word_bits").as("bits");
  Component c("output_register", quantity::pes());
  c.events = {
      CostEvent("output_reads",
                "words of output_register.word_bits: 32 x columns (48 or 64 for wider sums), per "
                "read of a bit step, and once per window for the drain")
          .costs("output_register.read_pj"),
      CostEvent("output_writes", "words, likewise, per read of a bit step")
          .costs("output_register.write_pj")
          .expected(per_bit_step(per_block(
              rounded_up(quantity::sum_bits().as("") * quantity::columns() / word) * reads())))};
  c.laws = memory_laws({"output_register", "output_register.bytes", {{"clock.pe_mhz", 1}}});
  return c;
}

}  // namespace kirchhoff::hw::tables
