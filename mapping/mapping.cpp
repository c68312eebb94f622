#include "mapping/mapping.h"

#include <algorithm>
#include <climits>
#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/core.h>

#include "base/ceil_div.h"
#include "base/error.h"
#include "base/stop_request.h"
#include "hw/config/register_map.h"
#include "mapping/balance.h"
#include "mapping/rounds.h"
#include "quant/network/matrix_blocks.h"
#include "quant/network/tensors.h"

namespace kirchhoff::mapping {

/// What the buffers and weight registers of a layer's tiles hold.
struct BufferNeeds {
  RowNeeds rows;
  int input_bits = 0, residual_bits = 0;  ///< of an activation
  ColumnRange input, residual;            ///< columns that are held
  long long capacity = 0;                 ///< bits of a buffer
  int skip_rows = 0;                      ///< of the second operand; 0: as many as fit
  long long weight_bits = 0;              ///< of an input channel in a weight register
  long long weight_capacity = 0;          ///< bits of such a register

  bool hold(const TileShare& share) const {
    return share.buffer_bits <= capacity && share.channels * weight_bits <= weight_capacity;
  }
};

namespace {

constexpr int kMostMeshColumns = 256;  // as chip.mesh_width and chip.mesh_height have it

/// Outputs of an input channel where the SFU makes them.
int channel_outputs(const quant::Layer& layer) {
  return layer.has_weights() ? layer.out_channels / layer.groups : 1;
}

/// Bits that the weights of an input channel take in a tile's weight register.
long long weight_bits_of_channel(const quant::Layer& layer, const quant::LayerBits& bits) {
  return layer.has_weights() ? 1LL * channel_outputs(layer) * layer.rows() * bits.weight : 0;
}

/// Outputs that a tile without blocks completes together: as many as a crossbar has columns, and no
/// more than its weight register holds the weights of. Those of an input channel stay together.
void divide_channels(const quant::Layer& layer, const quant::LayerBits& bits,
                     const hw::ChipConfig& config, LayerMapping& m) {
  const int outputs = channel_outputs(layer);
  int channels = std::max(1, config.tile.pe.crossbar.cols / outputs);
  if (const long long weights = weight_bits_of_channel(layer, bits); weights > 0) {
    const int bytes = config.tile.multiplier.weights.bytes;
    if (weights > 8LL * bytes) {
      throw InputError(fmt::format(
          "layer {}: weight_register.bytes = {}: must be at least {}, the weights of a channel",
          layer.name, bytes, (weights + 7) / 8));
    }
    channels = static_cast<int>(std::min<long long>(channels, 8LL * bytes / weights));
  }
  const int together = channels * outputs;
  for (int c = 0; c < layer.out_channels; c += together)
    m.columns.push_back({c, std::min(together, layer.out_channels - c)});
  m.column_blocks = m.columns.size();
}

/// Cuts the unrolled matrix; column block by column block, so that the row blocks of an output stay
/// together.
LayerMapping cut(const quant::Layer& layer, const quant::LayerBits& bits,
                 const hw::ChipConfig& config) {
  const auto& crossbar = config.tile.pe.crossbar;
  LayerMapping m;
  if (!quant::on_crossbars(layer, grouped_matrix(config))) {
    divide_channels(layer, bits, config, m);
    return m;
  }
  m.bit_cycles = static_cast<long long>(bits.activation) * layer.windows();
  for (const quant::MatrixBlock& piece :
       quant::matrix_blocks(layer, crossbar.rows, crossbar.cols, grouped_matrix(config))) {
    Block block;
    block.row_block = piece.row_block;
    block.column_block = ColumnBlock{piece.column_block};
    block.row_begin = piece.row_begin;
    block.rows = piece.rows;
    block.column_begin = piece.column_begin;
    block.columns = piece.columns;
    m.row_blocks = std::max(m.row_blocks, piece.row_block + 1);
    if (block.row_block == 0) m.columns.push_back({piece.column_begin, piece.columns});
    m.blocks.push_back(block);
  }
  m.column_blocks = m.columns.size();
  const hw::Encoding encoding = config.tile.pe.encoding;
  m.slices = hw::weight_slices(encoding, config.mapping.slices, bits.weight, crossbar.cell_bits);
  m.crossbars = hw::arrays_per_lane(encoding) * m.slices * m.blocks.size();
  return m;
}

/// Blocks whose windows and sums the registers of a PE hold; InputError when it is none.
int blocks_in_registers(const quant::Layer& layer, const quant::LayerBits& bits,
                        const hw::PeConfig& pe) {
  const int rows = std::min(pe.crossbar.rows, layer.all_rows());
  const int columns = std::min(pe.crossbar.cols, layer.out_channels);
  const int sum_bits = hw::sum_bits(bits.weight, bits.activation, layer.rows());
  const auto hold = [&](const char* key, int bytes, long long bits_of_block, const char* what) {
    const long long blocks = 8LL * bytes / bits_of_block;
    if (blocks == 0) {
      throw InputError(fmt::format("layer {}: {} = {}: a block needs {} bytes for {}", layer.name,
                                   key, bytes, (bits_of_block + 7) / 8, what));
    }
    return static_cast<int>(std::min<long long>(blocks, hw::reg::kMaxBlocks));
  };
  return std::min(
      hold("input_register.bytes", pe.input_register_bytes,
           pe.input_register_bits(rows, bits.activation),
           fmt::format("two windows of {} inputs of {} bits", rows, bits.activation).c_str()),
      hold("output_register.bytes", pe.output_register_bytes,
           pe.output_register_bits(columns, sum_bits),
           fmt::format("{} x {} sums of {} bits", pe.output_buffers, columns, sum_bits).c_str()));
}

/// The second operand gets the rows that it must have, the input as many as fit beside them, and
/// the second operand what is left.
void divide_buffer(const quant::Layer& layer, const BufferNeeds& needs, TileShare& share) {
  const long long row_bits =
      static_cast<long long>(share.channels) * needs.input.count * needs.input_bits;
  const long long residual_bits =
      static_cast<long long>(share.residual.count) * needs.residual.count * needs.residual_bits;
  const int least = needs.skip_rows > 0 ? needs.skip_rows : needs.rows.residual;
  const long long beside = needs.capacity - least * residual_bits;
  share.buffer_rows = static_cast<int>(
      std::clamp<long long>(beside / row_bits, needs.rows.input, layer.input.height));
  share.buffer_bits = share.buffer_rows * row_bits;
  if (share.residual.count == 0) return;
  share.residual_rows = needs.skip_rows > 0
                            ? needs.skip_rows
                            : static_cast<int>(std::clamp<long long>(
                                  (needs.capacity - share.buffer_bits) / residual_bits, least,
                                  layer.convolved().height));
  share.buffer_bits += share.residual_rows * residual_bits;
}

/// A tile with these blocks: the input channels that they need, and the channels that it completes,
/// which are those whose first row block it holds.
TileShare share_of(const quant::Layer& layer, const LayerMapping& m, const IdRange<BlockId>& run,
                   const BufferNeeds& needs) {
  const int area = layer.kernel_height * layer.kernel_width;
  int first = INT_MAX, last = 0;
  TileShare share;
  for (const BlockId b : run) {
    const Block& block = m.blocks[b];
    first = std::min(first, block.row_begin / area);
    last = std::max(last, (block.row_begin + block.rows - 1) / area + 1);
    share.blocks.push_back(b);
    if (block.row_block != 0 || layer.residual.empty()) continue;
    if (share.residual.count == 0) share.residual.begin = block.column_begin;
    share.residual.count = block.column_begin + block.columns - share.residual.begin;
  }
  share.channel_begin = first;
  share.channels = last - first;
  divide_buffer(layer, needs, share);
  return share;
}

/// A tile that completes these outputs without blocks.
TileShare share_of(const quant::Layer& layer, const LayerMapping& m,
                   const IdRange<ColumnBlock>& run, const BufferNeeds& needs) {
  TileShare share;
  for (const ColumnBlock c : run) share.columns.push_back(c);
  const int begin = m.columns[share.columns.front()].begin,
            end = m.columns[share.columns.back()].end(), outputs = channel_outputs(layer);
  share.channel_begin = begin / outputs;
  share.channels = (end - begin) / outputs;
  share.multiplies = layer.has_weights();
  if (!layer.residual.empty()) share.residual = {begin, end - begin};
  divide_buffer(layer, needs, share);
  return share;
}

/// As many parts per tile as `most`; fewer when what a tile holds overflows. Empty when one part
/// does.
template <typename Id>
std::vector<TileShare> distribute(const quant::Layer& layer, const LayerMapping& m,
                                  const IdRange<Id>& parts, int most, const BufferNeeds& needs) {
  const int first = index(*parts.begin()), end = first + parts.size();
  for (int per_tile = std::min(most, parts.size()); per_tile >= 1; --per_tile) {
    std::vector<TileShare> shares;
    bool fits = true;
    for (int begin = first; begin < end && fits; begin += per_tile) {
      give_up_if_stopped();
      const IdRange<Id> run{Id{begin}, Id{std::min(end, begin + per_tile)}};
      shares.push_back(share_of(layer, m, run, needs));
      fits = needs.hold(shares.back());
    }
    if (fits) return shares;
  }
  return {};
}

/// Blocks of some column blocks, which lie one after another.
IdRange<BlockId> blocks_of(const LayerMapping& m, const IdRange<ColumnBlock>& columns) {
  const auto first_from = [&](int column) {
    const auto found = std::find_if(m.blocks.begin(), m.blocks.end(), [&](const Block& block) {
      return index(block.column_block) >= column;
    });
    return to_id<BlockId>(found - m.blocks.begin());
  };
  const int begin = index(*columns.begin());
  return {first_from(begin), first_from(begin + columns.size())};
}

/// Tiles for some column blocks of a layer.
std::vector<TileShare> distribute(const quant::Layer& layer, const LayerMapping& m,
                                  const IdRange<ColumnBlock>& columns, const BufferNeeds& needs,
                                  const hw::ChipConfig& config) {
  if (needs.skip_rows > 0 && needs.skip_rows < needs.rows.residual) {
    throw InputError(fmt::format(
        "layer {}: mapping.skip_rows = {}: the other way to its sum needs {} rows of the second "
        "operand first, and would never get them; at least {}, or 0",
        layer.name, needs.skip_rows, needs.rows.residual, needs.rows.residual));
  }
  std::vector<TileShare> shares =
      !m.blocks.empty()
          ? distribute(layer, m, blocks_of(m, columns), config.tile.pes * m.blocks_per_pe, needs)
          : distribute(layer, m, columns, hw::reg::kMaxGroups, needs);
  if (shares.size() > 1 && shares.front().multiplies) {
    // Evenly over as many tiles: the one with most to multiply sets the pace.
    const auto tiles = static_cast<int>(shares.size());
    shares = distribute(layer, m, columns, base::ceil_div(columns.size(), tiles), needs);
  }
  if (!shares.empty()) return shares;
  throw InputError(fmt::format(
      "layer {}: {} rows of the input map of one block{} do not fit a buffer of edram.kb = {}; "
      "enlarge it{}",
      layer.name, needs.rows.input,
      needs.rows.residual > 0
          ? fmt::format(" and {} rows of the second operand",
                        needs.skip_rows > 0 ? needs.skip_rows : needs.rows.residual)
          : "",
      config.tile.edram.kb,
      config.schedule == hw::Schedule::kSequential ? ", or set chip.schedule = pipelined" : ""));
}

/// Tiles of a layer that is larger than the chip, part by part: of every part as many column blocks
/// as fit the chip. Says in `m` how many tiles they take.
std::vector<TileShare> divide(const quant::Layer& layer, LayerMapping& m, const BufferNeeds& needs,
                              const hw::ChipConfig& config, int room) {
  std::vector<TileShare> all;
  for (ColumnBlock begin{}; begin < m.columns.end_id();) {
    std::vector<TileShare> part;
    ColumnBlock end = begin;
    while (end < m.columns.end_id()) {
      auto larger = distribute(layer, m, {begin, following(end)}, needs, config);
      if (end == begin && static_cast<int>(larger.size()) > room) {
        throw InputError(fmt::format(
            "layer {}: {} output channels need {} tiles at the same time, chip.tiles = {}; "
            "enlarge it, tile.pes or edram.kb, or set mapping.pack = on",
            layer.name, m.columns[begin].count, larger.size(), room));
      }
      if (static_cast<int>(larger.size()) > room) break;
      part = std::move(larger);
      end = following(end);
    }
    m.part_tiles.push_back(static_cast<int>(part.size()));
    std::move(part.begin(), part.end(), std::back_inserter(all));
    begin = end;
  }
  return all;
}

/// The share of a copy whose columns are not those that the buffer was divided for.
void take_piece(const Piece& piece, const BufferNeeds& needs, TileShare& share) {
  share.piece = piece;
  share.buffer_bits =
      1LL * share.buffer_rows * share.channels * piece.input.count * needs.input_bits +
      1LL * share.residual_rows * share.residual.count * piece.residual.count * needs.residual_bits;
}

void place_blocks(const TileShare& share, LogicalTile tile, LayerMapping& m) {
  int place = 0;
  for (const BlockId b : share.blocks) {
    Block& block = m.blocks[b];
    block.tile = tile;
    block.pe = hw::PeId{place / m.blocks_per_pe};
    block.slot = place % m.blocks_per_pe;
    block.first_pair = block.slot * m.slices;
    ++place;
  }
}

LayerMapping cut_to_fit(const quant::Layer& layer, const quant::LayerBits& bits,
                        const hw::ChipConfig& config) {
  LayerMapping m = cut(layer, bits, config);
  if (m.blocks.empty()) return m;
  if (m.slices > config.tile.pe.pairs) {
    throw InputError(fmt::format("layer {}: {} weight bits need {} crossbar pairs, pe.pairs = {}",
                                 layer.name, bits.weight, m.slices, config.tile.pe.pairs));
  }
  const int hold = blocks_in_registers(layer, bits, config.tile.pe);
  if (config.mapping.pack == hw::Pack::kOn)
    m.blocks_per_pe = std::min({hw::reg::kMaxBlocks, config.tile.pe.pairs / m.slices, hold});
  return m;
}

Mapping partition(const quant::Network& network, const quant::Policy& policy,
                  const hw::ChipConfig& config) {
  Mapping mapping;
  const Partitioner partitioner(network, config);
  const CopyGrids grids = partitioner.grids(policy);
  for (const quant::LayerId l : network.layers.ids()) {
    LayerShares shares = partitioner.layer(l, policy, mapping.tiles.end_id(), grids);
    for (TileShare& share : shares.tiles) mapping.tiles.push_back(std::move(share));
    mapping.layers.push_back(std::move(shares.layer));
  }
  return mapping;
}

}  // namespace

Partitioner::Partitioner(const quant::Network& network, const hw::ChipConfig& config)
    : network_(network),
      config_(config),
      rows_(row_needs(network, config.schedule)),
      given_(given_grids(network, config.mapping.replicate)),
      tensors_(network) {}

CopyGrids Partitioner::grids(const quant::Policy& policy) const {
  return config_.mapping.replicate.balance ? balanced_grids(*this, network_, policy, config_)
                                           : given_;
}

bool Partitioner::sparse(quant::LayerId l, const CopyGrids& grids) const {
  if (grids[l].copies() > 1) return true;
  const quant::Layer& layer = network_.layers[l];
  for (const auto* maps : {&layer.inputs, &layer.residual}) {
    for (const quant::TensorId map : *maps) {
      if (map != quant::kImage && grids[quant::producer_of(map)].rows > 1) return true;
    }
  }
  return false;
}

BufferNeeds Partitioner::buffer_needs(quant::LayerId l, const quant::Policy& policy,
                                      const Piece& piece) const {
  const quant::Layer& layer = network_.layers[l];
  BufferNeeds needs;
  needs.capacity = static_cast<long long>(config_.tile.edram.kb) * 1024 * 8;
  needs.rows = rows_[l];
  needs.input = piece.input;
  needs.residual = piece.residual;
  needs.input_bits = tensors_.bits(layer.inputs.front(), policy);
  needs.residual_bits = layer.residual.empty() ? 0 : tensors_.bits(layer.residual.front(), policy);
  needs.skip_rows =
      layer.residual.empty() ? 0 : std::min(config_.mapping.skip_rows, layer.convolved().height);
  needs.weight_capacity = 8LL * config_.tile.multiplier.weights.bytes;
  return needs;
}

LayerShares Partitioner::copy(quant::LayerId l, const quant::Policy& policy,
                              const Piece& widest) const {
  const quant::Layer& layer = network_.layers[l];
  BufferNeeds needs = buffer_needs(l, policy, widest);
  LayerShares shares{cut_to_fit(layer, policy.layers[l], config_), {}};
  LayerMapping& m = shares.layer;
  needs.weight_bits = m.blocks.empty() ? weight_bits_of_channel(layer, policy.layers[l]) : 0;
  shares.tiles = distribute(layer, m, m.columns.ids(), needs, config_);
  if (const int room = room_of(config_);
      config_.tiles > 0 && static_cast<int>(shares.tiles.size()) > room) {
    shares.tiles = divide(layer, m, needs, config_, room);
  } else {
    m.part_tiles = {static_cast<int>(shares.tiles.size())};
  }
  m.tiles = static_cast<int>(shares.tiles.size());
  LogicalTile tile{};
  for (TileShare& share : shares.tiles) {
    share.layer = l;
    share.piece = widest;
    place_blocks(share, tile, m);
    share.pes = base::ceil_div(static_cast<int>(share.blocks.size()), m.blocks_per_pe);
    m.pes += share.pes;
    tile = LogicalTile{index(tile) + 1};
  }
  return shares;
}

LayerShares Partitioner::layer(quant::LayerId l, const quant::Policy& policy, LogicalTile begin,
                               const CopyGrids& grids) const {
  const quant::Layer& layer = network_.layers[l];
  const CopyGrid grid = grids[l];
  const auto piece = [&](int copy) { return piece_of(layer, grid, copy, sparse(l, grids)); };
  const LayerShares one = copy(l, policy, widest_piece(layer, grid, sparse(l, grids)));
  LayerShares all = one;
  LayerMapping& m = all.layer;
  m.grid = grid;
  m.tile_begin = begin;
  m.crossbars *= grid.copies();
  m.pes *= grid.copies();
  m.tiles *= grid.copies();
  if (grid.copies() > 1) {
    m.part_tiles = {m.tiles};
    if (config_.tiles > 0 && m.tiles > room_of(config_)) {
      throw InputError(fmt::format(
          "layer {}: {} copies of {} tiles do not fit chip.tiles = {}; mapping.replicate = {}: ask "
          "for fewer copies",
          layer.name, grid.copies(), one.layer.tiles, room_of(config_),
          config_.mapping.replicate.text()));
    }
  }
  if (!m.blocks.empty()) {
    m.bit_cycles =
        static_cast<long long>(policy.layers[l].activation) * busiest_windows(layer, grid);
  }
  m.blocks.clear();
  all.tiles.clear();
  for (int c = 0; c < grid.copies(); ++c) {
    give_up_if_stopped();
    const int first_tile = index(begin) + c * one.layer.tiles, first_block = m.blocks.size();
    for (Block block : one.layer.blocks) {
      block.copy = c;
      block.tile = LogicalTile{first_tile + index(block.tile)};
      m.blocks.push_back(block);
    }
    for (TileShare share : one.tiles) {
      take_piece(piece(c), buffer_needs(l, policy, share.piece), share);
      for (BlockId& block : share.blocks) block = BlockId{first_block + index(block)};
      all.tiles.push_back(std::move(share));
    }
  }
  return all;
}

int room_of(const hw::ChipConfig& config) {
  const int mesh = config.mesh_width * config.mesh_height;
  if (config.tiles == 0) return mesh;
  return mesh == 0 ? config.tiles : std::min(config.tiles, mesh);
}

hw::TileId place_of(LogicalTile tile, int mesh_width) {
  const int y = index(tile) / mesh_width, x = index(tile) % mesh_width;
  return hw::TileId{y * mesh_width + (y % 2 == 0 ? x : mesh_width - 1 - x)};
}

int Mapping::crossbars() const {
  int sum = 0;
  for (const LayerMapping& layer : layers) sum += layer.crossbars;
  return sum;
}

int Mapping::pes() const {
  int sum = 0;
  for (const LayerMapping& layer : layers) sum += layer.pes;
  return sum;
}

quant::GroupedMatrix grouped_matrix(const hw::ChipConfig& config) {
  switch (config.mapping.depthwise) {
    case hw::Depthwise::kDense:
      return quant::GroupedMatrix::kDense;
    case hw::Depthwise::kDigital:
      return quant::GroupedMatrix::kDigital;
    case hw::Depthwise::kDiagonal:
      break;
  }
  return quant::GroupedMatrix::kDiagonal;
}

void near_square(int tiles, int& width, int& height) {
  width = std::max(1, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(tiles)))));
  height = base::ceil_div(std::max(tiles, 1), width);
}

