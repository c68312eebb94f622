#include "hw/pe/conversion.h"

#include "hw/common/target_clones.h"

namespace kirchhoff::hw {

namespace {

// Without a division the loop is a few vector instructions.
KIRCHHOFF_TARGET_CLONES
std::uint32_t saturate(const std::int32_t* values, std::int32_t* codes, int count, std::int32_t low,
                       std::int32_t high) {
  std::uint32_t clipped = 0;
  for (int c = 0; c < count; ++c) {
    const std::int32_t code = std::min(std::max(values[c], low), high);
    clipped += code != values[c];
    codes[c] = code;
  }
  return clipped;
}

}  // namespace

void Converter::convert(const Columns& values, Columns& codes, std::uint64_t& clipped) const {
  codes.resize(values.size());
  if (exact()) {
    clipped += saturate(values.data(), codes.data(), static_cast<int>(values.size()), low_, high_);
    return;
  }
  for (std::size_t c = 0; c < values.size(); ++c) codes[c] = convert(values[c], clipped);
}

}  // namespace kirchhoff::hw
