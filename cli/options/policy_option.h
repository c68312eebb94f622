#pragma once

#include <string>

#include "cli/options/options.h"

namespace kirchhoff::cli {

/// Declares --policy; cosim::read_policy() reads it.
void declare_policy(Options& options, std::string& policy);

}  // namespace kirchhoff::cli
