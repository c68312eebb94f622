#include "quant/torch/torch_device.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "base/error.h"

namespace kirchhoff::quant {

c10::Device torch_device(const std::string& name) {
  if (name == "cuda") {
    if (!torch::cuda::is_available()) {
      throw InputError("device cuda: this LibTorch has no CUDA device: must be cpu");
    }
    at::globalContext().setBenchmarkCuDNN(false);
    at::globalContext().setDeterministicCuDNN(true);
  } else if (name != "cpu") {
    throw InputError(fmt::format("device {}: must be cpu or cuda", name));
  }
  return {name};
}

}  // namespace kirchhoff::quant
