#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quant/network/adc_model.h"
#include "quant/network/integer_network.h"
#include "quant/network/matrix_blocks.h"

namespace kirchhoff::quant {

/// The conversions behind one accumulator: the codes of its column in every read and slice, as
/// AdcModel::convert gives them.
struct ConversionCodes {
  /// A read of a row block.
  struct Read {
    int row_block = 0;
    int bit = 0;        ///< lowest activation bit of the bit step
    int first_row = 0;  ///< of the block
    /// What becomes of the sum of the inputs' digits: the code of the array's unit column, or the
    /// sum itself where there is none; by slice.
    std::vector<int> units;
    std::vector<int> column;  ///< by slice
  };
  std::vector<Read> reads;  ///< by row block, bit step, row
};

/// The cells of one layer as the crossbars hold them: word lines packed 64 to a word and one plane
/// per bit of a level, so that a column's current is a sum of population counts; with real cells
/// the sum of what the driven ones conduct.
class CrossbarColumns {
 public:
  CrossbarColumns(const Layer& shape, const IntegerLayer& layer, const AdcModel& adc,
                  LayerId id = {});

  /// Accumulators of every column for one window of all groups; adds the conversions that saturated
  /// to `clipped`.
  /// `place` is the window's: image, y and x, which name its noise.
  std::vector<std::int64_t> read(const std::vector<std::int32_t>& window, std::uint64_t& clipped,
                                 const base::NoiseEvent& place = {}) const;
  /// The conversions of one column.
  ConversionCodes codes(const std::vector<std::int32_t>& window, int column,
                        const base::NoiseEvent& place = {}) const;

 private:
  using WordLines = std::vector<std::uint64_t>;

  /// What the word lines of a block carry at a time.
  struct Drive {
    int bit = 0, first_row = 0;
    std::int64_t weight = 1;        ///< of the digit in the inputs
    std::vector<WordLines> planes;  ///< the digit's bits
    std::vector<int> plane_weights;
    int inputs = 0;  ///< sum of the digits
    base::NoiseEvent event;
  };

  static void multiply_digitally(Drive& drive);
  /// Calls read(drive) for every read of a block. The last bit of a number with a sign weighs
  /// negatively: in its digit, or as a digit of its own.
  template <typename Read>
  void each_read(const MatrixBlock& block, const std::vector<std::int32_t>& window,
                 const base::NoiseEvent& place, const Read& read) const;
  Drive drive(const MatrixBlock& block, const std::vector<std::int32_t>& window,
              const AdcModel::Digit& digit, int first_row) const;
  /// Slice j of a column in a block: its levels, and whether they are stored flipped.
  void program(const Layer& shape, const IntegerLayer& layer, const MatrixBlock& block, int column,
               int j);
  /// What the real cells of the same conduct, and those of the unit column of an array.
  void realise(const Layer& shape, const IntegerLayer& layer, const MatrixBlock& block, int column,
               int j);
  void realise_units(const MatrixBlock& block, int j);
  static void set(std::vector<std::uint64_t>& words, std::size_t first_word, int bit) {
    words[first_word + static_cast<std::size_t>(bit / 64)] |= std::uint64_t{1} << (bit % 64);
  }
  /// Index of slice `j` of column `c` in a row block.
  std::size_t slice(int row_block, int c, int j) const {
    return (static_cast<std::size_t>(row_block) * columns_ + c) * slices_ + j;
  }
  /// First row of the real cells of a slice, and of an array's unit column.
  std::size_t real(std::size_t slice) const { return slice * adc_.block_rows; }
  std::size_t real_unit(const MatrixBlock& block, int j) const {
    return real(static_cast<std::size_t>(&block - blocks_.data()) * slices_ + j);
  }
  /// The sum of the inputs as each slice of a block gets it: converted where a unit column adds
  /// them.
  std::vector<int> inputs(const MatrixBlock& block, const Drive& drive) const;
  /// First word of one bit of the levels of a slice.
  std::size_t plane(std::size_t slice, int bit) const {
    return (slice * adc_.cell_bits + bit) * words_;
  }
  /// What the converter of a slice gets: its current, or the difference of its two.
  int value(std::size_t slice, const Drive& drive) const {
    if (adc_.cells) return current(real_, real(slice), drive);
    int sum = 0;
    for (std::size_t p = 0; p < drive.planes.size(); ++p) {
      const WordLines& lines = drive.planes[p];
      sum += drive.plane_weights[p] * (current(positive_, slice, lines) -
                                       (adc_.offset ? 0 : current(negative_, slice, lines)));
    }
    return sum;
  }
  /// What converts a column of a block, counted from its first, in slice `j`; null: an ideal one.
  const base::Staircase* converter(const MatrixBlock& block, int column, int j) const {
    if (converters_.empty()) return nullptr;
    return &converters_[(static_cast<std::size_t>(&block - blocks_.data()) * slices_ + j) *
                            adc_.real_converters +
                        column % adc_.real_converters];
  }
  /// What noise adds to the value of a column, counted from the block's first, in slice `j`, whose
  /// cells have their `squares` from `first` on.
  int noise(const MatrixBlock& block, int column, int j, const std::vector<int>& squares,
            std::size_t first, const Drive& drive) const;
  /// What the converter of slice `j` of column `c` makes of it.
  struct Converted {
    int code;
    bool clips;
  };
  Converted convert(const MatrixBlock& block, int c, int j, const Drive& drive) const;
  /// Sum of the levels of the column's driven cells.
  int current(const std::vector<std::uint64_t>& crossbar, std::size_t slice,
              const WordLines& lines) const;

  /// The current of real cells, from `first` on.
  int current(const std::vector<int>& cells, std::size_t first, const Drive& drive) const;

  const AdcModel adc_;
  const LayerId id_;
  const int columns_, weight_bits_, activation_bits_;
  const bool signed_;
  const std::vector<MatrixBlock> blocks_;
  const int row_blocks_, slices_, words_;
  std::vector<std::uint64_t> positive_, negative_;
  std::vector<bool> flipped_;
  /// Row after row: of every slice, a pair's difference; of the unit columns.
  std::vector<int> real_, real_units_;
  /// The same of their squares (CellSource::noise_square), a pair's sum; empty: no noise.
  std::vector<int> squares_, unit_squares_;
  std::vector<base::NoiseKey> noise_keys_;  ///< of every block and slice
  /// Of every block and slice, as many as take its columns in turn; empty: ideal ones.
  std::vector<base::Staircase> converters_;
};

}  // namespace kirchhoff::quant
