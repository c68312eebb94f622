#include <algorithm>

#include <fmt/core.h>

#include "mapping/mapping.h"

namespace kirchhoff::mapping {

std::string mapping_table(const quant::Network& network, const quant::Policy& policy,
                          const Mapping& mapping, const hw::ChipConfig& config) {
  std::size_t name = 8;
  for (const quant::Layer& layer : network.layers) name = std::max(name, layer.name.size());
  std::string out =
      fmt::format("{:<{}} {:>5} {:>8} {:>8} {:>9} {:>7} {:>9} {:>5} {:>10} {:>11} {:>9}\n", "layer",
                  name, "W/A", "rows", "columns", "blocks", "slices", "crossbars", "tiles",
                  "windows", "bit cycles", "cell use");
  const bool copied = std::any_of(mapping.layers.begin(), mapping.layers.end(),
                                  [](const LayerMapping& m) { return m.grid.copies() > 1; });
  // Chips without copies have no column for them.
  const auto copies = [&](const std::string& text) {
    return copied ? fmt::format(" {:>7}", text) : std::string();
  };
  out.insert(out.size() - 1, copies("copies"));
  long long windows = 0, cycles = 0;
  for (const quant::LayerId l : network.layers.ids()) {
    const quant::Layer& layer = network.layers[l];
    const LayerMapping& m = mapping.layers[l];
    // Share of the cells of the allocated crossbars whose row and column are in use.
    long long cells = 0;
    for (const Block& b : m.blocks) cells += static_cast<long long>(b.rows) * b.columns;
    const auto& crossbar = config.tile.pe.crossbar;
    const double use =
        m.blocks.empty()
            ? 0.0
            : static_cast<double>(cells) / (1.0 * m.blocks.size() * crossbar.rows * crossbar.cols);
    out += fmt::format(
        "{:<{}} {:>5} {:>8} {:>8} {:>9} {:>7} {:>9} {:>5} {:>10} {:>11} {:>9.3f}{}\n", layer.name,
        name,
        layer.has_weights()
            ? fmt::format("{}/{}", policy.layers[l].weight, policy.layers[l].activation)
            : fmt::format("-/{}", policy.layers[l].activation),
        layer.all_rows(), layer.out_channels, fmt::format("{}x{}", m.row_blocks, m.column_blocks),
        m.slices, m.crossbars, m.tiles, layer.windows(), m.bit_cycles, use,
        copies(m.grid.copies() == 1 ? "1" : fmt::format("{}x{}", m.grid.rows, m.grid.columns)));
    windows += layer.windows();
    cycles += m.bit_cycles;
  }
  out += fmt::format("{:<{}} {:>5} {:>8} {:>8} {:>9} {:>7} {:>9} {:>5} {:>10} {:>11}\n", "sum",
                     name, "", "", "", mapping.pes(), "", mapping.crossbars(), mapping.tiles.size(),
                     windows, cycles);
  return out;
}

std::string round_table(const quant::Network& network, const Mapping& mapping) {
  if (mapping.rounds.size() == 1) return "";
  std::string out = fmt::format("{:<8} {:>5}  {}\n", "round", "tiles", "layers");
  for (const RoundId r : mapping.rounds.ids()) {
    const IdRange<LogicalTile>& tiles = mapping.rounds[r];
    std::string layers;
    for (const LogicalTile t : tiles) {
      const quant::LayerId l = mapping.tiles[t].layer;
      if (t != *tiles.begin() && mapping.tiles[preceding(t)].layer == l) continue;
      layers += (layers.empty() ? "" : " ") + network.layers[l].name;
      if (mapping.layers[l].part_tiles.size() > 1) layers += " (part)";
    }
    out += fmt::format("{:<8} {:>5}  {}\n", index(r), tiles.size(), layers);
  }
  return out;
}

namespace {

// One cell per tile of the grid: the layer, the PEs in use, and the share of the buffer in KiB.
std::string floorplan_of(const quant::Network& network, const Mapping& mapping, RoundId round) {
  const int width = mapping.mesh_width, height = mapping.mesh_height;
  IndexedVector<hw::TileId, std::string> names(width * height), uses = names, buffers = names;
  for (const LogicalTile t : mapping.rounds[round]) {
    const TileShare& share = mapping.tiles[t];
    const hw::TileId at = mapping.position[t];
    names[at] = network.layers[share.layer].name;
    uses[at] = fmt::format("{} PE{}", share.pes, share.pes == 1 ? "" : "s");
    buffers[at] = fmt::format("{:.2f} KiB", static_cast<double>(share.buffer_bits) / 8192.0);
  }
  std::string rule = "+";
  for (int x = 0; x < width; ++x) rule += "----------+";
  std::string out = rule + "\n";
  for (int y = 0; y < height; ++y) {
    for (const auto* line : {&names, &uses, &buffers}) {
      out += "|";
      for (int x = 0; x < width; ++x)
        out += fmt::format("{:^10}|", (*line)[hw::TileId{y * width + x}]);
      out += "\n";
    }
    out += rule + "\n";
  }
  return out;
}

}  // namespace

std::string floorplan(const quant::Network& network, const Mapping& mapping) {
  std::string out = fmt::format("mesh {} x {}, host port at the top left router\n",
                                mapping.mesh_width, mapping.mesh_height);
  for (const RoundId r : mapping.rounds.ids()) {
    if (mapping.rounds.size() > 1) out += fmt::format("round {}\n", index(r));
    out += floorplan_of(network, mapping, r);
  }
  return out;
}

}  // namespace kirchhoff::mapping
