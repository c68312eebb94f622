#include "quant/network/crossbar_columns.h"

#include <algorithm>
#include <bitset>
#include <cstdlib>
#include <utility>

namespace kirchhoff::quant {

namespace {

int row_blocks(const std::vector<MatrixBlock>& blocks) {
  int most = 0;
  for (const MatrixBlock& block : blocks) most = std::max(most, block.row_block + 1);
  return most;
}

}  // namespace

CrossbarColumns::CrossbarColumns(const Layer& shape, const IntegerLayer& layer, const AdcModel& adc,
                                 LayerId id)
    : adc_(adc),
      id_(id),
      columns_(shape.out_channels),
      weight_bits_(layer.weight_bits),
      activation_bits_(layer.activation_bits),
      signed_(layer.input_signed),
      blocks_(matrix_blocks(shape, adc.block_rows, adc.block_columns, adc.grouped)),
      row_blocks_(row_blocks(blocks_)),
      slices_(adc.slices(layer.weight_bits)),
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
  if (!adc_.cells) return;
  real_.resize(real(flipped_.size()), 0);
  real_units_.resize(real(blocks_.size() * static_cast<std::size_t>(slices_)), 0);
  if (adc_.read_noise > 0) {
    squares_.resize(real_.size(), 0);
    unit_squares_.resize(real_units_.size(), 0);
  }
  for (const MatrixBlock& block : blocks_) {
    for (int j = 0; j < slices_; ++j) {
      for (int c = block.column_begin; c < block.column_begin + block.columns; ++c)
        realise(shape, layer, block, c, j);
      if (adc_.unit_column) realise_units(block, j);
      const CellArray pair{id_,   block.row_begin, block.column_begin, j,
                           false, block.rows,      block.columns};
      if (adc_.noisy()) noise_keys_.push_back(adc_.cells->noise_key(pair));
      for (int k = 0; k < adc_.real_converters; ++k) {
        const bool used = k < block.columns + (adc_.unit_column ? 1 : 0);
        converters_.push_back(used ? adc_.cells->transfer(pair, k) : base::Staircase({}));
      }
    }
  }
}

void CrossbarColumns::program(const Layer& shape, const IntegerLayer& layer,
                              const MatrixBlock& block, int column, int j) {
  const std::size_t at = slice(block.row_block, column, j);
  const auto weight = [&](int r) { return weight_at(shape, layer, block.row_begin + r, column); };
  const auto level = [&](int r) { return adc_.level(weight(r), weight_bits_, j); };
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

void CrossbarColumns::realise(const Layer& shape, const IntegerLayer& layer,
                              const MatrixBlock& block, int column, int j) {
  const std::size_t at = slice(block.row_block, column, j);
  CellArray array{id_, block.row_begin, block.column_begin, j, false, block.rows, block.columns};
  const auto conductance = [&](bool negative, int r, int level) {
    array.negative = negative;
    const int found = adc_.cells->conductance(array, r, column - block.column_begin, level);
    if (!squares_.empty())
      squares_[real(at) + static_cast<std::size_t>(r)] += adc_.cells->noise_square(found);
    return found;
  };
  for (int r = 0; r < block.rows; ++r) {
    const int weight = weight_at(shape, layer, block.row_begin + r, column);
    const int level = adc_.level(weight, weight_bits_, j);
    int& cell = real_[real(at) + static_cast<std::size_t>(r)];
    if (adc_.offset) {
      cell = conductance(false, r, flipped_[at] ? adc_.top_level() - level : level);
    } else {
      cell = conductance(false, r, weight < 0 ? 0 : level) -
             conductance(true, r, weight < 0 ? level : 0);
    }
  }
}

void CrossbarColumns::realise_units(const MatrixBlock& block, int j) {
  for (int r = 0; r < block.rows; ++r) {
    const std::size_t at = real_unit(block, j) + static_cast<std::size_t>(r);
    real_units_[at] = adc_.cells->conductance(
        {id_, block.row_begin, block.column_begin, j, false, block.rows, block.columns}, r,
        adc_.block_columns, 1);
    if (!unit_squares_.empty()) unit_squares_[at] = adc_.cells->noise_square(real_units_[at]);
  }
}

CrossbarColumns::Drive CrossbarColumns::drive(const MatrixBlock& block,
                                              const std::vector<std::int32_t>& window,
                                              const AdcModel::Digit& digit, int first_row) const {
  Drive drive;
  drive.bit = digit.bit;
  drive.first_row = first_row;
  drive.weight = std::int64_t{1} << digit.bit;
  const int last_row = std::min(block.rows, first_row + adc_.read_rows(block.rows));
  for (int p = 0; p < digit.bits; ++p) {
    const int bit = digit.bit + p;
    WordLines lines(static_cast<std::size_t>(words_), 0);
    int driven = 0;
    for (int r = first_row; r < last_row; ++r) {
      if ((window[static_cast<std::size_t>(block.row_begin + r)] >> bit & 1) == 0) continue;
      set(lines, 0, r);
      ++driven;
    }
    int weight = 1 << p;
    const bool sign_bit = signed_ && bit == activation_bits_ - 1;
    if (sign_bit && adc_.drives_sign()) weight = -weight;
    if (sign_bit && !adc_.drives_sign()) drive.weight = -drive.weight;
    drive.planes.push_back(std::move(lines));
    drive.plane_weights.push_back(weight);
    drive.inputs += weight * driven;
  }
  if (adc_.digital) multiply_digitally(drive);
  return drive;
}

// The row is read as it is, if its digit is not 0, and what was converted times the digit.
void CrossbarColumns::multiply_digitally(Drive& drive) {
  for (std::size_t p = 1; p < drive.planes.size(); ++p) {
    for (std::size_t word = 0; word < drive.planes[p].size(); ++word)
      drive.planes.front()[word] |= drive.planes[p][word];
  }
  drive.planes.resize(1);
  drive.plane_weights = {1};
  drive.weight *= drive.inputs;
  drive.inputs = drive.inputs != 0 ? 1 : 0;
}

template <typename Read>
void CrossbarColumns::each_read(const MatrixBlock& block, const std::vector<std::int32_t>& window,
                                const base::NoiseEvent& place, const Read& read) const {
  for (const AdcModel::Digit& digit : adc_.digits(activation_bits_)) {
    for (int first = 0; first < block.rows; first += adc_.read_rows(block.rows)) {
      Drive drive = this->drive(block, window, digit, first);
      drive.event = place;
      drive.event.bit = drive.bit;
      drive.event.first_row = first;
      read(drive);
    }
  }
}

std::vector<std::int64_t> CrossbarColumns::read(const std::vector<std::int32_t>& window,
                                                std::uint64_t& clipped,
                                                const base::NoiseEvent& place) const {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(columns_), 0);
  for (const MatrixBlock& block : blocks_) {
    each_read(block, window, place, [&](const Drive& drive) {
      const std::vector<int> inputs = this->inputs(block, drive);
      for (int c = block.column_begin; c < block.column_begin + block.columns; ++c) {
        std::int64_t& sum = sums[static_cast<std::size_t>(c)];
        for (int j = 0; j < slices_; ++j) {
          const std::size_t at = slice(block.row_block, c, j);
          const Converted converted = convert(block, c, j, drive);
          if (converted.clips) ++clipped;
          std::int64_t product = converted.code;
          if (flipped_[at])
            product = adc_.top_level() * inputs[static_cast<std::size_t>(j)] - product;
          sum += product * drive.weight * (std::int64_t{1} << (j * adc_.cell_bits));
        }
        if (adc_.offset)
          sum -= inputs.front() * drive.weight * (std::int64_t{1} << (weight_bits_ - 1));
      }
    });
  }
  return sums;
}

