#include "quant/accuracy/adc_columns.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

namespace kirchhoff::quant {
namespace {

constexpr int kMaxLevelBits = 4;

int log2_exact(int value) {
  int bits = 0;
  while ((1 << bits) < value) ++bits;
  return (1 << bits) == value ? bits : -1;
}

int lowest_code(const AdcModel& adc) { return adc.offset ? 0 : -(1 << (adc.bits - 1)); }

/// Builds the lists of one layer.
class Packer {
 public:
  Packer(const AdcModel& adc, const Eigen::MatrixXi& weights, int weight_bits)
      : weights_(weights), weight_bits_(weight_bits) {
    result_.adc = adc;
    result_.rows = static_cast<int>(weights.rows());
    result_.columns = static_cast<int>(weights.cols());
    result_.blocks = (result_.rows + adc.block_rows - 1) / adc.block_rows;
    result_.lsb_bits = log2_exact(adc.lsb);
    result_.plain.setZero(weights.rows(), weights.cols());
  }

  AdcColumns pack() {
    const AdcModel& adc = result_.adc;
    const int used = std::min(result_.rows, adc.block_rows);
    // The unit column counts up to all rows; the inputs themselves are exact without one.
    bool exact_inputs = true;
    for (int driven = 0; adc.offset && adc.unit_column && driven <= used; ++driven)
      exact_inputs = exact_inputs && adc.convert(driven) == driven;
    for (int block = 0; block < result_.blocks; ++block) {
      first_row_ = block * adc.block_rows;
      last_row_ = std::min(result_.rows, first_row_ + adc.block_rows);
      for (int c = 0; c < result_.columns; ++c) {
        result_.first_slice.push_back(static_cast<std::uint32_t>(result_.slices.size()));
        int factor = adc.offset ? -(1 << (weight_bits_ - 1)) : 0;
        for (int j = 0; j * adc.cell_bits < weight_bits_; ++j) factor += slice(c, j);
        if (!exact_inputs) {
          result_.input_factor.push_back(factor);
        } else if (factor != 0) {
          for (int r = first_row_; r < last_row_; ++r) result_.plain(r, c) += factor;
        }
      }
      if (!exact_inputs) unit_column();
    }
    result_.first_slice.push_back(static_cast<std::uint32_t>(result_.slices.size()));
    result_.list_begin.push_back(static_cast<std::uint32_t>(result_.cells.size()));
    if (result_.plain.isZero()) result_.plain.resize(0, 0);
    return std::move(result_);
  }

 private:
  /// Sorts slice `j` of column `c` into `plain` or the lists; returns the factor that it needs of
  /// the sum of the inputs.
  int slice(int c, int j) {
    const AdcModel& adc = result_.adc;
    const int shift = j * adc.cell_bits;
    const int top = adc.top_level();
    int positive = 0, negative = 0;  // sums of all levels
    levels_.clear();
    for (int r = first_row_; r < last_row_; ++r) {
      const int weight = weights_(r, c);
      const int stored = adc.offset ? weight + (1 << (weight_bits_ - 1)) : std::abs(weight);
      const int level = stored >> shift & top;
      const bool below = !adc.offset && weight < 0;
      levels_.push_back(below ? -level : level);
      (below ? negative : positive) += level;
    }
    const bool flipped = adc.offset && positive >= adc.flip_threshold();
    if (flipped) {
      for (int& level : levels_) level = top - level;
      positive = (last_row_ - first_row_) * top - positive;
    }
    const int sign = flipped ? -1 : 1;
    if (adc.lsb == 1 && !adc.clips(positive) && !adc.clips(-negative)) {
      for (std::size_t r = 0; r < levels_.size(); ++r)
        result_.plain(first_row_ + static_cast<int>(r), c) += sign * levels_[r] * (1 << shift);
    } else {
      result_.slices.push_back(list(shift, flipped, positive, negative));
    }
    return flipped ? top << shift : 0;
  }

  void unit_column() {
    levels_.assign(static_cast<std::size_t>(last_row_ - first_row_), 1);
    result_.input_slice.push_back(list(0, false, last_row_ - first_row_, 0));
  }

