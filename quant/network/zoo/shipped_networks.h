#pragma once

#include <vector>

#include "quant/network/networks.h"

namespace kirchhoff::quant {

/// Those of the files in this folder. The source is made by the build from the files' names.
std::vector<ShippedNetwork> networks_of_files();

}  // namespace kirchhoff::quant
