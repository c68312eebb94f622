#pragma once

#include <string>
#include <vector>

#include "hw/config/component.h"

namespace kirchhoff::hw {

/// A register file or buffer with the keys NAME.word_bits, read_pj, write_pj, leak_mw, rated_mw and
/// area_um2.
struct Memory {
  std::string name;
  const char* capacity;              ///< key of its size
  std::vector<Factor> busy;          ///< what its accesses per time follow
  std::vector<Factor> more_cells{};  ///< what cells follow beside capacity and word
  bool written = true;               ///< while it works: it has the key NAME.write_pj
};

/// How the constants of a memory follow its sizes.
std::vector<ScalingLaw> memory_laws(const Memory& memory);

}  // namespace kirchhoff::hw
