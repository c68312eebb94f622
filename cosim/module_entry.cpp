#include "cosim/module_entry.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/error.h"
#include "cosim/resources.h"

namespace kirchhoff::cosim {
namespace {

// A module takes what it calls from this program. Where that is a shared object inside another
// program, as Python's is, it was loaded for that program alone: now it is seen by all.
void show_own_functions() {
  Dl_info own = {};
  if (::dladdr(reinterpret_cast<void*>(&show_own_functions), &own) != 0)
    ::dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
}

}  // namespace

void* module_entry(const std::string& file, const char* function, const std::string& what) {
  const std::string path = module_file(file);
  show_own_functions();
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
