#pragma once

namespace kirchhoff::base {

/// a / b rounded up, for a >= 0 and b >= 1 whose sum is an int.
constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }

}  // namespace kirchhoff::base
