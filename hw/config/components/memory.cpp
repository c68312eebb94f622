#include "hw/config/components/memory.h"

#include "hw/config/components/counting.h"

namespace kirchhoff::hw {

std::vector<ScalingLaw> memory_laws(const Memory& memory) {
  constexpr char kAccess[] = "bits; wires as long as the array's side: PUMA's memories";
  constexpr char kCells[] = "cells: PUMA's memories; ports: CACTI 7";
  const std::string word = memory.name + ".word_bits", leak = memory.name + ".leak_mw";
  const std::vector<Factor> access = {{word.c_str(), 1}, {memory.capacity, 0.5}};
  const std::vector<Factor> cells =
      counting::with({{memory.capacity, 1}, {word.c_str(), 0.25}}, memory.more_cells);
  std::vector<ScalingLaw> laws = {{memory.name + ".read_pj", access, kAccess}};
  if (memory.written) laws.push_back({memory.name + ".write_pj", access, kAccess});
  laws.push_back({leak, cells, kCells});
  laws.push_back({memory.name + ".area_um2", cells, kCells});
  laws.push_back(
      {memory.name + ".rated_mw", counting::with(access, memory.busy), counting::kFullRate, leak});
  return laws;
}

}  // namespace kirchhoff::hw
