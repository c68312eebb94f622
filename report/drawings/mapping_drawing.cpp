#include "report/drawings/mapping_drawing.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/drawings/svg_writer.h"
#include "report/html/palette.h"

namespace kirchhoff::report {
namespace {

constexpr int kEdge = 20, kTitle = 56, kRoundTitle = 26, kLegendLine = 20, kLegendEntry = 150;
constexpr double kOpacity = 0.3;

/// How much of a tile there is room to say.
struct Cells {
  explicit Cells(int columns)
      : width(columns <= 12   ? 96
              : columns <= 24 ? 60
                              : 24),
        height(columns <= 12   ? 58
               : columns <= 24 ? 34
                               : 24),
        named(columns <= 24),
        detailed(columns <= 12) {}
  int width, height;
  bool named, detailed;
};

std::string colour_of(quant::LayerId layer) {
  return html::kPalette[static_cast<std::size_t>(index(layer)) % html::kPalette.size()].light;
}

/// A name of at most so many letters, without its middle.
std::string shortened(const std::string& name, int letters) {
  const auto most = static_cast<std::size_t>(std::max(3, letters));
  if (name.size() <= most) return name;
  const std::size_t end = (most - 1) / 2;
  return name.substr(0, most - 1 - end) + "…" + name.substr(name.size() - end);
}

/// "W8A8" where all layers have the same, those without weights aside.
std::string name_of(const quant::Policy& policy) {
  const quant::LayerBits& first = policy.layers[quant::LayerId{0}];
  for (const quant::LayerBits& bits : policy.layers) {
    if ((bits.weight > 0 && bits.weight != first.weight) || bits.activation != first.activation)
      return policy.to_string();
  }
  return fmt::format("W{}A{}", first.weight, first.activation);
}

void draw_tile(SvgWriter& svg, const Cells& cells, int x, int y, const quant::Network& network,
               const mapping::TileShare& share, hw::TileId at) {
  const std::string& layer = network.layers[share.layer].name;
  const std::string pes = fmt::format("{} PE{}", share.pes, share.pes == 1 ? "" : "s");
  const std::string buffer =
      fmt::format("{:.2f} KiB", static_cast<double>(share.buffer_bits) / 8192.0);
  const std::string copy = share.piece.copy > 0 ? fmt::format(", copy {}", share.piece.copy) : "";
  svg.box(x, y, cells.width, cells.height, colour_of(share.layer), kOpacity,
          fmt::format("tile {}: {}{}, {}, {} of its buffer", index(at), layer, copy, pes, buffer));
  const int middle = x + cells.width / 2;
  if (cells.named) {
    const int size = cells.detailed ? 12 : 10;
    svg.text(middle, y + (cells.detailed ? 18 : 21),
             shortened(layer, cells.width / (cells.detailed ? 7 : 6)),
             {size, cells.detailed, SvgWriter::Anchor::kMiddle});
  }
  if (!cells.detailed) return;
  svg.text(middle, y + 34, pes, {11, false, SvgWriter::Anchor::kMiddle});
  svg.text(middle, y + 49, buffer, {11, false, SvgWriter::Anchor::kMiddle});
}

}  // namespace

std::string mapping_drawing(const quant::Network& network, const quant::Policy& policy,
                            const mapping::Mapping& mapping) {
  const Cells cells(mapping.mesh_width);
  const bool rounds = mapping.rounds.size() > 1;
  const int mesh = cells.height * mapping.mesh_height + (rounds ? kRoundTitle : 0) + kEdge;
  const int width = std::max(420, 2 * kEdge + cells.width * mapping.mesh_width);
  const int per_line = std::max(1, (width - 2 * kEdge) / kLegendEntry);
  const int layers = static_cast<int>(network.layers.size());
  const int legend = kLegendLine * ((layers + per_line - 1) / per_line);
  const int all_meshes = mesh * static_cast<int>(mapping.rounds.size());
  const std::string title =
      fmt::format("{} under {}: {} tiles, {} PEs, {} crossbars", network.name, name_of(policy),
                  mapping.tiles.size(), mapping.pes(), mapping.crossbars());
  SvgWriter svg(width, kTitle + all_meshes + legend + kEdge, title);
  svg.text(kEdge, 22, network.name + " under " + shortened(name_of(policy), (width - 200) / 8),
           {14, true, SvgWriter::Anchor::kStart});
  svg.text(kEdge, 41,
           fmt::format("{} tiles, {} PEs, {} crossbars on a mesh of {} x {}", mapping.tiles.size(),
                       mapping.pes(), mapping.crossbars(), mapping.mesh_width, mapping.mesh_height),
           {12, false, SvgWriter::Anchor::kStart});
  int top = kTitle;
  for (const mapping::RoundId r : mapping.rounds.ids()) {
    if (rounds) {
      svg.text(kEdge, top + 16, fmt::format("round {}", index(r)),
               {12, true, SvgWriter::Anchor::kStart});
      top += kRoundTitle;
    }
    for (int y = 0; y < mapping.mesh_height; ++y) {
      for (int x = 0; x < mapping.mesh_width; ++x)
        svg.box(kEdge + x * cells.width, top + y * cells.height, cells.width, cells.height,
                "#ffffff");
    }
    for (const mapping::LogicalTile t : mapping.rounds[r]) {
      const hw::TileId at = mapping.position[t];
      draw_tile(svg, cells, kEdge + index(at) % mapping.mesh_width * cells.width,
                top + index(at) / mapping.mesh_width * cells.height, network, mapping.tiles[t], at);
    }
    top += cells.height * mapping.mesh_height + kEdge;
  }
  for (const quant::LayerId l : network.layers.ids()) {
    const int x = kEdge + index(l) % per_line * kLegendEntry,
              y = top + index(l) / per_line * kLegendLine;
    svg.box(x, y, 14, 14, colour_of(l), kOpacity);
    svg.text(x + 20, y + 12, shortened(network.layers[l].name, (kLegendEntry - 25) / 7),
             {12, false, SvgWriter::Anchor::kStart});
  }
  return svg.finish();
}

}  // namespace kirchhoff::report
