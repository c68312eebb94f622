#include "hw/tile/tile_shift_adder.h"

namespace kirchhoff::hw {

TileShiftAdder::TileShiftAdder(const sc_core::sc_module_name& name, const TileAdderConfig& config,
                               const RegisterConfig& register_config, const Clock& clock,
                               const Tracer* tracer)
    : sc_module(name),
      config_(config),
      register_(register_config),
      lanes_("lanes", clock, {"drain", "complete", "receive"}, tracer),
      value_(Probe::integer(tracer, *this, "value", 32)) {
  port.bind(*this);
}

void TileShiftAdder::reset() {
  lanes_.reset();
  adds_ = reads_ = writes_ = 0;
}

void TileShiftAdder::add(AdderUser user, Sums& sum, const Sums& addend, int count, bool first) {
  lanes_.occupy(static_cast<std::size_t>(user),
                static_cast<Cycle>((count + config_.lanes - 1) / config_.lanes));
  const std::uint64_t accesses =
      words(register_, static_cast<long long>(count) * OutputRegister::kSumBits);
  writes_ += accesses;
  if (!first) {
    adds_ += static_cast<std::uint64_t>(count);
    reads_ += accesses;
  }
  if (!addend.empty()) {
    if (first) {
      sum = addend;
    } else {
      for (std::size_t i = 0; i < addend.size(); ++i) sum[i] += addend[i];
    }
    value_.set(sum[0]);
  }
}

}  // namespace kirchhoff::hw
