#include <cstdio>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/json_text.h"
#include "cli/commands/command.h"
#include "cli/options/hardware_options.h"
#include "cli/options/named_policy.h"
#include "cli/options/options.h"
#include "hw/noc/topology.h"
#include "mapping/mapping.h"
#include "quant/network/networks.h"
#include "report/drawings/mapping_drawing.h"

namespace kirchhoff::cli {

namespace {

/// What one of several copies of a layer's weights computes.
nlohmann::ordered_json piece_json(const quant::Layer& layer, const mapping::Piece& piece) {
  return {{"copy", piece.copy},
          {"output_row_begin", piece.row_begin},
          {"output_row_step", piece.row_step},
          {"output_column_begin", piece.output.begin},
          {"output_columns", piece.output.count},
          {"windows", piece.windows(layer)}};
}

std::string mapping_json(const quant::Network& network, const quant::Policy& policy,
                         const mapping::Mapping& mapping, const hw::NocConfig& noc) {
  const hw::Topology topology(mapping.mesh_width, mapping.mesh_height, noc);
  nlohmann::ordered_json json;
  json["network"] = network.name;
  json["policy"] = policy.to_string();
  json["crossbars"] = mapping.crossbars();
  json["pes"] = mapping.pes();
  json["tiles"] = mapping.tiles.size();
  if (mapping.rounds.size() > 1) json["rounds"] = mapping.rounds.size();
  json["mesh"] = {{"width", mapping.mesh_width}, {"height", mapping.mesh_height}};
  for (const quant::LayerId l : network.layers.ids()) {
    const mapping::LayerMapping& m = mapping.layers[l];
    nlohmann::ordered_json layer;
    layer["name"] = network.layers[l].name;
    layer["rows"] = network.layers[l].rows();
    layer["columns"] = network.layers[l].out_channels;
    layer["row_blocks"] = m.row_blocks;
    layer["column_blocks"] = m.column_blocks;
    layer["slices"] = m.slices;
    layer["crossbars"] = m.crossbars;
    layer["windows"] = network.layers[l].windows();
    layer["bit_cycles"] = m.bit_cycles;
    if (m.grid.copies() > 1) layer["copies"] = {{"rows", m.grid.rows}, {"columns", m.grid.columns}};
    for (const mapping::LogicalTile t : m.tile_ids()) {
      const mapping::TileShare& share = mapping.tiles[t];
      const hw::NodeId node = hw::node_of(mapping.position[t]);
      nlohmann::ordered_json tile = {
          {"node", index(node)},        {"router", index(topology.router_of(node))},
          {"pes", share.blocks.size()}, {"channel_begin", share.channel_begin},
          {"channels", share.channels}, {"buffer_bits", share.buffer_bits}};
      if (mapping.rounds.size() > 1) tile["round"] = index(share.round);
      if (m.grid.copies() > 1) tile.update(piece_json(network.layers[l], share.piece));
      layer["tiles"].push_back(std::move(tile));
    }
    json["layers"].push_back(layer);
  }
  return json_text(json);
}

}  // namespace

int map_command(const std::vector<std::string>& arguments) {
  NamedPolicy named;
  std::string json, svg;
  Options options(
      "map",
      "Shows where a network under a policy lies on the chip: blocks, crossbars, PEs, tiles.");
  options.example("kirchhoff map --policy W6A4");
  named.declare(options);
  options.json_output(json, "the mapping");
  options.output("svg", svg, "a drawing: the layers on the tiles of the mesh");
  HardwareOptions hardware(options);
  if (!options.parse(arguments)) return 0;
  hardware.load();

  const quant::Network network = quant::find_network(named.network);
  const quant::Policy policy = named.stored(network);
  const mapping::Mapping mapping = mapping::map_network(network, policy, hardware.chip());
  if (!json.empty())
    write_file_atomically(json, mapping_json(network, policy, mapping, hardware.chip().noc));
  if (!svg.empty()) write_file_atomically(svg, report::mapping_drawing(network, policy, mapping));
  if (svg == "-") return 0;
  std::fputs(mapping::mapping_table(network, policy, mapping, hardware.chip()).c_str(), stdout);
  if (const std::string rounds = mapping::round_table(network, mapping); !rounds.empty())
    fmt::print("\n{}", rounds);
  fmt::print("\n{}", mapping::floorplan(network, mapping));
  return 0;
}

}  // namespace kirchhoff::cli
