#pragma once

namespace kirchhoff::cosim {

/// agent::find_evolution() is pagmo's from now on, by the module kirchhoff_evolution.so, which is
/// loaded with the first search that needs it.
void evolve_by_module();

}  // namespace kirchhoff::cosim
