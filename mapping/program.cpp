#include "mapping/program.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include <fmt/core.h>

#include "base/error.h"
#include "base/stop_request.h"
#include "mapping/cell_writes.h"
#include "quant/network/tensors.h"

namespace kirchhoff::mapping {

namespace reg = hw::reg;

namespace {

/// A column block of a copy of a layer's weights, and the tile that completes it.
struct Group {
  int channel_begin = 0, channels = 0;
  LogicalTile aggregator{};
  std::vector<LogicalTile> tiles;
};

/// An input stream of a tile, of one of its operands.
enum class StreamId : int {};

/// The operands of a layer, as hops and packets name them.
enum class Operand { kInput = 0, kResidual = 1 };

/// A map's share of an operand: several maps are joined, channel after channel.
struct Part {
  quant::TensorId map{};
  int first = 0;  ///< number of its first channel in the operand
};

/// What a tile gets from a group of a producing layer.
struct Stream {
  quant::LayerId producer{};
  ColumnBlock block{};
  int part = 0;                         ///< of the operand: a map may be joined with itself
  int channel_begin = 0, channels = 0;  ///< of the producer's map
  int first_there = 0;                  ///< number of the first one in the operand
  bool operator==(const Stream& o) const {
    return producer == o.producer && block == o.block && part == o.part;
  }
};

using Groups = IndexedVector<ColumnBlock, Group>;

class Assembler {
 public:
  Assembler(const quant::Network& network, const quant::Policy& policy, const Mapping& mapping,
            const hw::ChipConfig& config, const quant::IntegerNetwork* integers, int images,
            RoundId round)
      : network_(network),
        policy_(policy),
        mapping_(mapping),
        config_(config),
        integers_(integers),
        images_(images),
        round_(round),
        tensors_(network),
        widths_(quant::widths_of(network, policy)) {}

  Program run() {
    find_groups();
    const quant::Layer& last = network_.layers.back();
    program_.images = images_;
    program_.image_bits = tensors_.bits(quant::kImage, policy_);
    program_.result_channels = last.out_channels;
    program_.result_pixels = last.output().height * last.output().width;
    for (const LogicalTile t : mapping_.rounds[round_]) {
      give_up_if_stopped();
      if (layers_.empty() || layers_[share(t).layer]) write_tile(t);
    }
    std::stable_sort(program_.streams.begin(), program_.streams.end(),
                     [](const MapStream& a, const MapStream& b) { return a.map < b.map; });
    return std::move(program_);
  }

  /// Only the tiles of these layers; empty: all.
  Assembler& only(const IndexedVector<quant::LayerId, bool>& layers) {
    layers_ = layers;
    return *this;
  }

 private:
  hw::TileId place(LogicalTile tile) const { return mapping_.position[tile]; }
  hw::NodeId node(LogicalTile tile) const { return hw::node_of(place(tile)); }
  hw::NodeId host() const { return hw::NodeId{mapping_.mesh_width * mapping_.mesh_height}; }
  const TileShare& share(LogicalTile tile) const { return mapping_.tiles[tile]; }
  const quant::Layer& layer_of(LogicalTile tile) const {
    return network_.layers[share(tile).layer];
  }
  /// Whether a tile is on the chip in this round.
  bool is_here(LogicalTile tile) const { return share(tile).round == round_; }
  bool reads_image(LogicalTile tile) const {
    return layer_of(tile).inputs.front() == quant::kImage;
  }

