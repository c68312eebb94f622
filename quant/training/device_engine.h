#pragma once

#include <cstddef>
#include <vector>

#include "quant/accuracy/accuracy_engine.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {

/// Exact inference on another device than this processor; answers as AccuracyEngine does.
class DeviceEngine {
 public:
  virtual ~DeviceEngine() = default;
  /// InputError for policies of more than 8 bits.
  virtual std::vector<int> predictions(const Policy& policy, std::size_t first,
                                       std::size_t images) = 0;
  virtual ImageLogits real_logits(const Policy& policy, std::size_t first, std::size_t images) = 0;
};

}  // namespace kirchhoff::quant
