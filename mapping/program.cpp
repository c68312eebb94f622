#include "mapping/program.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include <fmt/core.h>

#include "base/error.h"
#include "base/stop_request.h"

namespace kirchhoff::mapping {

namespace reg = hw::reg;

namespace {

/// A column block of a layer and the tile that completes it.
struct Group {
  int channel_begin = 0, channels = 0;
  LogicalTile aggregator{};
  std::vector<LogicalTile> tiles;
};

/// An input stream of a tile.
enum class StreamId : int {};

class Assembler {
 public:
  Assembler(const quant::Network& network, const quant::Policy& policy, const Mapping& mapping,
            const hw::ChipConfig& config, const quant::IntegerNetwork* integers, int images)
      : network_(network),
        policy_(policy),
        mapping_(mapping),
        config_(config),
        integers_(integers),
        images_(images) {}

  Program run() {
    find_groups();
    const quant::Layer& last = network_.layers.back();
    program_.images = images_;
    program_.image_bits = policy_.layers.front().activation;
    program_.result_channels = last.out_channels;
    program_.result_pixels = last.output().height * last.output().width;
    for (const LogicalTile t : mapping_.tiles.ids()) {
      give_up_if_stopped();
      write_tile(t);
    }
    return std::move(program_);
  }

 private:
  hw::TileId place(LogicalTile tile) const { return mapping_.position[tile]; }
  hw::NodeId node(LogicalTile tile) const { return hw::node_of(place(tile)); }
  hw::NodeId host() const { return hw::NodeId{mapping_.mesh_width * mapping_.mesh_height}; }
  const TileShare& share(LogicalTile tile) const { return mapping_.tiles[tile]; }
  quant::TensorId input_of(LogicalTile tile) const {
    return network_.layers[share(tile).layer].inputs.front();
  }

  // The tile with a group's first row block completes it.
  void find_groups() {
    for (const LayerMapping& m : mapping_.layers) {
      IndexedVector<ColumnBlock, Group> groups(m.column_blocks);
      for (const Block& block : m.blocks) {
        Group& group = groups[block.column_block];
        group.channel_begin = block.column_begin;
        group.channels = block.columns;
        if (block.row_block == 0) group.aggregator = block.tile;
        if (group.tiles.empty() || group.tiles.back() != block.tile)
          group.tiles.push_back(block.tile);
      }
      groups_.push_back(std::move(groups));
    }
  }

  /// Column blocks with rows on a tile, in order: the tile's group descriptors.
  IndexedVector<hw::GroupId, ColumnBlock> groups_on(LogicalTile tile) const {
    const auto& groups = groups_[share(tile).layer];
    IndexedVector<hw::GroupId, ColumnBlock> on;
    for (const ColumnBlock g : groups.ids()) {
      const auto& tiles = groups[g].tiles;
      if (std::find(tiles.begin(), tiles.end(), tile) != tiles.end()) on.push_back(g);
    }
    return on;
  }

  /// Place of a column block in such a list.
  template <typename Id>
  static Id place_of(ColumnBlock block, const IndexedVector<Id, ColumnBlock>& list) {
    return to_id<Id>(std::find(list.begin(), list.end(), block) - list.begin());
  }

  /// Streams into a tile: groups of the producing layer whose channels it needs, in order. The
  /// image is one stream and none of them.
  IndexedVector<StreamId, ColumnBlock> streams_into(LogicalTile tile) const {
    IndexedVector<StreamId, ColumnBlock> streams;
    if (input_of(tile) == quant::kImage) return streams;
    const auto& groups = groups_[quant::producer_of(input_of(tile))];
    for (const ColumnBlock g : groups.ids()) {
      int begin, count;
      overlap(groups[g], share(tile), begin, count);
      if (count > 0) streams.push_back(g);
    }
    return streams;
  }

  /// Nodes that send a tile its input and hear when rows of its buffer are free again, as words.
  std::vector<std::uint32_t> producers_of(
      LogicalTile tile, const IndexedVector<StreamId, ColumnBlock>& streams) const {
    if (input_of(tile) == quant::kImage) return {static_cast<std::uint32_t>(host())};
    std::vector<std::uint32_t> nodes;
    for (const ColumnBlock g : streams) {
      const Group& group = groups_[quant::producer_of(input_of(tile))][g];
      const auto at = static_cast<std::uint32_t>(node(group.aggregator));
      if (std::find(nodes.begin(), nodes.end(), at) == nodes.end()) nodes.push_back(at);
    }
    return nodes;
  }