  // The tile with a group's first row block completes it.
  void find_groups() {
    for (const LayerMapping& m : mapping_.layers) {
      Groups groups(m.column_blocks);
      for (const ColumnBlock g : groups.ids()) {
        groups[g].channel_begin = m.columns[g].begin;
        groups[g].channels = m.columns[g].count;
      }
      std::vector<Groups> copies(static_cast<std::size_t>(m.grid.copies()), groups);
      for (const LogicalTile tile : m.tile_ids()) {
        for (const ColumnBlock g : share(tile).columns) {
          Group& group = copies[static_cast<std::size_t>(share(tile).piece.copy)][g];
          group.aggregator = tile;
          group.tiles = {tile};
        }
      }
      for (const Block& block : m.blocks) {
        Group& group = copies[static_cast<std::size_t>(block.copy)][block.column_block];
        if (block.row_block == 0) group.aggregator = block.tile;
        if (group.tiles.empty() || group.tiles.back() != block.tile)
          group.tiles.push_back(block.tile);
      }
      groups_.push_back(std::move(copies));
    }
  }

  /// Of the copy that a tile belongs to.
  const Groups& groups_of(LogicalTile tile) const {
    return groups_[share(tile).layer][static_cast<std::size_t>(share(tile).piece.copy)];
  }

