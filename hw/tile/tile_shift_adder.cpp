#include "hw/tile/tile_shift_adder.h"

namespace kirchhoff::hw {

TileShiftAdder::TileShiftAdder(const sc_core::sc_module_name& name, const TileAdderConfig& config,
                               const RegisterConfig& register_config, const Tracer* tracer)
    : sc_module(name),
      config_(config),
      register_(register_config),
      value_(Probe::integer(tracer, *this, "value", 32)) {
  port.bind(*this);
}

void TileShiftAdder::add(Sums& sum, const Sums& addend, int count, int bits, bool first) {
  const std::uint64_t accesses = words(register_, static_cast<long long>(count) * bits);
  writes_ += accesses;
  if (!first) {
    adds_ += static_cast<std::uint64_t>(count);
    reads_ += accesses;
  }
  if (addend.empty()) return;
  if (first) {
    sum = addend;
  } else {
    for (std::size_t i = 0; i < addend.size(); ++i) sum[i] += addend[i];
  }
  value_.set(static_cast<std::int64_t>(sum[0]));
}

}  // namespace kirchhoff::hw
