#pragma once

#include <string>
#include <vector>

#include "base/indexed.h"
#include "hw/config/chip_config.h"
#include "hw/config/identifiers.h"
#include "mapping/copies.h"
#include "mapping/row_needs.h"
#include "quant/network/matrix_blocks.h"
#include "quant/network/network.h"
#include "quant/network/policy.h"
#include "quant/network/tensors.h"

namespace kirchhoff::mapping {

/// A tile that the network needs, numbered over its layers. Where it lies is an hw::TileId.
enum class LogicalTile : int {};
/// A block of a layer.
enum class BlockId : int {};
/// Output channels of a layer that are completed together: those of the blocks with the same
/// columns; without blocks, a share of the channels.
enum class ColumnBlock : int {};

/// A group of tiles that are on the chip at the same time, layers after one another: there is one
/// unless the chip is smaller than the network (mapping/rounds.h).
enum class RoundId : int {};

/// Channels [begin, begin + count) of a map.
struct ChannelRange {
  int begin = 0, count = 0;
  int end() const { return begin + count; }
};

/// One block of a layer's unrolled weight matrix: at most crossbar.rows x crossbar.cols weights, on
/// `slices` neighbouring pairs of one PE.
struct Block {
  int copy = 0;  ///< of the layer's weights
  int row_block = 0;
  ColumnBlock column_block{};
  int row_begin = 0, rows = 0;        ///< of the unrolled matrix
  int column_begin = 0, columns = 0;  ///< output channels
  LogicalTile tile{};
  hw::PeId pe{};       ///< of that tile
  int slot = 0;        ///< index among the blocks of that PE
  int first_pair = 0;  ///< of that PE: its slice j is on pair first_pair + j
};

/// A tile's share of a layer.
struct TileShare {
  quant::LayerId layer{};
  RoundId round{};
  Piece piece;  ///< of the layer's windows: those of its copy of the weights
  int channel_begin = 0,
      channels = 0;                  ///< input channels that its blocks need and its buffer holds
  int buffer_rows = 0;               ///< rows of the input map that its buffer holds at a time
  ChannelRange residual;             ///< channels of the second operand that its buffer holds, too
  int residual_rows = 0;             ///< rows of it at a time
  long long buffer_bits = 0;         ///< that both take
  std::vector<BlockId> blocks;       ///< with weights on crossbars
  std::vector<ColumnBlock> columns;  ///< without: those that it completes
  bool multiplies = false;           ///< its SFU, with weights of its own
  int pes = 0;                       ///< that hold its blocks
};

struct LayerMapping {
  int row_blocks = 0, column_blocks = 0;
  int slices = 0;         ///< crossbar pairs of a block: w, or w-1, over the bits of a cell
  CopyGrid grid;          ///< of its copies
  int crossbars = 0;      ///< 2 * slices * blocks: eq. (7); offset encoding: slices * blocks
  int blocks_per_pe = 1;  ///< that share a full PE; 1 unless mapping.pack = on
  int pes = 0;
  LogicalTile tile_begin{};
  int tiles = 0;  ///< of all copies, which have equally many
  /// Those of each part of a layer that is larger than the chip, whole column blocks each; else one
  /// number.
  std::vector<int> part_tiles;
  /// Activation bits x windows: the layer's term of eq. (8); of copies, that of the busiest.
  long long bit_cycles = 0;
  IndexedVector<ColumnBlock, ChannelRange> columns;  ///< output channels
  /// None without weights on crossbars; copy by copy.
  IndexedVector<BlockId, Block> blocks;