hw::ChipConfig resolve_mesh(const quant::Network& network, const hw::ChipConfig& config) {
  hw::ChipConfig resolved = config;
  if (config.mesh_width == 0) {
    const auto widest = quant::Policy::uniform(network, 8, 8);
    int tiles = partition(network, widest, config).tiles.size();
    if (config.tiles > 0) tiles = std::min(tiles, config.tiles);
    near_square(tiles, resolved.mesh_width, resolved.mesh_height);
    if (resolved.mesh_width > kMostMeshColumns) {
      throw InputError(fmt::format(
          "network {} needs {} tiles, a mesh has at most {} x {}; mapping.replicate = {}: ask for "
          "fewer copies",
          network.name, tiles, kMostMeshColumns, kMostMeshColumns,
          config.mapping.replicate.text()));
    }
    // No more than there are.
    resolved.tiles = std::min(resolved.tiles, resolved.mesh_width * resolved.mesh_height);
  }
  return resolved;
}

namespace {

// A digit with a sign makes column sums below zero, for which unsigned codes have no room.
void check_signs(const quant::Network& network, const hw::ChipConfig& config) {
  const hw::PeConfig& pe = config.tile.pe;
  if (pe.dac.bits == 1 || pe.encoding == hw::Encoding::kDifferential) return;
  const quant::Tensors tensors(network);
  for (const quant::Layer& layer : network.layers) {
    if (!quant::on_crossbars(layer, grouped_matrix(config))) continue;
    if (!tensors.is_signed(layer.inputs.front())) continue;
    throw InputError(
        fmt::format("layer {}: its inputs have a sign: dac.bits = {} must be 1, or "
                    "mapping.encoding differential",
                    layer.name, pe.dac.bits));
  }
}

}  // namespace

