#include "mapping/mapping.h"

#include <algorithm>
#include <climits>
#include <cmath>

#include <fmt/core.h>

#include "base/error.h"
#include "base/stop_request.h"
#include "hw/config/register_map.h"

namespace kirchhoff::mapping {

namespace {

int ceil_div(int a, int b) { return (a + b - 1) / b; }

/// Cuts the unrolled matrix; column block by column block, so that the row blocks of an output stay
/// together.
LayerMapping cut(const quant::Layer& layer, const quant::LayerBits& bits,
                 const hw::ChipConfig& config) {
  const auto& crossbar = config.tile.pe.crossbar;
  LayerMapping m;
  m.row_blocks = ceil_div(layer.rows(), crossbar.rows);
  m.column_blocks = ceil_div(layer.out_channels, crossbar.cols);
  const hw::Encoding encoding = config.tile.pe.encoding;
  m.slices = hw::weight_slices(encoding, config.mapping.slices, bits.weight, crossbar.cell_bits);
  m.crossbars = hw::arrays_per_lane(encoding) * m.slices * m.row_blocks * m.column_blocks;
  m.bit_cycles = static_cast<long long>(bits.activation) * layer.windows();
  for (const ColumnBlock c : ids<ColumnBlock>(m.column_blocks)) {
    for (int r = 0; r < m.row_blocks; ++r) {
      Block block;
      block.row_block = r;
      block.column_block = c;
      block.row_begin = r * crossbar.rows;
      block.rows = std::min(crossbar.rows, layer.rows() - block.row_begin);
      block.column_begin = index(c) * crossbar.cols;
      block.columns = std::min(crossbar.cols, layer.out_channels - block.column_begin);
      m.blocks.push_back(block);
    }
  }
  return m;
}

/// Blocks whose windows and sums the registers of a PE hold; InputError when it is none.
int blocks_in_registers(const quant::Layer& layer, const quant::LayerBits& bits,
                        const hw::PeConfig& pe) {
  const int rows = std::min(pe.crossbar.rows, layer.rows());
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

/// Rows of the input map that the layer's windows need at a time: all of it when layers follow one
/// another, those under one row of pooling windows when each window runs as soon as it can.
int least_rows(const quant::Layer& layer, hw::Schedule schedule) {
  if (schedule == hw::Schedule::kSequential) return layer.input.height;
  return std::min(layer.input.height, layer.kernel_height + (layer.pool - 1) * layer.stride);
}

/// Input channels that a run of blocks needs, and as many rows of them as the buffer holds (not
/// fewer than `least`, whether they fit or not).
TileShare share_of(const quant::Layer& layer, int activation_bits,
                   const IndexedVector<BlockId, Block>& blocks, const IdRange<BlockId>& run,
                   int least, long long capacity) {
  const int area = layer.kernel_height * layer.kernel_width;
  int first = INT_MAX, last = 0;
  TileShare share;
  for (const BlockId b : run) {
    const Block& block = blocks[b];
    first = std::min(first, block.row_begin / area);
    last = std::max(last, (block.row_begin + block.rows - 1) / area + 1);
    share.blocks.push_back(b);
  }
  share.channel_begin = first;
  share.channels = last - first;
  const long long row_bits =
      static_cast<long long>(share.channels) * layer.input.width * activation_bits;
  const long long rows = std::clamp<long long>(capacity / row_bits, least, layer.input.height);
  share.buffer_rows = static_cast<int>(rows);
  share.buffer_bits = rows * row_bits;
  return share;
}

std::vector<TileShare> distribute(const quant::Layer& layer, int activation_bits,
                                  const LayerMapping& m, const hw::ChipConfig& config) {
  const long long capacity = static_cast<long long>(config.tile.edram.kb) * 1024 * 8;
  const int blocks = m.blocks.size();
  // As many blocks per tile as its PEs hold; fewer when the input map of the tile's blocks
  // overflows its buffer.
  for (int per_tile = std::min(config.tile.pes * m.blocks_per_pe, blocks); per_tile >= 1;
       --per_tile) {
    std::vector<TileShare> shares;
    bool fits = true;
    for (int begin = 0; begin < blocks && fits; begin += per_tile) {
      give_up_if_stopped();
      shares.push_back(share_of(layer, activation_bits, m.blocks,
                                {BlockId{begin}, BlockId{std::min(blocks, begin + per_tile)}},
                                least_rows(layer, config.schedule), capacity));
      fits = shares.back().buffer_bits <= capacity;
    }
    if (fits) return shares;
  }
  throw InputError(fmt::format(
      "layer {}: {} rows of the input map of one block do not fit a buffer of edram.kb = {}; "
      "enlarge "
      "it{}",
      layer.name, least_rows(layer, config.schedule), config.tile.edram.kb,
      config.schedule == hw::Schedule::kSequential ? ", or set chip.schedule = pipelined" : ""));
}

void place(Mapping& mapping, int width, int height) {
  mapping.mesh_width = width;
  mapping.mesh_height = height;
  for (int t = 0; t < mapping.tiles.size(); ++t) {
    const int y = t / width;
    const int x = y % 2 == 0 ? t % width : width - 1 - t % width;
    mapping.position.push_back(hw::TileId{y * width + x});
  }
}

Mapping partition(const quant::Network& network, const quant::Policy& policy,
                  const hw::ChipConfig& config) {
  Mapping mapping;
  for (const quant::LayerId l : network.layers.ids()) {
    const quant::Layer& layer = network.layers[l];
    const quant::LayerBits& bits = policy.layers[l];
    LayerMapping m = cut(layer, bits, config);
    if (m.slices > config.tile.pe.pairs) {
      throw InputError(fmt::format("layer {}: {} weight bits need {} crossbar pairs, pe.pairs = {}",
                                   layer.name, bits.weight, m.slices, config.tile.pe.pairs));
    }
    const int hold = blocks_in_registers(layer, bits, config.tile.pe);
    if (config.mapping.pack == hw::Pack::kOn)
      m.blocks_per_pe = std::min({hw::reg::kMaxBlocks, config.tile.pe.pairs / m.slices, hold});
    if (l == network.layers.last_id() && layer.pool != 1) {
      throw InputError(fmt::format(
          "layer {}: the last layer delivers accumulators and cannot be pooled", layer.name));
    }
    m.tile_begin = mapping.tiles.end_id();
    for (TileShare& share : distribute(layer, bits.activation, m, config)) {
      share.layer = l;
      int place = 0;
      for (const BlockId b : share.blocks) {
        Block& block = m.blocks[b];
        block.tile = mapping.tiles.end_id();
        block.pe = hw::PeId{place / m.blocks_per_pe};
        block.slot = place % m.blocks_per_pe;
        block.first_pair = block.slot * m.slices;
        ++place;
      }
      share.pes = ceil_div(static_cast<int>(share.blocks.size()), m.blocks_per_pe);
      m.pes += share.pes;
      mapping.tiles.push_back(std::move(share));
    }
    m.tiles = mapping.tiles.size() - index(m.tile_begin);
    mapping.layers.push_back(std::move(m));
  }
  return mapping;
}

}  // namespace

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

void near_square(int tiles, int& width, int& height) {
  width = std::max(1, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(tiles)))));
  height = ceil_div(std::max(tiles, 1), width);
}

