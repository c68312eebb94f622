#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "quant/accuracy/inference_engine.h"
#include "quant/data/dataset.h"
#include "quant/network/network.h"
#include "quant/quantizer/quantizer.h"
#include "quant/training/gradient_losses.h"
#include "quant/training/training.h"

namespace kirchhoff::quant {

/// What takes LibTorch, as a table of functions: loading that library costs half a second and 190
/// MB, so a program may leave it in a module and open that when it is needed
/// (docs/architecture.md). Each entry is the function of quant/torch that its comment names.
struct TrainingLibrary {
  /// set_torch_threads()
  int (*set_threads)(int threads);
  /// train_network()
  TrainingOutcome (*train)(const Network& network, const Dataset& train, const Dataset& validation,
                           const TrainingOptions& options, const TrainingCallback& callback);
  /// DeviceInference
  std::unique_ptr<InferenceEngine> (*device_engine)(const Network& network, const Dataset& data,
                                                    const std::string& device);
  /// gradient_losses()
  NetworkLosses (*gradient_losses)(Quantizer& quantizer, const std::vector<LayerId>& layers,
                                   const Dataset& data, std::size_t images, GradientLoss loss,
                                   const GradientProgress& progress);
  /// torch_version()
  std::string (*version)();
};

/// Name of the module's function that returns the table.
constexpr const char* kTrainingLibraryEntry = "kirchhoff_training_library";
using TrainingLibraryEntry = const TrainingLibrary*();

}  // namespace kirchhoff::quant
