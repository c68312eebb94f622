#include "quant/network/check_range.h"

#include <fmt/core.h>

#include "base/error.h"

namespace kirchhoff::quant {

void check_range(const std::string& where, const char* key, long long value, long long low,
                 long long high) {
  if (value < low || value > high)
    throw InputError(fmt::format("{}: {} = {}: must be in [{}, {}]", where, key, value, low, high));
}

}  // namespace kirchhoff::quant
