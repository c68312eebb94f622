#include "cosim/module_entry.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/error.h"
#include "cosim/resources.h"

namespace kirchhoff::cosim {

void* module_entry(const std::string& file, const char* function, const std::string& what) {
  const std::string path = module_file(file);
  // All its symbols at once, so that what is missing is said here; seen by all, because LibTorch's
  // own libraries look for each other.
  void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (module == nullptr) {
    const char* const reason = ::dlerror();
    throw RunError(
        fmt::format("{}, cannot be loaded: {}", what, reason != nullptr ? reason : path.c_str()));
  }
  void* const entry = ::dlsym(module, function);
  if (entry == nullptr) {
    throw RunError(
        fmt::format("{}: not the module of this program: no function {}", path, function));
  }
  return entry;
}

}  // namespace kirchhoff::cosim
