#pragma once

namespace kirchhoff::quant {

/// Sets the number of threads that LibTorch computes with (0 = one per core that the process may
/// use) and makes all of them flush denormal floats, which slow late training down several times.
/// Returns the number.
int set_torch_threads(int threads);

}  // namespace kirchhoff::quant
