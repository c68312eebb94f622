#include "hw/controller/channels.h"

#include <algorithm>

namespace kirchhoff::hw {

void PartialCredits::reset(const TileProgram& program) {
  credits_.clear();
  for (const Group& group : program.groups) credits_.push_back(group.registers.windows);
}

void PartialCredits::give(const TileProgram& program, int channel_begin) {
  for (const GroupId g : credits_.ids()) {
    if (program.groups[g].registers.channel_begin == channel_begin) ++credits_[g];
  }
  given_.notify();
}

void RowCredits::reset(const TileProgram& program) {
  rows_.clear();
  for (const Group& group : program.groups) {
    rows_.emplace_back();
    for (const HopRegisters& hop : group.hops) rows_.back().push_back(hop.rows);
  }
}

// A hop without a limit takes any number of rows.
bool RowCredits::takes(const TileProgram& program, GroupId g, std::size_t hop,
                       long long row) const {
  return program.groups[g].hops[hop].rows == 0 || row < rows_[g][hop];
}

void RowCredits::give(const TileProgram& program, NodeId node, int operand, long long rows) {
  for (const GroupId g : rows_.ids()) {
    const std::vector<HopRegisters>& hops = program.groups[g].hops;
    for (std::size_t h = 0; h < hops.size(); ++h) {
      if (hops[h].node == index(node) && hops[h].operand == operand)
        rows_[g][h] = std::max(rows_[g][h], rows);
    }
  }
  given_.notify();
}

}  // namespace kirchhoff::hw
