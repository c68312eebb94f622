#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kirchhoff {

inline constexpr char kVersion[] = "0.1.0";

/// Of what this program was built: "4f2c81d03", with "-dirty" when files differed from the commit,
/// "unknown" when the sources were no Git checkout.
std::string_view build_commit();
/// "0.1.0+4f2c81d03", what results carry; "0.1.0" when the commit is unknown.
std::string full_version();

/// "GCC 12.2.0, Release".
std::string build_compiler();
/// The libraries that were found when this was built, with their versions: "SystemC 2.3.4".
std::vector<std::string> build_libraries();

}  // namespace kirchhoff
