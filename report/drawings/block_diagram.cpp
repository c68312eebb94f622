#include "report/drawings/block_diagram.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "hw/config/components.h"
#include "hw/config/config_loader.h"
#include "hw/config/read_steps.h"
#include "report/drawings/svg_writer.h"

namespace kirchhoff::report {
namespace {

constexpr int kWidth = 960, kPanel = 300, kMargin = 15, kBox = 260, kTop = 70, kGap = 16;
constexpr int kLine = 16, kHead = 24;
/// Of the picture of a mesh: a corner of so many tiles either way, or all of it.
constexpr int kMostTiles = 3, kTile = 26, kPitch = 46;
constexpr const char *kPlain = "#ffffff", *kAccent = "#dde8f5", *kGround = "#f3f6fa";

/// A box of a panel: what it is, and its figures, a line each.
struct Part {
  std::string name;
  std::vector<std::string> figures;
  const char* fill = kPlain;
  bool leads_on = true;  ///< an arrow goes to the next box
  int drawn = 0;         ///< height of a picture below the figures

  int height() const { return kHead + kLine * static_cast<int>(figures.size()) + 4 + drawn; }
};

std::string plural(int count, const std::string& one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

/// Empty for none: it is within something else's.
std::string ns(double time) { return time > 0 ? fmt::format("{:.4g} ns", time) : ""; }
std::string pj(double energy, const std::string& of) {
  if (energy <= 0) return "";
  return energy < 1000 ? fmt::format("{:.4g} pJ {}", energy, of)
                       : fmt::format("{:.4g} nJ {}", energy / 1000, of);
}
/// What there is of the two in a line, if anything.
void add_figures(Part& part, const std::string& time, const std::string& energy) {
  if (!time.empty() || !energy.empty())
    part.figures.push_back(time + (time.empty() || energy.empty() ? "" : ", ") + energy);
}

int shown_tiles(int of_mesh) { return of_mesh > 0 ? std::min(of_mesh, kMostTiles) : kMostTiles; }
int mesh_height(const hw::ChipConfig& chip) {
  return kPitch * (shown_tiles(chip.mesh_height) - 1) + kTile + 2 * kGap;
}

std::vector<Part> chip_parts(const hw::ChipConfig& chip) {
  Part host{"host port", {"images in, results out"}};
  if (chip.offchip.rated.milliwatts() > 0)
    host.figures.push_back(
        fmt::format("links outside: {:.4g} W", chip.offchip.rated.milliwatts() / 1e3));
  const hw::NocConfig& noc = chip.noc;
  Part network{"network", {}, kAccent, false, mesh_height(chip)};
  network.figures.push_back(
      chip.mesh_width > 0 ? fmt::format("mesh of {} x {} tiles", chip.mesh_width, chip.mesh_height)
                          : "mesh of as many tiles as needed");
  network.figures.push_back(noc.topology == hw::NocTopology::kCmesh
                                ? fmt::format("a router for {} tiles", noc.concentration)
                                : "a router per tile");
  network.figures.push_back(
      fmt::format("flits of {} bits, {} MHz", noc.flit_bits, chip.clock.noc_mhz));
  network.figures.push_back(
      fmt::format("{} + {} cycles per hop",
                  noc.rc_cycles + noc.va_cycles + noc.sa_cycles + noc.st_cycles, noc.link_cycles));
  add_figures(network, "", pj(noc.router_flit.picojoules(), "a flit and router"));
  Part bus{"configuration bus", {"registers and cells of every tile"}, kPlain, false};
  Part layers{"layers",
              {chip.schedule == hw::Schedule::kPipelined ? "overlap" : "one after another"},
              kPlain,
              false};
  if (chip.tiles > 0) layers.figures.push_back(fmt::format("in rounds on {} tiles", chip.tiles));
  return {host, network, bus, layers};
}

std::vector<Part> tile_parts(const hw::ChipConfig& chip) {
  const hw::TileConfig& tile = chip.tile;
  std::vector<Part> parts;
  parts.push_back({"controller",
                   {tile.stage.nanoseconds() > 0 ? "beat of " + ns(tile.stage.nanoseconds())
                                                 : "five sequences, coupled by buffers"},
                   kPlain,
                   false});
  parts.push_back({"network interface", {plural(chip.noc.ni_packets, "message") + " each way"}});
  Part edram{"eDRAM buffer",
             {fmt::format("{} KiB, {} of {} bits", tile.edram.kb, plural(tile.edram.banks, "bank"),
                          tile.edram.word_bits)}};
  const std::string read = pj(tile.edram.read.picojoules(), "read"),
                    written = pj(tile.edram.write.picojoules(), "written");
  add_figures(edram, ns(tile.edram.access.nanoseconds()),
              read + (read.empty() || written.empty() ? "" : ", ") + written);
  parts.push_back(edram);
  if (tile.line_buffer.bytes > 0)
    parts.push_back({"line buffer", {fmt::format("{} B", tile.line_buffer.bytes)}});
  parts.push_back(
      {"tile bus", {fmt::format("{} bits, {} MHz", tile.bus.width_bits, chip.clock.tile_mhz)}});
  parts.push_back(
      {plural(tile.pes, "PE"), {plural(tile.pes * tile.pe.pairs, "pair") + " of arrays"}, kAccent});
  if (tile.pe.encoding == hw::Encoding::kOffset)
    parts.back().figures = {plural(tile.pes * tile.pe.pairs, "array")};
  parts.push_back(
      {"shift-adder, output register",
       {fmt::format("{}, {} B", plural(tile.adder.lanes, "lane"), tile.tile_register_bytes)}});
  if (chip.mapping.depthwise == hw::Depthwise::kDigital)
    parts.push_back({"multipliers",
                     {fmt::format("{} of {} bits", tile.multiplier.lanes, tile.multiplier.bits)}});
  parts.push_back(
      {"special function unit", {plural(tile.sfu.lanes, "lane") + ": requantise, ReLU, pool"}});
  return parts;
}

Part drivers(const hw::PeConfig& pe) {
  Part part{"DACs", {}};
  if (hw::multiplies_digitally(pe.dac)) {
    part = {"row drivers", {"a row at a time: near-memory mode"}};
  } else {
    constexpr const char* kAs[] = {"as voltages", "as pulses", "integrated", ""};
    const std::string bits = plural(pe.dac.bits, "bit") + " a step";
    part.figures.push_back(pe.dac.bits == 1 ? bits
                                            : bits + " " + kAs[static_cast<int>(pe.dac.levels)]);
  }
  add_figures(part, ns(pe.dac.drive.nanoseconds()), pj(pe.dac.drive_energy.picojoules(), "a line"));
  return part;
}

Part arrays(const hw::PeConfig& pe) {
  const bool pairs = pe.encoding == hw::Encoding::kDifferential;
  Part part{plural(pe.pairs, pairs ? "pair" : "array") + (pairs ? " of arrays" : ""),
            {fmt::format("{} x {} cells of {}", pe.crossbar.rows, pe.columns(),
                         plural(pe.crossbar.cell_bits, "bit"))},
            kAccent};
  const int at_once = hw::rows_per_read(pe.crossbar);
  const std::string rows = at_once == pe.crossbar.rows ? "all rows" : plural(at_once, "row"),
                    time = ns(pe.crossbar.read.nanoseconds());
  part.figures.push_back(rows + " at once" + (time.empty() ? "" : ", " + time + " a read"));
  if (!pe.cells.ideal()) part.figures.emplace_back("real cells");
  return part;
}

Part converters(const hw::ChipConfig& chip) {
  const hw::AdcConfig& adc = chip.tile.pe.adc;
  constexpr const char* kNames[] = {"SAR ADC", "flash ADC", "serial ADC", "ramp ADC",
                                    "spike counter"};
  const hw::ConfigNumbers keys(chip);
  Part part{plural(adc.per_pair, kNames[static_cast<int>(adc.kind)]) +
                (chip.tile.pe.encoding == hw::Encoding::kOffset ? " per array" : " per pair"),
            {plural(adc.bits, "bit") + (adc.lsb > 1 ? fmt::format(", steps of {}", adc.lsb) : "")}};
  add_figures(part, ns(1e3 * adc.cycles / chip.clock.pe_mhz),
              pj(hw::event_pj(keys, "conversions"), "a conversion"));
  if (!adc.errors.ideal()) part.figures.emplace_back("real converters");
  return part;
}

std::vector<Part> pe_parts(const hw::ChipConfig& chip) {
  const hw::PeConfig& pe = chip.tile.pe;
  const int each = (pe.columns() + pe.adc.per_pair - 1) / pe.adc.per_pair;
  std::vector<Part> parts;
  parts.push_back({"input register", {fmt::format("{} B", pe.input_register_bytes)}});
  parts.push_back(drivers(pe));
  parts.push_back(arrays(pe));
  if (pe.encoding == hw::Encoding::kDifferential) {
    Part part{"subtractors", {"positive less negative"}};
    add_figures(part, "", pj(pe.subtractor.subtract.picojoules(), "a column"));
    parts.push_back(part);
  }
  if (pe.sample_hold.present) {
    parts.push_back({"sample-and-hold", {"a capacitor for every column"}});
  } else if (each > 1) {
    parts.push_back({"column multiplexers", {fmt::format("{} columns to 1", each)}});
  }
  parts.push_back(converters(chip));
  Part adders{"shift-adders", {}};
  if (hw::multiplies_digitally(pe.dac))
    adders.figures.push_back("codes times digits of " + plural(pe.dac.bits, "bit"));
  add_figures(adders, ns(1e3 * pe.shift_adder.cycles / chip.clock.pe_mhz),
              pj(pe.shift_adder.add.picojoules(), "a code"));
  parts.push_back(adders);
  parts.push_back({"output register", {fmt::format("{} B", pe.output_register_bytes)}});
  return parts;
}

int height_of(const std::vector<Part>& parts) {
  int height = 0;
  for (const Part& part : parts) height += part.height() + kGap;
  return height;
}

/// Tiles and the links between them.
void draw_mesh(SvgWriter& svg, const hw::ChipConfig& chip, int middle, int top) {
  const int columns = shown_tiles(chip.mesh_width), rows = shown_tiles(chip.mesh_height);
  const bool more = chip.mesh_width == 0 || chip.mesh_width > columns || chip.mesh_height > rows;
  const int left = middle - (kPitch * (columns - 1) + kTile) / 2;
  for (int y = 0; y < rows; ++y) {
    for (int x = 0; x < columns; ++x) {
      const int at_x = left + x * kPitch, at_y = top + y * kPitch;
      if (x + 1 < columns)
        svg.line(at_x + kTile, at_y + kTile / 2, at_x + kPitch, at_y + kTile / 2);
      if (y + 1 < rows) svg.line(at_x + kTile / 2, at_y + kTile, at_x + kTile / 2, at_y + kPitch);
      svg.box(at_x, at_y, kTile, kTile, kPlain);
    }
  }
  if (more)
    svg.text(left + kPitch * columns + 2, top + kPitch * (rows - 1) + kTile / 2 + 5, "…",
             {16, true, SvgWriter::Anchor::kMiddle});
}

void draw(SvgWriter& svg, int panel, const std::string& name, const std::vector<Part>& parts,
          int height) {
  const int x = kMargin + panel * (kPanel + kMargin), middle = x + kPanel / 2;
  svg.text(middle, kTop - 10, name, {14, true, SvgWriter::Anchor::kMiddle});
  svg.box(x, kTop, kPanel, height, kGround);
  int y = kTop + kGap;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    svg.box(x + (kPanel - kBox) / 2, y, kBox, part.height(), part.fill);
    svg.text(middle, y + 17, part.name, {13, true, SvgWriter::Anchor::kMiddle});
    int line = y + kHead + 10;
    for (const std::string& figure : part.figures) {
      svg.text(middle, line, figure);
      line += kLine;
    }
    y += part.height();
    if (part.leads_on && i + 1 < parts.size()) svg.line(middle, y, middle, y + kGap, true);
    y += kGap;
  }
}

}  // namespace

std::string block_diagram(const hw::ChipConfig& chip, const std::string& name) {
  const std::vector<Part> of_chip = chip_parts(chip), of_tile = tile_parts(chip),
                          of_pe = pe_parts(chip);
  const int height = std::max({height_of(of_chip), height_of(of_tile), height_of(of_pe)}) + kGap;
  SvgWriter svg(kWidth, kTop + height + kMargin, name + ": chip, tile and PE");
  svg.text(kWidth / 2, 28, name, {17, true, SvgWriter::Anchor::kMiddle});
  draw(svg, 0, "chip", of_chip, height);
  // In the picture's place at the end of the network's box, the second one.
  draw_mesh(svg, chip, kMargin + kPanel / 2,
            kTop + 2 * kGap + of_chip[0].height() + of_chip[1].height() - mesh_height(chip) + kGap);
  draw(svg, 1, "tile", of_tile, height);
  draw(svg, 2, fmt::format("PE, {} MHz", chip.clock.pe_mhz), of_pe, height);
  return svg.finish();
}

}  // namespace kirchhoff::report
