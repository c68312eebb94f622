#include "hw/controller/channels.h"

#include <algorithm>

namespace kirchhoff::hw {

void PartialCredits::reset(const TileProgram& program) {
  credits_.clear();
  for (const Group& group : program.groups) credits_.push_back(group.registers.windows);
}

void PartialCredits::give(const TileProgram& program, int channel_begin) {
  for (std::size_t g = 0; g < credits_.size(); ++g) {
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
bool RowCredits::takes(const TileProgram& program, int group, std::size_t hop,
                       long long row) const {
  const auto g = static_cast<std::size_t>(group);
  return program.groups[g].hops[hop].rows == 0 || row < rows_[g][hop];
}

void RowCredits::give(const TileProgram& program, NodeId node, long long rows) {
  for (std::size_t g = 0; g < rows_.size(); ++g) {
    const std::vector<HopRegisters>& hops = program.groups[g].hops;
    for (std::size_t h = 0; h < hops.size(); ++h) {
      if (hops[h].node == index(node)) rows_[g][h] = std::max(rows_[g][h], rows);
    }
  }
  given_.notify();
}

}  // namespace kirchhoff::hw
