#pragma once

#include <vector>

#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

/// Those of the files in this folder. The source is made by the build from the files' names: FILE
/// holds a function `std::vector<OperatorType> FILE_operators()`.
std::vector<OperatorType> shipped_operators();

}  // namespace kirchhoff::quant