  static void overlap(const Group& group, const TileShare& consumer, int& begin, int& count) {
    begin = std::max(group.channel_begin, consumer.channel_begin);
    count =
        std::min(group.channel_begin + group.channels, consumer.channel_begin + consumer.channels) -
        begin;
  }

  template <typename T>
  void append(std::vector<std::uint8_t>& bytes, T value) {
    const std::size_t at = bytes.size();
    bytes.resize(at + sizeof(T));
    std::memcpy(bytes.data() + at, &value, sizeof(T));
  }

  void write(LogicalTile tile, reg::Address offset, const std::vector<std::uint32_t>& words) {
    Write w;
    w.address = reg::base_of(place(tile)) + offset;
    w.bytes.resize(4 * words.size());
    if (!words.empty()) std::memcpy(w.bytes.data(), words.data(), w.bytes.size());
    program_.writes.push_back(std::move(w));
  }

  /// Bank `i` of its kind on a tile.
  template <typename Bank>
  void write(LogicalTile tile, int i, const Bank& bank) {
    write(tile, reg::first_of<Bank>(i), reg::words_of(bank));
  }

  void write_tile(LogicalTile tile) {
    const TileShare& s = share(tile);
    const quant::LayerId l = s.layer;
    const quant::Layer& layer = network_.layers[l];
    const bool image = input_of(tile) == quant::kImage, last = l == network_.layers.last_id();
    const quant::Shape out = layer.output();
    program_.tiles.push_back(place(tile));

    const auto on = groups_on(tile);
    const auto streams = streams_into(tile);
    const auto producers = producers_of(tile, streams);
    const auto hops = write_hops(tile, on);
    if (on.size() > reg::kMaxGroups || hops > reg::kMaxHops || config_.tile.pes > reg::kMaxPes) {
      throw InputError(fmt::format(
          "layer {}: {} column groups or {} next hops exceed the controller's {} and {}",
          layer.name, on.size(), hops, reg::kMaxGroups, reg::kMaxHops));
    }
    hw::LayerRegisters r;
    r.weight_bits = policy_.layers[l].weight;
    r.activation_bits = policy_.layers[l].activation;
    r.output_bits = last ? 0 : consumer_bits(l);
    r.slices = mapping_.layers[l].slices;
    r.channel_begin = s.channel_begin;
    r.channels = s.channels;
    r.input_height = layer.input.height;
    r.input_width = layer.input.width;
    r.kernel_height = layer.kernel_height;
    r.kernel_width = layer.kernel_width;
    r.stride = layer.stride;
    r.padding = layer.padding;
    r.output_height = out.height;
    r.output_width = out.width;
    r.pool = layer.pool;
    r.shift = integers_ && !last ? integers_->layers[l].shift : 0;
    r.sources = image ? 1 : streams.size();
    r.groups = on.size();
    r.hops = hops;
    r.layer = index(label_of(l));
    r.functional = integers_ ? 1 : 0;
    r.images = images_;
    r.buffer_rows = s.buffer_rows;
    r.producers = static_cast<int>(producers.size());
    r.sum_bits = sum_bits(l);
    write(tile, 0, r);
    if (!producers.empty()) write(tile, reg::first_of<hw::ProducerRegister>(), producers);

    for (const BlockId b : s.blocks) {
      const Block& block = mapping_.layers[l].blocks[b];
      write(tile, reg::block_index(block.pe, block.slot),
            hw::BlockRegisters{block.row_begin, block.rows, block.columns,
                               index(place_of(block.column_block, on)), block.first_pair});
      if (integers_) write_cells(tile, block, integers_->layers[l], mapping_.layers[l].slices);
    }
    write_groups(tile, on);
    if (integers_ && !last) write_constants(tile, integers_->layers[l]);
    if (image)
      program_.image.push_back({place(tile), 0, s.channel_begin, s.channels, s.buffer_rows});
  }

  /// Of a sum on wires and in registers.
  int sum_bits(quant::LayerId l) const {
    return hw::sum_bits(policy_.layers[l].weight, policy_.layers[l].activation,
                        network_.layers[l].rows());
  }

  int consumer_bits(quant::LayerId layer) const {
    for (const quant::LayerId l : network_.layers.ids()) {
      if (network_.layers[l].inputs.front() == quant::output_of(layer))
        return policy_.layers[l].activation;
    }
    return 0;
  }

