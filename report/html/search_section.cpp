#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "agent/search_methods.h"
#include "report/html/curve.h"
#include "report/html/panels.h"
#include "report/html/pareto_plot.h"
#include "report/html/sections.h"
#include "report/html/text.h"
#include "report/planned_run.h"
#include "report/search_scores.h"

namespace kirchhoff::report::html {
namespace {

/// A column of episodes.csv and how it is shown.
struct Quantity {
  enum class Kind { kMean, kMeanWithinTh, kBest };
  const char* column;
  const char* id;
  const char* title;
  const char* axis;
  const char* heading;  ///< of its column in a table
  double scale;
  Kind kind;
  const char* caption;
};

constexpr Quantity kQuantities[] = {
    {"best_accuracy_pct", "best", "Best accuracy so far", "accuracy, %", "best accuracy %", 1.0,
     Quantity::Kind::kBest,
     "The most accurate policy within th that was found up to an episode, mean over the seeds: how "
     "soon a search could have stopped. A line begins where all seeds have found one, "
     "and goes on when its searches have ended."},
    {"accuracy_pct", "accuracy", "Accuracy of the policies tried (Fig. 6)", "accuracy, %",
     "accuracy %", 1.0, Quantity::Kind::kMeanWithinTh,
     "Validation accuracy of the episodes whose cost is within th. A method that learns rises and "
     "its band narrows."},
    {"cost_ratio", "cost", "Cost of the policies tried (Figs. 7 and 8)", "cost, % of W8A8",
     "cost %", 100.0, Quantity::Kind::kMean,
     "Cost of every episode's policy, probes of single slots left out. It should settle at or just "
     "below th, the dashed line; what "
     "lies above is tried for nothing."},
    {"reward", "reward", "Reward", "reward", "reward", 1.0, Quantity::Kind::kMean,
     "What the method is told after an episode: accuracy lost, scaled; -1 or less beyond th."},
    {"feasible", "feasible", "Share of episodes within th", "episodes within th, %", "within th %",
     100.0, Quantity::Kind::kMean,
     "How many of the policies tried cost no more than th: a search learns nothing about accuracy "
     "from the others."}};

/// `until`: the last episode of the longest search beside it.
Series series_of(const Quantity& quantity, const Group& group, const Episodes& own,
                 std::size_t until, Csv& data) {
  Series series{group.method, agent::search_method_place(group.method), {}, {}, "", {}};
  const bool best = quantity.kind == Quantity::Kind::kBest;
  const Curve curve =
      best ? own.best_so_far(quantity.column, until)
           : own.curve(quantity.column, quantity.kind == Quantity::Kind::kMeanWithinTh);
  // Points further apart have episodes between them that say nothing.
  const double gap = 1.5 * static_cast<double>(own.width());
  double last = 0.0;
  for (const Curve::Point& point : curve.points) {
    if (!best && !series.rows.empty() && point.episode - last > gap) {
      series.rows.emplace_back();
      series.band.emplace_back();
    }
    last = point.episode;
    const double mean = quantity.scale * point.mean, low = quantity.scale * point.low,
                 high = quantity.scale * point.high;
    series.rows.push_back({point.episode, mean});
    if (own.seeds() > 1) series.band.push_back({point.episode, low, high});
    series.data_rows.push_back(data.size());
    data.add({group.method, number(group.th), number(point.episode),
              number(static_cast<double>(point.seeds)), number(mean), number(low), number(high)});
  }
  const std::size_t with = best ? own.seeds_with(quantity.column) : own.seeds();
  if (with < own.seeds()) series.remark = fmt::format("{} of {} seeds", with, own.seeds());
  return series;
}

Plot curve_plot(const Quantity& quantity, const std::vector<const Group*>& groups,
                const std::map<const Group*, Episodes>& episodes, const std::string& id) {
  const double th = groups.front()->th;
  Plot plot;
  plot.name = fmt::format("{}-{}", quantity.id, id);
  plot.title = fmt::format("{}, th {}", quantity.title, th);
  plot.caption = quantity.caption;
  plot.data = Csv({"method", "th", "episode", "seeds", "mean", "lowest_seed", "highest_seed"});
  std::vector<Series> series;
  std::vector<double> drawn;
  std::size_t last = 1, reach = 0, width = 1;
  bool bands = false;
  for (const Group* group : groups) last = std::max(last, episodes.at(group).count());
  for (const Group* group : groups) {
    const Episodes& own = episodes.at(group);
    reach = std::max(reach, own.reach());
    width = std::max(width, own.width());
    Series one = series_of(quantity, *group, own, last, plot.data);
    for (const auto& row : one.rows) {
      if (!row.empty()) drawn.push_back(row[1]);
    }
    bands = bands || !one.band.empty();
    // A method without any value still has its place: that is what it has to show.
    series.push_back(std::move(one));
  }
  if (drawn.empty()) return plot;
  SharedAxes axes;
  auto [low, high] = core_of(std::move(drawn));
  if (std::string(quantity.id) == "cost") {
    axes.guides.push_back({'y', 100.0 * th});
    low = std::min(low, 100.0 * th);
    high = std::max(high, 100.0 * th);
  }
  // Numbers that are all but the same would have labels longer than a panel has room for.
  const double room = high - low > 1e-4 * std::abs(high) ? 0.04 * (high - low)
                                                         : std::max(0.5, 0.01 * std::abs(high));
  axes.x = linear_axis("episode", 0.0, static_cast<double>(last), 3);
  axes.y = std::string(quantity.id) == "feasible"
               ? linear_axis(quantity.axis, -3.0, 103.0, 4)
               : linear_axis(quantity.axis, low - room, high + room, 4);
  if (quantity.kind != Quantity::Kind::kBest && reach > 0) {
    plot.caption += fmt::format(" Smoothed: a point is the mean of {} episodes of all seeds.",
                                width + 2 * reach);
  }
  if (bands) {
    plot.caption +=
        quantity.kind == Quantity::Kind::kBest
            ? " Bands reach from the worst seed to the best."
            : " Bands reach from the seed with the lowest mean of these to the one with "
              "the highest.";
  }
  const Race race = race_of(*groups.front()->study);
  if (race.first_images > 0 && std::string(quantity.column) == "accuracy_pct") {
    plot.caption += fmt::format(
        " A policy that a race dropped counts as W8A8 less what it lost on the first {} images.",
        race.first_images);
  }
  plot.caption += " Grey: the other methods.";
  add_panels(plot, axes, series);
  return plot;
}

/// Where each method is after the last episode: the last value of each of its curves.
Table progress_table(const std::vector<const Group*>& groups, const std::vector<Plot>& plots,
                     const std::vector<const Quantity*>& quantities, const std::string& id) {
  Table table{"progress-" + id, "Where each method is", {"method"}, {}, {}};
  for (const Quantity* quantity : quantities) table.columns.emplace_back(quantity->heading);
  for (const Group* group : groups) {
    std::vector<Cell>& cells = table.rows.emplace_back();
    cells.emplace_back(group->method);
    for (const Plot& plot : plots) {
      std::optional<double> last;
      for (std::size_t row = 0; row < plot.data.size(); ++row) {
        if (plot.data.text(row, "method") == group->method) last = plot.data.number(row, "mean");
      }
      cells.push_back(fixed(last, 2));
    }
  }
  table.notes = {
      "The last point of each curve below that the episode has reached; a dash before the first."};
  return table;
}

}  // namespace

void add_search(Page& page, const PageContents& contents) {
  bool begun = false;
  for (const Study& study : contents.studies) {
    std::map<double, std::vector<const Group*>> by_threshold;
    std::map<const Group*, Episodes> episodes;
    for (const Group& group : contents.groups) {
      if (group.study != &study) continue;
      Episodes own(group);
      if (own.empty()) continue;
      by_threshold[group.th].push_back(&group);
      episodes.emplace(&group, std::move(own));
    }
    if (by_threshold.empty()) continue;
    if (!begun) page.section("search", "Search");
    begun = true;
    page.heading(fmt::format("{}: accuracy against cost", study_name(study)));
    page.plots(pareto_plots(contents, study));
    for (const auto& [th, groups] : by_threshold) {
      page.heading(fmt::format("{}: episodes at th {}", study_name(study), th));
      const std::string id = fmt::format("{}-th{}", study_id(contents, study), th);
      std::vector<Plot> plots;
      std::vector<const Quantity*> quantities;
      std::vector<std::string> curves;
      std::size_t last = 0;
      for (const Group* group : groups) last = std::max(last, episodes.at(group).count());
      for (const Quantity& quantity : kQuantities) {
        Plot plot = curve_plot(quantity, groups, episodes, id);
        if (plot.empty()) continue;
        quantities.push_back(&quantity);
        curves.push_back(plot.name);
        plots.push_back(std::move(plot));
      }
      if (!plots.empty())
        page.progress(progress_table(groups, plots, quantities, id), curves, last);
      page.plots(std::move(plots));
    }
  }
  if (!begun) {
    page.missing(
        "Search: accuracy, cost and reward over the episodes need the folder of a kirchhoff search "
        "or compare.");
  }
}

}  // namespace kirchhoff::report::html
