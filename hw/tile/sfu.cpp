#include "hw/tile/sfu.h"

#include <algorithm>
#include <numeric>

namespace kirchhoff::hw {

std::int32_t requantised_index(std::int64_t accumulator, std::int32_t multiplier, std::int64_t bias,
                               int shift, int output_bits, std::int64_t second) {
  const std::int64_t shifted = (accumulator * multiplier + second + bias) >> shift;
  const std::int64_t limit = std::int64_t{1} << output_bits;
  return static_cast<std::int32_t>(std::clamp(shifted, -limit, limit - 1));
}

Sfu::Sfu(const sc_core::sc_module_name& name, const SfuConfig& config,
         const MultiplierConfig& multiplier, const Clock& clock, const Tracer* tracer)
    : sc_module(name),
      config_(config),
      clock_(clock),
      multiplier_(multiplier),
      state_(Probe::text(tracer, *this, "state", "idle")),
      output_(Probe::integer(tracer, *this, "output", 32)) {
  port.bind(*this);
}

void Sfu::reset() {
  requantised_ = table_reads_ = comparisons_ = reductions_ = 0;
  multiplier_.reset();
}

void Sfu::program(const SfuProgram& program) {
  program_ = program;
  table_.program(program);
}

void Sfu::process(Sums& values, int count, const SfuOperands& operands, bool first, Sums& maximum) {
  state_.set("busy");
  for (const SfuStep step : program_.steps) {
    switch (step) {
      case SfuStep::kAdd:
        reductions_ += static_cast<std::uint64_t>(count);
        break;
      case SfuStep::kRequantise:
        requantise(values, count, operands);
        break;
      case SfuStep::kTable:
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

void Sfu::reduce(const WindowReduction& r, const std::vector<std::int32_t>& window, Sums& result) {
  const auto values = static_cast<int>(products_of(r));
  reductions_ += static_cast<std::uint64_t>(values);
  int cycles = (values + config_.lanes - 1) / config_.lanes;
  if (r.reduction == Reduction::kWeighted) {
    multiplier_.multiply(r, window, result);
    cycles = multiplier_.cycles(r);
  } else {
    result.clear();
    for (auto first = window.begin(); first != window.end(); first += r.pixels) {
      result.push_back(r.reduction == Reduction::kMaximum
                           ? *std::max_element(first, first + r.pixels)
                           : std::accumulate(first, first + r.pixels, Sum{0}));
    }
  }
  wait_until(clock_.edge_ps(clock_.now() + static_cast<Cycle>(cycles)));
}

// The adder of the second operand sits in the requantiser: both products meet before the shift.
void Sfu::requantise(Sums& values, int count, const SfuOperands& operands) {
  requantised_ += static_cast<std::uint64_t>(count);
  for (std::size_t c = 0; c < values.size(); ++c) {
    const std::size_t at = operands.by_channel ? c : 0;
    const std::int64_t second = operands.second == nullptr ? 0
                                                           : std::int64_t{operands.second[c]} *
                                                                 program_.residual_multiplier;
    values[c] = requantised_index(values[c], operands.multiplier[at], operands.bias[at],
                                  program_.shift, program_.output_bits, second);
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
