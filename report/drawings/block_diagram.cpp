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
constexpr const char *kPlain = "#ffffff", *kAccent = "#dde8f5", *kGround = "#f3f6fa";

/// A box of a panel: what it is, and its figures, a line each.
struct Part {
  std::string name;
  std::vector<std::string> figures;
  const char* fill = kPlain;

  int height() const { return kHead + kLine * static_cast<int>(figures.size()) + 4; }
};

std::string plural(int count, const std::string& one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string ns(const hw::Duration& time) { return fmt::format("{:.4g} ns", time.nanoseconds()); }
std::string ns(int cycles, int mhz) { return fmt::format("{:.4g} ns", 1e3 * cycles / mhz); }
std::string pj(const hw::Energy& energy) { return fmt::format("{:.4g} pJ", energy.picojoules()); }

std::vector<Part> chip_parts(const hw::ChipConfig& chip) {
  std::vector<Part> parts;
  Part host{"host port", {"images in, results out"}};
  if (chip.offchip.rated.milliwatts() > 0)
    host.figures.push_back(
        fmt::format("links outside: {:.4g} W", chip.offchip.rated.milliwatts() / 1e3));
  parts.push_back(host);
  parts.push_back({"configuration bus", {"registers and cells of every tile"}});
  const hw::NocConfig& noc = chip.noc;
  const bool shared = noc.topology == hw::NocTopology::kCmesh;
  const std::string mesh =
      chip.mesh_width > 0 ? fmt::format("mesh of {} x {} tiles", chip.mesh_width, chip.mesh_height)
                          : "mesh of as many tiles as needed";
  Part network{"network", {mesh}, kAccent};
  network.figures.push_back(shared ? fmt::format("a router for {} tiles", noc.concentration)
                                   : "a router per tile");
  network.figures.push_back(
      fmt::format("flits of {} bits, {} MHz", noc.flit_bits, chip.clock.noc_mhz));
  network.figures.push_back(
      fmt::format("{} + {} cycles per hop",
                  noc.rc_cycles + noc.va_cycles + noc.sa_cycles + noc.st_cycles, noc.link_cycles));
  network.figures.push_back(
      fmt::format("{:.4g} pJ a flit and router", noc.router_flit.picojoules()));
  parts.push_back(network);
  Part run{"layers", {chip.schedule == hw::Schedule::kPipelined ? "overlap" : "one after another"}};
  if (chip.tiles > 0) run.figures.push_back(fmt::format("in rounds on {} tiles", chip.tiles));
  parts.push_back(run);
  return parts;
}

std::vector<Part> tile_parts(const hw::ChipConfig& chip) {
  const hw::TileConfig& tile = chip.tile;
  std::vector<Part> parts;
  parts.push_back({"network interface", {plural(chip.noc.ni_packets, "message") + " each way"}});
  parts.push_back({"eDRAM buffer",
                   {fmt::format("{} KiB, {} of {} bits", tile.edram.kb,
                                plural(tile.edram.banks, "bank"), tile.edram.word_bits),
                    fmt::format("{}; {} read, {} written", ns(tile.edram.access),
                                pj(tile.edram.read), pj(tile.edram.write))}});
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
  parts.push_back(
      {"special function unit", {plural(tile.sfu.lanes, "lane") + ": requantise, ReLU, pool"}});
  if (chip.mapping.depthwise == hw::Depthwise::kDigital)
    parts.push_back({"multipliers",
                     {fmt::format("{} of {} bits", tile.multiplier.lanes, tile.multiplier.bits)}});
  parts.push_back({"controller",
                   {tile.stage.nanoseconds() > 0 ? "beat of " + ns(tile.stage)
                                                 : "five sequences, coupled by buffers"}});
  return parts;
}

Part drivers(const hw::PeConfig& pe) {
  if (hw::multiplies_digitally(pe.dac))
    return {"row drivers",
            {"a row at a time (near-memory)", ns(pe.dac.drive) + ", " + pj(pe.dac.drive_energy)}};
  constexpr const char* kAs[] = {"as voltages", "as pulses", "integrated", ""};
  const std::string bits = plural(pe.dac.bits, "bit") + " a step";
  return {"DACs",
          {pe.dac.bits == 1 ? bits : bits + " " + kAs[static_cast<int>(pe.dac.levels)],
           ns(pe.dac.drive) + ", " + pj(pe.dac.drive_energy) + " a line"}};
}

Part arrays(const hw::PeConfig& pe) {
  const bool pairs = pe.encoding == hw::Encoding::kDifferential;
  Part part{plural(pe.pairs, pairs ? "pair" : "array") + (pairs ? " of arrays" : ""),
            {fmt::format("{} x {} cells of {}", pe.crossbar.rows, pe.columns(),
                         plural(pe.crossbar.cell_bits, "bit"))},
            kAccent};
  const int at_once = hw::rows_per_read(pe.crossbar);
  part.figures.push_back(fmt::format(
      "{} at once, {} a read", at_once == pe.crossbar.rows ? "all rows" : plural(at_once, "row"),
      ns(pe.crossbar.read)));
  if (!pe.cells.ideal()) part.figures.emplace_back("real cells");
  return part;
}

Part converters(const hw::ChipConfig& chip) {
  const hw::AdcConfig& adc = chip.tile.pe.adc;
  constexpr const char* kNames[] = {"SAR ADC", "flash ADC", "serial ADC", "ramp ADC",
                                    "spike counter"};
  const hw::ConfigNumbers keys(chip);
  return {plural(adc.per_pair, kNames[static_cast<int>(adc.kind)]) +
              (chip.tile.pe.encoding == hw::Encoding::kOffset ? " per array" : " per pair"),
          {fmt::format("{}{}", plural(adc.bits, "bit"),
                       adc.lsb > 1 ? fmt::format(", steps of {}", adc.lsb) : ""),
           fmt::format("{}, {:.4g} pJ a conversion", ns(adc.cycles, chip.clock.pe_mhz),
                       hw::event_pj(keys, "conversions"))}};
}

std::vector<Part> pe_parts(const hw::ChipConfig& chip) {
  const hw::PeConfig& pe = chip.tile.pe;
  const int each = (pe.columns() + pe.adc.per_pair - 1) / pe.adc.per_pair;
  std::vector<Part> parts;
  parts.push_back({"input register", {fmt::format("{} B", pe.input_register_bytes)}});
  parts.push_back(drivers(pe));
  parts.push_back(arrays(pe));
  if (pe.encoding == hw::Encoding::kDifferential)
    parts.push_back({"subtractors", {pj(pe.subtractor.subtract) + " a column"}});
  if (pe.sample_hold.present) {
    parts.push_back({"sample-and-hold", {"every column"}});
  } else if (each > 1) {
    parts.push_back({"column multiplexers", {fmt::format("{} columns to 1", each)}});
  }
  parts.push_back(converters(chip));
  Part adders{"shift-adders", {pj(pe.shift_adder.add) + " a code"}};
  if (hw::multiplies_digitally(pe.dac))
    adders.figures.insert(adders.figures.begin(),
                          "codes times digits of " + plural(pe.dac.bits, "bit"));
  parts.push_back(adders);
  parts.push_back({"output register", {fmt::format("{} B", pe.output_register_bytes)}});
  return parts;
}

int height_of(const std::vector<Part>& parts) {
  int height = 0;
  for (const Part& part : parts) height += part.height() + kGap;
  return height;
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
    if (i + 1 < parts.size()) svg.line(middle, y, middle, y + kGap, true);
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
  draw(svg, 1, "tile", of_tile, height);
  draw(svg, 2, fmt::format("PE, {} MHz", chip.clock.pe_mhz), of_pe, height);
  return svg.finish();
}

}  // namespace kirchhoff::report
