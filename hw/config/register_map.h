#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/config/identifiers.h"
#include "hw/config/row_pattern.h"

/// The memory map of a tile as the host sees it over TLM-2.0 (docs/registers.md). Little-endian
/// words of 32 bits unless stated. All descriptors are written before START and stay fixed while
/// the tile runs.
///
/// A bank of registers is a struct of their values and one list, which gives each its offset, name,
/// range and meaning. Addresses, range checks, decoding, assembly and the tables of the page follow
/// from the list.
namespace kirchhoff::hw {

/// What a tile does with the pixels under a window.
enum class Operation {
  kProducts,  ///< the PEs multiply them with weights
  kSum,       ///< the SFU adds up every channel's
  kMaximum,   ///< the SFU takes every channel's largest
  kWeighted,  ///< the SFU multiplies every channel's with weights and adds up
};

/// What the SFU's table holds.
enum class TableContents {
  kIdentity,  ///< the value, clamped to the range of the outputs
  kRelu,      ///< likewise, zero below zero
  kLoaded,    ///< the entries at kTableBase
};

/// Which of a sum's constants it takes.
enum class Constants {
  kByChannel,       ///< those of its channel
  kOne,             ///< the first ones
  kByPixels,        ///< by the pixels of the map under the window
  kByPaddedPixels,  ///< by those of the map and its padding
};

/// Window geometry and widths of a tile's layer. Where copies of the weights share out the windows,
/// widths of maps are those of the columns that concern this copy, heights those of the whole maps.
/// A tile stores the input channels [channel_begin, channel_begin + channels), and where a second
/// operand is added, the channels [residual_channel_begin, residual_channel_begin +
/// residual_channels) of that, in a ring of rows behind the first one.
struct LayerRegisters {
  int weight_bits = 0, activation_bits = 0, output_bits = 0, slices = 0;
  int channel_begin = 0, channels = 0, input_height = 0, input_width = 0;
  int kernel_height = 0, kernel_width = 0, stride_height = 0, padding_top = 0;
  int output_height = 0, output_width = 0, pool = 0, shift = 0;
  int sources = 0, groups = 0, hops = 0, layer = 0, functional = 0;
  int images = 0, buffer_rows = 0, producers = 0, sum_bits = 0;
  int stride_width = 0, padding_left = 0, padding_bottom = 0, padding_right = 0;
  int dilation_height = 0, dilation_width = 0;
  int operation = 0, input_signed = 0, output_signed = 0, table = 0, constants = 0;
  int residual_channel_begin = 0, residual_channels = 0, residual_height = 0, residual_width = 0;
  int residual_bits = 0, residual_rows = 0, residual_sources = 0, residual_producers = 0;
  int residual_multiplier = 0, channel_outputs = 0;
  int output_row_begin = 0, output_rows_between = 0;
  int output_columns_before = 0, output_columns_behind = 0, sparse_rows = 0;

