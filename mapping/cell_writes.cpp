#include "mapping/cell_writes.h"

#include <cstdint>
#include <utility>

#include "hw/config/register_map.h"

namespace kirchhoff::mapping {

namespace reg = hw::reg;

namespace {

Write cell_write(const BlockCells& cells, int array, std::size_t bytes) {
  Write write;
  write.address = reg::base_of(cells.tile) + reg::cells_of(cells.block.pe, array);
  write.bytes.assign(bytes, 0);
  return write;
}

/// Of one row of an array.
int row_bytes(const hw::CrossbarConfig& crossbar) {
  return (crossbar.cols * crossbar.cell_bits + 7) / 8;
}

std::size_t block_bytes(const BlockCells& cells) {
  return static_cast<std::size_t>(row_bytes(cells.pe.crossbar) * cells.block.rows);
}

/// Sets the cell of `row` and `column` of an array that is erased.
void set_level(const hw::CrossbarConfig& crossbar, Write& array, int row, int column, int level) {
  const int bit = column * crossbar.cell_bits;
  auto& byte = array.bytes[static_cast<std::size_t>(row * row_bytes(crossbar) + bit / 8)];
  byte = static_cast<std::uint8_t>(byte | level << (bit % 8));
}

// Slice j of |weight| goes to pair j of the block: to the positive array for weights above zero,
// to the negative for those below.
void append_differential(const BlockCells& cells, std::vector<Write>& writes) {
  const hw::CrossbarConfig& crossbar = cells.pe.crossbar;
  const int top = hw::top_level(crossbar.cell_bits);
  std::vector<Write> arrays;  // positive and negative of each slice
  for (int a = 0; a < 2 * cells.slices; ++a)
    arrays.push_back(cell_write(cells, 2 * cells.block.first_pair + a, block_bytes(cells)));
  for (int c = 0; c < cells.block.columns; ++c) {
    for (int r = 0; r < cells.block.rows; ++r) {
      const int weight = cells.weights(r, c);
      int magnitude = weight < 0 ? -weight : weight;
      for (int a = weight < 0; magnitude != 0; a += 2, magnitude >>= crossbar.cell_bits) {
        if (const int level = magnitude & top)
          set_level(crossbar, arrays[static_cast<std::size_t>(a)], r, c, level);
      }
    }
  }
  for (Write& array : arrays) writes.push_back(std::move(array));
}

// Slice j of weight + 2^(w-1) goes to the array of lane j; a column that could set the most
// significant bit of its sum is stored as the complement of its levels, and flagged.
void append_offset(const BlockCells& cells, std::vector<Write>& writes) {
  const hw::CrossbarConfig& crossbar = cells.pe.crossbar;
  const int top = hw::top_level(crossbar.cell_bits);
  const int threshold = hw::flip_threshold(crossbar.rows, crossbar.cell_bits);
  for (int j = 0; j < cells.slices; ++j) {
    const int array = 2 * (cells.block.first_pair + j);
    Write levels = cell_write(cells, array, block_bytes(cells));
    Write flips = cell_write(cells, array, static_cast<std::size_t>((crossbar.cols + 7) / 8));
    flips.address += reg::kFlipOffset;
    for (int c = 0; c < cells.block.columns; ++c) {
      const auto level = [&](int r) {
        const int biased = cells.weights(r, c) + (1 << (cells.weight_bits - 1));
        return biased >> (j * crossbar.cell_bits) & top;
      };
      int sum = 0;
      for (int r = 0; r < cells.block.rows; ++r) sum += level(r);
      const bool flipped = sum >= threshold;
      if (flipped) {
        auto& byte = flips.bytes[static_cast<std::size_t>(c / 8)];
        byte = static_cast<std::uint8_t>(byte | 1u << (c % 8));
      }
      for (int r = 0; r < cells.block.rows; ++r)
        set_level(crossbar, levels, r, c, flipped ? top - level(r) : level(r));
    }
    writes.push_back(std::move(levels));
    writes.push_back(std::move(flips));
  }
}

}  // namespace

void append_cell_writes(const BlockCells& cells, std::vector<Write>& writes) {
  if (cells.pe.encoding == hw::Encoding::kOffset) {
    append_offset(cells, writes);
  } else {
    append_differential(cells, writes);
  }
}

}  // namespace kirchhoff::mapping
