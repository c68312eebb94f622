#include "cosim/training_library.h"

#include "base/address_space.h"
#include "cosim/module_entry.h"

namespace kirchhoff::cosim {
namespace {

const quant::TrainingLibrary& open_module() {
  auto* const entry = reinterpret_cast<quant::TrainingLibraryEntry*>(
      module_entry("kirchhoff_training.so", quant::kTrainingLibraryEntry,
                   "LibTorch, which training and --device need"));
  require_address_space();
  return *entry();
}

}  // namespace

const quant::TrainingLibrary& training_library() {
  static const quant::TrainingLibrary& library = open_module();
  return library;
}

}  // namespace kirchhoff::cosim
