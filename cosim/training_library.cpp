#include "cosim/training_library.h"

#include <string>

#include <dlfcn.h>
#include <fmt/format.h>

#include "base/address_space.h"
#include "base/error.h"
#include "cosim/resources.h"

namespace kirchhoff::cosim {
namespace {

const quant::TrainingLibrary& open_module() {
  const std::string path = module_file("kirchhoff_training.so");
  // All its symbols at once, so that what is missing is said here; seen by all, because LibTorch's
  // own libraries look for each other.
  void* const module = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (module == nullptr) {
    const char* const reason = ::dlerror();
    throw RunError(fmt::format("LibTorch, which training and --device need, cannot be loaded: {}",
                               reason != nullptr ? reason : path.c_str()));
  }
  auto* const entry =
      reinterpret_cast<quant::TrainingLibraryEntry*>(::dlsym(module, quant::kTrainingLibraryEntry));
  if (entry == nullptr) {
    throw RunError(fmt::format("{}: not the module of this program: no function {}", path,
                               quant::kTrainingLibraryEntry));
  }
  require_address_space();
  return *entry();
}

}  // namespace

const quant::TrainingLibrary& training_library() {
  static const quant::TrainingLibrary& library = open_module();
  return library;
}

}  // namespace kirchhoff::cosim
