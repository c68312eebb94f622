#include "cosim/evolution_library.h"

#include "agent/evolution/evolution.h"
#include "cosim/module_entry.h"

namespace kirchhoff::cosim {

void evolve_by_module() {
  agent::set_evolution([] {
    static agent::Evolve* const evolve = reinterpret_cast<agent::EvolutionEntry*>(module_entry(
        "kirchhoff_evolution.so", agent::kEvolutionEntry, "pagmo, which NSGA-II comes from"))();
    return evolve;
  });
}

}  // namespace kirchhoff::cosim