  /// Lists the cells of levels_, whose sums are given.
  AdcColumns::Slice list(int shift, bool flipped, int positive, int negative) {
    const AdcModel& adc = result_.adc;
    AdcColumns::Slice slice;
    slice.first_list = static_cast<std::uint32_t>(result_.list_begin.size());
    slice.shift = shift;
    slice.flipped = flipped;
    // A cell of the negative array is counted when its row is not driven.
    slice.start = adc.lsb / 2 - lowest_code(adc) * adc.lsb - negative;
    slice.planes = 4;
    const int end = slice.start + positive + negative;
    while (slice.start < -(1 << (slice.planes - 1)) || end >= 1 << (slice.planes - 1))
      ++slice.planes;
    for (int bit = 0; bit < adc.cell_bits; ++bit) {
      result_.list_begin.push_back(static_cast<std::uint32_t>(result_.cells.size()));
      for (std::size_t r = 0; r < levels_.size(); ++r) {
        if ((std::abs(levels_[r]) >> bit & 1) == 0) continue;
        result_.cells.push_back(
            static_cast<std::uint16_t>(r + (levels_[r] < 0 ? adc.block_rows : 0)));
      }
      while (result_.cells.size() % 8 != 0)
        result_.cells.push_back(static_cast<std::uint16_t>(2 * adc.block_rows));
    }
    return slice;
  }

