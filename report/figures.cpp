#include "report/figures.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "quant/network/networks.h"
#include "quant/network/policy.h"
#include "report/search_scores.h"
#include "report/statistics.h"

namespace kirchhoff::report {
namespace {

std::string text(std::optional<double> value) { return value ? fmt::format("{}", *value) : ""; }

/// Columns of episodes.csv whose mean over the seeds makes a curve.
constexpr const char* kCurves[] = {"accuracy_pct",      "cost_ratio",      "latency_ratio",
                                   "energy_ratio",      "power_ratio",     "reward",
                                   "best_accuracy_pct", "best_cost_ratio", "feasible"};

struct Curves {
  std::size_t seeds = 0;
  std::map<std::string, std::vector<double>> values;
};

}  // namespace

FigureData episode_figure(const std::vector<Study>& studies) {
  std::vector<std::string> columns = {"network", "dataset", "th", "method", "episode", "seeds"};
  for (const char* curve : kCurves) {
    columns.emplace_back(fmt::format("{}_n", curve));
    columns.emplace_back(curve);
    columns.emplace_back(fmt::format("{}_se", curve));
  }
  FigureData figure{"fig6_7_8", Csv(columns)};
  for (const Study& study : studies) {
    const Csv& episodes = study.episodes;
    std::map<PlannedRun, std::map<long long, Curves>> groups;
    for (std::size_t row = 0; row < episodes.size(); ++row) {
      const PlannedRun group{episodes.text(row, "method"), episodes.number(row, "th").value_or(0.0),
                             0};
      const auto episode = static_cast<long long>(episodes.number(row, "episode").value_or(0.0));
      Curves& curves = groups[group][episode];
      ++curves.seeds;
      for (const char* curve : kCurves) {
        if (const auto value = episodes.number(row, curve)) curves.values[curve].push_back(*value);
      }
    }
    for (const auto& [group, by_episode] : groups) {
      for (const auto& [episode, curves] : by_episode) {
        std::vector<std::string> cells = {study.label,
                                          study.dataset,
                                          fmt::format("{}", group.th),
                                          group.method,
                                          fmt::format("{}", episode),
                                          fmt::format("{}", curves.seeds)};
        for (const char* curve : kCurves) {
          const auto values = curves.values.find(curve);
          const Mean mean = values == curves.values.end() ? Mean{} : mean_of(values->second);
          cells.push_back(fmt::format("{}", mean.count));
          cells.push_back(mean.count > 0 ? fmt::format("{}", mean.value) : "");
          cells.push_back(text(mean.error));
        }
        figure.csv.add(std::move(cells));
      }
    }
  }
  return figure;
}

FigureData bits_figure(const std::vector<BestPolicy>& best) {
  FigureData figure{"fig9", Csv({"network", "dataset", "th", "method", "seed", "layer", "name",
                                 "weight_bits", "activation_bits", "mean_weight_bits"})};
  for (const BestPolicy& one : best) {
    const Study& study = *one.group->study;
    const Answer& answer = one.group->best();
    try {
      const quant::Network network = quant::find_network(study.network_given);
      const auto policy = quant::policy_from_text(answer.answer_text("policy"), network);
      for (const quant::LayerId l : network.layers.ids()) {
        figure.csv.add({study.label, study.dataset, fmt::format("{}", one.group->th),
                        one.group->method, answer.text("seed"), fmt::format("{}", index(l) + 1),
                        network.layers[l].name, fmt::format("{}", policy.layers[l].weight),
                        fmt::format("{}", policy.layers[l].activation),
                        fmt::format("{}", policy.mean_weight_bits())});
      }
    } catch (const InputError&) {
      // Without the network's description there are no layers to name; table 8 says so.
    }
  }
  return figure;
}

FigureData layer_figure(const std::vector<BestPolicy>& best) {
  FigureData figure{
      "fig10", Csv({"network", "dataset", "th", "method", "seed", "layer", "name", "weight_bits",
                    "activation_bits", "latency_ns", "energy_pj", "power_mw"})};
  for (const BestPolicy& one : best) {
    const Study& study = *one.group->study;
    for (const quant::LayerId l : one.simulated.layers.ids()) {
      const SimulatedLayer& layer = one.simulated.layers[l];
      figure.csv.add({study.label, study.dataset, fmt::format("{}", one.group->th),
                      one.group->method, one.group->best().text("seed"),
                      fmt::format("{}", index(l) + 1), layer.name,
                      fmt::format("{}", layer.weight_bits),
                      fmt::format("{}", layer.activation_bits), fmt::format("{}", layer.latency_ns),
                      fmt::format("{}", layer.energy_pj), fmt::format("{}", layer.power_mw)});
    }
  }
  return figure;
}

FigureData front_figure(const std::vector<Study>& studies) {
  FigureData figure{"fronts", Csv({"network", "dataset", "th", "method", "seed", "episode",
                                   "cost_ratio", "accuracy_pct", "policy"})};
  for (const Study& study : studies) {
    const Csv& e = study.episodes;
    std::map<PlannedRun, std::vector<std::size_t>> runs;
    std::set<std::pair<PlannedRun, std::string>> policies;
    for (const SearchScore& score : search_scores(study)) {
      // What is of fewer images competes with none that is of all.
      if (score.dropped) continue;
      if (policies.insert({score.run, e.text(score.row, "policy")}).second)
        runs[score.run].push_back(score.row);
    }
    for (auto& [run, rows] : runs) {
      const auto cost = [&](std::size_t row) { return *e.number(row, "cost_ratio"); };
      std::stable_sort(rows.begin(), rows.end(),
                       [&](std::size_t a, std::size_t b) { return cost(a) < cost(b); });
      std::vector<Offer> offers;
      for (const std::size_t row : rows)
        offers.push_back({*e.number(row, "accuracy_pct"), cost(row)});
      const std::vector<bool> on_front = pareto_front(offers);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!on_front[i]) continue;
        figure.csv.add({study.label, study.dataset, fmt::format("{}", run.th), run.method,
                        fmt::format("{}", run.seed), e.text(rows[i], "episode"),
                        e.text(rows[i], "cost_ratio"), e.text(rows[i], "accuracy_pct"),
                        e.text(rows[i], "policy")});
      }
    }
  }
  return figure;
}

FigureData wall_figure(const std::vector<Study>& studies) {
  FigureData figure{"fig11", Csv({"network", "dataset", "th", "method", "seed", "episode",
                                  "decrements", "chosen_cost_ratio", "cost_ratio"})};
  for (const Study& study : studies) {
    const Csv& e = study.episodes;
    for (std::size_t row = 0; row < e.size(); ++row) {
      if (e.text(row, "chosen_policy").empty()) continue;
      figure.csv.add({study.label, study.dataset, e.text(row, "th"), e.text(row, "method"),
                      e.text(row, "seed"), e.text(row, "episode"), e.text(row, "decrements"),
                      e.text(row, "chosen_cost_ratio"), e.text(row, "cost_ratio")});
    }
  }
  return figure;
}

}  // namespace kirchhoff::report
