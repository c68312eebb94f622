#pragma once

#include <vector>

#include "hw/config/chip_config.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// Nanoseconds of a bit step in the steady state of the bit-step pipeline, the mean where digits
/// take different numbers of pulses: for every group of rows, with overlap the longer of drive +
/// read and conversion, plus the acquisition; the sum of all stages without (docs/costs.md). The
/// layer's PEs work in step, so the slowest of `blocks` counts.
double ideal_step_ns(const hw::ChipConfig& config, const std::vector<BlockShape>& blocks,
                     int activation_bits);

/// What the layer would cost for `images` images if no window ever waited, from a report whose
/// tiles, counters and ledger are filled: latency = eq. (8) of the paper x the time of a bit step,
/// without the fill of the pipeline, or, on no crossbars, the cycles of its SFUs; energy = the
/// events, which do not depend on waiting, and leakage for that time only.
IdealLayer ideal_layer(const hw::ChipConfig& config, const LayerReport& layer, int images);

}  // namespace kirchhoff::sim
