#include "report/html/pareto_plot.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "agent/search_methods.h"
#include "report/html/axis.h"
#include "report/html/palette.h"
#include "report/html/panels.h"
#include "report/html/text.h"
#include "report/planned_run.h"
#include "report/search_scores.h"

namespace kirchhoff::report::html {
namespace {

/// A policy: cost in percent of W8A8's, accuracy lost in points.
struct Point {
  double cost = 0.0, loss = 0.0;
  bool dropped = false;      ///< the loss may be of a race's first images only
  std::size_t data_row = 0;  ///< of an answer: its row of Answers::data
};

/// Losses up to here are drawn as they are, larger ones ever more closely, so that the tenths of a
/// point between the answers and the tens of bad policies are in one picture.
constexpr double kLinear = 0.1;

double drawn(double loss) {
  return std::copysign(std::log10(1.0 + std::abs(loss) / kLinear), loss);
}

Axis loss_axis(double low, double high) {
  const double room = 0.05 * (drawn(high) - drawn(low)) + 0.02;
  Axis axis{"accuracy lost against W8A8, points", drawn(low) - room, drawn(high) + room, {}};
  for (const double tic : {-30.0, -10.0, -3.0, -1.0, -0.3, 0.0, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0}) {
    if (drawn(tic) >= axis.low && drawn(tic) <= axis.high)
      axis.tics.push_back({drawn(tic), fmt::format("{:g}", tic)});
  }
  // A narrow picture has finer ones.
  if (axis.tics.size() < 3) {
    for (const double tic : {-0.2, -0.1, -0.05, 0.05, 0.1, 0.2, 0.5}) {
      if (drawn(tic) >= axis.low && drawn(tic) <= axis.high)
        axis.tics.push_back({drawn(tic), fmt::format("{:g}", tic)});
    }
  }
  return axis;
}

std::string tics(const Axis& axis) {
  std::string text;
  for (const Tic& tic : axis.tics)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", quoted(tic.name), number(tic.at));
  return "(" + text + ")";
}

/// What searches measured, each once, with the loss on the images that they looked at.
std::vector<Point> measured(const Study& study) {
  std::vector<Point> all;
  std::set<std::pair<std::string, double>> seen;
  for (const SearchScore& score : search_scores(study)) {
    if (!seen.insert({study.episodes.text(score.row, "policy"), score.loss_points}).second)
      continue;
    all.push_back({100.0 * score.cost_ratio, score.loss_points, score.dropped});
  }
  return all;
}

/// Those that were dropped or those that were not, at most one per cell of a grid that is finer
/// than the markers.
Rows thinned(const std::vector<Point>& all, bool dropped, const Axis& x, const Axis& y) {
  constexpr double kColumns = 110.0, kRows = 80.0;
  Rows rows;
  std::set<std::pair<int, int>> taken;
  for (const Point& one : all) {
    const double at = drawn(one.loss);
    if (one.dropped != dropped || at < y.low || at > y.high || one.cost < x.low ||
        one.cost > x.high)
      continue;
    const std::pair<int, int> cell{
        static_cast<int>(kColumns * (one.cost - x.low) / (x.high - x.low)),
        static_cast<int>(kRows * (at - y.low) / (y.high - y.low))};
    if (taken.insert(cell).second) rows.push_back({one.cost, at});
  }
  return rows;
}

struct Answers {
  std::vector<Point> all;
  std::map<PlannedRun, std::vector<Point>> by_method;  ///< in the order of methods
  std::set<double> thresholds;
  bool whole_split = false;  ///< their losses are of it
  Csv data{{"kind", "method", "th", "seed", "policy", "cost_pct", "loss_points"}};
};

Answers answers_of(const PageContents& contents, const Study& study) {
  Answers answers;
  for (const Group& group : contents.groups) {
    if (group.study != &study) continue;
    answers.thresholds.insert(group.th);
    std::vector<Point>& own = answers.by_method[{group.method, 0.0, 0}];
    for (const Answer& answer : group.answers) {
      const auto cost = answer.answer("cost_ratio"), loss = answer.validation_loss();
      if (!cost || !loss) continue;
      own.push_back({100.0 * *cost, *loss, false, answers.data.size()});
      answers.all.push_back(own.back());
      answers.whole_split = answers.whole_split || answer.number("final_w8a8_accuracy_pct");
      answers.data.add({"answer", group.method, number(group.th), answer.text("seed"),
                        answer.answer_text("policy"), number(100.0 * *cost), number(*loss)});
    }
  }
  return answers;
}

/// Cheapest first; each loses less than all before it.
std::vector<Point> front_of(std::vector<Point> points) {
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    return std::pair(a.cost, a.loss) < std::pair(b.cost, b.loss);
  });
  std::vector<Point> front;
  for (const Point& one : points) {
    if (front.empty() || one.loss < front.back().loss) front.push_back(one);
  }
  return front;
}

Rows rows_of(const std::vector<Point>& points) {
  Rows rows;
  for (const Point& one : points) rows.push_back({one.cost, drawn(one.loss)});
  return rows;
}

