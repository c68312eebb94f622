#include "hw/pe/conversion.h"

#include "hw/pe/column_loops.h"

namespace kirchhoff::hw {

void Converter::convert(const Columns& values, Columns& codes, std::uint64_t& clipped) const {
  codes.resize(values.size());
  // Without a division the loop is a few vector instructions.
  if (exact()) {
    clipped += saturate(values.data(), codes.data(), static_cast<int>(values.size()), low_, high_);
    return;
  }
  for (std::size_t c = 0; c < values.size(); ++c) codes[c] = convert(values[c], clipped);
}

}  // namespace kirchhoff::hw