  IdRange<LogicalTile> tile_ids() const {
    return {tile_begin, LogicalTile{index(tile_begin) + tiles}};
  }
};

/// Where a network under a policy lies on the chip. One layer per tile; one block per PE, or as
/// many blocks of the layer as the PE has pairs for (mapping.pack). A layer without weights on
/// crossbars has tiles whose SFUs work and whose PEs do not.
struct Mapping {
  IndexedVector<quant::LayerId, LayerMapping> layers;
  IndexedVector<LogicalTile, TileShare> tiles;
  /// place_of() each, modulo the tiles of the chip.
  IndexedVector<LogicalTile, hw::TileId> position;
  IndexedVector<RoundId, IdRange<LogicalTile>> rounds;  ///< one at least
  int mesh_width = 0, mesh_height = 0;

  int crossbars() const;
  int pes() const;
};

/// A layer as it lies on tiles of its own.
struct LayerShares {
  LayerMapping layer;
  std::vector<TileShare> tiles;
};

struct BufferNeeds;

/// Of every layer of a network.
using CopyGrids = IndexedVector<quant::LayerId, CopyGrid>;

/// Divides layers among tiles, each by itself: what a layer takes follows from its weight bits, the
/// widths of the maps that it reads, its copies, and whether copies of others take turns with rows
/// of what it reads.
class Partitioner {
 public:
  /// Keeps references. InputError when mapping.replicate is a list of another length.
  Partitioner(const quant::Network& network, const hw::ChipConfig& config);

  /// What mapping.replicate says (mapping/balance.h).
  CopyGrids grids(const quant::Policy& policy) const;
  /// Piece::sparse of a layer.
  bool sparse(quant::LayerId layer, const CopyGrids& grids) const;
  /// `begin` is the first of its tiles. Throws InputError as map_network() does.
  LayerShares layer(quant::LayerId layer, const quant::Policy& policy, LogicalTile begin,
                    const CopyGrids& grids) const;
  /// One copy of a layer, for columns of the operands as wide as those of `widest`; its tiles begin
  /// at 0.
  LayerShares copy(quant::LayerId layer, const quant::Policy& policy, const Piece& widest) const;

 private:
  BufferNeeds buffer_needs(quant::LayerId layer, const quant::Policy& policy,
                           const Piece& piece) const;

  const quant::Network& network_;
  const hw::ChipConfig& config_;
  const IndexedVector<quant::LayerId, RowNeeds> rows_;
  const CopyGrids given_;  ///< without balance
  const quant::Tensors tensors_;
};

/// Where a logical tile lies: along a snake over the mesh, which keeps neighbours near.
hw::TileId place_of(LogicalTile tile, int mesh_width);

/// Tiles that programs may use: chip.tiles, and no more than the mesh has; 0: as many as they need.
int room_of(const hw::ChipConfig& config);

/// What mapping.depthwise says.
quant::GroupedMatrix grouped_matrix(const hw::ChipConfig& config);

/// Columns and rows of the smallest near-square mesh for `tiles` tiles.
void near_square(int tiles, int& width, int& height);

/// Partitions the network. A mesh of 0 x 0 in the config means: as large as the network under W8A8
/// needs, and no larger than for chip.tiles, so that every policy of the network runs on the same
/// chip; balanced copies take no more tiles than the chip has. Where chip.tiles says so, a larger
/// network is divided into rounds. Throws InputError when the network cannot be held: more slices
/// than pairs, one block's channels larger than the eDRAM buffer, more tiles than the mesh has, a
/// column block of more tiles than chip.tiles.
Mapping map_network(const quant::Network& network, const quant::Policy& policy,
                    const hw::ChipConfig& config);

/// `config` with the mesh that map_network would choose.
hw::ChipConfig resolve_mesh(const quant::Network& network, const hw::ChipConfig& config);

/// The table, the rounds (nothing if there is but one) and the floorplan, of one round or of each,
/// that `kirchhoff map` prints.
std::string mapping_table(const quant::Network& network, const quant::Policy& policy,
                          const Mapping& mapping, const hw::ChipConfig& config);
std::string round_table(const quant::Network& network, const Mapping& mapping);
std::string floorplan(const quant::Network& network, const Mapping& mapping);

}  // namespace kirchhoff::mapping
