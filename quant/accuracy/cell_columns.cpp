#include "quant/accuracy/cell_columns.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

constexpr std::int32_t kEnd16 = 1 << 16;
/// Word lines of a read whose cells add up to less than 2^16 in either part of wide ones.
constexpr int kMostRows = 512;
static_assert((kMostRows << CellColumns::kLowBits) <= kEnd16 &&
              kMostRows * ((CellSource::kMost >> CellColumns::kLowBits) + 1) <= kEnd16);

/// -1 where it is none.
int log2_exact(int value) {
  int bits = 0;
  while ((1 << bits) < value) ++bits;
  return (1 << bits) == value ? bits : -1;
}

/// Makes the entries of one layer.
class CellPacker {
 public:
  CellPacker(const AdcModel& adc, LayerId id, const Layer& layer, const Eigen::MatrixXi& weights,
             int weight_bits)
      : id_(id), layer_(layer), weights_(weights), weight_bits_(weight_bits) {
    result_.adc = adc;
    result_.lsb_bits = log2_exact(adc.lsb);
    result_.point_bits = result_.lsb_bits + CellSource::kFractionBits;
    // About a threshold in each.
    result_.bucket_bits = result_.point_bits - 1;
    // Only what the offset encoding adds is exact, and that on all rows.
    if (adc.offset && !adc.unit_column) result_.plain.setZero(layer.all_rows(), layer.out_channels);
  }

  CellColumns pack() {
    const AdcModel& adc = result_.adc;
    for (const MatrixBlock& block :
         matrix_blocks(layer_, adc.block_rows, adc.block_columns, adc.grouped)) {
      block_ = block;
      // Rows that are read together are a block of their own in the same arrays.
      for (first_ = 0; first_ < block.rows; first_ = last_) {
        last_ = std::min(block.rows, first_ + adc.read_rows(block.rows));
        result_.blocks.push_back({block.row_begin + first_, last_ - first_, block.column_begin,
                                  block.columns, result_.entries.size(), result_.units.size(),
                                  adc.slices(weight_bits_), first_, result_.noise_keys.size()});
        for (int j = 0; adc.noisy() && j < adc.slices(weight_bits_); ++j) {
          result_.noise_keys.push_back(
              adc.cells->noise_key({id_, block_.row_begin, block_.column_begin, j, false}));
        }
        for (int c = block.column_begin; c < block.column_begin + block.columns; ++c) column(c);
        for (int j = 0; adc.unit_column && j < adc.slices(weight_bits_); ++j) unit(j);
      }
      convert_really();
    }
    for (CellColumns::Entry& entry : result_.entries) finish(entry);
    for (CellColumns::Entry& entry : result_.units) finish(entry);
    return std::move(result_);
  }

 private:
  int weight(int r, int column) const {
    const int row = block_.row_begin + r;
    return row / layer_.rows() == layer_.group_of(column) ? weights_(row % layer_.rows(), column)
                                                          : 0;
  }

  int conductance(int j, bool negative, int r, int column, int level) {
    const CellSource& source = *result_.adc.cells;
    const int cell = source.conductance(
        {id_, block_.row_begin, block_.column_begin, j, negative, block_.rows, block_.columns}, r,
        column, level);
    if (result_.adc.read_noise > 0)
      squares_[static_cast<std::size_t>(r - first_)] += source.noise_square(cell);
    return cell;
  }
  /// There are no cells yet of a slice that begins.
  void clear_cells() {
    cells_.clear();
    squares_.assign(static_cast<std::size_t>(last_ - first_), 0);
  }

  void column(int c) {
    const AdcModel& adc = result_.adc;
    CellColumns::Entry entry;
    entry.first_slice = result_.slices.size();
    for (int j = 0; j < adc.slices(weight_bits_); ++j) {
      const bool flipped = set_cells(c, j);
      add_slice(entry, j * adc.cell_bits, flipped);
      use_converter(j, c - block_.column_begin);
      int factor = flipped ? adc.top_level() << (j * adc.cell_bits) : 0;
      if (adc.offset && j == 0) factor -= 1 << (weight_bits_ - 1);
      if (adc.unit_column) {
        result_.unit_factors.push_back(factor);
      } else if (factor != 0) {
        for (int r = first_; r < last_; ++r) result_.plain(block_.row_begin + r, c) += factor;
      }
    }
    result_.entries.push_back(entry);
  }