  /// Column blocks with rows on a tile, in order: the tile's group descriptors.
  IndexedVector<hw::GroupId, ColumnBlock> groups_on(LogicalTile tile) const {
    const Groups& groups = groups_of(tile);
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

  std::vector<Part> parts_of(LogicalTile tile, Operand operand) const {
    const quant::Layer& layer = layer_of(tile);
    std::vector<Part> parts;
    int first = 0;
    for (const quant::TensorId map : operand == Operand::kInput ? layer.inputs : layer.residual) {
      parts.push_back({map, first});
      first += network_.shape_of(map).channels;
    }
    return parts;
  }

  /// Channels of an operand that a tile stores.
  ChannelRange stored(LogicalTile tile, Operand operand) const {
    const TileShare& s = share(tile);
    return operand == Operand::kInput ? ChannelRange{s.channel_begin, s.channels} : s.residual;
  }

  /// Streams of an operand into a tile: groups of the producing layers whose channels it needs, in
  /// order. All copies of a group send parts of one stream. The image is one stream and none of
  /// them.
  IndexedVector<StreamId, Stream> streams_into(LogicalTile tile, Operand operand) const {
    IndexedVector<StreamId, Stream> streams;
    const ChannelRange wanted = stored(tile, operand);
    int number = 0;
    for (const Part& part : parts_of(tile, operand)) {
      if (part.map == quant::kImage) continue;
      const quant::LayerId producer = quant::producer_of(part.map);
      const Groups& groups = groups_[producer].front();
      for (const ColumnBlock g : groups.ids()) {
        const int begin = std::max(part.first + groups[g].channel_begin, wanted.begin);
        const int end =
            std::min(part.first + groups[g].channel_begin + groups[g].channels, wanted.end());
        if (begin < end)
          streams.push_back({producer, g, number, begin - part.first, end - begin, begin});
      }
      ++number;
    }
    return streams;
  }

  /// Nodes that send a tile an operand and hear when rows of its buffer are free again, as words.
  std::vector<std::uint32_t> producers_of(LogicalTile tile, Operand operand,
                                          const IndexedVector<StreamId, Stream>& streams) const {
    if (operand == Operand::kInput && reads_image(tile))
      return {static_cast<std::uint32_t>(host())};
    std::vector<std::uint32_t> nodes;
    for (const Stream& stream : streams) {
      for (const Groups& copy : groups_[stream.producer]) {
        const LogicalTile sender = copy[stream.block].aggregator;
        if (!sends(sender, tile, operand)) continue;
        const auto at = static_cast<std::uint32_t>(is_here(sender) ? node(sender) : host());
        if (std::find(nodes.begin(), nodes.end(), at) == nodes.end()) nodes.push_back(at);
      }
    }
    return nodes;
  }

  /// Columns of an operand's map that come to a tile.
  const ColumnRange& columns_of(LogicalTile tile, Operand operand) const {
    const Piece& piece = share(tile).piece;
    return operand == Operand::kInput ? piece.input : piece.residual;
  }

  /// Rows of it.
  hw::RowPattern rows_of(LogicalTile tile, Operand operand) const {
    const hw::LayerRegisters registers = geometry_of(layer_of(tile), share(tile).piece);
    return operand == Operand::kInput ? reg::input_rows(registers) : reg::residual_rows(registers);
  }

  /// Whether any pixel that is completed on tile `from` belongs to what another one takes of its
  /// layer's map.
  bool sends(LogicalTile from, LogicalTile to, Operand operand) const {
    const Piece& piece = share(from).piece;
    if (!piece.output.meets(columns_of(to, operand))) return false;
    const hw::RowPattern rows = rows_of(to, operand);
    for (int row = piece.row_begin; row < layer_of(from).output().height; row += piece.row_step) {
      if (rows.takes(row)) return true;
    }
    return false;
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
    program_.tiles.push_back(place(tile));

    const auto on = groups_on(tile);
    const auto streams = streams_into(tile, Operand::kInput);
    const auto seconds = streams_into(tile, Operand::kResidual);
    auto producers = producers_of(tile, Operand::kInput, streams);
    const auto second_producers = producers_of(tile, Operand::kResidual, seconds);
    const auto hops = write_hops(tile, on);
    if (on.size() > reg::kMaxGroups || hops > reg::kMaxHops || config_.tile.pes > reg::kMaxPes) {
      throw InputError(fmt::format(
          "layer {}: {} column groups or {} next hops exceed the controller's {} and {}",
          layer.name, on.size(), hops, reg::kMaxGroups, reg::kMaxHops));
    }
    hw::LayerRegisters r = geometry_of(layer, s.piece);
    set_arithmetic(l, r);
    r.channel_begin = s.channel_begin;
    r.channels = s.channels;
    r.sources = reads_image(tile) ? 1 : streams.size();
    r.groups = on.size();
    r.hops = hops;
    r.layer = index(label_of(l));
    r.functional = integers_ ? 1 : 0;
    r.images = images_;
    r.buffer_rows = s.buffer_rows;
    r.producers = static_cast<int>(producers.size());
    if (s.residual.count > 0) {
      r.residual_channel_begin = s.residual.begin;
      r.residual_channels = s.residual.count;
      r.residual_height = layer.convolved().height;
      r.residual_width = s.piece.residual.count;
      r.residual_bits = tensors_.bits(layer.residual.front(), policy_);
      r.residual_rows = s.residual_rows;
      r.residual_sources = seconds.size();
      r.residual_producers = static_cast<int>(second_producers.size());
    }
    write(tile, 0, r);
    producers.insert(producers.end(), second_producers.begin(), second_producers.end());
    if (!producers.empty()) write(tile, reg::first_of<hw::ProducerRegister>(), producers);

    for (const BlockId b : s.blocks) {
      const Block& block = mapping_.layers[l].blocks[b];
      write(tile, reg::block_index(block.pe, block.slot),
            hw::BlockRegisters{block.row_begin, block.rows, block.columns,
                               index(place_of(block.column_block, on)), block.first_pair});
      if (integers_) write_cells(tile, block, l);
    }
    if (s.multiplies && integers_) write_weights(tile, l);
    write_groups(tile, on);
    if (integers_ && !network_.is_output(l)) write_constants(tile, integers_->layers[l]);
    if (reads_image(tile)) {
      program_.streams.push_back({place(tile), 0, s.channel_begin, s.channels,
                                  first_credits(tile, Operand::kInput), s.piece.input,
                                  rows_of(tile, Operand::kInput), quant::kImage, quant::LayerId{0},
                                  s.channel_begin, 0});
    }
    add_streams(tile, Operand::kInput, streams);
    add_streams(tile, Operand::kResidual, seconds);
  }

  /// Those of an operand that earlier rounds have made: the host sends them.
  void add_streams(LogicalTile tile, Operand operand,
                   const IndexedVector<StreamId, Stream>& streams) {
    for (const StreamId id : streams.ids()) {
      const Stream& stream = streams[id];
      if (is_here(groups_[stream.producer].front()[stream.block].aggregator)) continue;
      program_.streams.push_back({place(tile), index(id), stream.channel_begin, stream.channels,
                                  first_credits(tile, operand), columns_of(tile, operand),
                                  rows_of(tile, operand), quant::output_of(stream.producer),
                                  share(tile).layer, stream.first_there,
                                  static_cast<int>(operand)});
    }
  }

  /// Rows of an operand that its producers may send before they hear of a tile: those that it never
  /// needs, and those that its buffer has room for.
  int first_credits(LogicalTile tile, Operand operand) const {
    const TileShare& s = share(tile);
    const quant::Layer& layer = layer_of(tile);
    const int row = s.piece.row_begin * layer.pool;
    if (operand == Operand::kResidual) return row + s.residual_rows;
    const int before = row * layer.stride.height - layer.padding.top;
    return std::clamp(before, 0, layer.input.height) + s.buffer_rows;
  }

  hw::Operation operation_of(quant::LayerId l) const {
    const quant::Layer& layer = network_.layers[l];
    if (layer.has_weights())
      return mapping_.layers[l].blocks.empty() ? hw::Operation::kWeighted
                                               : hw::Operation::kProducts;
    return layer.kind == quant::LayerKind::kMaximum ? hw::Operation::kMaximum : hw::Operation::kSum;
  }

  static hw::Constants constants_of(const quant::Layer& layer) {
    if (layer.has_weights()) return hw::Constants::kByChannel;
    if (quant::constants_of(layer) == 1) return hw::Constants::kOne;
    return layer.counts_padding ? hw::Constants::kByPaddedPixels : hw::Constants::kByPixels;
  }

  /// Widths, signs and what the SFU does. A tile without PEs at work says one slice, and without
  /// weights one bit of them: these registers must hold something.
  void set_arithmetic(quant::LayerId l, hw::LayerRegisters& r) const {
    const quant::Layer& layer = network_.layers[l];
    const quant::IntegerLayer& widths = widths_[l];
    r.weight_bits = std::max(1, widths.weight_bits);
    r.activation_bits = widths.activation_bits;
    r.output_bits = widths.output_bits;
    r.input_signed = widths.input_signed ? 1 : 0;
    r.output_signed = widths.output_signed ? 1 : 0;
    r.slices = std::max(1, mapping_.layers[l].slices);
    r.sum_bits = sum_bits(l);
    r.operation = static_cast<int>(operation_of(l));
    if (operation_of(l) == hw::Operation::kWeighted)
      r.channel_outputs = layer.out_channels / layer.groups;
    r.constants = static_cast<int>(constants_of(layer));
    r.table = static_cast<int>(table_of(l));
    if (integers_ && !network_.is_output(l)) {
      r.shift = integers_->layers[l].shift;
      r.residual_multiplier = integers_->layers[l].residual_multiplier;
    }
  }

  hw::TableContents table_of(quant::LayerId l) const {
    const quant::Function& function = network_.layers[l].function;
    if (integers_ && !integers_->layers[l].table.empty()) return hw::TableContents::kLoaded;
    // Where sizes flow, nobody looks at what a table would hold.
    return function.clamps() && function.non_negative() ? hw::TableContents::kRelu
                                                        : hw::TableContents::kIdentity;
  }

  /// Of a sum on wires and in registers.
  int sum_bits(quant::LayerId l) const {
    return hw::sum_bits(policy_.layers[l].weight, policy_.layers[l].activation,
                        network_.layers[l].rows());
  }

  // Half of a tile's output register holds remote partial sums, shared by the groups that expect
  // some; the other half streams the tile's own sums, one group at a time.
  int partial_windows(LogicalTile aggregator) const {
    const quant::LayerId layer = share(aggregator).layer;
    if (mapping_.layers[layer].blocks.empty()) return 0;
    int sums = 0, widest = 0;
    for (const Group& group : groups_of(aggregator)) {
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
      const Group& group = groups_of(tile)[on[g]];
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
      const Group& group = groups_of(tile)[on[g]];
      if (group.aggregator != tile) continue;
      if (network_.is_output(l)) {
        hop = write_hop_to_host(tile, g, group, hop);
        continue;
      }
      bool read_later = false;
      for (const LogicalTile t : mapping_.tiles.ids()) {
        for (const Operand operand : {Operand::kInput, Operand::kResidual}) {
          if (is_here(t)) {
            hop = write_hops_to(tile, g, l, on[g], t, operand, hop);
          } else {
            read_later = read_later || sends_to(tile, l, on[g], t, operand);
          }
        }
      }
      if (read_later) {
        hop = write_hop_to_host(tile, g, group, hop);
        auto& outputs = program_.outputs;
        if (std::find(outputs.begin(), outputs.end(), l) == outputs.end()) outputs.push_back(l);
      }
    }
    return hop;
  }

  /// All that a group completes here: results, or what a later round reads.
  int write_hop_to_host(LogicalTile tile, hw::GroupId g, const Group& group, int hop) {
    hw::HopRegisters r;
    r.group = index(g);
    r.node = index(host());
    r.channel_begin = group.channel_begin;
    r.channels = group.channels;
    r.first_there = network_.is_output(share(tile).layer) ? 0 : group.channel_begin;
    write_hop(tile, hop, r);
    const Piece& piece = share(tile).piece;
    const long long numbers =
        1LL * group.channels * piece.rows(layer_of(tile)) * piece.output.count;
    program_.expected += numbers;
    program_.output_bits += numbers * widths_[share(tile).layer].output_bits;
    return hop + 1;
  }

  /// Whether a later round's tile reads something of a group that is completed here.
  bool sends_to(LogicalTile tile, quant::LayerId l, ColumnBlock block, LogicalTile consumer,
                Operand operand) const {
    if (!reads(consumer, operand, l) || !sends(tile, consumer, operand)) return false;
    const auto streams = streams_into(consumer, operand);
    return std::any_of(streams.begin(), streams.end(), [&](const Stream& stream) {
      return stream.producer == l && stream.block == block;
    });
  }

  /// What a group sends to a tile as one of its operands; returns the number of the next hop.
  int write_hops_to(LogicalTile tile, hw::GroupId group, quant::LayerId l, ColumnBlock block,
                    LogicalTile consumer, Operand operand, int hop) {
    if (!reads(consumer, operand, l) || !sends(tile, consumer, operand)) return hop;
    const auto streams = streams_into(consumer, operand);
    for (const StreamId id : streams.ids()) {
      const Stream& stream = streams[id];
      if (stream.producer != l || stream.block != block) continue;
      hw::HopRegisters r;
      r.group = index(group);
      r.node = index(node(consumer));
      r.stream = index(id);
      r.channel_begin = stream.channel_begin;
      r.channels = stream.channels;
      r.rows = first_credits(consumer, operand);
      r.first_there = stream.first_there;
      r.operand = static_cast<int>(operand);
      if (share(consumer).piece.sparse) {
        r.column_begin = columns_of(consumer, operand).begin;
        r.columns = columns_of(consumer, operand).count;
        reg::set_rows(r, rows_of(consumer, operand));
      }
      write_hop(tile, hop++, r);
    }
    return hop;
  }

  bool reads(LogicalTile tile, Operand operand, quant::LayerId producer) const {
    const quant::Layer& layer = layer_of(tile);
    const auto& maps = operand == Operand::kInput ? layer.inputs : layer.residual;
    return std::find(maps.begin(), maps.end(), quant::output_of(producer)) != maps.end();
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
    if (layer.table.empty()) return;
    Write table;
    table.address = base + reg::kTableBase;
    for (const std::int32_t entry : layer.table) append(table.bytes, entry);
    program_.writes.push_back(std::move(table));
  }

  /// Of the outputs that the tile's SFU multiplies.
  void write_weights(LogicalTile tile, quant::LayerId l) {
    const auto& columns = mapping_.layers[l].columns;
    const Eigen::MatrixXi& weights = integers_->layers[l].weights;
    Write w;
    w.address = reg::base_of(place(tile)) + reg::kWeightBase;
    for (const ColumnBlock c : share(tile).columns) {
      for (int output = columns[c].begin; output < columns[c].end(); ++output) {
        for (int r = 0; r < weights.rows(); ++r) append<std::int32_t>(w.bytes, weights(r, output));
      }
    }
    program_.writes.push_back(std::move(w));
  }

  void write_cells(LogicalTile tile, const Block& block, quant::LayerId l) {
    const quant::Layer& shape = network_.layers[l];
    const quant::IntegerLayer& layer = integers_->layers[l];
    Eigen::MatrixXi weights(block.rows, block.columns);
    for (int c = 0; c < block.columns; ++c) {
      for (int r = 0; r < block.rows; ++r)
        weights(r, c) = quant::weight_at(shape, layer, block.row_begin + r, block.column_begin + c);
    }
    append_cell_writes({config_.tile.pe, place(tile), block, weights, layer.weight_bits,
                        mapping_.layers[l].slices},
                       program_.writes);
  }

  const quant::Network& network_;
  const quant::Policy& policy_;
  const Mapping& mapping_;
  const hw::ChipConfig& config_;
  const quant::IntegerNetwork* integers_;
  const int images_;
  const RoundId round_;
  IndexedVector<quant::LayerId, bool> layers_;  ///< that take part; empty: all
  const quant::Tensors tensors_;
  const IndexedVector<quant::LayerId, quant::IntegerLayer> widths_;
  IndexedVector<quant::LayerId, std::vector<Groups>> groups_;  ///< by copy
  Program program_;
};

}  // namespace

bool writes_cells(const Write& write) { return write.address % reg::kTileStride >= reg::kCellBase; }

hw::TileId tile_of(const Write& write) {
  return to_id<hw::TileId>(write.address / reg::kTileStride);
}

hw::LayerRegisters geometry_of(const quant::Layer& layer, const Piece& piece) {
  const quant::Shape out = layer.output();
  hw::LayerRegisters r;
  r.input_height = layer.input.height;
  r.input_width = piece.input.count;
  r.kernel_height = layer.kernel_height;
  r.kernel_width = layer.kernel_width;
  r.stride_height = layer.stride.height;
  r.stride_width = layer.stride.width;
  r.dilation_height = layer.dilation.height;
  r.dilation_width = layer.dilation.width;
  r.padding_top = layer.padding.top;
  r.padding_left = piece.padding_left(layer);
  r.padding_bottom = layer.padding.bottom;
  r.padding_right = piece.padding_right(layer);
  r.output_height = out.height;
  r.output_width = piece.output.count;
  r.pool = layer.pool;
  r.output_row_begin = piece.row_begin;
  r.output_rows_between = piece.row_step - 1;
  r.output_columns_before = piece.output.begin;
  r.output_columns_behind = out.width - piece.output.end();
  r.sparse_rows = piece.sparse ? 1 : 0;
  return r;
}

Program assemble(const quant::Network& network, const quant::Policy& policy, const Mapping& mapping,
                 const hw::ChipConfig& config, int images, RoundId round) {
  return Assembler(network, policy, mapping, config, nullptr, images, round).run();
}

Program assemble_layers(const quant::Network& network, const quant::Policy& policy,
                        const Mapping& mapping, const hw::ChipConfig& config,
                        const IndexedVector<quant::LayerId, bool>& layers) {
  return Assembler(network, policy, mapping, config, nullptr, 1, RoundId{}).only(layers).run();
}

Program assemble(const quant::IntegerNetwork& integers, const Mapping& mapping,
                 const hw::ChipConfig& config, int images, RoundId round) {
  return Assembler(integers.network, integers.policy, mapping, config, &integers, images, round)
      .run();
}

}  // namespace kirchhoff::mapping
