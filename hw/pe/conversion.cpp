#include "hw/pe/conversion.h"

#include "hw/pe/column_loops.h"

namespace kirchhoff::hw {

void Converter::convert(const Columns& values, int first_column,
                        const std::vector<base::Staircase>& real, Columns& codes,
                        std::uint64_t& clipped) const {
  codes.resize(values.size());
  if (!real.empty()) {
    auto next = static_cast<std::size_t>(first_column) % real.size();
    for (std::size_t c = 0; c < values.size(); ++c) {
      codes[c] = convert(values[c], real[next], clipped);
      if (++next == real.size()) next = 0;
    }
    return;
  }
  // Without a division the loop is a few vector instructions.
  if (exact()) {
    clipped += saturate(values.data(), codes.data(), static_cast<int>(values.size()), low_, high_);
    return;
  }
  for (std::size_t c = 0; c < values.size(); ++c) codes[c] = convert(values[c], clipped);
}

}  // namespace kirchhoff::hw
