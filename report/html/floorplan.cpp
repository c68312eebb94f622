#include "report/html/floorplan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "report/html/text.h"
#include "sim/ledger.h"

namespace kirchhoff::report::html {
namespace {

/// Steps of a heat map: few enough to be told apart, and text has a contrast of 4.5 on the
/// strongest, in the dark as well.
constexpr std::array<double, 5> kOpacities = {0.08, 0.19, 0.30, 0.41, 0.52};

struct Tile {
  quant::LayerId layer{};
  const sim::TileReport* report = nullptr;
  double x = 0.0, y = 0.0, width = 1.0;  ///< centre, and how much of the router's cell is its own
};

struct Place {
  double x = 0.0, y = 0.0;
};

Place place_of(const ChipReport& chip, hw::RouterId router) {
  return {1.0 * (index(router) % chip.router_columns), 1.0 * (index(router) / chip.router_columns)};
}

/// Tiles that share a router share its cell.
std::vector<Tile> tiles_of(const ChipReport& chip) {
  std::map<hw::RouterId, std::vector<Tile>> by_router;
  for (const quant::LayerId l : chip.report.layers.ids()) {
    for (const sim::TileReport& one : chip.report.layers[l].tile_reports) {
      by_router[one.router].push_back({l, &one, 0.0, 0.0, 1.0});
    }
  }
  std::vector<Tile> tiles;
  for (auto& [router, own] : by_router) {
    const Place place = place_of(chip, router);
    const double width = 1.0 / static_cast<double>(own.size());
    for (std::size_t i = 0; i < own.size(); ++i) {
      own[i].x = place.x - 0.5 + (static_cast<double>(i) + 0.5) * width;
      own[i].y = place.y;
      own[i].width = width;
      tiles.push_back(own[i]);
    }
  }
  return tiles;
}

/// Upper ends of the steps, from `most` down in equal parts, rounded for people.
std::vector<double> steps_to(double most) {
  const double raw = std::max(most, 1e-12) / kOpacities.size();
  const double unit = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * unit;
  for (const double nice : {1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0}) {
    if (nice * unit >= raw * (1 - 1e-9)) {
      step = nice * unit;
      break;
    }
  }
  std::vector<double> ends;
  for (std::size_t i = 1; i <= kOpacities.size(); ++i)
    ends.push_back(static_cast<double>(i) * step);
  return ends;
}

std::size_t step_of(const std::vector<double>& ends, double value) {
  std::size_t step = 0;
  while (step + 1 < ends.size() && value > ends[step] * (1 + 1e-9)) ++step;
  return step;
}

std::string step_name(const std::vector<double>& ends, std::size_t step) {
  return fmt::format("{:g}–{:g}", step == 0 ? 0.0 : ends[step - 1], ends[step]);
}

/// Rows and columns of the chip, the first row at the top, cells square.
void lay_out(Drawing& drawing, Plot& plot, const ChipReport& chip) {
  const int columns = chip.router_columns;
  int rows = 1;
  for (const Tile& tile : tiles_of(chip)) rows = std::max(rows, static_cast<int>(tile.y) + 1);
  for (const sim::LinkHealth& link : chip.health.links) {
    rows = std::max(rows, index(link.from) / columns + 1);
  }
  drawing.command(fmt::format("set xrange [-0.6:{}]", columns - 0.4));
  drawing.command(fmt::format("set yrange [{}:-0.6]", rows - 0.4));
  drawing.command(
      fmt::format("set xtics {0}\nset ytics {0}", std::max(columns, rows) > 12 ? 2 : 1));
  drawing.command("unset grid\nset tics scale 0\nset border 0");
  drawing.command("set key tmargin center horizontal Left reverse samplen 1.5");
  // Space beside the cells: the axis on the left, the axis and the key above and below.
  const double cell = std::min(130.0, 400.0 / columns);
  plot.height = static_cast<int>(std::clamp(cell * rows + 130.0, 240.0, 640.0));
}

Plot heat_map(const ChipReport& chip, const std::string& name, const std::string& title,
              const std::string& unit, const std::string& caption, std::size_t colour,
              const std::function<double(const Tile&)>& value) {
  Plot plot;
  plot.name = name;
  plot.title = title;
  plot.caption = caption;
  plot.data = Csv({"tile", "router", "column", "row", "layer", "name", "value", "unit"});
  Drawing drawing("column of the mesh", "row of the mesh");
  lay_out(drawing, plot, chip);
  const std::vector<Tile> tiles = tiles_of(chip);
  double most = 0.0;
  for (const Tile& tile : tiles) most = std::max(most, value(tile));
  const std::vector<double> ends = steps_to(most);
  std::map<std::size_t, Rows> boxes;
  const bool room = chip.router_columns <= 5;
  const bool names = chip.router_columns <= 10;
  for (const Tile& tile : tiles) {
    const double half = 0.5 * tile.width - 0.03, number_there = value(tile);
    const Place place = place_of(chip, tile.report->router);
    boxes[step_of(ends, number_there)].push_back(
        {tile.x, tile.y, tile.x - half, tile.x + half, tile.y - 0.47, tile.y + 0.47});
    const sim::LayerReport& layer = chip.report.layers[tile.layer];
    plot.data.add({std::to_string(index(tile.report->tile)),
                   std::to_string(index(tile.report->router)), number(place.x), number(place.y),
                   std::to_string(index(tile.layer) + 1), layer.name, number(number_there), unit});
    plot.mark(tile.x, tile.y);
    if (tile.width < 1.0 && !room) continue;
    const bool fits = names && layer.name.size() <= (room ? 8U : 4U);
    drawing.label(tile.x, room ? tile.y - 0.12 : tile.y,
                  fits ? layer.name : std::to_string(index(tile.layer) + 1),
                  fmt::format("center front font ',{}'", chip.router_columns > 12 ? 11 : 14));
    if (room) {
      drawing.label(tile.x, tile.y + 0.18, fmt::format("{:.3g} {}", number_there, unit),
                    "center front font ',13'");
    }
  }
  for (const auto& [step, rows] : boxes) {
    drawing.add(rows,
                fmt::format("using 1:2:3:4:5:6 with boxxyerror {} fs solid {} border rgb 'black'",
                            Style(colour).colour(), kOpacities[step]),
                fmt::format("{} {}", step_name(ends, step), unit));
  }
  plot.take(drawing);
  return plot;
}

}  // namespace

std::vector<Plot> floorplans(const ChipReport& chip, const std::string& id) {
  std::string key;
  const bool numbered = chip.router_columns > 5;
  if (numbered) {
    key = " Where a name does not fit, the number of the layer stands for it:";
    for (const quant::LayerId l : chip.report.layers.ids()) {
      key += fmt::format("{} {} {}", l > quant::LayerId{0} ? "," : "", index(l) + 1,
                         chip.report.layers[l].name);
    }
    key += ".";
  }
  const sim::Ledger ledger(chip.config);
  return {
      heat_map(chip, "floorplan-power-" + id, "Floorplan: rated power of each tile", "mW",
               "The mesh of tiles with the layer that each one holds; the stronger the colour, the "
               "more power. Empty places are unused tiles." +
                   key,
               0,
               [&](const Tile& tile) {
                 return ledger.tile_totals(*tile.report, chip.report.duration_ns).power_rated_mw;
               }),
      heat_map(chip, "floorplan-cells-" + id, "Floorplan: cells in use", "%",
               "Share of the cells that hold a weight, of those in the crossbars that a tile has "
               "switched on. Pale tiles pay for crossbars that their layer hardly fills.",
               2, [&](const Tile& tile) {
                 const sim::Allocation& a = tile.report->allocation;
                 const hw::PeConfig& pe = chip.config.tile.pe;
                 const double cells = 1.0 * a.pairs * hw::arrays_per_lane(pe.encoding) *
                                      pe.crossbar.rows * pe.columns();
                 return cells > 0.0 ? 100.0 * static_cast<double>(a.cells) / cells : 0.0;
               })};
}

Plot link_map(const ChipReport& chip, const std::string& id) {
  Plot plot;
  plot.name = "links-" + id;
  plot.title = "Load of the links between routers";
  plot.data = Csv({"from_router", "to_router", "flits", "stall_cycles", "load_pct"});
  Drawing drawing("column of the mesh", "row of the mesh");
  lay_out(drawing, plot, chip);
  double most = 0.0;
  for (const sim::LinkHealth& link : chip.health.links) most = std::max(most, 100.0 * link.load);
  const std::vector<double> ends = steps_to(most);
  std::map<std::size_t, Rows> arrows;
  Rows routers;
  std::uint64_t stalls = 0;
  for (const sim::LinkHealth& link : chip.health.links) {
    const Place from = place_of(chip, link.from), to = place_of(chip, link.to);
    plot.data.add({std::to_string(index(link.from)), std::to_string(index(link.to)),
                   std::to_string(link.flits), std::to_string(link.stall_cycles),
                   number(100.0 * link.load)});
    stalls += link.stall_cycles;
    if (link.flits == 0) continue;
    // To the right of the line between the routers, so that the two directions lie beside each
    // other, and clear of the routers' squares.
    const double dx = to.x - from.x, dy = to.y - from.y,
                 length = std::max(1e-9, std::hypot(dx, dy));
    const double side_x = -dy / length * 0.09, side_y = dx / length * 0.09;
    arrows[step_of(ends, 100.0 * link.load)].push_back(
        {from.x + 0.24 * dx / length + side_x, from.y + 0.24 * dy / length + side_y,
         dx * (length - 0.48) / length, dy * (length - 0.48) / length});
    plot.mark(0.5 * (from.x + to.x) + side_x, 0.5 * (from.y + to.y) + side_y);
  }
  std::map<hw::RouterId, bool> drawn;
  for (const sim::LinkHealth& link : chip.health.links) {
    for (const hw::RouterId router : {link.from, link.to}) {
      if (!drawn.emplace(router, true).second) continue;
      const Place place = place_of(chip, router);
      routers.push_back(
          {place.x, place.y, place.x - 0.2, place.x + 0.2, place.y - 0.2, place.y + 0.2});
      if (chip.router_columns <= 10) {
        drawing.label(place.x, place.y, std::to_string(index(router)), "center front font ',13'");
      }
    }
  }
  if (routers.empty()) return plot;
  drawing.add(routers,
              "using 1:2:3:4:5:6 with boxxyerror fc rgb '#767676' fs solid 0.06 border rgb 'black'",
              "");
  for (const auto& [step, rows] : arrows) {
    drawing.add(rows,
                fmt::format("using 1:2:3:4 with vectors filled head size screen 0.016,22 {} lw {}",
                            Style(1).colour(), 1.0 + 1.2 * static_cast<double>(step)),
                step_name(ends, step) + " %");
  }
  plot.caption = fmt::format(
      "Squares are routers, by number; an arrow is a link that carried flits, thicker the more of "
      "its time it was busy over the whole run. Flits waited {} cycles for links.",
      stalls);
  plot.take(drawing);
  return plot;
}

}  // namespace kirchhoff::report::html