  const Eigen::MatrixXi& weights_;
  const int weight_bits_;
  AdcColumns result_;
  int first_row_ = 0, last_row_ = 0;
  std::vector<int> levels_;
};

/// GCC's and Clang's vectors: the same code for every instruction set.
using Bits = std::uint64_t __attribute__((vector_size(32), may_alias));
using Bytes = std::uint8_t __attribute__((vector_size(32)));
constexpr int kMaxPlanes = 16;
constexpr int kSumPlanes = 32;

#define KIRCHHOFF_INLINE inline __attribute__((always_inline))

KIRCHHOFF_INLINE bool any(const Bits& bits) { return (bits[0] | bits[1] | bits[2] | bits[3]) != 0; }

/// sum = a + b + c per slot; returns the carry.
KIRCHHOFF_INLINE void full_add(Bits& sum, const Bits& b, const Bits& c, Bits& carry) {
  const Bits half = sum ^ b;
  carry = (sum & b) | (half & c);
  sum = half ^ c;
}

/// Counts the listed planes into the bit-sliced numbers `counts` of kPlanes bits: a tree of carry-
/// save adders, eight at a time.
template <int kPlanes>
KIRCHHOFF_INLINE void count(Bits* counts, const Bits* lines, const std::uint16_t* list,
                            const std::uint16_t* end) {
  Bits ones = counts[0], twos = counts[1], fours = counts[2];
  for (; list != end; list += 8) {
    Bits two_a, two_b, four_a, four_b, carry;
    full_add(ones, lines[list[0]], lines[list[1]], two_a);
    full_add(ones, lines[list[2]], lines[list[3]], two_b);
    full_add(twos, two_a, two_b, four_a);
    full_add(ones, lines[list[4]], lines[list[5]], two_a);
    full_add(ones, lines[list[6]], lines[list[7]], two_b);
    full_add(twos, two_a, two_b, four_b);
    full_add(fours, four_a, four_b, carry);
    for (int k = 3; k < kPlanes; ++k) {
      const Bits next = counts[k] & carry;
      counts[k] ^= carry;
      carry = next;
    }
  }
  counts[0] = ones;
  counts[1] = twos;
  counts[2] = fours;
}

KIRCHHOFF_INLINE void count_planes(int planes, Bits* counts, const Bits* lines,
                                   const std::uint16_t* list, const std::uint16_t* end) {
  switch (planes) {
    case 3:
      return count<3>(counts, lines, list, end);
    case 4:
      return count<4>(counts, lines, list, end);
    case 5:
      return count<5>(counts, lines, list, end);
    case 6:
      return count<6>(counts, lines, list, end);
    case 7:
      return count<7>(counts, lines, list, end);
    case 8:
      return count<8>(counts, lines, list, end);
    case 9:
      return count<9>(counts, lines, list, end);
    case 10:
      return count<10>(counts, lines, list, end);
    default:
      return count<kMaxPlanes>(counts, lines, list, end);
  }
}

/// Numbers of every slot, bit-sliced and modulo 2^32, and what all of them have in common.
struct SlotSums {
  Bits planes[kSumPlanes];
  int used = 0;
  std::uint32_t common = 0;
};

/// Converts one slice in one bit step and adds its code, times the step, at 2^shift.
KIRCHHOFF_INLINE void convert_slice(const AdcColumns& columns, const AdcColumns::Slice& slice,
                                    const Bits* lines, int shift, const Bits& valid, SlotSums& sums,
                                    std::uint64_t& clipped) {
  const AdcModel& adc = columns.adc;
  Bits counts[kMaxPlanes + kMaxLevelBits];
  // As many planes as count_planes() may touch.
  const int touched = slice.planes > 10 ? kMaxPlanes + kMaxLevelBits : slice.planes + kMaxLevelBits;
  for (int k = 0; k < touched; ++k)
    counts[k] = Bits{} - static_cast<std::uint64_t>(slice.start >> k & 1);
  for (int bit = 0; bit < adc.cell_bits; ++bit) {
    const std::uint32_t list = slice.first_list + static_cast<std::uint32_t>(bit);
    count_planes(std::max(3, slice.planes - bit), counts + bit, lines,
                 columns.cells.data() + columns.list_begin[list],
                 columns.cells.data() + columns.list_begin[list + 1]);
  }
  // Bits of the code above the lowest one, unless the code is negative or has more than adc.bits.
  const Bits* code = counts + columns.lsb_bits;
  const int sign = slice.planes - 1 - columns.lsb_bits;  // may lie below adc.bits
  const Bits below = counts[slice.planes - 1];
  Bits above = {};
  for (int k = adc.bits; k < sign; ++k) above |= code[k];
  above &= ~below;
  const Bits saturated = (below | above) & valid;
  if (any(saturated)) {
    for (int word = 0; word < 4; ++word)
      clipped += static_cast<std::uint64_t>(__builtin_popcountll(saturated[word]));
  }

  // Ripple-carry addition; a flipped column subtracts its code, that is, adds the complement.
  shift += columns.lsb_bits;
  const Bits flip = Bits{} - static_cast<std::uint64_t>(slice.flipped);
  Bits carry = {};
  int at = shift;
  for (int k = 0; k < adc.bits && at < kSumPlanes; ++k, ++at) {
    const Bits bit = (((k < sign ? code[k] : Bits{}) & ~below) | above) ^ flip;
    Bits next;
    full_add(sums.planes[at], bit, carry, next);
    carry = next;
  }
  for (; at < kSumPlanes && any(carry);) {
    for (const int end = std::min(at + 4, kSumPlanes); at < end; ++at) {
      const Bits next = sums.planes[at] & carry;
      sums.planes[at] ^= carry;
      carry = next;
    }
  }
  sums.used = std::max(sums.used, at);
  const int lowest = lowest_code(adc);
  const int offset = slice.flipped ? -((1 << adc.bits) - 1 + lowest) : lowest;
  sums.common += static_cast<std::uint32_t>(offset) << shift;
}

/// Byte `byte` of the numbers of 32 slots.
KIRCHHOFF_INLINE void spread(const SlotSums& sums, int slots, int byte, std::uint8_t* bytes_out) {
  constexpr Bytes kSelect = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128,
                             1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  constexpr Bytes kRepeat = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,
                             2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3};
  Bytes result = {};
  for (int k = 0; k < 8; ++k) {
    const int plane = 8 * byte + k;
    if (plane >= sums.used) break;
    std::uint32_t bits;
    std::memcpy(&bits, reinterpret_cast<const char*>(&sums.planes[plane]) + slots / 8, sizeof bits);
    using Lanes = std::uint32_t __attribute__((vector_size(32)));
    const Lanes copies = Lanes{} + bits;
    Bytes bytes;
    std::memcpy(&bytes, &copies, sizeof bytes);
    bytes = __builtin_shuffle(bytes, kRepeat) & kSelect;
    const auto set = bytes == kSelect;
    Bytes mask;
    std::memcpy(&mask, &set, sizeof mask);
    const auto value = static_cast<std::uint8_t>(1 << k);
    result |= mask & value;
  }
  std::memcpy(bytes_out, &result, sizeof result);
}

/// Every slot's number, modulo 2^32.
KIRCHHOFF_INLINE void unslice(const SlotSums& sums, std::int32_t* numbers) {
  for (int slots = 0; slots < kSlots; slots += 32) {
    std::uint8_t bytes[4][32];
    for (int byte = 0; byte < 4; ++byte) spread(sums, slots, byte, bytes[byte]);
    for (int slot = 0; slot < 32; ++slot) {
      const std::uint32_t number = static_cast<std::uint32_t>(bytes[0][slot]) |
                                   static_cast<std::uint32_t>(bytes[1][slot]) << 8 |
                                   static_cast<std::uint32_t>(bytes[2][slot]) << 16 |
                                   static_cast<std::uint32_t>(bytes[3][slot]) << 24;
      numbers[slots + slot] = static_cast<std::int32_t>(number + sums.common);
    }
  }
}

KIRCHHOFF_INLINE void column_body(const AdcColumns& columns, int block, int column,
                                  const WordLinePlanes& lines, const Plane& valid,
                                  const std::int32_t* input_sums, std::int32_t* sums,
                                  std::ptrdiff_t window_step, std::uint64_t& clipped) {
  const auto at = static_cast<std::size_t>(block) * columns.columns + column;
  const std::uint32_t first = columns.first_slice[at], last = columns.first_slice[at + 1];
  if (first != last) {
    SlotSums added = {};
    Bits valid_bits;
    std::memcpy(&valid_bits, &valid, sizeof valid_bits);
    for (int i = 0; i < lines.bits(); ++i) {
      // A step that drives nothing reads zeros, which convert to zero.
      if (!lines.drives(i)) continue;
      const auto* planes = reinterpret_cast<const Bits*>(lines.bit(i));
      for (std::uint32_t s = first; s < last; ++s) {
        const AdcColumns::Slice& slice = columns.slices[s];
        convert_slice(columns, slice, planes, i + slice.shift, valid_bits, added, clipped);
      }
    }
    std::int32_t numbers[kSlots];
    unslice(added, numbers);
    for (int window = 0; window < kSlotWindows; ++window) {
      std::int32_t* target = sums + window * window_step;
      for (int lane = 0; lane < kLanes; ++lane) target[lane] += numbers[window * kLanes + lane];
    }
  }
  if (columns.input_factor.empty()) return;
  const std::int32_t factor = columns.input_factor[at];
  for (int window = 0; window < kSlotWindows; ++window) {
    std::int32_t* target = sums + window * window_step;
    for (int lane = 0; lane < kLanes; ++lane)
      target[lane] += factor * input_sums[window * kLanes + lane];
  }
}

KIRCHHOFF_INLINE void inputs_body(const AdcColumns& columns, int block, const WordLinePlanes& lines,
                                  std::int32_t* input_sums) {
  SlotSums added = {};
  std::uint64_t not_counted = 0;
  for (int i = 0; i < lines.bits(); ++i) {
    if (!lines.drives(i)) continue;
    convert_slice(columns, columns.input_slice[static_cast<std::size_t>(block)],
                  reinterpret_cast<const Bits*>(lines.bit(i)), i, Bits{}, added, not_counted);
  }
  unslice(added, input_sums);
}

#if defined(__x86_64__)
__attribute__((target("avx2,popcnt"))) void column_avx2(
    const AdcColumns& columns, int block, int column, const WordLinePlanes& lines,
    const Plane& valid, const std::int32_t* input_sums, std::int32_t* sums,
    std::ptrdiff_t window_step, std::uint64_t& clipped) {
  column_body(columns, block, column, lines, valid, input_sums, sums, window_step, clipped);
}
#endif

}  // namespace

