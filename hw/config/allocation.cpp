#include "hw/config/allocation.h"

#include <algorithm>

#include "hw/config/pe_config.h"

namespace kirchhoff::hw {

Allocation& Allocation::operator+=(const Allocation& other) {
  visit([](const char*, auto& sum, const auto& more) { sum += more; }, *this, other);
  return *this;
}

Allocation& Allocation::operator-=(const Allocation& other) {
  visit([](const char*, auto& rest, const auto& part) { rest -= part; }, *this, other);
  // Shares of routers are sums of fractions.
  routers = std::max(0.0, routers);
  links = std::max(0.0, links);
  return *this;
}

void Allocation::add_block(const PeConfig& pe, const BlockShape& block, int slices) {
  const int read = block.columns + pe.extra_columns();
  pairs += slices;
  dacs += slices * block.rows;
  columns += slices * read;
  adcs += slices * std::min(read, pe.adc.per_pair);
  cells += static_cast<long long>(arrays_per_lane(pe.encoding)) * slices * block.rows * read;
}

}  // namespace kirchhoff::hw
