#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "report/html/sections.h"
#include "report/html/text.h"
#include "report/sweep_tables.h"

namespace kirchhoff::report::html {
namespace {

/// More lines than that cannot be told apart; the rest is drawn pale.
constexpr std::size_t kMostLines = 7;

double value_of(const Sweep& sweep, std::size_t row, const SweepObjective& objective) {
  return sweep.points.number(row, objective.column).value_or(0) * objective.scale;
}

bool better(const SweepObjective& objective, double a, double b) {
  return objective.more ? a > b : a < b;
}

/// Where an axis puts its values: numbers as numbers, names at 1, 2, … in the order of the sweep.
struct Places {
  std::vector<std::string> values;
  bool numbers = true;

  double of(const std::string& value) const {
    if (numbers) return std::strtod(value.c_str(), nullptr);
    return 1.0 +
           static_cast<double>(std::find(values.begin(), values.end(), value) - values.begin());
  }
};

bool is_number(const std::string& text) {
  char* end = nullptr;
  std::strtod(text.c_str(), &end);
  return !text.empty() && end == text.c_str() + text.size();
}

Places places_of(const Sweep& sweep, const std::vector<std::size_t>& rows,
                 const std::string& axis) {
  Places places;
  for (const std::size_t row : rows) {
    const std::string& value = sweep.points.text(row, axis);
    if (std::find(places.values.begin(), places.values.end(), value) == places.values.end())
      places.values.push_back(value);
    places.numbers = places.numbers && is_number(value);
  }
  return places;
}

/// Rows by policy, in the order of the sweep.
std::vector<std::pair<std::string, std::vector<std::size_t>>> by_policy(
    const Sweep& sweep, const std::vector<std::size_t>& rows) {
  std::vector<std::pair<std::string, std::vector<std::size_t>>> all;
  for (const std::size_t row : rows) {
    const std::string& policy = sweep.points.text(row, "policy");
    auto known =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == policy; });
    if (known == all.end()) known = all.insert(all.end(), {policy, {}});
    known->second.push_back(row);
  }
  return all;
}

/// One objective over one axis: every point, and the best of every policy at each value.
Plot over_axis(const Sweep& sweep, const std::vector<std::size_t>& rows, const std::string& axis,
               const SweepObjective& objective, const std::string& id) {
  Plot plot;
  plot.name = fmt::format("sweep-{}-{}-{}", id, axis, objective.column);
  plot.title =
      fmt::format("{} over {}", objective.title.substr(0, objective.title.find(',')), axis);
  plot.data = Csv({"policy", axis, objective.column, "what"});
  const Places places = places_of(sweep, rows, axis);
  Drawing drawing(axis, objective.title);
  Rows cloud;
  for (const std::size_t row : rows)
    cloud.push_back({places.of(sweep.points.text(row, axis)), value_of(sweep, row, objective)});
  drawing.add(cloud, "using 1:2 with points pt 7 ps 0.35 lc rgb '#b4b4b4'");
  const auto policies = by_policy(sweep, rows);
  for (std::size_t p = 0; p < std::min(policies.size(), kMostLines); ++p) {
    std::map<double, double> best;
    for (const std::size_t row : policies[p].second) {
      const double x = places.of(sweep.points.text(row, axis));
      const double y = value_of(sweep, row, objective);
      const auto [found, is_new] = best.try_emplace(x, y);
      if (!is_new && better(objective, y, found->second)) found->second = y;
    }
    Rows line;
    for (const auto& [x, y] : best) line.push_back({x, y});
    drawing.add(line, "using 1:2 with linespoints " + Style(p).line_points(), policies[p].first);
  }
  for (const std::size_t row : rows) {
    plot.data.add({sweep.points.text(row, "policy"), sweep.points.text(row, axis),
                   number(value_of(sweep, row, objective)), "point"});
    plot.mark(places.of(sweep.points.text(row, axis)), value_of(sweep, row, objective));
  }
  if (!places.numbers) {
    drawing.names('x', places.values);
    drawing.command(
        fmt::format("set xrange [0.5:{}]", static_cast<double>(places.values.size()) + 0.5));
  }
  drawing.command(objective.more ? "set yrange [*:*]" : "set yrange [0:*]");
  drawing.command("set key tmargin center horizontal Left reverse samplen 2");
  plot.caption = fmt::format(
      "Dots: every point. Lines: the best that each policy reaches with a value, whatever the "
      "other "
      "keys are.{}",
      policies.size() > kMostLines
          ? fmt::format(" The first {} of {} policies have lines.", kMostLines, policies.size())
          : "");
  plot.take(drawing);
  return plot;
}