bool countable(const AdcModel& adc, const IntegerLayer& layer) {
  if (layer.wide() || log2_exact(adc.lsb) < 0 || adc.cell_bits > kMaxLevelBits) return false;
  // Most that the cells of a column can add up to, with the codes' range and rounding.
  const int most = adc.block_rows * adc.top_level();
  if (2 * most + (adc.lsb << adc.bits) >= 1 << (kMaxPlanes - 1)) return false;
  const std::int64_t blocks = (layer.weights.rows() + adc.block_rows - 1) / adc.block_rows;
  const std::int64_t slot = std::int64_t{most + adc.lsb} << (layer.weight_bits + 1);
  return blocks * slot * ((1 << layer.activation_bits) - 1) < std::int64_t{1} << 31;
}

AdcColumns pack_adc_columns(const AdcModel& adc, const Eigen::MatrixXi& weights, int weight_bits) {
  return Packer(adc, weights, weight_bits).pack();
}

void WordLinePlanes::resize(int block_rows, int activation_bits) {
  block_rows_ = block_rows;
  bits_ = activation_bits;
  stride_ = 2 * block_rows + 1;
  planes_.assign(static_cast<std::size_t>(stride_) * activation_bits, Plane{});
  drives_.assign(static_cast<std::size_t>(activation_bits), false);
}

