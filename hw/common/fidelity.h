#pragma once

namespace kirchhoff::hw {

/// kBit: every bit step and conversion burst is an event in its own module. kMvm: a PE's
/// matrix-vector product is one event of the same duration and energy. Both agree in cycles,
/// counters and outputs.
enum class Fidelity { kBit, kMvm };

}  // namespace kirchhoff::hw
