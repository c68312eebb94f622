#pragma once

#include <Eigen/Core>

#include "quant/network/adc_model.h"
#include "quant/network/layer.h"

namespace kirchhoff::quant {

/// The weights that the real cells of a chip stand for, in the unit of the integers that they were
/// programmed to: what a column's current would be worth if no converter rounded it; in near-memory
/// mode what the converters make of each cell.
///
/// `weights`: rows() x out_channels, at `weight_bits` bits; the result likewise. `adc.cells` must
/// be there. Cells between the groups of a grouped convolution, which hold no weight but conduct as
/// well, are left out, and a unit column counts as ideal.
Eigen::MatrixXf conducted_weights(const AdcModel& adc, LayerId id, const Layer& layer,
                                  const Eigen::MatrixXi& weights, int weight_bits);

}  // namespace kirchhoff::quant