ConversionCodes CrossbarColumns::codes(const std::vector<std::int32_t>& window, int column,
                                       const base::NoiseEvent& place) const {
  ConversionCodes codes;
  for (const MatrixBlock& block : blocks_) {
    if (column < block.column_begin || column >= block.column_begin + block.columns) continue;
    each_read(block, window, place, [&](const Drive& drive) {
      ConversionCodes::Read read{
          block.row_block, drive.bit, drive.first_row, inputs(block, drive), {}};
      for (int j = 0; j < slices_; ++j)
        read.column.push_back(convert(block, column, j, drive).code);
      codes.reads.push_back(std::move(read));
    });
  }
  return codes;
}

std::vector<int> CrossbarColumns::inputs(const MatrixBlock& block, const Drive& drive) const {
  std::vector<int> inputs(static_cast<std::size_t>(slices_), drive.inputs);
  for (int j = 0; adc_.unit_column && j < slices_; ++j) {
    int& sum = inputs[static_cast<std::size_t>(j)];
    if (adc_.cells) sum = current(real_units_, real_unit(block, j), drive);
    sum += noise(block, block.columns, j, unit_squares_, real_unit(block, j), drive);
    sum = adc_.convert(sum, converter(block, block.columns, j));
  }
  return inputs;
}

CrossbarColumns::Converted CrossbarColumns::convert(const MatrixBlock& block, int c, int j,
                                                    const Drive& drive) const {
  const std::size_t at = slice(block.row_block, c, j);
  const int column = c - block.column_begin;
  const int found = value(at, drive) + noise(block, column, j, squares_, real(at), drive);
  const base::Staircase* const real = converter(block, column, j);
  return {adc_.convert(found, real), adc_.clips(found, real)};
}

int CrossbarColumns::noise(const MatrixBlock& block, int column, int j,
                           const std::vector<int>& squares, std::size_t first,
                           const Drive& drive) const {
  if (!adc_.noisy()) return 0;
  const base::NoiseKey& key =
      noise_keys_[static_cast<std::size_t>(&block - blocks_.data()) * slices_ + j];
  const auto deviate = [&](base::NoiseKind kind) {
    return base::noise_deviate(key, kind, drive.event, column);
  };
  int parts = 0;
  if (adc_.read_noise > 0) {
    std::int64_t sum = 0;
    for (int r = 0; r < adc_.block_rows; ++r) {
      std::int64_t digit = 0;
      for (std::size_t p = 0; p < drive.planes.size(); ++p) {
        if ((drive.planes[p][static_cast<std::size_t>(r / 64)] >> (r % 64) & 1) != 0)
          digit += drive.plane_weights[p];
      }
      sum += digit * digit * squares[first + static_cast<std::size_t>(r)];
    }
    parts +=
        base::noise_parts(base::read_sigma(adc_.read_noise, sum), deviate(base::NoiseKind::kRead));
  }
  if (adc_.thermal_noise > 0)
    parts += base::noise_parts(adc_.thermal_noise, deviate(base::NoiseKind::kThermal));
  return parts;
}

int CrossbarColumns::current(const std::vector<int>& cells, std::size_t first,
                             const Drive& drive) const {
  int sum = 0;
  for (std::size_t p = 0; p < drive.planes.size(); ++p) {
    for (int r = 0; r < adc_.block_rows; ++r) {
      if ((drive.planes[p][static_cast<std::size_t>(r / 64)] >> (r % 64) & 1) != 0)
        sum += drive.plane_weights[p] * cells[first + static_cast<std::size_t>(r)];
    }
  }
  return sum;
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