  /// Rows of the output map that are made here.
  int output_rows() const {
    return (output_height - output_row_begin + output_rows_between) / (output_rows_between + 1);
  }
  /// Columns of the output map that all copies make together.
  int map_width() const { return output_columns_before + output_width + output_columns_behind; }
};

/// A block of weights on a PE.
struct BlockRegisters {
  int row_begin = 0, rows = 0, columns = 0, group = 0, first_pair = 0;
};

/// A column group: the output channels of one column block.
struct GroupRegisters {
  int channel_begin = 0, channels = 0, aggregator = 0, slot = 0, partials = 0, windows = 0;
};

/// A next hop: where channels of a completed group travel.
struct HopRegisters {
  int group = 0, node = 0, stream = 0, channel_begin = 0, channels = 0, rows = 0;
  int first_there = 0, operand = 0;
  int column_begin = 0, columns = 0;
  int row_shift = 0, row_begin = 0, row_step = 0, row_span = 0, row_times = 0;
};

/// A node that sends input.
struct ProducerRegister {
  int node = 0;
};

namespace reg {

using Address = std::uint64_t;

/// Tile t owns [t*kTileStride, (t+1)*kTileStride).
inline constexpr Address kTileStride = Address{1} << 36;
constexpr Address base_of(TileId tile) { return kTileStride * static_cast<unsigned>(tile); }

// Control and status.
inline constexpr Address kId = 0x000;       ///< RO: tile number
inline constexpr Address kControl = 0x004;  ///< WO: kStart or kClear
inline constexpr Address kStatus = 0x008;   ///< RO: a Status
inline constexpr std::uint32_t kStart = 1;  ///< run the images with the programmed registers
inline constexpr std::uint32_t kClear = 2;  ///< back to reset values; crossbars keep their cells
enum class Status : std::uint32_t { kIdle = 0, kRunning = 1, kDone = 2 };

inline constexpr int kMaxProducers = 1024;
inline constexpr int kMaxGroups = 128;
inline constexpr int kMaxHops = 2048;
inline constexpr int kMaxBlocks = 16;  ///< of a PE
inline constexpr int kMaxPes = 256;
inline constexpr std::uint32_t kMaxValue = 0x7fffffff;

/// One register of a bank. A register whose least value is not 0 must be programmed before START:
/// its reset value is 0.
template <typename Bank>
struct Register {
  Address offset;
  const char* name;
  int Bank::*field;
  std::uint32_t low, high;
  const char* meaning;
};

/// Where the banks of a kind lie: bank i at base + i * stride.
struct Place {
  Address base, stride;
  int count;