  void unit(int j) {
    clear_cells();
    for (int r = first_; r < last_; ++r)
      cells_.push_back(conductance(j, false, r, result_.adc.block_columns, 1));
    CellColumns::Entry entry;
    entry.first_slice = result_.slices.size();
    add_slice(entry, 0, false);
    use_converter(j, block_.columns);
    result_.units.push_back(entry);
  }

  /// cells_ become those of a slice; returns whether it is stored flipped.
  bool set_cells(int c, int j) {
    const AdcModel& adc = result_.adc;
    int levels = 0;
    for (int r = 0; adc.offset && r < block_.rows; ++r)
      levels += adc.level(weight(r, c), weight_bits_, j);
    const bool flipped = adc.offset && levels >= adc.flip_threshold();
    const int in_block = c - block_.column_begin;
    clear_cells();
    for (int r = first_; r < last_; ++r) {
      const int number = weight(r, c), level = adc.level(number, weight_bits_, j);
      if (adc.offset) {
        cells_.push_back(
            conductance(j, false, r, in_block, flipped ? adc.top_level() - level : level));
      } else {
        cells_.push_back(conductance(j, false, r, in_block, number < 0 ? 0 : level) -
                         conductance(j, true, r, in_block, number < 0 ? level : 0));
      }
    }
    return flipped;
  }

  /// Appends a slice with cells_.
  void add_slice(CellColumns::Entry& entry, int shift, bool flipped) {
    const AdcModel& adc = result_.adc;
    const int bits = result_.point_bits, half = adc.rounds ? 1 << (bits - 1) : 0;
    int least = 0, most = 0, least_rest = 0;  // of all sums
    for (const int cell : cells_) {
      (cell < 0 ? least : most) += cell;
      if (cell < 0) least_rest += cell >> CellColumns::kLowBits;
    }
    CellColumns::Slice slice;
    slice.least = least;
    const int span = most - least, noise = largest_noise();
    least -= noise;
    most += noise;
    slice.first_cell = result_.cells.size();
    slice.shift = shift;
    slice.flipped = flipped;
    slice.lowest_code = (least + half) >> bits;
    slice.start = half - slice.lowest_code * (1 << bits);
    const int largest = (most + slice.start) >> bits;
    const int low_code = adc.lowest_code(), high_code = adc.highest_code();
    // Nothing driven gives 0, which is a code: the limits meet the range of c.
    slice.low = std::clamp(low_code - slice.lowest_code, 0, largest);
    slice.high = std::clamp(high_code - slice.lowest_code, 0, largest);
    slice.clips = slice.low > 0 || slice.high < largest;
    slice.wide = adc.real_converters > 0 || adc.noisy() ? span >= kEnd16
                                                        : most + slice.start >= kEnd16 || bits > 15;
    slice.least_rest = least_rest;
    if (slice.wide) {
      append(cells_, [](int cell) { return cell & kLow; });
      append(cells_, [](int cell) { return cell >> CellColumns::kLowBits; });
    } else {
      append(cells_, [](int cell) { return cell; });
    }
    if (adc.read_noise > 0) slice.square_parts = add_squares();
    result_.slices.push_back(slice);
    ++entry.slices;
  }

  /// Appends squares_ and returns in how many parts.
  int add_squares() {
    int parts = 1;
    for (int shift = 0;; shift += CellColumns::kLowBits, ++parts) {
      std::int64_t sum = 0;
      for (const int square : squares_) sum += square >> shift;
      const bool last = sum < kEnd16;
      append(squares_, [=](int square) { return last ? square >> shift : square >> shift & kLow; });
      if (last) return parts;
    }
  }

