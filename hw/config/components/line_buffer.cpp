#include "hw/config/components/counting.h"
#include "hw/config/components/memory.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component line_buffer() {
  using namespace counting;
  Component c("line_buffer", quantity::tiles());
  c.events = {
      CostEvent("line_reads", "words of line_buffer.word_bits").costs("line_buffer.read_pj"),
      CostEvent("line_writes", "words of line_buffer.word_bits").costs("line_buffer.write_pj")};
  c.laws = memory_laws({"line_buffer", "line_buffer.bytes", {{"clock.tile_mhz", 1}}});
  return c;
}

}  // namespace kirchhoff::hw::tables
