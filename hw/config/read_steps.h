#pragma once

#include <algorithm>

#include "hw/config/pe_config.h"

namespace kirchhoff::hw {

/// How a block is read. Its inputs reach the word lines in bit steps: a step drives one digit of
/// every input, `dac.bits` bits or fewer, the least significant first. A step reads the rows in
/// groups of `crossbar.rows_per_read`, one after the other; every read ends in conversions of its
/// own. Plain functions, shared by the PE, the closed forms and the mapping.

/// What a bit step drives: bits `bit` up to `bit` + `bits` - 1 of the inputs.
struct InputDigit {
  int bit = 0, bits = 1;
};

/// Bit steps of inputs of `activation_bits` bits.
constexpr int bit_steps(const DacConfig& dac, int activation_bits) {
  return (activation_bits + dac.bits - 1) / dac.bits;
}

/// The digit of bit step `step`: all are equally wide, or the first ones a bit wider (8 bits in
/// steps of at most 3: 3 + 3 + 2, as in Xue et al., ISSCC 2021).
constexpr InputDigit input_digit(const DacConfig& dac, int activation_bits, int step) {
  const int steps = bit_steps(dac, activation_bits);
  const int narrow = activation_bits / steps, wider = activation_bits % steps;
  return {step * narrow + std::min(step, wider), narrow + (step < wider ? 1 : 0)};
}

/// Whether digits are multiplied behind the converters: near-memory mode.
constexpr bool multiplies_digitally(const DacConfig& dac) {
  return dac.levels == DacLevels::kDigital;
}

/// Read times that a digit takes: as pulses and integrated as many as its largest value.
constexpr int pulses(const DacConfig& dac, const InputDigit& digit) {
  return dac.levels == DacLevels::kVoltage || multiplies_digitally(dac) ? 1 : (1 << digit.bits) - 1;
}

/// How often the word lines are driven and cells read for a digit: what is integrated is read once
/// per bit.
constexpr int drives(const DacConfig& dac, const InputDigit& digit) {
  return dac.levels == DacLevels::kIntegrated ? digit.bits : pulses(dac, digit);
}

/// How often a column's difference is taken, and sampled.
constexpr int subtractions(const DacConfig& dac, const InputDigit& digit) {
  return dac.levels == DacLevels::kIntegrated ? digit.bits : 1;
}
constexpr int samples(const DacConfig& dac, const InputDigit& digit) {
  return dac.levels == DacLevels::kIntegrated ? pulses(dac, digit) : 1;
}

/// Of all bit steps of a product together: of_product(pulses, ...).
constexpr int of_product(int (*amount)(const DacConfig&, const InputDigit&), const DacConfig& dac,
                         int activation_bits) {
  int sum = 0;
  for (int step = 0; step < bit_steps(dac, activation_bits); ++step)
    sum += amount(dac, input_digit(dac, activation_bits, step));
  return sum;
}

/// Largest value of a digit of `dac.bits` bits, and the smallest where inputs have a sign: DACs of
/// several bits drive the digit with the sign bit with its sign. One-bit DACs cannot: the
/// shift-adder subtracts the step.
constexpr int largest_digit(const DacConfig& dac) { return (1 << dac.bits) - 1; }
constexpr int smallest_digit(const DacConfig& dac, bool input_signed) {
  return input_signed && dac.bits > 1 ? -(1 << (dac.bits - 1)) : 0;
}

/// What a word line carries at most and at least: the digit, or whether its row is read.
constexpr int largest_drive(const DacConfig& dac) {
  return multiplies_digitally(dac) ? 1 : largest_digit(dac);
}
constexpr int smallest_drive(const DacConfig& dac, bool input_signed) {
  return multiplies_digitally(dac) ? 0 : smallest_digit(dac, input_signed);
}

/// Rows of an array that are read at once.
constexpr int rows_per_read(const CrossbarConfig& crossbar) {
  return crossbar.rows_per_read == 0 ? crossbar.rows
                                     : std::min(crossbar.rows_per_read, crossbar.rows);
}

/// Reads of a bit step of a block with `rows` rows.
constexpr int row_groups(const CrossbarConfig& crossbar, int rows) {
  const int at_once = rows_per_read(crossbar);
  return (rows + at_once - 1) / at_once;
}

/// All reads of a product with a block.
struct BlockReads {
  int bit_steps = 0, groups = 0;  ///< of a product, and of a bit step
  /// Of a group in all bit steps together.
  int pulses = 0, drives = 0, subtractions = 0, samples = 0;

  int reads() const { return bit_steps * groups; }
};

constexpr BlockReads reads_of_block(const PeConfig& pe, int rows, int activation_bits) {
  return {bit_steps(pe.dac, activation_bits),
          row_groups(pe.crossbar, rows),
          of_product(pulses, pe.dac, activation_bits),
          of_product(drives, pe.dac, activation_bits),
          of_product(subtractions, pe.dac, activation_bits),
          of_product(samples, pe.dac, activation_bits)};
}

}  // namespace kirchhoff::hw
