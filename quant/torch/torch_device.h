#pragma once

#include <string>

#include <c10/core/Device.h>

namespace kirchhoff::quant {

/// "cpu" or "cuda"; InputError for anything else and where there is no CUDA device. cuDNN is held
/// to deterministic algorithms, so that equal seeds give equal bytes.
c10::Device torch_device(const std::string& name);

}  // namespace kirchhoff::quant
