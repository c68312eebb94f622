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
      state_(Probe::text(tracer, *this, "state", "idle")),
      output_(Probe::integer(tracer, *this, "output", 32)) {
  port.bind(*this);
}

void Sfu::reset() { requantised_ = table_reads_ = comparisons_ = 0; }

void Sfu::program(const SfuProgram& program) {
  program_ = program;
  table_.program(program.output_bits);
}

void Sfu::process(Sums& values, int count, const SfuConstants& constants, bool first,
                  Sums& maximum) {
  state_.set("busy");
  for (const SfuStep step : program_.steps) {
    switch (step) {
      case SfuStep::kRequantise:
        requantise(values, count, constants);
        break;
      case SfuStep::kRelu:
        look_up(values, count);
        break;
      case SfuStep::kMaximum:
        take_maximum(values, count, first, maximum);
        break;
    }
  }
  const int cycles = (count + config_.lanes - 1) / config_.lanes + config_.latency_cycles;
  wait_until(clock_.edge_ps(clock_.now() + static_cast<Cycle>(cycles)));
  if (!maximum.empty()) output_.set(maximum[0]);
  state_.set("idle");
}

void Sfu::requantise(Sums& values, int count, const SfuConstants& constants) {
  requantised_ += static_cast<std::uint64_t>(count);
  for (std::size_t c = 0; c < values.size(); ++c) {
    values[c] = requantised_index(values[c], constants.multiplier[c], constants.bias[c],
                                  program_.shift, program_.output_bits);
  }
}

void Sfu::look_up(Sums& values, int count) {
  table_reads_ += static_cast<std::uint64_t>(count);
  for (Sum& value : values) value = table_.read(static_cast<std::int32_t>(value));
}

void Sfu::take_maximum(const Sums& values, int count, bool first, Sums& maximum) {
  if (first) {
    maximum = values;
    return;
  }
  comparisons_ += static_cast<std::uint64_t>(count);
  for (std::size_t c = 0; c < values.size(); ++c) maximum[c] = std::max(maximum[c], values[c]);
}

}  // namespace kirchhoff::hw