  // Half of a tile's output register holds remote partial sums, shared by the groups that expect
  // some; the other half streams the tile's own sums, one group at a time.
  int partial_windows(LogicalTile aggregator) const {
    const quant::LayerId layer = share(aggregator).layer;
    int sums = 0, widest = 0;
    for (const Group& group : groups_[layer]) {
      if (group.aggregator == aggregator && group.tiles.size() > 1) sums += group.channels;
      widest = std::max(widest, group.channels);
    }
    const int bytes = sum_bits(layer) / 8;
    const int least = bytes * (sums + widest);
    if (config_.tile.tile_register_bytes < least) {
      throw InputError(
          fmt::format("layer {}: tile_register.bytes = {}: must be at least {}, sums of {} bytes "
                      "for {} columns{}",
                      network_.layers[layer].name, config_.tile.tile_register_bytes, least, bytes,
                      widest, sums == 0 ? "" : fmt::format(" and {} partial ones", sums)));
    }
    return sums == 0 ? 0 : std::max(1, config_.tile.tile_register_bytes / 2 / (bytes * sums));
  }

  void write_groups(LogicalTile tile, const IndexedVector<hw::GroupId, ColumnBlock>& on) {
    for (const hw::GroupId g : on.ids()) {
      const Group& group = groups_[share(tile).layer][on[g]];
      const int remote = static_cast<int>(group.tiles.size()) - 1;
      hw::GroupRegisters r;
      r.channel_begin = group.channel_begin;
      r.channels = group.channels;
      r.aggregator = index(place(group.aggregator));
      r.slot = index(place_of(on[g], groups_on(group.aggregator)));
      r.partials = group.aggregator == tile ? remote : 0;
      r.windows = partial_windows(group.aggregator);
      write(tile, index(g), r);
    }
  }

  int write_hops(LogicalTile tile, const IndexedVector<hw::GroupId, ColumnBlock>& on) {
    const quant::LayerId l = share(tile).layer;
    int hop = 0;
    for (const hw::GroupId g : on.ids()) {
      const Group& group = groups_[l][on[g]];
      if (group.aggregator != tile) continue;
      if (l == network_.layers.last_id()) {
        write_hop(tile, hop++,
                  {index(g), index(host()), 0, group.channel_begin, group.channels, 0});
        continue;
      }
      for (const LogicalTile t : mapping_.tiles.ids()) {
        if (input_of(t) != quant::output_of(l)) continue;
        const TileShare& consumer = share(t);
        int begin, count;
        overlap(group, consumer, begin, count);
        if (count <= 0) continue;
        const StreamId stream = place_of(on[g], streams_into(t));
        write_hop(tile, hop++,
                  {index(g), index(node(t)), index(stream), begin, count, consumer.buffer_rows});
      }
    }
    return hop;
  }

  void write_hop(LogicalTile tile, int hop, const hw::HopRegisters& registers) {
    if (hop >= reg::kMaxHops) return;  // counted and refused by write_tile
    write(tile, hop, registers);
  }

  void write_constants(LogicalTile tile, const quant::IntegerLayer& layer) {
    Write multipliers, biases;
    const reg::Address base = reg::base_of(place(tile));
    multipliers.address = base + reg::kMultiplierBase;
    biases.address = base + reg::kBiasBase;
    for (const std::int32_t m : layer.multiplier) append(multipliers.bytes, m);
    for (const std::int64_t b : layer.bias) append(biases.bytes, b);
    program_.writes.push_back(std::move(multipliers));
    program_.writes.push_back(std::move(biases));
  }

  Write cell_write(LogicalTile tile, hw::PeId pe, int array, std::size_t bytes) const {
    Write write;
    write.address = reg::base_of(place(tile)) + reg::cells_of(pe, array);
    write.bytes.assign(bytes, 0);
    return write;
  }

  /// Sets the cell of `row` and `column` of an array that is erased.
  void set_level(Write& array, int row, int column, int level) const {
    const hw::CrossbarConfig& crossbar = config_.tile.pe.crossbar;
    const int row_bytes = (crossbar.cols * crossbar.cell_bits + 7) / 8;
    const int bit = column * crossbar.cell_bits;
    auto& byte = array.bytes[static_cast<std::size_t>(row * row_bytes + bit / 8)];
    byte = static_cast<std::uint8_t>(byte | level << (bit % 8));
  }

