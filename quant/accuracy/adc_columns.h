#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "quant/accuracy/lane_map.h"
#include "quant/network/golden.h"
#include "quant/network/integer_network.h"

namespace kirchhoff::quant {

/// Conversions that are evaluated side by side, one per bit of a plane: kSlotWindows windows of
/// kLanes images.
inline constexpr int kSlots = 512;
inline constexpr int kSlotWindows = kSlots / kLanes;

/// One bit of a number in every slot: slot = window * kLanes + lane.
struct alignas(64) Plane {
  std::uint64_t words[kSlots / 64];
};

/// The columns of one layer's crossbars whose conversions may not be lossless, for one AdcModel and
/// width of weights.
///
/// A conversion is lossless when no input can make it change; those of a slice on the block's cells
/// say so. Lossless slices are products of integers and stay with the layer's
/// ordinary kernel, as the matrix `plain`; what is left is counted bit by bit, as in golden.cpp.
struct AdcColumns {
  /// A slice of one column of one block.
  struct Slice {
    std::uint32_t first_list = 0;  ///< of its cells, one list per bit of a cell
    int shift = 0;                 ///< weight of the slice, 2^shift
    bool flipped = false;          ///< offset encoding: counts negatively
    int planes = 0;                ///< bits of the count, its sign included
    std::int32_t start = 0;        ///< what is counted from: the lowest code comes out as 0
  };

  /// Word lines that some columns share and that are read at once: rows and columns of the whole
  /// matrix (Layer::all_rows()). Its columns are entries one after the other.
  struct Block {
    int first_row = 0, rows = 0;
    int array_first_row = 0, array_rows = 0;  ///< of all reads of the same cells
    int first_column = 0, columns = 0;
    std::size_t first_entry = 0;
  };

  AdcModel adc;
  std::vector<Block> blocks;
  int lsb_bits = 0;  ///< log2 of adc.lsb
  /// Weights of the lossless slices, rows x columns, of a matrix of `plain_groups`: as the layer's,
  /// or 1, where cells between groups are stored as numbers, too. Empty: none.
  Eigen::MatrixXi plain;
  int plain_groups = 1;
  std::vector<Slice> slices;               ///< by entry
  std::vector<std::uint32_t> first_slice;  ///< of an entry, then the end
  std::vector<std::uint32_t> list_begin;   ///< of every list in `cells`, then the end
  /// Driven cells of a list: a row of the block, block_rows more for its complement (the negative
  /// array), 2 * block_rows for padding to a multiple of 8.
  std::vector<std::uint16_t> cells;
  /// By entry: factor of the sum of the inputs, where that passes through the converter
  /// and is not exact; empty otherwise.
  std::vector<std::int32_t> input_factor;
  std::vector<Slice> input_slice;  ///< by block: the unit column, with `input_factor`

  /// Nothing to count: every conversion is lossless.
  bool lossless() const { return slices.empty() && input_factor.empty(); }
};

/// True where AdcColumns can express the converter for a layer, and sums stay below 2^31: cells are
/// ideal, the step is a power of two, weights and activations have 8 bits at most.
bool countable(const AdcModel& adc, const Layer& layer, const LayerBits& bits);

/// Of a layer on crossbars, with its weights (rows() x out_channels) at that width.
AdcColumns pack_adc_columns(const AdcModel& adc, const Layer& layer, const Eigen::MatrixXi& weights,
                            int weight_bits);

/// Word lines of one block: a plane per activation bit and row, its complements, a zero.
class WordLinePlanes {
 public:
  /// With `has_sign` the last bit counts below zero.
  void resize(int block_rows, int activation_bits, bool has_sign);
  Plane* bit(int i) { return planes_.data() + static_cast<std::ptrdiff_t>(i) * stride_; }
  const Plane* bit(int i) const {
    return planes_.data() + static_cast<std::ptrdiff_t>(i) * stride_;
  }
  int block_rows() const { return block_rows_; }
  int bits() const { return bits_; }
  /// Takes the 16 activations of every slot's window for `row`; `inputs` has one pointer to kLanes
  /// bytes per window.
  void set_row(int row, const std::uint8_t* const* inputs);
  /// Bit steps that drive some row; to be called after the rows are set.
  void finish(int rows);
  bool drives(int i) const { return drives_[static_cast<std::size_t>(i)]; }
  bool subtracts(int i) const { return has_sign_ && i == bits_ - 1; }

 private:
  std::vector<Plane> planes_;
  std::vector<bool> drives_;
  int block_rows_ = 0, bits_ = 0;
  bool has_sign_ = false;
  std::ptrdiff_t stride_ = 0;
};

/// Adds what a column of a block, its entry, contributes beyond `plain` to the accumulators of the
/// slots that count, and perhaps of others; `sums` are `window_step` apart from window to window.
/// Conversions that saturate in the slots of `valid` are added to `clipped`. `input_sums` are those
/// of convert_inputs().
void convert_column(const AdcColumns& columns, std::size_t entry, const WordLinePlanes& lines,
                    const Plane& valid, const std::int32_t* input_sums, std::int32_t* sums,
                    std::ptrdiff_t window_step, std::uint64_t& clipped);

/// Sums of the inputs as the unit column of a block delivers them, for all slots; only with
/// `input_factor`.
void convert_inputs(const AdcColumns& columns, std::size_t block, const WordLinePlanes& lines,
                    std::int32_t* input_sums);

}  // namespace kirchhoff::quant
