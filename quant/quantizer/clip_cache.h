#pragma once

#include <string>

#include "quant/quantizer/calibration.h"

namespace kirchhoff::quant {

/// `calibrate`, read from `shipped_dir`, the folder of the model, where clips may lie beside it, or
/// read from or written to a cache file in `cache_dir` (either may be empty: none), keyed by model,
/// data and options; `pass` must run over `calibration`. A file that cannot be read or is not ours
/// is passed over, and in the cache replaced; one that cannot be written costs time only.
ClipTable calibrate_cached(const Model& model, const Dataset& calibration,
                           const ActivationPass& pass, const std::string& shipped_dir,
                           const std::string& cache_dir, const QuantizationOptions& options = {});

}  // namespace kirchhoff::quant