hw::ChipConfig resolve_mesh(const quant::Network& network, const hw::ChipConfig& config) {
  hw::ChipConfig resolved = config;
  if (config.mesh_width == 0) {
    const auto widest = quant::Policy::uniform(network, 8, 8);
    near_square(partition(network, widest, config).tiles.size(), resolved.mesh_width,
                resolved.mesh_height);
  }
  return resolved;
}

Mapping map_network(const quant::Network& network, const quant::Policy& policy,
                    const hw::ChipConfig& config) {
  network.validate();
  if (policy.layers.size() != network.layers.size()) {
    throw InputError(fmt::format("policy has {} layers, network {} has {}", policy.layers.size(),
                                 network.name, network.layers.size()));
  }
  const hw::ChipConfig resolved = resolve_mesh(network, config);
  Mapping mapping = partition(network, policy, resolved);
  const int room = resolved.mesh_width * resolved.mesh_height;
  if (mapping.tiles.size() > room) {
    throw InputError(fmt::format(
        "network {} needs {} tiles, chip.mesh_width x chip.mesh_height = {} x {} has {}",
        network.name, mapping.tiles.size(), resolved.mesh_width, resolved.mesh_height, room));
  }
  place(mapping, resolved.mesh_width, resolved.mesh_height);
  return mapping;
}

}  // namespace kirchhoff::mapping
