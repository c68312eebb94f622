#pragma once

#include <cstdint>
#include <string>

namespace kirchhoff {

/// Picoseconds of a time such as "12us", "1.5 ns" or "250ps": a decimal number and one of ps, ns,
/// us, ms, s. Throws InputError with `flag`, the text and what is allowed when it is anything else,
/// is no whole number of picoseconds, or exceeds 200 days.
std::uint64_t parse_time_ps(const std::string& flag, const std::string& text);

/// Bytes of a size such as "1GB", "500 MB", "64kB" or "4096B": a decimal number and one of B, kB,
/// MB, GB, TB (powers of 1000). Throws InputError like parse_time_ps().
std::uint64_t parse_bytes(const std::string& flag, const std::string& text);

/// "12.34 us": the largest unit in which the number is at least 1, at most 4 significant digits.
std::string format_time(std::uint64_t ps);
/// "1.2 GB", in the same manner.
std::string format_bytes(double bytes);

}  // namespace kirchhoff
