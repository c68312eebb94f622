#pragma once

#include "sim/explain_scopes.h"

namespace kirchhoff::sim {

/// "latency" of the whole run: the layers in time, and what each adds to the end of those before.
void explain_latency(Explanation& e, const CostReport& report, const Scopes& scopes,
                     const Constants& constants);
/// "cycles": the same in cycles of the tile clock.
void explain_cycles(Explanation& e, const CostReport& report, const Constants& constants);
/// "duration" of a stream of images: the first one's latency, and what the others add.
void explain_duration(Explanation& e, const CostReport& report);
/// "latency" of a layer: its ideal and what it waited for.
void explain_layer_latency(Explanation& e, const Scope& layer, const Constants& constants);
/// "ideal.latency" and "ideal.energy" of a layer.
void explain_ideal_latency(Explanation& e, const Scope& layer, const Constants& constants);
void explain_ideal_energy(Explanation& e, const Scope& layer, const Constants& constants);

}  // namespace kirchhoff::sim
