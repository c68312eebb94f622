#pragma once

#include <cstdint>

/// The memory map of a tile as the host sees it over TLM-2.0 (docs/registers.md). Little-endian
/// words of 32 bits unless stated. All descriptors are written before START and stay fixed while
/// the tile runs.
namespace kirchhoff::hw::reg {

using Address = std::uint64_t;

/// Tile t owns [t*kTileStride, (t+1)*kTileStride).
inline constexpr Address kTileStride = Address{1} << 36;

// Control and status.
inline constexpr Address kId = 0x000;       ///< RO: tile number
inline constexpr Address kControl = 0x004;  ///< WO: kStart or kClear
inline constexpr Address kStatus = 0x008;   ///< RO: a Status
inline constexpr std::uint32_t kStart = 1;  ///< run kImages images with the programmed registers
inline constexpr std::uint32_t kClear = 2;  ///< back to reset values; crossbars keep their cells
enum class Status : std::uint32_t { kIdle = 0, kRunning = 1, kDone = 2 };

// Bit-width registers.
inline constexpr Address kWeightBits = 0x010;      ///< w of the layer, 1..16
inline constexpr Address kActivationBits = 0x014;  ///< a of the layer: bit steps per window, 1..16
inline constexpr Address kOutputBits = 0x018;      ///< a of the consumer; 0 = deliver accumulators
inline constexpr Address kSlices = 0x01c;          ///< crossbar pairs of a block that are read

// Window geometry. A tile stores the input channels [kChannelBegin, kChannelBegin + kChannels) of
// its layer.
inline constexpr Address kChannelBegin = 0x020;
inline constexpr Address kChannels = 0x024;
inline constexpr Address kInputHeight = 0x028;
inline constexpr Address kInputWidth = 0x02c;
inline constexpr Address kKernelHeight = 0x030;
inline constexpr Address kKernelWidth = 0x034;
inline constexpr Address kStride = 0x038;
inline constexpr Address kPadding = 0x03c;
inline constexpr Address kOutputHeight = 0x040;  ///< after pooling
inline constexpr Address kOutputWidth = 0x044;   ///< after pooling
inline constexpr Address kPool = 0x048;          ///< max-pooling window and stride; 1 = none

inline constexpr Address kShift = 0x04c;       ///< S of the requantiser, 0..62
inline constexpr Address kSources = 0x050;     ///< input streams that the tile receives
inline constexpr Address kGroups = 0x054;      ///< column groups that have blocks here
inline constexpr Address kHops = 0x058;        ///< next hops of the groups that are completed here
inline constexpr Address kLayer = 0x05c;       ///< label of the tile's packets in NoC statistics
inline constexpr Address kFunctional = 0x060;  ///< 1 = integers flow, 0 = sizes only
inline constexpr Address kImages = 0x064;      ///< images of the stream, one after another
inline constexpr Address kBufferRows = 0x068;  ///< rows of the input map that the buffer holds
inline constexpr Address kProducers = 0x06c;   ///< nodes that send input: who hears of free rows
inline constexpr Address kSumBits = 0x070;     ///< bits of a sum on wires and in registers
inline constexpr Address kEnd = 0x074;

// Producers: the nodes that send input, 32 bits each.
inline constexpr Address kProducerBase = 0x1000;
inline constexpr int kMaxProducers = 1024;

// Column-group descriptors: the output channels of one column block.
inline constexpr Address kGroupBase = 0x2000;
inline constexpr Address kGroupStride = 0x20;
inline constexpr Address kGroupChannelBegin = 0x00;  ///< first output channel
inline constexpr Address kGroupChannels = 0x04;
inline constexpr Address kGroupAggregator = 0x08;  ///< node that sums and completes the group
inline constexpr Address kGroupSlot = 0x0c;        ///< index of the group at its aggregator
inline constexpr Address kGroupPartials =
    0x10;  ///< tiles that send partial sums here (at the aggregator)
inline constexpr Address kGroupWindows =
    0x14;  ///< windows of partial sums that the aggregator can hold
inline constexpr int kMaxGroups = 128;

// Next hops: where the channels of a completed group travel.
inline constexpr Address kHopBase = 0x3000;
inline constexpr Address kHopStride = 0x20;
inline constexpr Address kHopGroup = 0x00;         ///< index of the group
inline constexpr Address kHopNode = 0x04;          ///< destination node
inline constexpr Address kHopStream = 0x08;        ///< input stream at the destination
inline constexpr Address kHopChannelBegin = 0x0c;  ///< first output channel that travels
inline constexpr Address kHopChannels = 0x10;
inline constexpr Address kHopRows = 0x14;  ///< rows that the destination holds; 0 = any number
inline constexpr int kMaxHops = 2048;

// Block descriptors: block b of PE p at kBlockBase + (p*kMaxBlocks + b)*kBlockStride.
inline constexpr Address kBlockBase = 0x20000;
inline constexpr Address kBlockStride = 0x20;
inline constexpr Address kBlockRowBegin = 0x00;  ///< first row of the unrolled weight matrix
inline constexpr Address kBlockRows = 0x04;      ///< rows in use; 0 = no block
inline constexpr Address kBlockColumns = 0x08;   ///< columns in use
inline constexpr Address kBlockGroup = 0x0c;  ///< column group (index into the group descriptors)
inline constexpr Address kBlockFirstPair = 0x10;  ///< pair of its least significant slice
inline constexpr int kMaxBlocks = 16;             ///< of a PE
inline constexpr int kMaxPes = 256;
constexpr Address block_address(int pe, int block) {
  return kBlockBase + kBlockStride * static_cast<unsigned>(pe * kMaxBlocks + block);
}

// Requantisation constants per output channel: 32-bit multipliers, 64-bit biases.
inline constexpr Address kMultiplierBase = 0x100000;
inline constexpr Address kBiasBase = 0x200000;
inline constexpr int kMaxChannels = 65536;

// Counters, RO, 64-bit, in the order of TileCounters::visit.
inline constexpr Address kCounterBase = 0x300000;

// Crossbar cells: PE p, array 2*pair (positive, or the only one of the offset encoding) or
// 2*pair + 1 (negative), rows of ceil(cols*cell_bits/8) bytes, column 0 in the lowest bits of byte
// 0. At kFlipOffset of an array: one bit per column, set where the column is stored flipped.
inline constexpr Address kCellBase = Address{1} << 32;
inline constexpr Address kCellPeStride = Address{1} << 25;
inline constexpr Address kCellArrayStride = Address{1} << 18;
inline constexpr Address kFlipOffset = Address{1} << 17;

}  // namespace kirchhoff::hw::reg