  constexpr Address at(int i) const { return base + stride * static_cast<unsigned>(i); }
  constexpr Address end() const { return at(count); }
};

template <typename Bank>
inline constexpr int kRegisters = 0;
template <typename Bank>
inline constexpr Place kPlace = {};

template <>
inline constexpr Place kPlace<LayerRegisters> = {0, 0x100, 1};
template <>
inline constexpr Register<LayerRegisters> kRegisters<LayerRegisters>[] = {
    {0x010, "WEIGHT_BITS", &LayerRegisters::weight_bits, 1, 16,
     "weight bits of the layer; the datapath follows SLICES, the offset encoding subtracts "
     "2^(WEIGHT_BITS - 1)"},
    {0x014, "ACTIVATION_BITS", &LayerRegisters::activation_bits, 1, 16,
     "bits of the activations that enter: bit steps per window"},
    {0x018, "OUTPUT_BITS", &LayerRegisters::output_bits, 0, 16,
     "bits of the activations that leave: ACTIVATION_BITS of the consumer; 0 = deliver the "
     "accumulators"},
    {0x01c, "SLICES", &LayerRegisters::slices, 1, 64,
     "crossbar pairs of every block that are read, one slice of `crossbar.cell_bits` weight bits "
     "each; at most `pe.pairs`"},
    {0x020, "CHANNEL_BEGIN", &LayerRegisters::channel_begin, 0, kMaxValue,
     "first input channel stored here"},
    {0x024, "CHANNELS", &LayerRegisters::channels, 1, 65535, "input channels stored here"},
    {0x028, "INPUT_HEIGHT", &LayerRegisters::input_height, 1, 65535, "rows of the input map"},
    {0x02c, "INPUT_WIDTH", &LayerRegisters::input_width, 1, 65535, "columns of the input map"},
    {0x030, "KERNEL_HEIGHT", &LayerRegisters::kernel_height, 1, 65535, "rows of the kernel"},
    {0x034, "KERNEL_WIDTH", &LayerRegisters::kernel_width, 1, 65535, "columns of the kernel"},
    {0x038, "STRIDE_HEIGHT", &LayerRegisters::stride_height, 1, 65535,
     "rows from one window to the next"},
    {0x03c, "PADDING_TOP", &LayerRegisters::padding_top, 0, 65535, "rows of padding above the map"},
    {0x040, "OUTPUT_HEIGHT", &LayerRegisters::output_height, 1, 65535,
     "rows of the output map, after pooling"},
    {0x044, "OUTPUT_WIDTH", &LayerRegisters::output_width, 1, 65535,
     "columns of the output map, after pooling"},
    {0x048, "POOL", &LayerRegisters::pool, 1, 65535, "side and stride of max-pooling; 1 = none"},
    {0x04c, "SHIFT", &LayerRegisters::shift, 0, 62, "S of the requantiser"},
    {0x050, "SOURCES", &LayerRegisters::sources, 1, 65535, "input streams that the tile receives"},
    {0x054, "GROUPS", &LayerRegisters::groups, 1, kMaxGroups, "column groups with blocks here"},
    {0x058, "HOPS", &LayerRegisters::hops, 0, kMaxHops,
     "next hops of the groups that are completed here"},
    {0x05c, "LAYER", &LayerRegisters::layer, 0, kMaxValue,
     "label of the tile's packets in the NoC's counters"},
    {0x060, "FUNCTIONAL", &LayerRegisters::functional, 0, 1, "1 = integers flow, 0 = sizes only"},
    {0x064, "IMAGES", &LayerRegisters::images, 1, 1 << 20,
     "images of the stream, one after another"},
    {0x068, "BUFFER_ROWS", &LayerRegisters::buffer_rows, 1, 65535,
     "rows of the input map that the eDRAM buffer holds, as a ring"},
    {0x06c, "PRODUCERS", &LayerRegisters::producers, 0, kMaxProducers, "nodes that send input"},
    {0x070, "SUM_BITS", &LayerRegisters::sum_bits, 8, 64,
     "bits of a sum on wires and in registers"},
    {0x074, "STRIDE_WIDTH", &LayerRegisters::stride_width, 1, 65535,
     "columns from one window to the next"},
    {0x078, "PADDING_LEFT", &LayerRegisters::padding_left, 0, 65535,
     "columns of padding before the map"},
    {0x07c, "PADDING_BOTTOM", &LayerRegisters::padding_bottom, 0, 65535,
     "rows of padding below the map"},
    {0x080, "PADDING_RIGHT", &LayerRegisters::padding_right, 0, 65535,
     "columns of padding behind the map"},
    {0x084, "DILATION_HEIGHT", &LayerRegisters::dilation_height, 1, 65535,
     "rows from one of the kernel to the next"},
    {0x088, "DILATION_WIDTH", &LayerRegisters::dilation_width, 1, 65535,
     "columns from one of the kernel to the next"},
    {0x08c, "OPERATION", &LayerRegisters::operation, 0, 3,
     "0 = the PEs multiply a window with weights, 1 = the SFU adds up its pixels channel by "
     "channel, 2 = the SFU takes the largest, 3 = the SFU multiplies them with weights and adds "
     "up"},
    {0x090, "INPUT_SIGNED", &LayerRegisters::input_signed, 0, 1,
     "1 = activations that enter are two's complement: the last bit step is subtracted"},
    {0x094, "OUTPUT_SIGNED", &LayerRegisters::output_signed, 0, 1,
     "1 = activations that leave are two's complement"},
    {0x098, "TABLE", &LayerRegisters::table, 0, 2,
     "what the SFU's table holds: 0 = the value, 1 = the value and zero below zero, 2 = the "
     "entries "
     "that were written"},
    {0x09c, "CONSTANTS", &LayerRegisters::constants, 0, 3,
     "requantisation constants of a sum: 0 = of its channel, 1 = the first, 2 = by the pixels "
     "under "
     "the window less one, 3 = those of the padding counted, too"},
    {0x0a0, "RESIDUAL_CHANNEL_BEGIN", &LayerRegisters::residual_channel_begin, 0, kMaxValue,
     "first channel of the second operand stored here"},
    {0x0a4, "RESIDUAL_CHANNELS", &LayerRegisters::residual_channels, 0, 65535,
     "channels of the second operand stored here; 0 = there is none"},
    {0x0a8, "RESIDUAL_HEIGHT", &LayerRegisters::residual_height, 0, 65535,
     "rows of the second operand's map, those of the windows before pooling"},
    {0x0ac, "RESIDUAL_WIDTH", &LayerRegisters::residual_width, 0, 65535,
     "columns of the second operand's map"},
    {0x0b0, "RESIDUAL_BITS", &LayerRegisters::residual_bits, 0, 16,
     "bits of an activation of the second operand"},
    {0x0b4, "RESIDUAL_ROWS", &LayerRegisters::residual_rows, 0, 65535,
     "rows of the second operand that the eDRAM buffer holds, as a ring"},
    {0x0b8, "RESIDUAL_SOURCES", &LayerRegisters::residual_sources, 0, 65535,
     "input streams of the second operand"},
    {0x0bc, "RESIDUAL_PRODUCERS", &LayerRegisters::residual_producers, 0, kMaxProducers,
     "nodes that send the second operand: the producers behind those of the input"},
    {0x0c0, "RESIDUAL_MULTIPLIER", &LayerRegisters::residual_multiplier, 0, INT32_MAX,
     "R of the requantiser"},
    {0x0c4, "CHANNEL_OUTPUTS", &LayerRegisters::channel_outputs, 0, 65535,
     "OPERATION = 3: outputs of an input channel, which follow each other"},
    {0x0c8, "OUTPUT_ROW_BEGIN", &LayerRegisters::output_row_begin, 0, 65535,
     "first row of the output map that is made here"},
    {0x0cc, "OUTPUT_ROWS_BETWEEN", &LayerRegisters::output_rows_between, 0, 65535,
     "rows of the output map that other copies of the weights make between two of this one's"},
    {0x0d0, "OUTPUT_COLUMNS_BEFORE", &LayerRegisters::output_columns_before, 0, 65535,
     "columns of the output map that other copies make before the OUTPUT_WIDTH of this one"},
    {0x0d4, "OUTPUT_COLUMNS_BEHIND", &LayerRegisters::output_columns_behind, 0, 65535,
     "likewise behind them"},
    {0x0d8, "SPARSE_ROWS", &LayerRegisters::sparse_rows, 0, 1,
     "0 = all rows of the maps come, 1 = those under the windows that are computed here"},
};

template <>
inline constexpr Place kPlace<ProducerRegister> = {0x1000, 4, kMaxProducers};
template <>
inline constexpr Register<ProducerRegister> kRegisters<ProducerRegister>[] = {
    {0x00, "NODE", &ProducerRegister::node, 0, kMaxValue,
     "sends input, and hears when rows of the buffer are free again"},
};

template <>
inline constexpr Place kPlace<GroupRegisters> = {0x2000, 0x20, kMaxGroups};
template <>
inline constexpr Register<GroupRegisters> kRegisters<GroupRegisters>[] = {
    {0x00, "CHANNEL_BEGIN", &GroupRegisters::channel_begin, 0, kMaxValue, "first output channel"},
    {0x04, "CHANNELS", &GroupRegisters::channels, 0, kMaxValue, "output channels"},
    {0x08, "AGGREGATOR", &GroupRegisters::aggregator, 0, kMaxValue,
     "tile that sums and completes the group"},
    {0x0c, "SLOT", &GroupRegisters::slot, 0, kMaxValue, "index of the group at its aggregator"},
    {0x10, "PARTIALS", &GroupRegisters::partials, 0, kMaxValue,
     "at the aggregator: number of tiles that send it partial sums; 0 elsewhere"},
    {0x14, "WINDOWS", &GroupRegisters::windows, 0, kMaxValue,
     "windows of partial sums that the aggregator can hold: a sender's credits"},
};

template <>
inline constexpr Place kPlace<HopRegisters> = {0x3000, 0x40, kMaxHops};
template <>
inline constexpr Register<HopRegisters> kRegisters<HopRegisters>[] = {
    {0x00, "GROUP", &HopRegisters::group, 0, kMaxValue, "index of the group"},
    {0x04, "NODE", &HopRegisters::node, 0, kMaxValue,
     "destination: a tile, or the number of tiles for the host"},
    {0x08, "STREAM", &HopRegisters::stream, 0, kMaxValue,
     "input stream at the destination, below its SOURCES"},
    {0x0c, "CHANNEL_BEGIN", &HopRegisters::channel_begin, 0, kMaxValue,
     "first output channel that travels"},
    {0x10, "CHANNELS", &HopRegisters::channels, 0, kMaxValue, "channels that travel"},
    {0x14, "ROWS", &HopRegisters::rows, 0, kMaxValue,
     "rows of the map that the destination can hold: the credits to begin with; 0 = any number"},
    {0x18, "FIRST_THERE", &HopRegisters::first_there, 0, kMaxValue,
     "number of the first of these channels in the map that the destination reads"},
    {0x1c, "OPERAND", &HopRegisters::operand, 0, 1,
     "0 = the destination's input, 1 = its second operand"},
    {0x20, "COLUMN_BEGIN", &HopRegisters::column_begin, 0, 65535,
     "first column of the map that travels"},
    {0x24, "COLUMNS", &HopRegisters::columns, 0, 65535,
     "columns that travel: the map's width at the destination; 0 = all"},
    {0x28, "ROW_SHIFT", &HopRegisters::row_shift, 0, 65535,
     "rows of padding above the destination's map"},
    {0x2c, "ROW_BEGIN", &HopRegisters::row_begin, 0, kMaxValue,
     "first row of the padded map that travels"},
    {0x30, "ROW_STEP", &HopRegisters::row_step, 0, kMaxValue,
     "from the begin of one run of rows that travel to the next; 0 = all rows travel"},
    {0x34, "ROW_SPAN", &HopRegisters::row_span, 0, kMaxValue, "rows of a run"},
    {0x38, "ROW_TIMES", &HopRegisters::row_times, 0, kMaxValue, "runs"},
};

/// Block b of PE p is bank block_index(p, b).
constexpr int block_index(PeId pe, int block) { return index(pe) * kMaxBlocks + block; }
template <>
inline constexpr Place kPlace<BlockRegisters> = {0x40000, 0x20, kMaxPes* kMaxBlocks};
template <>
inline constexpr Register<BlockRegisters> kRegisters<BlockRegisters>[] = {
    {0x00, "ROW_BEGIN", &BlockRegisters::row_begin, 0, kMaxValue,
     "first row of the unrolled weight matrix. Row = (channel * KERNEL_HEIGHT + ky) * "
     "KERNEL_WIDTH + kx"},
    {0x04, "ROWS", &BlockRegisters::rows, 0, kMaxValue,
     "rows in use, at most `crossbar.rows`; 0 = no block"},
    {0x08, "COLUMNS", &BlockRegisters::columns, 0, kMaxValue,
     "columns in use, at most `crossbar.cols`"},
    {0x0c, "GROUP", &BlockRegisters::group, 0, kMaxValue,
     "column group of the block: index into the next table"},
    {0x10, "FIRST_PAIR", &BlockRegisters::first_pair, 0, kMaxValue,
     "pair that holds its least significant slice"},
};

/// Rows of its input that a tile takes.
inline RowPattern input_rows(const LayerRegisters& layer) {
  if (layer.sparse_rows == 0) return {};
  const int stride = layer.pool * layer.stride_height;
  return {layer.padding_top, layer.output_row_begin * stride,
          (layer.output_rows_between + 1) * stride,
          (layer.kernel_height - 1) * layer.dilation_height + 1 +
              (layer.pool - 1) * layer.stride_height,
          layer.output_rows()};
}
/// Of its second operand.
inline RowPattern residual_rows(const LayerRegisters& layer) {
  if (layer.sparse_rows == 0) return {};
  return {0, layer.output_row_begin * layer.pool, (layer.output_rows_between + 1) * layer.pool,
          layer.pool, layer.output_rows()};
}
/// Rows of a map that travel over a hop.
inline RowPattern rows_of(const HopRegisters& hop) {
  return {hop.row_shift, hop.row_begin, hop.row_step, hop.row_span, hop.row_times};
}
inline void set_rows(HopRegisters& hop, const RowPattern& rows) {
  hop.row_shift = rows.shift;
  hop.row_begin = rows.begin;
  hop.row_step = rows.step;
  hop.row_span = rows.span;
  hop.row_times = rows.times;
}

/// Address of a register of bank `i`: at(&GroupRegisters::channels, 3).
template <typename Bank>
constexpr Address at(int Bank::*field, int i = 0) {
  Address offset = 0;
  for (const Register<Bank>& r : kRegisters<Bank>) {
    if (r.field == field) offset = r.offset;
  }
  return kPlace<Bank>.at(i) + offset;
}

/// Address of the first register of bank `i`.
template <typename Bank>
constexpr Address first_of(int i = 0) {
  return kPlace<Bank>.at(i) + kRegisters<Bank>[0].offset;
}

/// The bank whose word at an address is `word_at(address)`.
template <typename Bank, typename WordAt>
Bank decode(int i, WordAt&& word_at) {
  Bank bank;
  for (const Register<Bank>& r : kRegisters<Bank>)
    bank.*r.field = static_cast<int>(word_at(kPlace<Bank>.at(i) + r.offset));
  return bank;
}

/// The words of a bank from first_of() on.
template <typename Bank>
std::vector<std::uint32_t> words_of(const Bank& bank) {
  const Address first = kRegisters<Bank>[0].offset;
  std::vector<std::uint32_t> words;
  for (const Register<Bank>& r : kRegisters<Bank>) {
    words.resize((r.offset - first) / 4 + 1, 0);
    words.back() = static_cast<std::uint32_t>(bank.*r.field);
  }
  return words;
}

/// Every register has a value of its range: what has to be programmed is.
template <typename Bank>
bool programmed(const Bank& bank) {
  for (const Register<Bank>& r : kRegisters<Bank>) {
    if (static_cast<std::uint32_t>(bank.*r.field) < r.low) return false;
  }
  return true;
}

// Requantisation constants per output channel: 32-bit multipliers, 64-bit biases.
inline constexpr Address kMultiplierBase = 0x100000;
inline constexpr Address kBiasBase = 0x200000;
inline constexpr int kMaxChannels = 65536;
// Entries of the SFU's table, 32 bits each, from the least address of OUTPUT_BITS + 1 bits on.
inline constexpr Address kTableBase = 0x280000;
inline constexpr int kMaxTable = 1 << 17;
// Weights that the SFU multiplies with, 32 bits each: those of the outputs that are completed here,
// one after another, pixel by pixel of the kernel.
inline constexpr Address kWeightBase = 0x1000000;
inline constexpr int kMaxWeights = 1 << 24;

// Counters, RO, 64-bit, in the order of TileCounters::visit.
inline constexpr Address kCounterBase = 0x300000;

// Crossbar cells: PE p, array 2*pair (positive, or the only one of the offset encoding) or
// 2*pair + 1 (negative), rows of ceil(cols*cell_bits/8) bytes, column 0 in the lowest bits of byte
// 0. At kFlipOffset of an array: one bit per column, set where the column is stored flipped.
inline constexpr Address kCellBase = Address{1} << 32;
inline constexpr Address kCellPeStride = Address{1} << 25;
inline constexpr Address kCellArrayStride = Address{1} << 18;
inline constexpr Address kFlipOffset = Address{1} << 17;
constexpr Address cells_of(PeId pe, int array) {
  return kCellBase + kCellPeStride * static_cast<unsigned>(pe) +
         kCellArrayStride * static_cast<unsigned>(array);
}

}  // namespace reg
}  // namespace kirchhoff::hw
