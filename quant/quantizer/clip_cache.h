#pragma once

#include <string>

#include "quant/quantizer/calibration.h"

namespace kirchhoff::quant {

/// `calibrate`, read from or written to a cache file in `cache_dir` (empty: no cache), keyed by
/// model, data and options; `pass` must run over `calibration`. A file that is
/// not ours is replaced, one that cannot be read or whose checksum is wrong with a warning; one
/// that cannot be written costs time only.
ClipTable calibrate_cached(const Model& model, const Dataset& calibration,
                           const ActivationPass& pass, const std::string& cache_dir,
                           const QuantizationOptions& options = {});
/// $KIRCHHOFF_CACHE, else $XDG_CACHE_HOME/kirchhoff, else $HOME/.cache/kirchhoff; empty without
/// any.
std::string default_cache_dir();

}  // namespace kirchhoff::quant