/// Two objectives against each other, and the front of the two.
Plot front_plot(const Sweep& sweep, const std::vector<std::size_t>& rows, const SweepObjective& x,
                const SweepObjective& y, const std::string& id) {
  Plot plot;
  plot.name = fmt::format("sweep-{}-{}-{}", id, x.column, y.column);
  plot.title = fmt::format("{} against {}", y.title.substr(0, y.title.find(',')),
                           x.title.substr(0, x.title.find(',')));
  std::vector<std::string> columns = {"policy"};
  for (const SweepAxis& axis : sweep.request.axes) columns.push_back(axis.name);
  columns.insert(columns.end(), {x.column, y.column, "front"});
  plot.data = Csv(columns);
  std::vector<std::size_t> front = sweep_front(sweep.points, rows, {x, y});
  std::sort(front.begin(), front.end(), [&](std::size_t a, std::size_t b) {
    return value_of(sweep, a, x) < value_of(sweep, b, x);
  });
  for (const std::size_t row : rows) {
    std::vector<std::string> cells = {sweep.points.text(row, "policy")};
    for (const SweepAxis& axis : sweep.request.axes)
      cells.push_back(sweep.points.text(row, axis.name));
    const bool on_it = std::find(front.begin(), front.end(), row) != front.end();
    cells.insert(cells.end(), {number(value_of(sweep, row, x)), number(value_of(sweep, row, y)),
                               on_it ? "1" : "0"});
    plot.data.add(std::move(cells));
    plot.mark(value_of(sweep, row, x), value_of(sweep, row, y));
  }
  Drawing drawing(x.title, y.title);
  const auto policies = by_policy(sweep, rows);
  for (std::size_t p = 0; p < policies.size(); ++p) {
    Rows points;
    for (const std::size_t row : policies[p].second)
      points.push_back({value_of(sweep, row, x), value_of(sweep, row, y)});
    const bool named = p < kMostLines;
    drawing.add(points,
                named ? fmt::format("using 1:2 with points {} ps 0.8", Style(p).marker())
                      : std::string("using 1:2 with points pt 7 ps 0.4 lc rgb '#b4b4b4'"),
                named ? policies[p].first : "");
  }
  Rows steps;
  for (const std::size_t row : front)
    steps.push_back({value_of(sweep, row, x), value_of(sweep, row, y)});
  // A cost gets no lower before the next point of the front, an accuracy no higher.
  drawing.add(steps, "using 1:2 with steps lc rgb 'black' lw 1.5", "front");
  drawing.command("set key tmargin center horizontal Left reverse samplen 1.5");
  plot.caption = fmt::format(
      "{} and to the left is better; the steps join the points that no other one beats in both.",
      y.more ? "Up" : "Down");
  plot.height = 380;
  plot.take(drawing);
  return plot;
}

void add_network(Page& page, const Sweep& sweep, const std::string& network,
                 const std::string& id) {
  const std::vector<std::size_t> rows = sweep_rows(sweep, network);
  page.heading(network);
  if (rows.empty()) {
    page.paragraph("No point of it is done.");
    return;
  }
  std::vector<SweepObjective> objectives = sweep_objectives(sweep);
  std::vector<Plot> plots;
  for (std::size_t a = 0; a < objectives.size(); ++a) {
    for (std::size_t b = a + 1; b < objectives.size(); ++b)
      plots.push_back(front_plot(sweep, rows, objectives[a], objectives[b], id));
  }
  page.plots(std::move(plots));
  objectives.push_back({"power_rated_mw", "rated power, W", 1e-3});
  for (const SweepAxis& axis : sweep.request.axes) {
    if (places_of(sweep, rows, axis.name).values.size() < 2) continue;
    std::vector<Plot> of_axis;
    for (const SweepObjective& objective : objectives)
      of_axis.push_back(over_axis(sweep, rows, axis.name, objective, id));
    page.plots(std::move(of_axis));
  }
}

}  // namespace

void add_sweeps(Page& page, const PageContents& contents) {
  std::size_t number = 0;
  for (const Sweep& sweep : contents.sweeps) {
    ++number;
    page.section(fmt::format("sweep-{}", number), "Sweep of hardware values");
    std::vector<std::string> axes;
    for (const SweepAxis& axis : sweep.request.axes) axes.push_back(axis.name);
    std::size_t done = 0;
    for (const std::string& network : sweep.networks()) done += sweep_rows(sweep, network).size();
    page.paragraph(fmt::format(
        "{}: {} points, of which {} are done; varied: {}.", sweep.folder, sweep.points.size(), done,
        axes.empty() ? "policies and networks alone" : fmt::format("{}", fmt::join(axes, ", "))));
    for (const std::string& network : sweep.networks())
      add_network(page, sweep, network, fmt::format("{}-{}", number, network));
    const std::string suffix = contents.sweeps.size() == 1 ? "" : fmt::format("-{}", number);
    for (Table table :
         {sweep_front_table(sweep), sweep_axis_table(sweep), sweep_refused_table(sweep)}) {
      if (table.name == "sweep-refused" && table.rows.empty()) continue;
      table.name += suffix;
      page.table(table, table.name.rfind("sweep-front", 0) != 0);
    }
  }
}

}  // namespace kirchhoff::report::html
