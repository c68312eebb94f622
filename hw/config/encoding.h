#pragma once

namespace kirchhoff::hw {

/// How the integers of a block lie in crossbars (docs/arithmetic.md). Plain functions shared by the
/// mapping, which programs the cells, and the PE, which reads them.

/// Differential: the magnitude's slices in the positive or in the negative array of a pair, whose
/// columns are subtracted. Offset: weight + 2^(w-1), unsigned, in one array per slice (ISAAC).
enum class Encoding { kDifferential, kOffset };
/// Pairs that hold a weight: all w bits as eq. (7) counts, or w-1 because the sign is in the pair.
enum class SliceRule { kEq7, kMagnitude };
/// Where the offset encoding takes the sum of the inputs from: a column of ones in every array, or
/// a count of the driven word lines.
enum class InputSum { kUnitColumn, kDigital };

/// Names of the enumerations in config files, in the order of their values.
inline constexpr const char* kEncodingNames[] = {"differential", "offset"};
inline constexpr const char* kSliceRuleNames[] = {"eq7", "magnitude"};
inline constexpr const char* kInputSumNames[] = {"unit_column", "digital"};

/// Largest level of a cell of `cell_bits` bits.
constexpr int top_level(int cell_bits) { return (1 << cell_bits) - 1; }

/// Arrays behind one lane (one set of DACs, sample-and-holds and ADCs) of a PE.
constexpr int arrays_per_lane(Encoding encoding) {
  return encoding == Encoding::kDifferential ? 2 : 1;
}

/// Columns that an array reads beyond those of its block: ISAAC's unit column.
constexpr int extra_columns(Encoding encoding, InputSum input_sum) {
  return encoding == Encoding::kOffset && input_sum == InputSum::kUnitColumn ? 1 : 0;
}

/// Lanes that a weight of `weight_bits` bits takes. The offset encoding stores all w bits, whatever
/// the rule says of magnitudes.
constexpr int weight_slices(Encoding encoding, SliceRule rule, int weight_bits, int cell_bits) {
  const bool sign_in_pair = encoding == Encoding::kDifferential && rule == SliceRule::kMagnitude;
  return ((sign_in_pair ? weight_bits - 1 : weight_bits) + cell_bits - 1) / cell_bits;
}

/// Bits of an unsigned integer.
constexpr int bit_width(long long value) {
  int bits = 0;
  while (value >> bits != 0) ++bits;
  return bits;
}

/// ISAAC's flipped columns: a column whose levels, summed over its rows, reach this is stored as
/// top_level - level. It is the most significant bit of the largest sum that an array of `rows`
/// rows could give, so every stored column stays below it and the ADC needs one bit less.
constexpr int flip_threshold(int rows, int cell_bits) {
  return 1 << (bit_width(static_cast<long long>(rows) * top_level(cell_bits)) - 1);
}

/// Bits that an accumulator of a layer with `rows` rows takes in registers and on wires.
constexpr int sum_bits(int weight_bits, int activation_bits, int rows) {
  const int needed = weight_bits + activation_bits + bit_width(rows - 1);
  return needed <= 32 ? 32 : needed <= 48 ? 48 : 64;
}

}  // namespace kirchhoff::hw
