#pragma once

#include <string>

#include "sim/explain_scopes.h"

namespace kirchhoff::sim {

/// Fills `e` when `what` is "time", "energy", "cells" or "pulses" of loading the weights, which is
/// no part of an inference. False otherwise.
bool explain_programming(Explanation& e, const std::string& what, const Scopes& scopes,
                         const Constants& constants);

}  // namespace kirchhoff::sim
