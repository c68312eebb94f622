#include "hw/config/components/counting.h"
#include "hw/config/components/tables.h"

namespace kirchhoff::hw::tables {

Component link() {
  using namespace counting;
  // link.mm is the pitch of the tiles; a concentrated mesh spaces its routers over several.
  const Expression hop_mm = Expression("link.mm") * quantity::tiles_between_routers();
  Component c("link", quantity::links() * hop_mm.as("mm"));
  c.events = {CostEvent("link_flits", "flits x links between routers passed")
                  .costs({"link.flit_mm_pj", hop_mm * "link.flit_mm_pj"})};
  c.leak = "link.leak_mm_mw";
  c.sleeps = false;  // packets of other layers pass it
  c.rated = "link.rated_mm_mw";
  c.area.reset();  // wires over the tiles
  c.laws = {{"link.mm", {{"tile.pes", 0.5}}, "side of the tile"},
            {"link.flit_mm_pj", {{"noc.flit_bits", 1}}, kWires},
            {"link.leak_mm_mw", {{"noc.flit_bits", 1}}, kWires},
            {"link.rated_mm_mw",
             {{"noc.flit_bits", 1}, {"clock.noc_mhz", 1}},
             kFullRate,
             "link.leak_mm_mw"}};
  return c;
}

}  // namespace kirchhoff::hw::tables
