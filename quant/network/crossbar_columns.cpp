#include "quant/network/crossbar_columns.h"

#include <algorithm>
#include <bitset>
#include <cstdlib>

namespace kirchhoff::quant {

CrossbarColumns::CrossbarColumns(const IntegerLayer& layer, const AdcModel& adc)
    : adc_(adc),
      rows_(static_cast<int>(layer.weights.rows())),
      columns_(static_cast<int>(layer.weights.cols())),
      weight_bits_(layer.weight_bits),
      activation_bits_(layer.activation_bits),
      blocks_((rows_ + adc.block_rows - 1) / adc.block_rows),
      slices_((layer.weight_bits + adc.cell_bits - 1) / adc.cell_bits),
      words_((adc.block_rows + 63) / 64),
      positive_(static_cast<std::size_t>(blocks_) * columns_ * slices_ * adc.cell_bits * words_, 0),
      negative_(adc.offset ? 0 : positive_.size(), 0),
      flipped_(static_cast<std::size_t>(blocks_) * columns_ * slices_, false) {
  for (int block = 0; block < blocks_; ++block) {
    for (int c = 0; c < columns_; ++c) {
      for (int j = 0; j < slices_; ++j) program(layer, block, c, j);
    }
  }
}

void CrossbarColumns::program(const IntegerLayer& layer, int block, int c, int j) {
  const int first_row = block * adc_.block_rows;
  const int last_row = std::min(rows_, first_row + adc_.block_rows);
  const std::size_t at = slice(block, c, j);
  const auto level = [&](int r) {
    const int weight = layer.weights(r, c);
    const int stored = adc_.offset ? weight + (1 << (weight_bits_ - 1)) : std::abs(weight);
    return stored >> (j * adc_.cell_bits) & adc_.top_level();
  };
  if (adc_.offset) {
    int largest = 0;
    for (int r = first_row; r < last_row; ++r) largest += level(r);
    flipped_[at] = largest >= adc_.flip_threshold();
  }
  for (int r = first_row; r < last_row; ++r) {
    std::vector<std::uint64_t>& crossbar =
        !adc_.offset && layer.weights(r, c) < 0 ? negative_ : positive_;
    const int stored = flipped_[at] ? adc_.top_level() - level(r) : level(r);
    for (int bit = 0; bit < adc_.cell_bits; ++bit) {
      if ((stored >> bit & 1) != 0) set(crossbar, plane(at, bit), r - first_row);
    }
  }
}

template <typename Step>
void CrossbarColumns::each_step(const std::vector<std::int32_t>& window, const Step& step) const {
  for (int block = 0; block < blocks_; ++block) {
    const int first_row = block * adc_.block_rows;
    const int last_row = std::min(rows_, first_row + adc_.block_rows);
    for (int i = 0; i < activation_bits_; ++i) {
      WordLines lines(static_cast<std::size_t>(words_), 0);
      int driven = 0;
      for (int r = first_row; r < last_row; ++r) {
        if ((window[static_cast<std::size_t>(r)] >> i & 1) == 0) continue;
        set(lines, 0, r - first_row);
        ++driven;
      }
      step(block, i, lines, adc_.unit_column ? adc_.convert(driven) : driven);
    }
  }
}

std::vector<std::int64_t> CrossbarColumns::read(const std::vector<std::int32_t>& window,
                                                std::uint64_t& clipped) const {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(columns_), 0);
  each_step(window, [&](int block, int i, const WordLines& lines, int inputs) {
    for (int c = 0; c < columns_; ++c) {
      std::int64_t& sum = sums[static_cast<std::size_t>(c)];
      for (int j = 0; j < slices_; ++j) {
        const std::size_t at = slice(block, c, j);
        const int difference = value(at, lines);
        if (adc_.clips(difference)) ++clipped;
        std::int64_t product = adc_.convert(difference);
        if (flipped_[at]) product = adc_.top_level() * inputs - product;
        sum += product * (std::int64_t{1} << (i + j * adc_.cell_bits));
      }
      if (adc_.offset) sum -= std::int64_t{inputs} * (std::int64_t{1} << (i + weight_bits_ - 1));
    }
  });
  return sums;
}

ConversionCodes CrossbarColumns::codes(const std::vector<std::int32_t>& window, int column) const {
  ConversionCodes codes;
  codes.blocks = blocks_;
  codes.bits = activation_bits_;
  codes.slices = slices_;
  each_step(window, [&](int block, int, const WordLines& lines, int inputs) {
    for (int j = 0; j < slices_; ++j)
      codes.column.push_back(adc_.convert(value(slice(block, column, j), lines)));
    codes.driven.push_back(inputs);
  });
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