  /// More than the noise of any conversion of cells_, in parts of a level; 0 without noise.
  int largest_noise() const {
    const AdcModel& adc = result_.adc;
    if (!adc.noisy()) return 0;
    const float sigma =
        base::read_sigma(adc.read_noise, std::accumulate(squares_.begin(), squares_.end(), 0LL)) +
        adc.thermal_noise;
    return static_cast<int>(base::kLargestDeviate * sigma) + 2;
  }

  /// Sums of a slice that a real converter takes.
  struct Taken {
    std::size_t slice;
    int converter, least, most;
  };
  /// What slice `j` of an array is converted by, that is, the slice added last.
  void use_converter(int j, int column) {
    const AdcModel& adc = result_.adc;
    if (adc.real_converters == 0) return;
    int least = 0, most = 0;
    for (const int cell : cells_) (cell < 0 ? least : most) += cell;
    const int noise = largest_noise();
    least -= noise;
    most += noise;
    CellColumns::Slice& slice = result_.slices.back();
    slice.start = -least;
    taken_.push_back({result_.slices.size() - 1,
                      j * adc.real_converters + column % adc.real_converters, least, most});
  }

  /// Gives the slices of block_ their real converters.
  void convert_really() {
    const AdcModel& adc = result_.adc;
    std::map<int, std::pair<int, int>> ranges;  // of sums, by converter
    for (const Taken& taken : taken_) {
      const auto [found, first] = ranges.try_emplace(taken.converter, taken.least, taken.most);
      found->second.first = std::min(found->second.first, taken.least);
      found->second.second = std::max(found->second.second, taken.most);
    }
    std::map<int, int> made;  // staircases
    std::map<int, base::Staircase> transfers;
    for (const auto& [converter, range] : ranges) {
      const auto transfer = transfers.emplace(
          converter, adc.cells->transfer({id_, block_.row_begin, block_.column_begin,
                                          converter / adc.real_converters, false},
                                         converter % adc.real_converters));
      made[converter] = static_cast<int>(result_.staircases.size());
      add_staircase(transfer.first->second, range.first, range.second);
    }
    for (const Taken& taken : taken_) {
      const base::Staircase& transfer = transfers.at(taken.converter);
      const int origin = ranges.at(taken.converter).first;
      CellColumns::Slice& slice = result_.slices[taken.slice];
      slice.staircase = made.at(taken.converter);
      slice.place = taken.least - origin;
      const auto code = [&](int sum) { return adc.lowest_code() - 1 + transfer.steps(sum); };
      slice.lowest_code = std::min(code(origin), adc.highest_code());
      slice.low = std::max(adc.lowest_code() - slice.lowest_code, 0);
      slice.high =
          std::max(std::min(adc.highest_code(), code(taken.most)) - slice.lowest_code, slice.low);
      slice.clips = code(taken.least) < adc.lowest_code() || code(taken.most) > adc.highest_code();
    }
    taken_.clear();
  }

  /// Of the sums from `least` to `most`, which become values from 0 on; what they have all reached
  /// does not count.
  void add_staircase(const base::Staircase& transfer, int least, int most) {
    const int bits = result_.bucket_bits;
    CellColumns::Staircase staircase;
    staircase.first_bucket = result_.buckets.size();
    staircase.first_threshold = result_.thresholds.size();
    // A value of the highest code is no further above it than the code that saturates.
    const int reached = std::min(transfer.steps(least), (1 << result_.adc.bits));
    for (int i = reached; i < transfer.steps(most); ++i)
      result_.thresholds.push_back(transfer.thresholds()[static_cast<std::size_t>(i)] - least);
    result_.thresholds.push_back(std::numeric_limits<std::int32_t>::max());
    for (int bucket = 0; bucket <= (most - least) >> bits; ++bucket) {
      const int from = least + (bucket << bits), to = from + (1 << bits) - 1;
      const int steps = transfer.steps(from);
      result_.buckets.push_back(static_cast<std::uint16_t>(steps - reached));
      staircase.rounds = std::max(staircase.rounds, transfer.steps(std::min(to, most)) - steps);
    }
    result_.staircases.push_back(staircase);
  }

  template <typename Part>
  void append(const std::vector<int>& cells, const Part& part) {
    for (const int cell : cells) result_.cells.push_back(static_cast<std::int16_t>(part(cell)));
    result_.cells.insert(result_.cells.end(), CellColumns::kPaddedRows, 0);
  }

