#pragma once

namespace kirchhoff::cli {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace kirchhoff::cli
