#include "sim/conversion_check.h"

#include <fmt/format.h>

namespace kirchhoff::sim {

std::string ConversionDifference::text() const {
  return fmt::format(
      "row block {} (tile {}, PE {}), bit step {}, {}slice {}, {}: code {}, golden {}", row_block,
      index(tile), index(pe), bit, first_row > 0 ? fmt::format("rows from {}, ", first_row) : "",
      slice, unit_column ? "unit column" : fmt::format("column {}", column),
      chip ? fmt::format("{}", *chip) : "none", golden);
}

ConversionCheck::ConversionCheck(hw::Chip& chip, const mapping::Mapping& mapping,
                                 quant::LayerId layer, const ConversionPlace& place)
    : chip_(chip),
      slices_(mapping.layers[layer].slices),
      lsb_(chip.config().tile.pe.adc.lsb),
      unit_column_(chip.config().tile.pe.extra_columns() > 0),
      window_(place.window) {
  for (const mapping::Block& block : mapping.layers[layer].blocks) {
    const int column = place.channel - block.column_begin;
    if (block.copy != place.copy || column < 0 || column >= block.columns) continue;
    watched_.push_back({&block,
                        mapping.position[block.tile],
                        column,
                        std::vector<int>(static_cast<std::size_t>(slices_), -1),
                        {},
                        {}});
  }
  // Row blocks of the column may share a PE.
  for (const Watched& one : watched_) {
    chip.tile(one.tile)
        .pe(one.block->pe)
        .watch([this, tile = one.tile, pe = one.block->pe](const hw::Conversions& conversions) {
          for (Watched& block : watched_) {
            if (block.tile == tile && block.block->pe == pe &&
                block.block->slot == conversions.block)
              see(block, conversions);
          }
        });
  }
}

ConversionCheck::~ConversionCheck() {
  for (const Watched& one : watched_) chip_.tile(one.tile).pe(one.block->pe).watch(nullptr);
}

void ConversionCheck::see(Watched& watched, const hw::Conversions& c) const {
  int& window = watched.window[static_cast<std::size_t>(c.slice)];
  if (c.bit == 0 && c.first_row == 0 && c.first_column == 0) ++window;
  if (window != window_) return;
  const auto keep = [&](int column, std::map<std::tuple<int, int, int>, int>& codes) {
    const int i = column - c.first_column;
    if (i < 0 || i >= static_cast<int>(c.codes.size())) return;
    codes[{c.bit, c.first_row, c.slice}] = c.codes[static_cast<std::size_t>(i)] / lsb_;
  };
  keep(watched.column, watched.codes);
  if (unit_column_) keep(watched.block->columns, watched.units);
}

std::optional<ConversionDifference> ConversionCheck::first(
    const quant::ConversionCodes& golden) const {
  for (const Watched& one : watched_) {
    const int row_block = one.block->row_block;
    for (const quant::ConversionCodes::Read& read : golden.reads) {
      if (read.row_block != row_block) continue;
      for (int slice = 0; slice < slices_; ++slice) {
        const auto differs = [&](int column, const std::map<std::tuple<int, int, int>, int>& codes,
                                 int expected) -> std::optional<ConversionDifference> {
          const auto found = codes.find({read.bit, read.first_row, slice});
          const std::optional<int> code =
              found == codes.end() ? std::nullopt : std::optional<int>(found->second);
          if (code && *code == expected) return std::nullopt;
          return ConversionDifference{
              row_block,      one.tile, one.block->pe, read.bit,
              read.first_row, slice,    column,        column == one.block->columns,
              code,           expected};
        };
        if (auto found =
                differs(one.column, one.codes, read.column[static_cast<std::size_t>(slice)] / lsb_))
          return found;
        if (!unit_column_) continue;
        if (auto found = differs(one.block->columns, one.units,
                                 read.units[static_cast<std::size_t>(slice)] / lsb_))
          return found;
      }
    }
  }
  return std::nullopt;
}

}  // namespace kirchhoff::sim
