#include "hw/controller/tile_program.h"

#include <algorithm>
#include <climits>

namespace kirchhoff::hw {

namespace {

/// At least one block where the PEs work, every block within its PE, its layer and its group, on
/// pairs of its own, and the blocks of a PE within its registers.
bool blocks_fit(const RegisterFile& registers, const TileConfig& tile) {
  const LayerRegisters layer = registers.layer();
  const PeConfig& pe = tile.pe;
  const int area = layer.kernel_height * layer.kernel_width;
  bool used = false;
  for (const PeId p : ids<PeId>(tile.pes)) {
    std::vector<bool> taken(static_cast<std::size_t>(pe.pairs), false);
    long long input_bits = 0, output_bits = 0;
    for (int b = 0; b < reg::kMaxBlocks; ++b) {
      const BlockRegisters block = registers.block(p, b);
      if (block.rows == 0) continue;
      used = true;
      if (block.rows > pe.crossbar.rows || block.columns < 1 || block.columns > pe.crossbar.cols ||
          block.first_pair + layer.slices > pe.pairs || block.group >= layer.groups ||
          block.row_begin / area < layer.channel_begin ||
          (block.row_begin + block.rows - 1) / area >= layer.channel_begin + layer.channels ||
          registers.group(GroupId{block.group}).channels != block.columns) {
        return false;
      }
      for (int pair = block.first_pair; pair < block.first_pair + layer.slices; ++pair) {
        if (taken[static_cast<std::size_t>(pair)]) return false;
        taken[static_cast<std::size_t>(pair)] = true;
      }
      input_bits += pe.input_register_bits(block.rows, layer.activation_bits);
      output_bits += pe.output_register_bits(block.columns, layer.sum_bits);
    }
    if (input_bits > 8LL * pe.input_register_bytes || output_bits > 8LL * pe.output_register_bytes)
      return false;
  }
  return used == (layer.operation == static_cast<int>(Operation::kProducts));
}

/// Without blocks the outputs of every group are those of channels stored here, and their weights
/// are there.
bool reduction_fits(const RegisterFile& registers, const TileConfig& tile) {
  const LayerRegisters layer = registers.layer();
  const auto operation = static_cast<Operation>(layer.operation);
  if (operation == Operation::kProducts) return true;
  const bool weighted = operation == Operation::kWeighted;
  const long long outputs = weighted ? layer.channel_outputs : 1;
  const long long begin = outputs * layer.channel_begin, count = outputs * layer.channels;
  for (const GroupId g : ids<GroupId>(layer.groups)) {
    const GroupRegisters group = registers.group(g);
    if (group.channel_begin < begin || group.channel_begin + group.channels > begin + count)
      return false;
  }
  if (!weighted) return true;
  const long long weights = count * layer.kernel_height * layer.kernel_width;
  return outputs > 0 && weights * layer.weight_bits <= 8LL * tile.multiplier.weights.bytes &&
         (layer.functional == 0 || static_cast<long long>(registers.weights().size()) >= weights);
}

/// The channels of the second operand that are stored here are those of the groups that are
/// completed here, for every window.
bool residual_fits(const RegisterFile& registers, TileId tile, Schedule schedule) {
  const LayerRegisters layer = registers.layer();
  if (layer.residual_channels == 0) return true;
  const int least = schedule == Schedule::kSequential ? layer.residual_height : layer.pool;
  if (layer.output_bits == 0 || layer.residual_bits < 1 || layer.residual_sources < 1 ||
      layer.residual_height < layer.output_height * layer.pool ||
      layer.residual_width < layer.output_width * layer.pool || layer.residual_rows < least)
    return false;
  for (const GroupId g : ids<GroupId>(layer.groups)) {
    const GroupRegisters group = registers.group(g);
    if (group.aggregator != index(tile)) continue;
    if (group.channel_begin < layer.residual_channel_begin ||
        group.channel_begin + group.channels >
            layer.residual_channel_begin + layer.residual_channels)
      return false;
  }
  return true;
}

/// Constants of every sum, and the table, where integers flow.
bool constants_fit(const RegisterFile& registers) {
  const LayerRegisters layer = registers.layer();
  if (layer.functional == 0 || layer.output_bits == 0) return true;
  int count = 1;
  switch (static_cast<Constants>(layer.constants)) {
    case Constants::kByChannel:
      count = 0;
      for (const GroupId g : ids<GroupId>(layer.groups)) {
        const GroupRegisters group = registers.group(g);
        count = std::max(count, group.channel_begin + group.channels);
      }
      break;
    case Constants::kOne:
      break;
    case Constants::kByPixels:
    case Constants::kByPaddedPixels:
      count = layer.kernel_height * layer.kernel_width;
      break;
  }
  const auto needed = static_cast<std::size_t>(count);
  if (registers.multipliers().size() < needed || registers.biases().size() < needed) return false;
  return layer.table != static_cast<int>(TableContents::kLoaded) ||
         registers.table().size() == std::size_t{2} << layer.output_bits;
}

/// What the SFU reads at every address of output_bits + 1 bits.
std::vector<std::int32_t> table_of(const RegisterFile& registers) {
  const LayerRegisters layer = registers.layer();
  if (layer.table == static_cast<int>(TableContents::kLoaded)) return registers.table();
  const bool relu = layer.table == static_cast<int>(TableContents::kRelu);
  const std::int32_t offset = 1 << layer.output_bits;
  const std::int32_t high = (layer.output_signed != 0 ? offset / 2 : offset) - 1;
  const std::int32_t low = layer.output_signed != 0 && !relu ? -offset / 2 : 0;
  std::vector<std::int32_t> entries;
  for (std::int32_t v = -offset; v < offset; ++v) entries.push_back(std::clamp(v, low, high));
  return entries;
}

bool groups_fit(const RegisterFile& registers, int tiles) {
  for (const GroupId g : ids<GroupId>(registers.layer().groups)) {
    if (registers.group(g).aggregator >= tiles) return false;
  }
  return true;
}

/// A hop carries channels of its group to a tile or to the host.
bool hops_fit(const RegisterFile& registers, int tiles) {
  const LayerRegisters layer = registers.layer();
  for (int h = 0; h < layer.hops; ++h) {
    const HopRegisters hop = registers.hop(h);
    if (hop.group >= layer.groups || hop.node > tiles) return false;
    const GroupRegisters group = registers.group(GroupId{hop.group});
    if (hop.channel_begin < group.channel_begin ||
        hop.channel_begin + hop.channels > group.channel_begin + group.channels) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool fits(const RegisterFile& registers, TileId tile, const ChipConfig& config) {
  const LayerRegisters layer = registers.layer();
  if (!reg::programmed(layer)) return false;
  if (layer.output_row_begin >= layer.output_height) return false;
  const WindowWalk walk(layer);
  if (!walk.fits_map() || !blocks_fit(registers, config.tile)) return false;
  // Windows and pixels of a stream are counted in one integer.
  const long long pixels = static_cast<long long>(layer.input_height) * layer.input_width;
  if (std::max<long long>(walk.windows(), pixels) * layer.images > INT_MAX) return false;
  const int rows =
      config.schedule == Schedule::kSequential ? layer.input_height : walk.rows_at_once();
  if (layer.buffer_rows < rows) return false;
  const int tiles = config.mesh_width * config.mesh_height;
  const int producers = layer.producers + layer.residual_producers;
  if (producers > reg::kMaxProducers) return false;
  for (int i = 0; i < producers; ++i) {
    if (index(registers.producer(i)) > tiles) return false;
  }
  return groups_fit(registers, tiles) && hops_fit(registers, tiles) && constants_fit(registers) &&
         reduction_fits(registers, config.tile) && residual_fits(registers, tile, config.schedule);
}

TileProgram::TileProgram(const RegisterFile& registers)
    : layer(registers.layer()), walk(layer), groups(layer.groups) {
  sfu.shift = layer.shift;
  sfu.output_bits = layer.output_bits;
  sfu.residual_multiplier = layer.residual_multiplier;
  // The last layer delivers its accumulators.
  if (layer.output_bits > 0) {
    if (has_residual()) sfu.steps.push_back(SfuStep::kAdd);
    sfu.steps.insert(sfu.steps.end(), {SfuStep::kRequantise, SfuStep::kTable, SfuStep::kMaximum});
    sfu.table = table_of(registers);
  }
  for (int i = 0; i < layer.producers + layer.residual_producers; ++i)
    (i < layer.producers ? producers : residual_producers).push_back(registers.producer(i));
  if (!has_products()) {
    window_bits = static_cast<long long>(layer.channels) * kernel_pixels() * layer.activation_bits;
    set_reduction(registers);
  }
  for (const GroupId g : groups.ids()) groups[g].registers = registers.group(g);
  for (int h = 0; h < layer.hops; ++h) {
    const HopRegisters hop = registers.hop(h);
    groups[GroupId{hop.group}].hops.push_back(hop);
  }
}

void TileProgram::set_reduction(const RegisterFile& registers) {
  reduction.channels = layer.channels;
  reduction.pixels = kernel_pixels();
  if (operation() == Operation::kMaximum) reduction.reduction = Reduction::kMaximum;
  if (operation() != Operation::kWeighted) return;
  reduction.reduction = Reduction::kWeighted;
  reduction.outputs = layer.channel_outputs;
  reduction.weight_bits = layer.weight_bits;
  reduction.activation_bits = layer.activation_bits;
  if (functional()) reduction.weights = registers.weights().data();
}

void TileProgram::add_block(const BlockRegisters& block, PeId pe, int b, bool leads) {
  std::vector<BusTarget> target;
  if (leads) target.push_back({index(pe), static_cast<std::uint64_t>(2 * b)});
  groups[GroupId{block.group}].units.push_back({pe, b, block.columns, target});
  auto slice = std::find_if(slices.begin(), slices.end(), [&](const RowSlice& s) {
    return s.row_begin == block.row_begin && s.rows == block.rows;
  });
  if (slice == slices.end()) {
    slice = slices.insert(slices.end(), {block.row_begin, block.rows, {}});
    window_bits += static_cast<long long>(block.rows) * layer.activation_bits;
  }
  slice->targets.insert(slice->targets.end(), target.begin(), target.end());
}

}  // namespace kirchhoff::hw
