#include "report/html/pipeline.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "report/html/text.h"

namespace kirchhoff::report::html {
namespace {

Plot layers_in_time(const ChipReport& chip, const std::string& id) {
  Plot plot;
  plot.name = "pipeline-" + id;
  plot.title = "Which layer is busy when";
  plot.data = Csv({"layer", "name", "begin_us", "end_us", "computing_us"});
  Drawing drawing("time, µs", "layer");
  std::vector<std::string> names;
  Rows spans, computing;
  for (const sim::LayerReport& layer : chip.report.layers) {
    const auto begin = layer.counters.find("begin_cycle"), end = layer.counters.find("end_cycle");
    if (begin == layer.counters.end() || end == layer.counters.end()) return plot;
    const auto us = [&](std::uint64_t cycle) {
      return static_cast<double>(cycle) / chip.report.tile_mhz;
    };
    names.push_back(layer.name);
    const auto y = static_cast<double>(names.size());
    const double from = us(begin->second), to = us(end->second);
    const double busy = std::min(to - from, layer.ideal.latency_ns / 1e3);
    spans.push_back({from, y, from, to, y - 0.36, y + 0.36});
    computing.push_back({from, y, from, from + busy, y - 0.12, y + 0.12});
    plot.data.add(
        {std::to_string(names.size()), layer.name, number(from), number(to), number(busy)});
    plot.mark(0.5 * (from + to), y);
  }
  drawing.lie_down(names);
  drawing.command("set xrange [0:*]");
  drawing.add(spans,
              fmt::format("using 1:2:3:4:5:6 with boxxyerror lc {0} fs solid 0.25 border {0}",
                          Style(0).colour().substr(3)),
              "first to last window");
  drawing.add(
      computing,
      fmt::format("using 1:2:3:4:5:6 with boxxyerror fs solid 0.9 noborder {}", Style(1).colour()),
      "crossbars at work");
  plot.caption =
      "Layers from top to bottom. The thin bar says how much of a layer's time its crossbars need "
      "for the bit steps (their sum, not when they are); the rest is waiting.";
  if (chip.report.images > 1) {
    plot.caption += fmt::format(" A run of {} images.", chip.report.images);
  }
  plot.height = 130 + 28 * static_cast<int>(names.size());
  plot.take(drawing);
  return plot;
}

/// A moment of every window, as a line in the band of its layer.
struct Moment {
  const char* name;
  sim::WindowStage stage;
  bool end;
};
constexpr Moment kMoments[] = {{"fetching begins", sim::WindowStage::kFetch, false},
                               {"multiplied", sim::WindowStage::kMultiply, true},
                               {"handed on", sim::WindowStage::kComplete, true}};

/// Points of a line of a layer: enough for the eye.
constexpr std::size_t kPointsPerLine = 60;

Plot progress_of_layers(const ChipReport& chip, const std::string& id) {
  Plot plot;
  plot.name = "progress-" + id;
  plot.title = "Which window of which layer, when";
  plot.data = Csv({"layer", "name", "window", "moment", "time_us"});
  Drawing drawing("time, µs", "layer, and its windows upwards");
  IndexedVector<quant::LayerId, std::string> names;
  for (const sim::LayerReport& layer : chip.report.layers) names.push_back(layer.name);
  bool any = false;
  std::size_t style = 0;
  for (const Moment& moment : kMoments) {
    Rows line;
    for (const quant::LayerId l : chip.windows.ids()) {
      const auto& windows = chip.windows[l];
      const std::size_t step = std::max<std::size_t>(1, windows.size() / kPointsPerLine);
      for (std::size_t w = 0; w < windows.size(); ++w) {
        if (w % step != 0 && w + 1 != windows.size()) continue;
        const auto& stay = windows[w][static_cast<std::size_t>(moment.stage)];
        if (!stay) continue;
        const double us = moment.end ? stay->end_us : stay->begin_us;
        const double share = static_cast<double>(w + 1) / static_cast<double>(windows.size());
        line.push_back({us, 1.0 + index(l) + 0.38 - 0.76 * share});
        plot.data.add(
            {std::to_string(index(l) + 1), names[l], std::to_string(w), moment.name, number(us)});
        plot.mark(line.back()[0], line.back()[1]);
      }
      line.emplace_back();
    }
    any = any || line.size() > chip.windows.items().size();
    drawing.add(
        line,
        fmt::format("using 1:2 with linespoints {} pt 7 ps 0.4 lw 1.5", Style(style).colour()),
        moment.name);
    ++style;
  }
  if (!any) return plot;
  drawing.lie_down(names.items());
  drawing.command("set xrange [0:*]");
  plot.caption =
      "In the band of a layer a line climbs from its first window to its last. Where it is steep, "
      "windows pass quickly; where it is flat, the layer waits. The distance between two lines of "
      "a layer is what is under way between them.";
  plot.height = 130 + 34 * names.size();
  plot.take(drawing);
  return plot;
}

constexpr std::size_t kWindowsShown = 8;

Plot windows_in_stages(const ChipReport& chip, const std::string& id) {
  Plot plot;
  plot.name = "windows-" + id;
  quant::LayerId slowest{};
  for (const quant::LayerId l : chip.windows.ids()) {
    if (chip.report.layers[l].latency_ns > chip.report.layers[slowest].latency_ns) slowest = l;
  }
  const auto& windows = chip.windows[slowest];
  if (windows.empty()) return plot;
  const std::string& layer = chip.report.layers[slowest].name;
  const std::size_t count = std::min(kWindowsShown, windows.size());
  const std::size_t first = (windows.size() - count) / 2;
  plot.title =
      fmt::format("Windows {} to {} of {}, stage by stage", first, first + count - 1, layer);
  plot.data = Csv({"name", "window", "stage", "begin_us", "end_us"});
  std::vector<std::string> names;
  std::array<Rows, sim::kWindowStages> boxes;
  double from = std::numeric_limits<double>::max(), to = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    names.push_back(std::to_string(first + i));
    for (std::size_t s = 0; s < sim::kWindowStages; ++s) {
      const auto& stay = windows[first + i][s];
      if (!stay) continue;
      // A lane for each stage, since a window is drained while it is completed.
      const double top = static_cast<double>(i + 1) - 0.4 + 0.2 * static_cast<double>(s);
      boxes[s].push_back({stay->begin_us, top, stay->end_us, top + 0.2});
      plot.data.add({layer, names.back(), sim::window_stage_name(s), number(stay->begin_us),
                     number(stay->end_us)});
      plot.mark(0.5 * (stay->begin_us + stay->end_us), top + 0.1);
      from = std::min(from, stay->begin_us);
      to = std::max(to, stay->end_us);
    }
  }
  if (from >= to) return plot;
  // Nanoseconds from the first box on: at some 100 µs they would be the fifth digit.
  Drawing drawing(fmt::format("time after {:.3f} µs, ns", from), "window");
  const auto ns = [&](double us) { return 1e3 * (us - from); };
  for (Mark& mark : plot.marks) mark.x = ns(mark.x);
  drawing.lie_down(names);
  drawing.command(fmt::format("set xrange [0:{}]", number(ns(to))));
  for (std::size_t s = 0; s < sim::kWindowStages; ++s) {
    if (boxes[s].empty()) continue;
    for (auto& box : boxes[s]) {
      const double begin = ns(box[0]), end = ns(box[2]);
      box = {0.5 * (begin + end), 0.5 * (box[1] + box[3]), begin, end, box[1], box[3]};
    }
    drawing.add(boxes[s],
                fmt::format("using 1:2:3:4:5:6 with boxxyerror {0} fs solid 0.75 border {1}",
                            Style(s).colour(), Style(s).colour().substr(3)),
                sim::window_stage_name(s));
  }
  plot.caption = fmt::format(
      "{} takes longest. A window is fetched into the input registers, multiplied bit by bit and "
      "converted, its sums are drained to the tile, and completed there: added up, rectified, "
      "pooled, sent. Where boxes of one colour touch, that stage sets the pace.",
      layer);
  plot.height = 130 + 34 * static_cast<int>(count);
  plot.take(drawing);
  return plot;
}

}  // namespace

std::vector<Plot> pipeline_plots(const ChipReport& chip, const std::string& id) {
  std::vector<Plot> plots = {layers_in_time(chip, id)};
  if (!chip.windows.empty()) {
    plots.push_back(progress_of_layers(chip, id));
    plots.push_back(windows_in_stages(chip, id));
  }
  return plots;
}

}  // namespace kirchhoff::report::html
