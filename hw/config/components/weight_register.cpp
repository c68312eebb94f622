#include "hw/config/components/counting.h"
#include "hw/config/components/memory.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component weight_register() {
  using namespace counting;
  Component c("weight_register", quantity::multipliers());
  c.present = key_is("mapping.depthwise", "digital");
  c.events = {CostEvent("weight_reads",
                        "words of weight_register.word_bits: all weights of the tile, per window")
                  .costs("weight_register.read_pj")};
  c.sleeps = false;  // it holds the weights
  Memory memory{"weight_register", "weight_register.bytes", {{"clock.tile_mhz", 1}}};
  memory.written = false;
  c.laws = memory_laws(memory);
  return c;
}

}  // namespace kirchhoff::hw::tables
