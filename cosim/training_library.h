#pragma once

#include "quant/training/training_library.h"

namespace kirchhoff::cosim {

/// LibTorch's part of the program. The first call opens the module that holds it, which lies beside
/// the program in a build and under the library folder of an installed one; RunError that says
/// where it was looked for, or why it cannot be opened.
const quant::TrainingLibrary& training_library();

}  // namespace kirchhoff::cosim
