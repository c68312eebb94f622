#pragma once

namespace kirchhoff {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace kirchhoff
