#pragma once

#include <vector>

#include "agent/search_methods.h"

namespace kirchhoff::agent {

/// Those of the folders under agent/methods. The source is made by the build from the folders'
/// names: FOLDER holds a function `std::vector<SearchMethodType> FOLDER_methods()`.
std::vector<SearchMethodType> shipped_methods();

}  // namespace kirchhoff::agent
