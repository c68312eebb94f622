#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "report/html/floorplan.h"
#include "report/html/pipeline.h"
#include "report/html/sections.h"
#include "report/html/text.h"

namespace kirchhoff::report::html {
namespace {

/// Names of components and causes of a chip, the largest first.
std::vector<std::pair<std::string, double>> by_size(const std::map<std::string, double>& values) {
  std::vector<std::pair<std::string, double>> sorted(values.begin(), values.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

/// Underscores are for programs.
std::string spoken(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

/// Lying bars, the first on top, each with its share.
Plot component_plot(const std::map<std::string, double>& values, const std::string& name,
                    const std::string& title, const std::string& axis, double scale,
                    std::size_t colour, const std::string& caption) {
  Plot plot;
  plot.name = name;
  plot.title = title;
  plot.caption = caption;
  plot.data = Csv({"component", axis, "share_pct"});
  Drawing drawing(axis, "component");
  double total = 0.0, most = 0.0;
  for (const auto& [component, value] : values) total += value;
  std::vector<std::string> names;
  Rows bars;
  for (const auto& [component, value] : by_size(values)) {
    if (value <= 0.0) continue;
    names.push_back(spoken(component));
    const auto y = static_cast<double>(names.size());
    bars.push_back({0.5 * value * scale, y, 0.0, value * scale, y - 0.36, y + 0.36});
    most = std::max(most, value * scale);
    const double share = 100.0 * value / total;
    drawing.label(value * scale, y, fmt::format("{:.{}f} %", share, share < 10.0 ? 1 : 0),
                  "left offset character 0.5,0 font ',13'");
    plot.data.add({component, number(value * scale), number(share)});
    plot.mark(0.5 * value * scale, y);
  }
  if (names.empty()) return plot;
  drawing.lie_down(names);
  drawing.command(fmt::format("set xrange [0:{}]", number(1.22 * most)));
  drawing.add(bars, fmt::format("using 1:2:3:4:5:6 with boxxyerror fs solid 0.75 noborder {}",
                                Style(colour).colour()));
  plot.height = 90 + 22 * static_cast<int>(names.size());
  plot.take(drawing);
  return plot;
}

/// What each layer's latency beyond the ideal went into: the largest causes by colour, stacked to
/// the right of 0, those that save time to its left, and what they come to.
Plot stall_plot(const ChipReport& chip, const std::string& id) {
  constexpr std::size_t kShown = 6;
  Plot plot;
  plot.name = "stalls-" + id;
  plot.title = "What the time beyond the ideal goes into";
  plot.data = Csv({"layer", "name", "cause", "ns"});
  std::map<std::string, double> totals;
  std::vector<std::string> names;
  Rows net;
  for (const sim::LayerReport& layer : chip.report.layers) {
    names.push_back(layer.name);
    double sum = 0.0;
    for (const sim::Cause& cause : layer.causes) {
      plot.data.add({std::to_string(names.size()), layer.name, cause.name, number(cause.ns)});
      totals[cause.name] += std::abs(cause.ns);
      sum += cause.ns;
    }
    if (layer.causes.empty()) continue;
    plot.data.add({std::to_string(names.size()), layer.name, "net", number(sum)});
    plot.mark(sum / 1e3, static_cast<double>(names.size()));
    net.push_back({sum / 1e3, static_cast<double>(names.size())});
  }
  if (totals.empty()) return plot;
  Drawing drawing("time beyond the ideal, µs", "layer");
  const auto largest = by_size(totals);
  // Where the bars to either side of 0 end.
  std::vector<double> right(names.size(), 0.0), left(names.size(), 0.0);
  const std::size_t shown = largest.size() <= kShown + 1 ? largest.size() : kShown;
  for (std::size_t c = 0; c < std::min(largest.size(), shown + 1); ++c) {
    const bool others = c == shown;
    const auto belongs = [&](const std::string& cause) {
      if (!others) return cause == largest[c].first;
      return std::none_of(largest.begin(), largest.begin() + static_cast<std::ptrdiff_t>(shown),
                          [&](const auto& one) { return one.first == cause; });
    };
    Rows bars;
    for (const quant::LayerId l : chip.report.layers.ids()) {
      const auto i = static_cast<std::size_t>(index(l));
      // Several of the others may have either sign.
      double more = 0.0, less = 0.0;
      for (const sim::Cause& cause : chip.report.layers[l].causes) {
        if (belongs(cause.name)) (cause.ns > 0.0 ? more : less) += cause.ns / 1e3;
      }
      const double y = 1.0 + index(l);
      for (const auto& [us, end] : {std::pair(more, &right[i]), {less, &left[i]}}) {
        if (us == 0.0) continue;
        const double from = *end;
        *end += us;
        bars.push_back({from, y, std::min(from, *end), std::max(from, *end), y - 0.36, y + 0.36});
      }
    }
    if (bars.empty()) continue;
    // Colours from weak to strong in turn: neighbours in a stack differ without their hue.
    drawing.add(
        bars,
        fmt::format("using 1:2:3:4:5:6 with boxxyerror {1} lw 0.5 fs solid {0} border rgb 'black'",
                    c % 2 == 0 ? 0.85 : 0.4, Style(c).colour()),
        others ? "others" : largest[c].first);
  }
  drawing.add(net, "using 1:2 with points pt 12 ps 1 lw 2 lc rgb 'black'",
              "net: simulated - ideal");
  drawing.lie_down(names);
  drawing.command("set key tmargin center horizontal Left reverse samplen 1.5 width -1");
  const double least = *std::min_element(left.begin(), left.end());
  drawing.command(least < 0.0 ? "set xrange [*:*]\nset xzeroaxis\nset arrow from 0,graph 0 to "
                                "0,graph 1 nohead lc rgb 'black' lw 1"
                              : "set xrange [0:*]");
  plot.caption =
      "Simulated less ideal latency of each layer, by cause, in the order of the key away from 0. "
      "To "
      "the left: what saves time against the ideal. The diamond is the sum of both sides.";
  plot.height = 130 + 28 * static_cast<int>(names.size()) +
                18 * static_cast<int>(std::min(largest.size(), shown + 1) + 1);
  plot.take(drawing);
  return plot;
}

/// A share per layer as stems.
Plot utilisation_plot(const ChipReport& chip, const std::string& id) {
  struct Share {
    const char* name;
    double sim::LayerHealth::*value;
  };
  constexpr Share kShares[] = {{"cells", &sim::LayerHealth::cells},
                               {"crossbars", &sim::LayerHealth::crossbars},
                               {"PEs", &sim::LayerHealth::pes},
                               {"time", &sim::LayerHealth::pe_busy_own}};
  Plot plot;
  plot.name = "utilisation-" + id;
  plot.title = "How much of what a layer has it uses";
  plot.caption =
      "Cells of the crossbars that are on, crossbars of its PEs, PEs of its tiles, and the part of "
      "its own time in which its crossbars compute. Low stems are area and power for nothing.";
  plot.data = Csv({"layer", "name", "what", "used_pct"});
  Drawing drawing("layer", "in use, %");
  IndexedVector<quant::LayerId, std::string> names;
  for (const sim::LayerHealth& layer : chip.health.layers) names.push_back(layer.name);
  std::size_t i = 0;
  for (const Share& share : kShares) {
    Rows stems;
    for (const quant::LayerId l : names.ids()) {
      const double value = 100.0 * chip.health.layers[l].*share.value;
      stems.push_back({1.0 + index(l) + 0.17 * (static_cast<double>(i) - 1.5), value});
      plot.data.add({std::to_string(index(l) + 1), names[l], share.name, number(value)});
      plot.mark(stems.back()[0], value);
    }
    drawing.add(stems, fmt::format("using 1:2 with impulses {} lw 2", Style(i).colour()));
    drawing.add(stems, fmt::format("using 1:2 with points {} ps 0.9", Style(i).marker()),
                share.name);
    ++i;
  }
  drawing.names('x', names.items());
  drawing.command(fmt::format("set xrange [0.5:{}]\nset yrange [0:105]", names.size() + 0.5));
  drawing.grid('y');
  drawing.command("set key tmargin center horizontal Left reverse samplen 1");
  plot.take(drawing);
  return plot;
}

Plot clipped_plot(const ChipReport& chip, const std::string& id) {
  Plot plot;
  plot.name = "clipped-" + id;
  plot.title = "Clipped conversions";
  plot.data = Csv({"layer", "name", "conversions", "clipped", "clipped_pct"});
  Drawing drawing("layer", "clipped, % of conversions");
  std::vector<std::string> names;
  Rows stems;
  double most = 0.0;
  std::uint64_t clipped = 0;
  for (const quant::LayerId l : chip.report.layers.ids()) {
    const sim::LayerHealth& health = chip.health.layers[l];
    names.push_back(health.name);
    clipped += health.clipped;
    most = std::max(most, 100.0 * health.clipped_share);
    stems.push_back({1.0 + index(l), 100.0 * health.clipped_share});
    plot.data.add({std::to_string(index(l) + 1), health.name,
                   std::to_string(chip.report.layers[l].counters.at("conversions")),
                   std::to_string(health.clipped), number(100.0 * health.clipped_share)});
    plot.mark(stems.back()[0], stems.back()[1]);
  }
  drawing.names('x', names);
  drawing.command(fmt::format("set xrange [0.5:{}]\nset yrange [0:{}]",
                              static_cast<double>(names.size()) + 0.5,
                              number(most > 0.0 ? 1.15 * most : 1.0)));
  drawing.grid('y');
  drawing.add(stems, fmt::format("using 1:2 with impulses {} lw 3", Style(1).colour()));
  drawing.add(stems, fmt::format("using 1:2 with points {} ps 1", Style(1).marker()));
  plot.caption = clipped == 0
                     ? "No conversion exceeded the range of the ADC: the outputs are exact."
                     : fmt::format(
                           "{} conversions exceeded the range of the ADC and were cut off "
                           "there: a source of lost accuracy.",
                           clipped);
  plot.take(drawing);
  return plot;
}

Table layer_table(const ChipReport& chip, const std::string& id) {
  Table table{"layers-" + id,
              "Layers in numbers",
              {"layer", "weight/activation bits", "crossbars", "PEs", "tiles", "windows",
               "latency µs", "energy nJ", "rated power mW", "area mm²"},
              {},
              {}};
  const auto shown = [](double value, int digits) { return significant(mean_of({value}), digits); };
  for (const sim::LayerReport& l : chip.report.layers) {
    table.rows.push_back({l.name, fmt::format("{}/{}", l.weight_bits, l.activation_bits),
                          whole(l.crossbars), whole(l.pes), whole(l.tiles), whole(l.windows),
                          shown(l.latency_ns / 1e3, 4), shown(l.energy_pj() / 1e3, 4),
                          shown(l.power_rated_mw(), 4), shown(l.area_um2() / 1e6, 4)});
  }
  return table;
}

}  // namespace

void add_chips(Page& page, const PageContents& contents) {
  if (contents.chips.empty()) {
    page.missing(
        "Hardware: floorplan, links, energy and area need a report: kirchhoff simulate --json "
        "FILE, "
        "and FILE among the arguments.");
    return;
  }
  page.section("hardware", "Hardware");
  bool unmeasured = false, no_windows = false;
  for (std::size_t i = 0; i < contents.chips.size(); ++i) {
    const ChipReport& chip = contents.chips[i];
    const sim::CostReport& r = chip.report;
    const std::string id = fmt::format("{}-{}", chip.network, i + 1);
    page.heading(fmt::format("{}: {}", chip.name, chip.policy));
    page.paragraph(fmt::format(
        "{} on {} tiles, {} PEs and {} crossbars of a {} × {} mesh: latency {:.4g} µs, energy "
        "{:.4g} µJ{}, rated power {:.1f} mW, area {:.4g} mm²; cost {:.2f} % of W8A8.",
        chip.network, r.tiles(), r.pes(), r.crossbars(), r.mesh_width, r.mesh_height,
        r.latency_ns / 1e3, r.energy_pj() / 1e6,
        r.images > 1 ? fmt::format(" for {} images", r.images) : "", r.power_rated_mw(),
        r.area_um2() / 1e6, 100.0 * chip.cost));
    if (const sim::RewritingReport& rewriting = r.rewriting; !rewriting.rounds.empty()) {
      page.paragraph(fmt::format(
          "The chip is smaller than the network: {} rounds take turns on it. {:.4g} µs of the run "
          "are waiting for cells to be written, {:.4g} µJ of its energy are their pulses; after "
          "{:.3g} images those that are written most often are worn.",
          rewriting.rounds.size(), rewriting.waiting_ns / 1e3, rewriting.energy_pj / 1e6,
          rewriting.images));
    }
    std::map<std::string, double> energy, area;
    for (const sim::LayerReport& layer : r.layers) {
      for (const auto& [component, pj] : layer.components_pj()) energy[component] += pj;
      for (const sim::InstanceEntry& entry : layer.instances)
        area[entry.component] += entry.area_um2();
    }
    std::vector<Plot> plots = floorplans(chip, id);
    plots.push_back(link_map(chip, id));
    plots.push_back(utilisation_plot(chip, id));
    plots.push_back(
        component_plot(energy, "energy-" + id, "Energy by component", "energy, µJ", 1e-6, 4,
                       "Energy of the run over all layers, leakage included. The longest "
                       "bars are where fewer bits save most."));
    plots.push_back(component_plot(area, "area-" + id, "Area by component", "area, mm²", 1e-6, 5,
                                   "Area of what the policy allocates over all layers."));
    for (Plot& plot : pipeline_plots(chip, id)) plots.push_back(std::move(plot));
    plots.push_back(stall_plot(chip, id));
    if (chip.functional) {
      plots.push_back(clipped_plot(chip, id));
    } else {
      unmeasured = true;
    }
    no_windows = no_windows || chip.windows.empty();
    plots.erase(
        std::remove_if(plots.begin(), plots.end(), [](const Plot& plot) { return plot.empty(); }),
        plots.end());
    page.plots(std::move(plots));
    page.table(layer_table(chip, id), true);
  }
  if (no_windows) {
    page.missing(
        "Windows of a layer in time: they need a report of kirchhoff simulate --windows --json "
        "FILE.");
  }
  if (unmeasured) {
    page.missing(
        "Clipped conversions: they depend on the integers that flow, so they need a report without "
        "--timing-only: kirchhoff simulate --policy POLICY --json FILE, and FILE among the "
        "arguments.");
  }
}

}  // namespace kirchhoff::report::html
