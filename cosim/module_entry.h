#pragma once

#include <string>

namespace kirchhoff::cosim {

/// A function of a module that lies beside the program and is loaded now. `what` says in the error
/// what cannot be loaded and who needs it. RunError when the module or the function is not there.
void* module_entry(const std::string& file, const char* function, const std::string& what);

}  // namespace kirchhoff::cosim
