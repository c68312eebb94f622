#include "hw/config/components/counting.h"
#include "hw/config/components/memory.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component edram() {
  using namespace counting;
  Component c("edram", quantity::tiles());
  c.events = {CostEvent("edram_reads", "words of edram.word_bits").costs("edram.read_pj"),
              CostEvent("edram_writes", "words of edram.word_bits").costs("edram.write_pj")};
  c.sleeps = false;  // it holds what its layer waits for
  c.laws = memory_laws({"edram", "edram.kb", {{"edram.banks", 1}}, {{"edram.banks", 0.25}}});
  c.laws.insert(
      c.laws.begin(),
      {"edram.access_ns", {{"edram.kb", 0, "how much slower a larger buffer is is not modelled"}}});
  return c;
}

}  // namespace kirchhoff::hw::tables
