#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "agent/search_methods.h"
#include "report/html/curve.h"
#include "report/html/pareto_plot.h"
#include "report/html/sections.h"
#include "report/html/text.h"
#include "report/planned_run.h"

namespace kirchhoff::report::html {
namespace {

/// A column of episodes.csv and how it is shown.
struct Quantity {
  const char* column;
  const char* id;
  const char* title;
  const char* axis;
  double scale;
  bool within_th;  ///< of episodes within th only
  const char* caption;
};

constexpr Quantity kQuantities[] = {
    {"accuracy_pct", "accuracy", "Accuracy of the policies tried", "accuracy, %", 1.0, true,
     "As the paper's Fig. 6: validation accuracy of the episodes whose cost is within th. "
     "A method that learns rises and its band narrows."},
    {"cost_ratio", "cost", "Cost of the policies tried", "cost, % of W8A8", 100.0, false,
     "As the paper's Figs. 7 and 8: cost of every episode's policy. It should settle at or just "
     "below th; what lies above is tried for nothing."},
    {"reward", "reward", "Reward", "reward", 1.0, false,
     "What the method is told after an episode: accuracy lost, scaled; -1 or less beyond th."},
    {"feasible", "feasible", "Share of episodes within th", "episodes within th, %", 100.0, false,
     "How many of the policies tried cost no more than th: a search learns nothing about accuracy "
     "from the others."},
    {"best_accuracy_pct", "best", "Best accuracy so far", "accuracy, %", 1.0, false,
     "The most accurate policy within th that was found up to an episode: how soon a search could "
     "have stopped."}};

Plot curve_plot(const Quantity& quantity, const std::vector<const Group*>& groups,
                const std::map<const Group*, Episodes>& episodes, const std::string& id) {
  const double th = groups.front()->th;
  Plot plot;
  plot.name = fmt::format("{}-{}", quantity.id, id);
  plot.title = fmt::format("{}, th {}", quantity.title, th);
  plot.caption = quantity.caption;
  plot.data = Csv({"method", "th", "episode", "seeds", "mean", "lowest_seed", "highest_seed"});
  Drawing drawing("episode", quantity.axis);
  drawing.command("set xrange [0:*]");
  bool bands = false;
  std::vector<std::pair<const Group*, Rows>> lines;
  for (const Group* group : groups) {
    Rows line, band;
    double last = 0.0;
    const Episodes& own = episodes.at(group);
    for (const Curve::Point& point : own.curve(quantity.column, quantity.within_th).points) {
      // Where a method has no value the line is interrupted, not drawn through.
      if (!line.empty() && point.episode - last > 1.5 * static_cast<double>(own.width())) {
        line.emplace_back();
        band.emplace_back();
      }
      last = point.episode;
      line.push_back({point.episode, quantity.scale * point.mean});
      band.push_back({point.episode, quantity.scale * point.low, quantity.scale * point.high});
      bands = bands || point.seeds > 1;
      plot.data.add({group->method, number(group->th), number(point.episode),
                     number(static_cast<double>(point.seeds)), number(quantity.scale * point.mean),
                     number(quantity.scale * point.low), number(quantity.scale * point.high)});
    }
    if (line.empty()) continue;
    const Style style(agent::search_method_place(group->method));
    if (own.seeds() > 1) drawing.add(band, "using 1:2:3 with filledcurves " + style.colour());
    lines.emplace_back(group, std::move(line));
  }
  for (const auto& [group, line] : lines) {
    const Style style(agent::search_method_place(group->method));
    // A marker on every eighth point names the line; a lone point needs its own.
    drawing.add(line,
                fmt::format("using 1:2 with linespoints {} ps 0.8 pointinterval {}",
                            style.line_points(), line.size() < 8 ? 1 : 8),
                group->method);
  }
  if (lines.empty()) return plot;
  if (std::string(quantity.id) == "cost") drawing.level(100.0 * th, fmt::format("th {}", th));
  if (bands)
    plot.caption +=
        " Lines are means over the seeds; bands reach from the lowest seed to the highest.";
  plot.script = drawing.script();
  return plot;
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
    page.plots({pareto_plot(contents, study)});
    std::size_t width = 1;
    for (const auto& [group, own] : episodes) width = std::max(width, own.width());
    for (const auto& [th, groups] : by_threshold) {
      page.heading(fmt::format("{}: episodes at th {}", study_name(study), th));
      if (width > 1 && th == by_threshold.begin()->first) {
        page.paragraph(fmt::format(
            "A point stands for up to {} episodes. Every episode is in the table fig6_7_8.csv that "
            "kirchhoff report writes without --html.",
            width));
      }
      std::vector<Plot> plots;
      for (const Quantity& quantity : kQuantities) {
        const auto parts = plots_of_groups(groups);
        for (std::size_t part = 0; part < parts.size(); ++part) {
          std::string id = fmt::format("{}-th{}", study_id(contents, study), th);
          if (parts.size() > 1) id += fmt::format("-{}", part + 1);
          Plot plot = curve_plot(quantity, parts[part], episodes, id);
          if (part > 0) plot.caption = "The same for the other methods.";
          if (!plot.script.empty()) plots.push_back(std::move(plot));
        }
      }
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