Mapping map_network(const quant::Network& network, const quant::Policy& policy,
                    const hw::ChipConfig& config) {
  network.validate();
  check_signs(network, config);
  if (policy.layers.size() != network.layers.size()) {
    throw InputError(fmt::format("policy has {} layers, network {} has {}", policy.layers.size(),
                                 network.name, network.layers.size()));
  }
  const hw::ChipConfig resolved = resolve_mesh(network, config);
  Mapping mapping = partition(network, policy, resolved);
  const int room = room_of(resolved);
  if (mapping.tiles.size() > room && config.tiles == 0) {
    throw InputError(fmt::format(
        "network {} needs {} tiles, chip.mesh_width x chip.mesh_height = {} x {} has {}",
        network.name, mapping.tiles.size(), resolved.mesh_width, resolved.mesh_height, room));
  }
  mapping.mesh_width = resolved.mesh_width;
  mapping.mesh_height = resolved.mesh_height;
  mapping.rounds = rounds_of(mapping, room);
  for (const RoundId r : mapping.rounds.ids()) {
    for (const LogicalTile t : mapping.rounds[r]) mapping.tiles[t].round = r;
  }
  // Round after round along the snake: the tiles that one leaves free are those of the next.
  for (const LogicalTile t : mapping.tiles.ids()) {
    mapping.position.push_back(place_of(LogicalTile{index(t) % room}, mapping.mesh_width));
  }
  return mapping;
}

}  // namespace kirchhoff::mapping
