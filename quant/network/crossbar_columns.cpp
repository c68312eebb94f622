#include "quant/network/crossbar_columns.h"

#include <algorithm>
#include <bitset>
#include <cstdlib>

namespace kirchhoff::quant {

namespace {

int row_blocks(const std::vector<MatrixBlock>& blocks) {
  int most = 0;
  for (const MatrixBlock& block : blocks) most = std::max(most, block.row_block + 1);
  return most;
}

}  // namespace

CrossbarColumns::CrossbarColumns(const Layer& shape, const IntegerLayer& layer, const AdcModel& adc)
    : adc_(adc),
      columns_(shape.out_channels),
      weight_bits_(layer.weight_bits),
      activation_bits_(layer.activation_bits),
      signed_(layer.input_signed),
      blocks_(matrix_blocks(shape, adc.block_rows, adc.block_columns, adc.grouped)),
      row_blocks_(row_blocks(blocks_)),
      slices_((layer.weight_bits + adc.cell_bits - 1) / adc.cell_bits),
      words_((adc.block_rows + 63) / 64),
      positive_(static_cast<std::size_t>(row_blocks_) * columns_ * slices_ * adc.cell_bits * words_,
                0),
      negative_(adc.offset ? 0 : positive_.size(), 0),
      flipped_(static_cast<std::size_t>(row_blocks_) * columns_ * slices_, false) {
  for (const MatrixBlock& block : blocks_) {
    for (int c = block.column_begin; c < block.column_begin + block.columns; ++c) {
      for (int j = 0; j < slices_; ++j) program(shape, layer, block, c, j);
    }
  }
}

void CrossbarColumns::program(const Layer& shape, const IntegerLayer& layer,
                              const MatrixBlock& block, int column, int j) {
  const std::size_t at = slice(block.row_block, column, j);
  const auto weight = [&](int r) { return weight_at(shape, layer, block.row_begin + r, column); };
  const auto level = [&](int r) {
    const int stored = adc_.offset ? weight(r) + (1 << (weight_bits_ - 1)) : std::abs(weight(r));
    return stored >> (j * adc_.cell_bits) & adc_.top_level();
  };
  if (adc_.offset) {
    int largest = 0;
    for (int r = 0; r < block.rows; ++r) largest += level(r);
    flipped_[at] = largest >= adc_.flip_threshold();
  }
  for (int r = 0; r < block.rows; ++r) {
    std::vector<std::uint64_t>& crossbar = !adc_.offset && weight(r) < 0 ? negative_ : positive_;
    const int stored = flipped_[at] ? adc_.top_level() - level(r) : level(r);
    for (int bit = 0; bit < adc_.cell_bits; ++bit) {
      if ((stored >> bit & 1) != 0) set(crossbar, plane(at, bit), r);
    }
  }
}

template <typename Step>
void CrossbarColumns::each_step(const MatrixBlock& block, const std::vector<std::int32_t>& window,
                                const Step& step) const {
  for (int i = 0; i < activation_bits_; ++i) {
    WordLines lines(static_cast<std::size_t>(words_), 0);
    int driven = 0;
    for (int r = 0; r < block.rows; ++r) {
      if ((window[static_cast<std::size_t>(block.row_begin + r)] >> i & 1) == 0) continue;
      set(lines, 0, r);
      ++driven;
    }
    const std::int64_t weight = std::int64_t{1} << i;
    step(i, signed_ && i == activation_bits_ - 1 ? -weight : weight, lines,
         adc_.unit_column ? adc_.convert(driven) : driven);
  }
}

std::vector<std::int64_t> CrossbarColumns::read(const std::vector<std::int32_t>& window,
                                                std::uint64_t& clipped) const {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(columns_), 0);
  for (const MatrixBlock& block : blocks_) {
    each_step(block, window, [&](int, std::int64_t bit_weight, const WordLines& lines, int inputs) {
      for (int c = block.column_begin; c < block.column_begin + block.columns; ++c) {
        std::int64_t& sum = sums[static_cast<std::size_t>(c)];
        for (int j = 0; j < slices_; ++j) {
          const std::size_t at = slice(block.row_block, c, j);
          const int difference = value(at, lines);
          if (adc_.clips(difference)) ++clipped;
          std::int64_t product = adc_.convert(difference);
          if (flipped_[at]) product = adc_.top_level() * inputs - product;
          sum += product * bit_weight * (std::int64_t{1} << (j * adc_.cell_bits));
        }
        if (adc_.offset) sum -= inputs * bit_weight * (std::int64_t{1} << (weight_bits_ - 1));
      }
    });
  }
  return sums;
}

ConversionCodes CrossbarColumns::codes(const std::vector<std::int32_t>& window, int column) const {
  ConversionCodes codes;
  codes.bits = activation_bits_;
  codes.slices = slices_;
  for (const MatrixBlock& block : blocks_) {
    if (column < block.column_begin || column >= block.column_begin + block.columns) continue;
    ++codes.blocks;
    each_step(block, window, [&](int, std::int64_t, const WordLines& lines, int inputs) {
      for (int j = 0; j < slices_; ++j)
        codes.column.push_back(adc_.convert(value(slice(block.row_block, column, j), lines)));
      codes.driven.push_back(inputs);
    });
  }
  return codes;
}

int CrossbarColumns::current(const std::vector<std::uint64_t>& crossbar, std::size_t slice,
                             const WordLines& lines) const {
  std::size_t sum = 0;
  for (int bit = 0; bit < adc_.cell_bits; ++bit) {
    const std::size_t at = plane(slice, bit);
    for (int word = 0; word < words_; ++word) {
      sum += std::bitset<64>(crossbar[at + word] & lines[static_cast<std::size_t>(word)]).count()
             << bit;
    }
  }
  return static_cast<int>(sum);
}

}  // namespace kirchhoff::quant
