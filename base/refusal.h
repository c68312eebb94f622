#pragma once

#include <string>

namespace kirchhoff {

/// Throws the InputError "--NAME VALUE: RULE" about an option of the command line.
[[noreturn]] void refuse_option(const std::string& name, const std::string& value,
                                const std::string& rule);

}  // namespace kirchhoff
