#include "hw/tile/sfu.h"

#include <algorithm>

namespace kirchhoff::hw {

std::int32_t requantised_index(std::int64_t accumulator, std::int32_t multiplier, std::int64_t bias,
                               int shift, int output_bits) {
  const std::int64_t shifted = (accumulator * multiplier + bias) >> shift;
  const std::int64_t limit = std::int64_t{1} << output_bits;
  return static_cast<std::int32_t>(std::clamp(shifted, -limit, limit - 1));
}

void ReluTable::program(int output_bits) {
  offset_ = 1 << output_bits;
  entries_.resize(static_cast<std::size_t>(2 * offset_));
  for (std::int32_t v = -offset_; v < offset_; ++v)
    entries_[static_cast<std::size_t>(v + offset_)] = std::max(v, 0);
}

Sfu::Sfu(const sc_core::sc_module_name& name, const SfuConfig& config, const Clock& clock,
         const Tracer* tracer)
    : sc_module(name),
      config_(config),
      clock_(clock),
      state_(Probe::text(tracer, *this, "state")),
      output_(Probe::integer(tracer, *this, "output", 32)) {
  port.bind(*this);
}

void Sfu::reset() { requantised_ = comparisons_ = 0; }

void Sfu::process(const Sums& sums, int count, const SfuConstants& constants, bool first,
                  Sums& maximum) {
  state_.set("busy");
  requantised_ += static_cast<std::uint64_t>(count);
  if (!first) comparisons_ += static_cast<std::uint64_t>(count);
  if (!sums.empty()) {
    if (first) maximum.assign(sums.size(), 0);
    for (std::size_t c = 0; c < sums.size(); ++c) {
      const std::int32_t value =
          table_.read(requantised_index(sums[c], constants.multiplier[c], constants.bias[c],
                                        constants.shift, constants.output_bits));
      maximum[c] = std::max(maximum[c], Sum{value});
    }
  }
  const int cycles = (count + config_.lanes - 1) / config_.lanes + config_.latency_cycles;
  wait_until(clock_.edge_ps(clock_.now() + static_cast<Cycle>(cycles)));
  if (!maximum.empty()) output_.set(maximum[0]);
  state_.set("idle");
}

}  // namespace kirchhoff::hw
