#include "report/html/pareto_plot.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "agent/search_methods.h"
#include "report/html/text.h"
#include "report/planned_run.h"

namespace kirchhoff::report::html {
namespace {

struct Tried {
  double cost = 0.0, accuracy = 0.0;  ///< both in percent
  std::string policy;
};

/// Policies with an accuracy, each once, cheapest first.
std::vector<Tried> tried_policies(const Study& study) {
  std::vector<Tried> all;
  std::set<std::pair<std::string, double>> seen;
  const Csv& e = study.episodes;
  for (std::size_t row = 0; row < e.size(); ++row) {
    const auto cost = e.number(row, "cost_ratio"), accuracy = e.number(row, "accuracy_pct");
    if (!cost || !accuracy) continue;
    // Methods may have measured the same policy on different numbers of images.
    if (!seen.insert({e.text(row, "policy"), *accuracy}).second) continue;
    all.push_back({100.0 * *cost, *accuracy, e.text(row, "policy")});
  }
  std::sort(all.begin(), all.end(), [](const Tried& a, const Tried& b) {
    return std::tie(a.cost, b.accuracy, a.policy) < std::tie(b.cost, a.accuracy, b.policy);
  });
  return all;
}

std::vector<Tried> front_of(const std::vector<Tried>& cheapest_first) {
  std::vector<Tried> front;
  for (const Tried& one : cheapest_first) {
    if (front.empty() || one.accuracy > front.back().accuracy) front.push_back(one);
  }
  return front;
}

/// At most one point per cell of a grid that is finer than the markers.
Rows thinned(const std::vector<Tried>& all, double low_accuracy) {
  constexpr double kColumns = 110.0, kRows = 70.0;
  Rows rows;
  if (all.empty()) return rows;
  double high = low_accuracy;
  for (const Tried& one : all) high = std::max(high, one.accuracy);
  const double left = all.front().cost, across = std::max(all.back().cost - left, 1e-9);
  const double up = std::max(high - low_accuracy, 1e-9);
  std::set<std::pair<int, int>> taken;
  for (const Tried& one : all) {
    if (one.accuracy < low_accuracy) continue;
    const std::pair<int, int> cell{static_cast<int>(kColumns * (one.cost - left) / across),
                                   static_cast<int>(kRows * (one.accuracy - low_accuracy) / up)};
    if (taken.insert(cell).second) rows.push_back({one.cost, one.accuracy});
  }
  return rows;
}

}  // namespace

Plot pareto_plot(const PageContents& contents, const Study& study) {
  const std::vector<Tried> all = tried_policies(study);
  const std::vector<Tried> front = front_of(all);
  Plot plot;
  plot.name = "pareto-" + study_id(contents, study);
  plot.title = "Policies that were measured, and those that were chosen";
  plot.height = 430;
  plot.data = Csv({"kind", "method", "th", "seed", "policy", "cost_pct", "accuracy_pct"});
  Drawing drawing("cost, % of W8A8", "validation accuracy, %");

  std::vector<double> accuracies;
  for (const Tried& one : front) accuracies.push_back(one.accuracy);
  Rows line;
  for (const Tried& one : front) {
    line.push_back({one.cost, one.accuracy});
    plot.data.add({"front", "", "", "", one.policy, number(one.cost), number(one.accuracy)});
  }
  struct Chosen {
    std::string method;
    Rows rows;
  };
  std::vector<Chosen> chosen;
  for (const Group& group : contents.groups) {
    if (group.study != &study) continue;
    for (const Answer& answer : group.answers) {
      const auto cost = answer.answer("cost_ratio"), accuracy = answer.answer("accuracy_pct");
      if (!cost || !accuracy) continue;
      auto same = std::find_if(chosen.begin(), chosen.end(),
                               [&](const Chosen& one) { return one.method == group.method; });
      if (same == chosen.end()) same = chosen.insert(chosen.end(), {group.method, {}});
      same->rows.push_back({100.0 * *cost, *accuracy});
      accuracies.push_back(*accuracy);
      plot.data.add({"chosen", group.method, number(group.th), answer.text("seed"),
                     answer.answer_text("policy"), number(100.0 * *cost), number(*accuracy)});
    }
  }
  std::sort(chosen.begin(), chosen.end(), [](const Chosen& a, const Chosen& b) {
    return agent::search_method_place(a.method) < agent::search_method_place(b.method);
  });
  plot.caption =
      "Up and to the left is better. Small dots: policies tried by any method, whose accuracy was "
      "measured; steps: those that no other beats in both cost and accuracy. Large markers: what "
      "each search returned, one per seed and th.";
  if (accuracies.empty()) {
    plot.caption = "No policy within th was found, so no accuracy was measured.";
    accuracies.push_back(100.0);
  }
  // The tail of bad policies would press everything of interest against the upper edge.
  const auto [least, most] = std::minmax_element(accuracies.begin(), accuracies.end());
  const double span = std::max(0.5, *most - *least);
  const double low = *least - 0.35 * span, high = *most + 0.1 * span;
  const auto below =
      std::count_if(all.begin(), all.end(), [&](const Tried& one) { return one.accuracy < low; });
  if (below > 0) {
    plot.caption +=
        fmt::format(" {} of {} measured policies lie below the picture.", below, all.size());
  }
  drawing.command(fmt::format("set yrange [{}:{}]", number(low), number(high)));
  drawing.command("set offsets graph 0.03, graph 0.03, 0, 0");
  drawing.command(
      "set key tmargin center horizontal Left reverse samplen 1 spacing 1.0 width -1 font ',13'");
  const Rows cloud = thinned(all, low);
  if (!cloud.empty()) {
    drawing.add(cloud, "using 1:2 with points pt 7 ps 0.28 lc rgb '#767676'", "measured");
  }
  if (!line.empty())
    drawing.add(line, "using 1:2 with fsteps lc rgb 'black' lw 1.5", "Pareto front");
  for (const Chosen& one : chosen) {
    drawing.add(one.rows,
                fmt::format("using 1:2 with points {} ps 1.1",
                            Style(agent::search_method_place(one.method)).marker()),
                one.method);
  }
  if (drawing.empty())
    drawing.add({{100.0, 100.0}}, "using 1:2 with points pt 1 lc rgb 'black'", "W8A8");
  plot.script = drawing.script();
  return plot;
}

}  // namespace kirchhoff::report::html
