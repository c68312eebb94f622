#pragma once

#include <string>
#include <vector>

#include <torch/torch.h>

namespace kirchhoff::quant {

/// All that are there: what holds on the CPU is checked on a GPU as well.
inline std::vector<std::string> torch_devices() {
  std::vector<std::string> names = {"cpu"};
  if (torch::cuda::is_available()) names.push_back("cuda");
  return names;
}

}  // namespace kirchhoff::quant