  void write_cells(LogicalTile tile, const Block& block, const quant::IntegerLayer& layer,
                   int slices) {
    if (config_.tile.pe.encoding == hw::Encoding::kOffset) {
      write_offset_cells(tile, block, layer, slices);
    } else {
      write_differential_cells(tile, block, layer.weights, slices);
    }
  }

  // Slice j of |weight| goes to pair j of the block: to the positive array for weights above zero,
  // to the negative for those below.
  void write_differential_cells(LogicalTile tile, const Block& block,
                                const Eigen::MatrixXi& weights, int slices) {
    const hw::CrossbarConfig& crossbar = config_.tile.pe.crossbar;
    const int row_bytes = (crossbar.cols * crossbar.cell_bits + 7) / 8;
    const int top = hw::top_level(crossbar.cell_bits);
    std::vector<Write> arrays;  // positive and negative of each slice
    for (int a = 0; a < 2 * slices; ++a) {
      arrays.push_back(cell_write(tile, block.pe, 2 * block.first_pair + a,
                                  static_cast<std::size_t>(row_bytes * block.rows)));
    }
    for (int c = 0; c < block.columns; ++c) {
      for (int r = 0; r < block.rows; ++r) {
        const int weight = weights(block.row_begin + r, block.column_begin + c);
        int magnitude = weight < 0 ? -weight : weight;
        for (int a = weight < 0; magnitude != 0; a += 2, magnitude >>= crossbar.cell_bits) {
          if (const int level = magnitude & top)
            set_level(arrays[static_cast<std::size_t>(a)], r, c, level);
        }
      }
    }
    for (Write& array : arrays) program_.writes.push_back(std::move(array));
  }

  // Slice j of weight + 2^(w-1) goes to the array of lane j; a column that could set the most
  // significant bit of its sum is stored as the complement of its levels, and flagged.
  void write_offset_cells(LogicalTile tile, const Block& block, const quant::IntegerLayer& layer,
                          int slices) {
    const hw::CrossbarConfig& crossbar = config_.tile.pe.crossbar;
    const int row_bytes = (crossbar.cols * crossbar.cell_bits + 7) / 8;
    const int top = hw::top_level(crossbar.cell_bits);
    const int threshold = hw::flip_threshold(crossbar.rows, crossbar.cell_bits);
    for (int j = 0; j < slices; ++j) {
      const int array = 2 * (block.first_pair + j);
      Write cells =
          cell_write(tile, block.pe, array, static_cast<std::size_t>(row_bytes * block.rows));
      Write flips =
          cell_write(tile, block.pe, array, static_cast<std::size_t>((crossbar.cols + 7) / 8));
      flips.address += reg::kFlipOffset;
      for (int c = 0; c < block.columns; ++c) {
        const auto level = [&](int r) {
          const int biased = layer.weights(block.row_begin + r, block.column_begin + c) +
                             (1 << (layer.weight_bits - 1));
          return biased >> (j * crossbar.cell_bits) & top;
        };
        int sum = 0;
        for (int r = 0; r < block.rows; ++r) sum += level(r);
        const bool flipped = sum >= threshold;
        if (flipped) {
          auto& byte = flips.bytes[static_cast<std::size_t>(c / 8)];
          byte = static_cast<std::uint8_t>(byte | 1u << (c % 8));
        }
        for (int r = 0; r < block.rows; ++r)
          set_level(cells, r, c, flipped ? top - level(r) : level(r));
      }
      program_.writes.push_back(std::move(cells));
      program_.writes.push_back(std::move(flips));
    }
  }

  const quant::Network& network_;
  const quant::Policy& policy_;
  const Mapping& mapping_;
  const hw::ChipConfig& config_;
  const quant::IntegerNetwork* integers_;
  const int images_;
  IndexedVector<quant::LayerId, IndexedVector<ColumnBlock, Group>> groups_;
  Program program_;
};

}  // namespace

Program assemble(const quant::Network& network, const quant::Policy& policy, const Mapping& mapping,
                 const hw::ChipConfig& config, int images) {
  return Assembler(network, policy, mapping, config, nullptr, images).run();
}

Program assemble(const quant::IntegerNetwork& integers, const Mapping& mapping,
                 const hw::ChipConfig& config, int images) {
  return Assembler(integers.network, integers.policy, mapping, config, &integers, images).run();
}

}  // namespace kirchhoff::mapping
