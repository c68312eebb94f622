#include "hw/config/components/counting.h"
#include "hw/config/components/memory.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component tile_register() {
  using namespace counting;
  Component c("tile_register", quantity::tiles());
  c.events = {
      CostEvent("tile_register_reads",
                "words of tile_register.word_bits: 32 x columns (48 or 64 for wider sums), "
                "whenever a sum is added to one that is there, and once per window and column "
                "group for the SFU or the network interface that takes it")
          .costs("tile_register.read_pj"),
      CostEvent("tile_register_writes",
                "words, likewise, for every block drained, every partial sum received, and every "
                "received sum added")
          .costs("tile_register.write_pj")};
  c.laws = memory_laws({"tile_register", "tile_register.bytes", {{"clock.tile_mhz", 1}}});
  return c;
}

}  // namespace kirchhoff::hw::tables
