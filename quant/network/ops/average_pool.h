#pragma once

#include <memory>

#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

struct AveragePoolAttributes {
  bool global = false;  ///< over the whole map; the rest says nothing then
  Sweep sweep;
  bool ceil_mode = false;       ///< a last window may hang over the end of the map
  bool counts_padding = false;  ///< the padding's zeros are counted as pixels
};

/// Every channel's mean over windows.
std::shared_ptr<const Operator> average_pool(const AveragePoolAttributes& attributes);
std::shared_ptr<const Operator> global_average_pool();

}  // namespace kirchhoff::quant
