#pragma once

#include <string>

namespace kirchhoff {

/// The linker's digest of the running program (its GNU build id) as hexadecimal digits: another one
/// whenever some code is another one. Empty where the program has none. For what a later build of
/// the program might compute otherwise.
std::string build_id();

}  // namespace kirchhoff
