#pragma once

#include <string>

namespace kirchhoff::quant {

/// Throws InputError unless `value`, which `where` calls `key`, lies in [low, high].
void check_range(const std::string& where, const char* key, long long value, long long low,
                 long long high);

}  // namespace kirchhoff::quant
