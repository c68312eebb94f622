#pragma once

#include "quant/model/model.h"
#include "quant/network/golden.h"

namespace kirchhoff::quant {

/// True when the converter changes no conversion of this model, whatever widths and clips its
/// weights are quantised with. A differential column's sum comes from the rows whose weights have
/// the array's sign, since quantising leaves the sign or gives 0: these are counted. A step above 1
/// always rounds. False is no proof that something is lost: the counted rows need not conduct
/// together.
bool lossless(const AdcModel& adc, const Model& model);

}  // namespace kirchhoff::quant
