#pragma once

#include <memory>

#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

/// Every channel's maximum over windows; padding takes no part. `ceil_mode`: a last window may hang
/// over the end of the map.
std::shared_ptr<const Operator> max_pool(const Sweep& sweep, bool ceil_mode = false);

}  // namespace kirchhoff::quant
