#pragma once

namespace kirchhoff::base {

/// The x below which a standard normal number lies with probability `p`, which must be in (0, 1):
/// within 1e-15 of it relatively (M. J. Wichura, "Algorithm AS 241: the percentage points of the
/// normal distribution", Applied Statistics 37(3), 1988), the same bits on every processor.
double normal_quantile(double p);

}  // namespace kirchhoff::base