  void finish(CellColumns::Entry& entry) const {
    std::int64_t largest = 0;
    entry.narrow = true;
    for (int s = 0; s < entry.slices; ++s) {
      const CellColumns::Slice& slice =
          result_.slices[entry.first_slice + static_cast<std::size_t>(s)];
      entry.narrow = entry.narrow && !slice.wide;
      largest += std::int64_t{slice.high} << slice.shift;
      // A flipped slice adds high - c, which is its code but for this.
      const int code = slice.flipped ? -(slice.lowest_code + slice.high) : slice.lowest_code;
      entry.constant += code * (1 << slice.shift);
    }
    entry.narrow = entry.narrow && largest < kEnd16;
  }

  const LayerId id_;
  const Layer& layer_;
  const Eigen::MatrixXi& weights_;
  const int weight_bits_;
  CellColumns result_;
  MatrixBlock block_;
  int first_ = 0, last_ = 0;  ///< rows of it that are read together
  static constexpr int kLow = (1 << CellColumns::kLowBits) - 1;
  std::vector<int> cells_, squares_;  ///< of a slice
  std::vector<Taken> taken_;          ///< of block_
};

/// Squares below 2^20, a pair's twice that, of kMostRows rows.
constexpr int kMostSquareParts = 3;
static_assert((std::int64_t{kMostRows} << 21 >> 2 * CellColumns::kLowBits) < 2 * kEnd16);

struct Kernels {
  void (*convert_cells)(const CellColumns& columns, const CellColumns::Block& block,
                        const WordLinePlanes& lines, const Plane& valid,
                        const base::NoiseSlots& noise, int windows, CellScratch& scratch,
                        std::int32_t* sums, std::ptrdiff_t window_step, std::uint64_t& clipped);
};

#define KIRCHHOFF_KERNELS "quant/accuracy/cell_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

bool has_cell_columns(const AdcModel& adc, const Layer& layer, const LayerBits& bits) {
  if (!adc.cells || std::max(bits.weight, bits.activation) > kMaxSearchBits) return false;
  if (log2_exact(adc.lsb) < 0 || adc.digit_bits > 1) return false;
  std::int64_t blocks = 0;  // of an output
  for (const MatrixBlock& block :
       matrix_blocks(layer, adc.block_rows, adc.block_columns, adc.grouped))
    blocks = std::max<std::int64_t>(blocks, block.row_block + 1);
  const int read = adc.read_rows(adc.block_rows);
  if (read > kMostRows) return false;
  blocks *= (adc.block_rows + read - 1) / read;
  // Most that a code says, and with flipped columns the sum of the inputs.
  const std::int64_t conducted =
      (std::int64_t{read} * CellSource::kMost >> CellSource::kFractionBits) + adc.lsb;
  const std::int64_t codes = std::int64_t{adc.lsb} << (adc.offset ? adc.bits : adc.bits - 1);
  // An offset is code, too, and so is noise.
  std::int64_t most = adc.real_converters > 0 || adc.noisy() ? codes : std::min(conducted, codes);
  const std::int64_t inputs = adc.unit_column ? most : read;
  if (adc.offset) most += (adc.top_level() + 1) * inputs;
  return (blocks * most << bits.weight) * ((1 << bits.activation) - 1) < std::int64_t{1} << 31;
}

CellColumns pack_cell_columns(const AdcModel& adc, LayerId id, const Layer& layer,
                              const Eigen::MatrixXi& weights, int weight_bits) {
  return CellPacker(adc, id, layer, weights, weight_bits).pack();
}

void convert_cells(const CellColumns& columns, const CellColumns::Block& block,
                   const WordLinePlanes& lines, const Plane& valid, const base::NoiseSlots& noise,
                   int windows, CellScratch& scratch, std::int32_t* sums,
                   std::ptrdiff_t window_step, std::uint64_t& clipped) {
  kernels().convert_cells(columns, block, lines, valid, noise, windows, scratch, sums, window_step,
                          clipped);
}

}  // namespace kirchhoff::quant
