#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "agent/search_methods.h"
#include "report/figures.h"
#include "report/html/panels.h"
#include "report/html/sections.h"
#include "report/html/text.h"
#include "report/planned_run.h"

namespace kirchhoff::report::html {
namespace {

/// What a layer of a policy has, by column of the figure's data.
struct Quantity {
  const char* column;
  const char* id;
  const char* title;
  const char* axis;
  double scale;
  const char* caption;
  bool logarithmic;
};

constexpr Quantity kBits[] = {
    {"weight_bits", "weight-bits", "Weight bits per layer (Fig. 9)", "weight bits", 1.0,
     "Bits that the most accurate answer of each method gives to the weights of every layer. High "
     "stems are layers that the method found sensitive.",
     false},
    {"activation_bits", "activation-bits", "Activation bits per layer", "activation bits", 1.0,
     "The same for the activations that enter the layer: they set how many bit steps a window "
     "takes, and so its latency.",
     false}};

constexpr Quantity kCosts[] = {
    {"latency_ns", "layer-latency", "Latency per layer (Fig. 10)", "latency, µs", 1e-3,
     "Of the same policies: time from a layer's first window to its last. Early layers have the "
     "most windows.",
     true},
    {"energy_pj", "layer-energy", "Energy per layer (Fig. 10)", "energy, µJ", 1e-6,
     "Energy of one inference in each layer.", true},
    {"power_mw", "layer-power", "Rated power per layer (Fig. 10)", "rated power, mW", 1.0,
     "Rated power of what a layer's bits allocate: bits of the weights buy crossbars and ADCs.",
     true}};

using Rowids = std::vector<std::size_t>;

Rowids rows_of(const Csv& csv, const Group& group) {
  Rowids rows;
  for (std::size_t row = 0; row < csv.size(); ++row) {
    if (csv.text(row, "network") == group.study->label &&
        csv.text(row, "dataset") == group.study->dataset &&
        csv.text(row, "method") == group.method && csv.number(row, "th") == group.th) {
      rows.push_back(row);
    }
  }
  return rows;
}

/// Stems per layer, a panel per method.
Plot layer_plot(const Quantity& quantity, const Csv& csv, const std::vector<const Group*>& groups,
                const std::string& id) {
  Plot plot;
  plot.name = fmt::format("{}-{}", quantity.id, id);
  plot.title = fmt::format("{}, th {}", quantity.title, groups.front()->th);
  plot.caption = quantity.caption;
  plot.data = Csv({"method", "th", "seed", "layer", "name", quantity.column});
  std::vector<Series> series;
  std::vector<std::string> names;
  double least = 0.0, most = 0.0;
  for (const Group* group : groups) {
    Series one{group->method, agent::search_method_place(group->method), {}, {}, "", {}};
    for (const std::size_t row : rows_of(csv, *group)) {
      const double value = quantity.scale * csv.number(row, quantity.column).value_or(0.0);
      one.rows.push_back({static_cast<double>(one.rows.size() + 1), value});
      if (one.rows.size() > names.size()) names.push_back(csv.text(row, "name"));
      if (value > 0.0) least = least > 0.0 ? std::min(least, value) : value;
      most = std::max(most, value);
      one.data_rows.push_back(plot.data.size());
      plot.data.add({group->method, number(group->th), csv.text(row, "seed"),
                     csv.text(row, "layer"), csv.text(row, "name"),
                     csv.text(row, quantity.column)});
    }
    if (!one.rows.empty()) series.push_back(std::move(one));
  }
  if (names.empty()) return plot;
  SharedAxes axes;
  axes.marks = Marks::kStems;
  axes.x = named_axis("the layers", names);
  if (axes.x.tics.front().name != names.front()) {
    plot.caption += " Layers:";
    for (std::size_t i = 0; i < names.size(); ++i)
      plot.caption += fmt::format("{} {} {}", i > 0 ? "," : "", i + 1, names[i]);
    plot.caption += ".";
  }
  if (quantity.logarithmic && most > 30.0 * least && least > 0.0) {
    axes.y = decades(quantity.axis, least / 2, most * 2);
    for (Series& one : series) {
      for (auto& row : one.rows) row[1] = row[1] > 0.0 ? std::log10(row[1]) : axes.y.low;
    }
    plot.caption += " The axis is logarithmic.";
  } else {
    axes.y = linear_axis(quantity.axis, 0.0, 1.08 * most, 4);
  }
  plot.caption += " Grey: the other methods.";
  add_panels(plot, axes, series);
  return plot;
}

/// Fig. 11 for the first seed of a method at a threshold that lost bits.
std::vector<Plot> wall_plots(const PageContents& contents, const Study& study) {
  struct Run {
    std::string seed;
    Rows before, after;
    std::size_t lowered = 0, episodes = 0;
  };
  const Csv csv = wall_figure({study}).csv;
  std::map<PlannedRun, Run> runs;
  for (std::size_t row = 0; row < csv.size(); ++row) {
    Run& run = runs[{csv.text(row, "method"), csv.number(row, "th").value_or(0.0), 0}];
    if (run.seed.empty()) run.seed = csv.text(row, "seed");
    if (run.seed != csv.text(row, "seed")) continue;
    ++run.episodes;
    const auto chosen = csv.number(row, "chosen_cost_ratio"), cost = csv.number(row, "cost_ratio");
    if (!chosen || !cost || csv.number(row, "decrements").value_or(0.0) <= 0.0) continue;
    ++run.lowered;
    const double episode = csv.number(row, "episode").value_or(0.0);
    run.before.push_back({episode, 100.0 * *chosen});
    run.after.push_back({episode, 100.0 * *cost});
  }
  std::vector<Plot> plots;
  for (const auto& [key, run] : runs) {
    if (run.before.empty()) continue;
    Plot plot;
    plot.name = fmt::format("wall-{}-{}-th{}", study_id(contents, study), key.method, key.th);
    plot.title = fmt::format("{}: before and after the wall (Fig. 11), th {}", key.method, key.th);
    plot.caption = fmt::format(
        "Cost of what {} chose and of what was tried once bits were taken "
        "away until it fitted th. Seed {}; {} episodes needed it.",
        key.method, run.seed, run.lowered);
    plot.data = Csv({"method", "th", "seed", "episode", "cost_pct_chosen", "cost_pct_tried"});
    for (std::size_t i = 0; i < run.before.size(); ++i) {
      plot.data.add({key.method, number(key.th), run.seed, number(run.before[i][0]),
                     number(run.before[i][1]), number(run.after[i][1])});
      plot.mark(run.after[i][0], run.after[i][1]);
    }
    Drawing drawing("episode", "cost, % of W8A8");
    drawing.command("set xrange [0:*]");
    drawing.add(run.before, fmt::format("using 1:2 with points {} ps 0.5", Style(1).marker()),
                "chosen");
    drawing.add(run.after, fmt::format("using 1:2 with points {} ps 0.5", Style(0).marker()),
                "tried");
    drawing.level(100.0 * key.th, fmt::format("th {}", key.th));
    plot.take(drawing);
    plots.push_back(std::move(plot));
  }
  return plots;
}

}  // namespace

void add_policies(Page& page, const PageContents& contents) {
  bool begun = false;
  const auto begin = [&] {
    if (!begun) page.section("policies", "Policies");
    begun = true;
  };
  for (const Study& study : contents.studies) {
    std::vector<BestPolicy> best;
    std::map<double, std::vector<const Group*>> by_threshold;
    for (const BestPolicy& one : contents.best) {
      if (one.group->study != &study) continue;
      best.push_back(one);
      by_threshold[one.group->th].push_back(one.group);
    }
    const Csv bits = bits_figure(best).csv, costs = layer_figure(best).csv;
    for (const auto& [th, groups] : by_threshold) {
      std::vector<Plot> plots;
      const std::string id = fmt::format("{}-th{}", study_id(contents, study), th);
      const auto add = [&, &with = groups](const Quantity& quantity, const Csv& csv) {
        Plot plot = layer_plot(quantity, csv, with, id);
        if (!plot.empty()) plots.push_back(std::move(plot));
      };
      for (const Quantity& quantity : kBits) add(quantity, bits);
      for (const Quantity& quantity : kCosts) add(quantity, costs);
      if (plots.empty()) continue;
      begin();
      page.heading(fmt::format("{}: best policies at th {}", study_name(study), th));
      page.plots(std::move(plots));
    }
    std::vector<Plot> walls = wall_plots(contents, study);
    if (walls.empty()) continue;
    begin();
    page.heading(fmt::format("{}: the wall", study_name(study)));
    page.plots(std::move(walls));
    page.table(own_table(contents, study, wall_table({study})));
  }
  if (!begun) {
    page.missing("Policies: bits per layer need a finished search that found a policy within th.");
  }
}

}  // namespace kirchhoff::report::html
