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
  int aggregator = 0;  ///< logical tile
  std::vector<int> tiles;
};

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
    program_.layer_of_node.assign(
        static_cast<std::size_t>(mapping_.mesh_width * mapping_.mesh_height), -1);
    program_.images = images_;
    program_.image_bits = policy_.layers.front().activation;
    program_.result_channels = last.out_channels;
    program_.result_pixels = last.output().height * last.output().width;
    for (std::size_t t = 0; t < mapping_.tiles.size(); ++t) {
      give_up_if_stopped();
      write_tile(static_cast<int>(t));
    }
    return std::move(program_);
  }

 private:
  int node(int tile) const { return mapping_.position[static_cast<std::size_t>(tile)]; }
  int host() const { return mapping_.mesh_width * mapping_.mesh_height; }
  const TileShare& share(int tile) const { return mapping_.tiles[static_cast<std::size_t>(tile)]; }

  // The tile with a group's first row block completes it.
  void find_groups() {
    for (const LayerMapping& m : mapping_.layers) {
      std::vector<Group> groups(static_cast<std::size_t>(m.column_blocks));
      for (const Block& block : m.blocks) {
        Group& group = groups[static_cast<std::size_t>(block.column_block)];
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
  std::vector<int> groups_on(int tile) const {
    const auto layer = static_cast<std::size_t>(share(tile).layer);
    std::vector<int> on;
    for (std::size_t g = 0; g < groups_[layer].size(); ++g) {
      const auto& tiles = groups_[layer][g].tiles;
      if (std::find(tiles.begin(), tiles.end(), tile) != tiles.end())
        on.push_back(static_cast<int>(g));
    }
    return on;
  }

  int slot_of(int tile, int group) const {
    const auto on = groups_on(tile);
    return static_cast<int>(std::find(on.begin(), on.end(), group) - on.begin());
  }

  /// Streams into a tile: groups of the producing layer (or the image, -1) whose channels it needs,
  /// in order.
  std::vector<int> streams_into(int tile) const {
    const TileShare& s = share(tile);
    const int producer = network_.layers[static_cast<std::size_t>(s.layer)].inputs.front();
    if (producer == quant::kImage) return {-1};
    std::vector<int> streams;
    const auto& groups = groups_[static_cast<std::size_t>(producer)];
    for (std::size_t g = 0; g < groups.size(); ++g) {
      int begin, count;
      overlap(groups[g], s, producer, begin, count);
      if (count > 0) streams.push_back(static_cast<int>(g));
    }
    return streams;
  }

  /// Nodes that send a tile its input and hear when rows of its buffer are free again.
  std::vector<std::uint32_t> producers_of(int tile, const std::vector<int>& streams) const {
    const int producer =
        network_.layers[static_cast<std::size_t>(share(tile).layer)].inputs.front();
    if (producer == quant::kImage) return {static_cast<std::uint32_t>(host())};
    std::vector<std::uint32_t> nodes;
    for (const int g : streams) {
      const auto at = static_cast<std::uint32_t>(node(
          groups_[static_cast<std::size_t>(producer)][static_cast<std::size_t>(g)].aggregator));
      if (std::find(nodes.begin(), nodes.end(), at) == nodes.end()) nodes.push_back(at);
    }
    return nodes;
  }

  void overlap(const Group& group, const TileShare& consumer, int, int& begin, int& count) const {
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

  void write(int tile, reg::Address offset, const std::vector<std::uint32_t>& words) {
    Write w;
    w.address = reg::kTileStride * static_cast<unsigned>(node(tile)) + offset;
    w.bytes.resize(4 * words.size());
    if (!words.empty()) std::memcpy(w.bytes.data(), words.data(), w.bytes.size());
    program_.writes.push_back(std::move(w));
  }

  /// Bank `i` of its kind on a tile.
  template <typename Bank>
  void write(int tile, int i, const Bank& bank) {
    write(tile, reg::first_of<Bank>(i), reg::words_of(bank));
  }

  void write_tile(int tile) {
    const TileShare& s = share(tile);
    const auto l = static_cast<std::size_t>(s.layer);
    const quant::Layer& layer = network_.layers[l];
    const bool last = l + 1 == network_.layers.size();
    const quant::Shape out = layer.output();
    program_.nodes.push_back(node(tile));
    program_.layer_of_node[static_cast<std::size_t>(node(tile))] = s.layer;

    const auto on = groups_on(tile);
    const auto streams = streams_into(tile);
    const auto producers = producers_of(tile, streams);
    const auto hops = write_hops(tile, on);
    if (static_cast<int>(on.size()) > reg::kMaxGroups || hops > reg::kMaxHops ||
        config_.tile.pes > reg::kMaxPes) {
      throw InputError(fmt::format(
          "layer {}: {} column groups or {} next hops exceed the controller's {} and {}",
          layer.name, on.size(), hops, reg::kMaxGroups, reg::kMaxHops));
    }
    hw::LayerRegisters r;
    r.weight_bits = policy_.layers[l].weight;
    r.activation_bits = policy_.layers[l].activation;
    r.output_bits = last ? 0 : consumer_bits(s.layer);
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
    r.sources = static_cast<int>(streams.size());
    r.groups = static_cast<int>(on.size());
    r.hops = hops;
    r.layer = s.layer;
    r.functional = integers_ ? 1 : 0;
    r.images = images_;
    r.buffer_rows = s.buffer_rows;
    r.producers = static_cast<int>(producers.size());
    r.sum_bits = sum_bits(s.layer);
    write(tile, 0, r);
    if (!producers.empty()) write(tile, reg::first_of<hw::ProducerRegister>(), producers);

    for (const int b : s.blocks) {
      const Block& block = mapping_.layers[l].blocks[static_cast<std::size_t>(b)];
      const auto group = std::find(on.begin(), on.end(), block.column_block) - on.begin();
      write(tile, reg::block_index(block.pe, block.slot),
            hw::BlockRegisters{block.row_begin, block.rows, block.columns, static_cast<int>(group),
                               block.first_pair});
      if (integers_) write_cells(tile, block, integers_->layers[l], mapping_.layers[l].slices);
    }
    write_groups(tile, on);
    if (integers_ && !last) write_constants(tile, integers_->layers[l]);
    if (layer.inputs.front() == quant::kImage)
      program_.image.push_back({node(tile), 0, s.channel_begin, s.channels, s.buffer_rows});
  }

  /// Of a sum on wires and in registers.
  int sum_bits(int layer) const {
    const auto l = static_cast<std::size_t>(layer);
    return hw::sum_bits(policy_.layers[l].weight, policy_.layers[l].activation,
                        network_.layers[l].rows());
  }

  int consumer_bits(int layer) const {
    for (std::size_t l = 0; l < network_.layers.size(); ++l) {
      if (network_.layers[l].inputs.front() == layer) return policy_.layers[l].activation;
    }
    return 0;
  }

  // Half of a tile's output register holds remote partial sums, shared by the groups that expect
  // some; the other half streams the tile's own sums, one group at a time.
  int partial_windows(int aggregator) const {
    const auto layer = static_cast<std::size_t>(share(aggregator).layer);
    int sums = 0, widest = 0;
    for (const Group& group : groups_[layer]) {
      if (group.aggregator == aggregator && group.tiles.size() > 1) sums += group.channels;
      widest = std::max(widest, group.channels);
    }
    const int bytes = sum_bits(share(aggregator).layer) / 8;
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

  void write_groups(int tile, const std::vector<int>& on) {
    const auto layer = static_cast<std::size_t>(share(tile).layer);
    for (std::size_t i = 0; i < on.size(); ++i) {
      const Group& group = groups_[layer][static_cast<std::size_t>(on[i])];
      const int remote = static_cast<int>(group.tiles.size()) - 1;
      hw::GroupRegisters r;
      r.channel_begin = group.channel_begin;
      r.channels = group.channels;
      r.aggregator = node(group.aggregator);
      r.slot = slot_of(group.aggregator, on[i]);
      r.partials = group.aggregator == tile ? remote : 0;
      r.windows = partial_windows(group.aggregator);
      write(tile, static_cast<int>(i), r);
    }
  }

  int write_hops(int tile, const std::vector<int>& on) {
    const int l = share(tile).layer;
    int hop = 0;
    for (std::size_t i = 0; i < on.size(); ++i) {
      const Group& group = groups_[static_cast<std::size_t>(l)][static_cast<std::size_t>(on[i])];
      if (group.aggregator != tile) continue;
      if (l + 1 == static_cast<int>(network_.layers.size())) {
        write_hop(tile, hop++,
                  {static_cast<int>(i), host(), 0, group.channel_begin, group.channels, 0});
        continue;
      }
      for (std::size_t t = 0; t < mapping_.tiles.size(); ++t) {
        const TileShare& consumer = mapping_.tiles[t];
        if (network_.layers[static_cast<std::size_t>(consumer.layer)].inputs.front() != l) continue;
        int begin, count;
        overlap(group, consumer, l, begin, count);
        if (count <= 0) continue;
        const auto streams = streams_into(static_cast<int>(t));
        const int stream =
            static_cast<int>(std::find(streams.begin(), streams.end(), on[i]) - streams.begin());
        write_hop(tile, hop++,
                  {static_cast<int>(i), node(static_cast<int>(t)), stream, begin, count,
                   consumer.buffer_rows});
      }
    }
    return hop;
  }

  void write_hop(int tile, int hop, const hw::HopRegisters& registers) {
    if (hop >= reg::kMaxHops) return;  // counted and refused by write_tile
    write(tile, hop, registers);
  }

  void write_constants(int tile, const quant::IntegerLayer& layer) {
    Write multipliers, biases;
    const reg::Address base = reg::kTileStride * static_cast<unsigned>(node(tile));
    multipliers.address = base + reg::kMultiplierBase;
    biases.address = base + reg::kBiasBase;
    for (const std::int32_t m : layer.multiplier) append(multipliers.bytes, m);
    for (const std::int64_t b : layer.bias) append(biases.bytes, b);
    program_.writes.push_back(std::move(multipliers));
    program_.writes.push_back(std::move(biases));
  }

  Write cell_write(int tile, int pe, int array, std::size_t bytes) const {
    Write write;
    write.address = reg::kTileStride * static_cast<unsigned>(node(tile)) + reg::kCellBase +
                    reg::kCellPeStride * static_cast<unsigned>(pe) +
                    reg::kCellArrayStride * static_cast<unsigned>(array);
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

  void write_cells(int tile, const Block& block, const quant::IntegerLayer& layer, int slices) {
    if (config_.tile.pe.encoding == hw::Encoding::kOffset) {
      write_offset_cells(tile, block, layer, slices);
    } else {
      write_differential_cells(tile, block, layer.weights, slices);
    }
  }

  // Slice j of |weight| goes to pair j of the block: to the positive array for weights above zero,
  // to the negative for those below.
  void write_differential_cells(int tile, const Block& block, const Eigen::MatrixXi& weights,
                                int slices) {
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
  void write_offset_cells(int tile, const Block& block, const quant::IntegerLayer& layer,
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
  std::vector<std::vector<Group>> groups_;
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