Plot overview(const Study& study, Answers& answers, const std::vector<Point>& front) {
  Plot plot;
  plot.title = "Accuracy lost against cost: what searches returned and what they measured";
  plot.height = 430;
  const std::vector<Point> all = measured(study);
  std::vector<double> losses = {0.0};
  for (const Point& one : all) losses.push_back(one.loss);
  auto [low, high] = core_of(losses);
  double least = 100.0;
  for (const Point& one : all) least = std::min(least, one.cost);
  for (const Point& one : answers.all) {
    low = std::min(low, one.loss);
    high = std::max(high, one.loss);
    least = std::min(least, one.cost);
  }
  const Axis x = linear_axis("cost, % of W8A8", least - 0.03 * (100.0 - least) - 0.1, 101.0, 6);
  const Axis y = loss_axis(low, high);
  plot.caption = fmt::format(
      "Up and to the left is better. Circles: what each search returned{}; steps: the answers that "
      "no "
      "other beats in both. Pale dots: all policies that were measured, with the loss on the "
      "images "
      "that the search looked at, where the best of many scores are lucky ones. Dashed: W8A8, and "
      "th. The axis is linear up to {} points and logarithmic beyond.",
      answers.whole_split ? ", measured on the whole validation split" : "", kLinear);
  const auto outside = std::count_if(all.begin(), all.end(), [&](const Point& one) {
    return drawn(one.loss) < y.low || drawn(one.loss) > y.high;
  });
  if (outside > 0) plot.caption += fmt::format(" {} of {} dots lie outside.", outside, all.size());
  for (const Point& one : front)
    answers.data.add({"front", "", "", "", "", number(one.cost), number(one.loss)});
  Drawing drawing(x.title, y.title);
  drawing.command(fmt::format("set xrange [{}:{}]\nset yrange [{}:{}]", number(x.low),
                              number(x.high), number(y.high), number(y.low)));
  drawing.command("set ytics " + tics(y));
  drawing.command("set key tmargin center horizontal Left reverse samplen 1.5");
  for (const double th : answers.thresholds) {
    if (100.0 * th < x.low || 100.0 * th > x.high) continue;
    drawing.command(fmt::format(
        "set arrow from {0},graph 0 to {0},graph 1 nohead lc rgb '#767676' dt (4,4) lw 1",
        number(100.0 * th)));
  }
  const Rows cloud = thinned(all, false, x, y), first = thinned(all, true, x, y);
  if (!cloud.empty()) {
    drawing.add(cloud, fmt::format("using 1:2 with points pt 7 ps 0.25 lc rgb '{}'", kPaleDrawn),
                "measured");
  }
  if (!first.empty()) {
    drawing.add(first, fmt::format("using 1:2 with points pt 6 ps 0.5 lc rgb '{}'", kPaleDrawn),
                "dropped");
    const Race race = race_of(study);
    plot.caption += fmt::format(
        " Hollow: more than {:g} points lost, where a race drops a policy after the first {} "
        "images; the loss is of these then.",
        race.max_loss_points, race.first_images);
  }
  if (!answers.all.empty()) {
    drawing.add(rows_of(front), "using 1:2 with steps lc rgb 'black' lw 1.5",
                "front of the answers");
    drawing.add(rows_of(answers.all),
                fmt::format("using 1:2 with points pt 6 ps 0.8 lw 1.5 {}", Style(0).colour()),
                "answers");
  }
  drawing.level(0.0, "W8A8");
  if (answers.all.empty()) plot.caption += " No search has found a policy within th.";
  plot.take(drawing);
  plot.data = answers.data;
  for (const Point& one : answers.all)
    plot.marks.push_back({0, one.cost, drawn(one.loss), one.data_row});
  return plot;
}

Plot by_method(const Answers& answers, const std::vector<Point>& front) {
  Plot plot;
  plot.title = "What each method returned";
  plot.caption =
      "The answers of every method, one per seed and th, on those of all others in grey; steps: "
      "the "
      "front of all. Dashed: W8A8, and th.";
  std::vector<double> losses;
  double least = 100.0, most = 0.0;
  for (const Point& one : answers.all) {
    losses.push_back(one.loss);
    least = std::min(least, one.cost);
    most = std::max(most, one.cost);
  }
  const auto [low, high] = core_of(losses);
  const double room = 0.05 * (most - least) + 0.2;
  SharedAxes axes;
  axes.x = linear_axis("cost, % of W8A8", least - room, most + room, 4);
  axes.y = loss_axis(std::min(low, 0.0), high);
  axes.y_down = true;
  axes.marks = Marks::kPoints;
  axes.steps = rows_of(front);
  axes.guides.push_back({'y', 0.0});
  for (const double th : answers.thresholds) {
    if (100.0 * th >= axes.x.low && 100.0 * th <= axes.x.high)
      axes.guides.push_back({'x', 100.0 * th});
  }
  std::vector<Series> series;
  for (const auto& [key, points] : answers.by_method) {
    if (points.empty()) continue;
    series.push_back(
        {key.method, agent::search_method_place(key.method), rows_of(points), {}, "", {}});
    for (const Point& one : points) series.back().data_rows.push_back(one.data_row);
  }
  plot.data = answers.data;
  add_panels(plot, axes, series);
  return plot;
}

}  // namespace

std::vector<Plot> pareto_plots(const PageContents& contents, const Study& study) {
  Answers answers = answers_of(contents, study);
  const std::vector<Point> front = front_of(answers.all);
  std::vector<Plot> plots = {overview(study, answers, front)};
  plots.back().name = "pareto-" + study_id(contents, study);
  if (answers.all.empty()) return plots;
  plots.push_back(by_method(answers, front));
  plots.back().name = "answers-" + study_id(contents, study);
  return plots;
}

}  // namespace kirchhoff::report::html
