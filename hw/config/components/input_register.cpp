#include "hw/config/components/counting.h"
#include "hw/config/components/memory.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component input_register() {
  using namespace counting;
  const Expression word = Expression("input_register.word_bits").as("bits");
  Component c("input_register", quantity::pes());
  c.events = {
      CostEvent("input_reads", "words of input_register.word_bits: rows, per input bit, and round")
          .costs("input_register.read_pj")
          .expected(per_input_bit(per_block(rounded_up(quantity::rows() / word) * drives()))),
      CostEvent("input_writes", "words: rows x activation bits, per window")
          .costs("input_register.write_pj")
          .expected(per_window(per_block(
              rounded_up(quantity::rows() * quantity::activation_bits().as("") / word))))};
  c.laws = memory_laws({"input_register", "input_register.bytes", {{"clock.pe_mhz", 1}}});
  return c;
}

}  // namespace kirchhoff::hw::tables
