// The module's only entry: quant/training/training_library.h says what it is for.
#include "quant/torch/device_inference.h"
#include "quant/torch/gradient_losses.h"
#include "quant/torch/threads.h"
#include "quant/torch/trainer.h"
#include "quant/training/training_library.h"

namespace {

namespace quant = kirchhoff::quant;

std::unique_ptr<quant::InferenceEngine> device_engine(const quant::Network& network,
                                                      const quant::Dataset& data,
                                                      const std::string& device) {
  return std::make_unique<quant::DeviceInference>(network, data, device);
}

constexpr quant::TrainingLibrary kLibrary = {quant::set_torch_threads, quant::train_network,
                                             device_engine, quant::gradient_losses,
                                             quant::torch_version};

}  // namespace

extern "C" const quant::TrainingLibrary* kirchhoff_training_library() { return &kLibrary; }
