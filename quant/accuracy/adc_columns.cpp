#include "quant/accuracy/adc_columns.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

constexpr int kMaxLevelBits = 4;

int log2_exact(int value) {
  int bits = 0;
  while ((1 << bits) < value) ++bits;
  return (1 << bits) == value ? bits : -1;
}

/// The reads of a layer's matrix with the columns of all that have the same rows.
std::vector<AdcColumns::Block> blocks_of(const AdcModel& adc, const Layer& layer) {
  std::vector<AdcColumns::Block> arrays;
  std::map<std::pair<int, int>, std::size_t> by_rows;
  for (const MatrixBlock& block :
       matrix_blocks(layer, adc.block_rows, adc.block_columns, adc.grouped)) {
    const auto [found, first] = by_rows.try_emplace({block.row_begin, block.rows}, arrays.size());
    if (first) {
      arrays.push_back({block.row_begin, block.rows, block.row_begin, block.rows,
                        block.column_begin, block.columns, 0});
    } else {
      arrays[found->second].columns += block.columns;
    }
  }
  std::vector<AdcColumns::Block> blocks;
  std::size_t entries = 0;
  for (AdcColumns::Block array : arrays) {
    const int at_once = adc.read_rows(array.rows);
    for (int first = 0; first < array.array_rows; first += at_once) {
      array.first_row = array.array_first_row + first;
      array.rows = std::min(at_once, array.array_rows - first);
      array.first_entry = entries;
      entries += static_cast<std::size_t>(array.columns);
      blocks.push_back(array);
    }
  }
  return blocks;
}

/// Builds the lists of one layer.
class Packer {
 public:
  Packer(const AdcModel& adc, const Layer& layer, const Eigen::MatrixXi& weights, int weight_bits)
      : layer_(layer), weights_(weights), weight_bits_(weight_bits) {
    result_.adc = adc;
    result_.blocks = blocks_of(adc, layer);
    result_.lsb_bits = log2_exact(adc.lsb);
    // The offset encoding stores numbers between groups, a differential pair leaves cells empty.
    result_.plain_groups = adc.offset ? 1 : layer.groups;
    result_.plain.setZero(result_.plain_groups == 1 ? layer.all_rows() : layer.rows(),
                          layer.out_channels);
  }

