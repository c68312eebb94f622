#include "hw/cells/write_effort.h"

#include <vector>

#include "hw/cells/cell_model.h"
#include "hw/config/encoding.h"

namespace kirchhoff::hw {

WriteEffort write_effort(const CellsConfig& cells, int cell_bits, int cells_of_row) {
  if (!cells.verifies()) return {};
  const CellModel model(cells, cell_bits);
  const int levels = top_level(cell_bits) + 1;
  std::vector<double> open(static_cast<std::size_t>(levels), 1.0);  // not near enough so far
  WriteEffort effort{0.0, 0.0};
  for (int write = 0; write < cells.verify_pulses; ++write) {
    double share = 0.0;
    for (const double one : open) share += one / levels;
    double all_done = 1.0;
    for (int c = 0; c < cells_of_row; ++c) all_done *= 1.0 - share;
    effort.of_cell += share;
    effort.of_row += 1.0 - all_done;
    for (int level = 0; level < levels; ++level)
      open[static_cast<std::size_t>(level)] *= 1.0 - model.acceptance(level);
  }
  return effort;
}

}  // namespace kirchhoff::hw