void WordLinePlanes::set_row(int row, const std::uint8_t* const* inputs, int shift) {
  const int half = shift > 0 ? 1 << (shift - 1) : 0;
  const int max = (1 << (8 - shift)) - 1;
  for (int window = 0; window < kSlotWindows; ++window) {
    std::uint8_t values[kLanes];
    std::memcpy(values, inputs[window], sizeof values);
    if (shift > 0) {
      for (std::uint8_t& value : values)
        value = static_cast<std::uint8_t>(std::min((value + half) >> shift, max));
    }
    for (int i = 0; i < bits_; ++i) {
      std::uint16_t mask = 0;
#if defined(__x86_64__)
      __m128i bytes;
      std::memcpy(&bytes, values, sizeof bytes);
      mask = static_cast<std::uint16_t>(_mm_movemask_epi8(_mm_slli_epi16(bytes, 7 - i)));
#else
      for (int lane = 0; lane < kLanes; ++lane)
        mask = static_cast<std::uint16_t>(mask | (values[lane] >> i & 1) << lane);
#endif
      const std::size_t at = static_cast<std::size_t>(window) * sizeof mask;
      std::memcpy(reinterpret_cast<char*>(&bit(i)[row]) + at, &mask, sizeof mask);
    }
  }
}

void WordLinePlanes::finish(int rows) {
  for (int i = 0; i < bits_; ++i) {
    std::uint64_t driven = 0;
    Plane* planes = bit(i);
    for (int row = 0; row < rows; ++row) {
      for (int word = 0; word < kSlots / 64; ++word) {
        driven |= planes[row].words[word];
        planes[block_rows_ + row].words[word] = ~planes[row].words[word];
      }
    }
    drives_[static_cast<std::size_t>(i)] = driven != 0;
  }
}

void convert_column(Isa isa, const AdcColumns& columns, int block, int column,
                    const WordLinePlanes& lines, const Plane& valid, const std::int32_t* input_sums,
                    std::int32_t* sums, std::ptrdiff_t window_step, std::uint64_t& clipped) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx2) {
    return column_avx2(columns, block, column, lines, valid, input_sums, sums, window_step,
                       clipped);
  }
#endif
  (void)isa;
  column_body(columns, block, column, lines, valid, input_sums, sums, window_step, clipped);
}

void convert_inputs(Isa, const AdcColumns& columns, int block, const WordLinePlanes& lines,
                    std::int32_t* input_sums) {
  inputs_body(columns, block, lines, input_sums);
}

}  // namespace kirchhoff::quant
