// The module's only entry: agent/evolution/evolution.h says what it is for.
#include "agent/evolution/evolution.h"

extern "C" kirchhoff::agent::Evolve* kirchhoff_evolution() { return kirchhoff::agent::evolve; }
