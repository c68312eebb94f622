#include "hw/controller/tile_program.h"

#include <algorithm>
#include <climits>

namespace kirchhoff::hw {

namespace {

/// At least one block, every block within its PE, its layer and its group, on pairs of its own, and
/// the blocks of a PE within its registers.
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
  return used;
}

/// Every group that is completed here has its constants where integers flow.
bool groups_fit(const RegisterFile& registers, int tiles) {
  const LayerRegisters layer = registers.layer();
  for (const GroupId g : ids<GroupId>(layer.groups)) {
    const GroupRegisters group = registers.group(g);
    if (group.aggregator >= tiles) return false;
    const auto end = static_cast<std::size_t>(group.channel_begin + group.channels);
    const bool needs_constants = layer.functional != 0 && layer.output_bits > 0;
    if (needs_constants &&
        (registers.multipliers().size() < end || registers.biases().size() < end)) {
      return false;
    }
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

bool fits(const RegisterFile& registers, const ChipConfig& config) {
  const LayerRegisters layer = registers.layer();
  if (!reg::programmed(layer)) return false;
  const WindowWalk walk(layer);
  if (!walk.fits_map() || !blocks_fit(registers, config.tile)) return false;
  // Windows and pixels of a stream are counted in one integer.
  const long long pixels = static_cast<long long>(layer.input_height) * layer.input_width;
  if (std::max<long long>(walk.windows(), pixels) * layer.images > INT_MAX) return false;
  const int rows =
      config.schedule == Schedule::kSequential ? layer.input_height : walk.rows_at_once();
  if (layer.buffer_rows < rows) return false;
  const int tiles = config.mesh_width * config.mesh_height;
  for (int i = 0; i < layer.producers; ++i) {
    if (index(registers.producer(i)) > tiles) return false;
  }
  return groups_fit(registers, tiles) && hops_fit(registers, tiles);
}

TileProgram::TileProgram(const RegisterFile& registers)
    : layer(registers.layer()), walk(layer), groups(layer.groups) {
  sfu.shift = layer.shift;
  sfu.output_bits = layer.output_bits;
  // The last layer delivers its accumulators.
  if (layer.output_bits > 0) sfu.steps = {SfuStep::kRequantise, SfuStep::kRelu, SfuStep::kMaximum};
  for (int i = 0; i < layer.producers; ++i) producers.push_back(registers.producer(i));
  for (const GroupId g : groups.ids()) groups[g].registers = registers.group(g);
  for (int h = 0; h < layer.hops; ++h) {
    const HopRegisters hop = registers.hop(h);
    groups[GroupId{hop.group}].hops.push_back(hop);
  }
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