  AdcColumns pack() {
    const AdcModel& adc = result_.adc;
    int used = 0;
    for (const AdcColumns::Block& block : result_.blocks) used = std::max(used, block.rows);
    // The unit column counts up to all rows; the inputs themselves are exact without one.
    bool exact_inputs = true;
    for (int driven = 0; adc.offset && adc.unit_column && driven <= used; ++driven)
      exact_inputs = exact_inputs && adc.convert(driven) == driven;
    for (const AdcColumns::Block& block : result_.blocks) {
      block_ = block;
      first_row_ = block.first_row;
      last_row_ = block.first_row + block.rows;
      for (int c = block.first_column; c < block.first_column + block.columns; ++c) {
        result_.first_slice.push_back(static_cast<std::uint32_t>(result_.slices.size()));
        int factor = adc.offset ? -(1 << (weight_bits_ - 1)) : 0;
        for (int j = 0; j * adc.cell_bits < weight_bits_; ++j) factor += slice(c, j);
        if (!exact_inputs) {
          result_.input_factor.push_back(factor);
        } else if (factor != 0) {
          for (int r = first_row_; r < last_row_; ++r) add_plain(r, c, factor);
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
  bool in_group(int row, int column) const {
    return row / layer_.rows() == layer_.group_of(column);
  }
  int weight(int row, int column) const {
    return in_group(row, column) ? weights_(row % layer_.rows(), column) : 0;
  }
  void add_plain(int row, int column, int value) {
    if (result_.plain_groups == 1) {
      result_.plain(row, column) += value;
    } else if (in_group(row, column)) {
      result_.plain(row % layer_.rows(), column) += value;
    }
  }

  /// Sorts slice `j` of column `c` into `plain` or the lists; returns the factor that it needs of
  /// the sum of the inputs.
  int slice(int c, int j) {
    const AdcModel& adc = result_.adc;
    const int shift = j * adc.cell_bits;
    const int top = adc.top_level();
    int positive = 0, negative = 0;  // sums of all levels
    levels_.clear();
    for (int r = first_row_; r < last_row_; ++r) {
      const int number = weight(r, c);
      const int stored = adc.offset ? number + (1 << (weight_bits_ - 1)) : std::abs(number);
      const int level = stored >> shift & top;
      const bool below = !adc.offset && number < 0;
      levels_.push_back(below ? -level : level);
      (below ? negative : positive) += level;
    }
    const bool flipped = adc.offset && levels_of_array(c, shift) >= adc.flip_threshold();
    if (flipped) {
      for (int& level : levels_) level = top - level;
      positive = (last_row_ - first_row_) * top - positive;
    }
    const int sign = flipped ? -1 : 1;
    if (adc.lsb == 1 && !adc.clips(positive) && !adc.clips(-negative)) {
      for (std::size_t r = 0; r < levels_.size(); ++r)
        add_plain(first_row_ + static_cast<int>(r), c, sign * levels_[r] * (1 << shift));
    } else {
      result_.slices.push_back(list(shift, flipped, positive, negative));
    }
    return flipped ? top << shift : 0;
  }

  /// Offset: sum of the levels of a slice in all rows of its array.
  int levels_of_array(int c, int shift) const {
    int sum = 0;
    for (int r = block_.array_first_row; r < block_.array_first_row + block_.array_rows; ++r)
      sum += (weight(r, c) + (1 << (weight_bits_ - 1))) >> shift & result_.adc.top_level();
    return sum;
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
    slice.start = (adc.rounds ? adc.lsb / 2 : 0) - adc.lowest_code() * adc.lsb - negative;
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

  const Layer& layer_;
  const Eigen::MatrixXi& weights_;
  const int weight_bits_;
  AdcColumns result_;
  AdcColumns::Block block_;
  int first_row_ = 0, last_row_ = 0;
  std::vector<int> levels_;
};

constexpr int kMaxPlanes = 16;
constexpr int kSumPlanes = 32;

struct Kernels {
  void (*convert_column)(const AdcColumns& columns, std::size_t entry, const WordLinePlanes& lines,
                         const Plane& valid, const std::int32_t* input_sums, std::int32_t* sums,
                         std::ptrdiff_t window_step, std::uint64_t& clipped);
  void (*convert_inputs)(const AdcColumns& columns, std::size_t block, const WordLinePlanes& lines,
                         std::int32_t* input_sums);
  /// Bit i of all inputs to planes[i * stride].
  void (*set_row)(const std::uint8_t* const* inputs, int bits, Plane* planes,
                  std::ptrdiff_t stride);
};

#define KIRCHHOFF_KERNELS "quant/accuracy/adc_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

bool countable(const AdcModel& adc, const Layer& layer, const LayerBits& bits) {
  if (adc.cells || std::max(bits.weight, bits.activation) > kMaxSearchBits) return false;
  if (log2_exact(adc.lsb) < 0 || adc.cell_bits > kMaxLevelBits || adc.digit_bits > 1) return false;
  // Most that the cells of a read can add up to, with the codes' range and rounding.
  const int read = adc.read_rows(adc.block_rows), most = read * adc.top_level();
  if (2 * most + (adc.lsb << adc.bits) >= 1 << (kMaxPlanes - 1)) return false;
  std::int64_t blocks = 0;  // of an output
  for (const MatrixBlock& block :
       matrix_blocks(layer, adc.block_rows, adc.block_columns, adc.grouped))
    blocks = std::max<std::int64_t>(blocks, block.row_block + 1);
  blocks *= (adc.block_rows + read - 1) / read;
  const std::int64_t slot = std::int64_t{most + adc.lsb} << (bits.weight + 1);
  return blocks * slot * ((1 << bits.activation) - 1) < std::int64_t{1} << 31;
}

AdcColumns pack_adc_columns(const AdcModel& adc, const Layer& layer, const Eigen::MatrixXi& weights,
                            int weight_bits) {
  return Packer(adc, layer, weights, weight_bits).pack();
}

void WordLinePlanes::resize(int block_rows, int activation_bits, bool has_sign) {
  block_rows_ = block_rows;
  bits_ = activation_bits;
  has_sign_ = has_sign;
  stride_ = 2 * block_rows + 1;
  planes_.assign(static_cast<std::size_t>(stride_) * activation_bits, Plane{});
  drives_.assign(static_cast<std::size_t>(activation_bits), false);
}

void WordLinePlanes::set_row(int row, const std::uint8_t* const* inputs) {
  kernels().set_row(inputs, bits_, &planes_[static_cast<std::size_t>(row)], stride_);
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

void convert_column(const AdcColumns& columns, std::size_t entry, const WordLinePlanes& lines,
                    const Plane& valid, const std::int32_t* input_sums, std::int32_t* sums,
                    std::ptrdiff_t window_step, std::uint64_t& clipped) {
  kernels().convert_column(columns, entry, lines, valid, input_sums, sums, window_step, clipped);
}

void convert_inputs(const AdcColumns& columns, std::size_t block, const WordLinePlanes& lines,
                    std::int32_t* input_sums) {
  kernels().convert_inputs(columns, block, lines, input_sums);
}

}  // namespace kirchhoff::quant
