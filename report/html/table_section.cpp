#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "report/html/sections.h"
#include "report/html/text.h"

namespace kirchhoff::report::html {
namespace {

/// What a layer adds to the chip's normalised cost, in percent of W8A8's.
double share_pct(const Staircase& one, const sim::CostTotals& reference,
                 const sim::CostTableEntry& entry) {
  const auto ratio = [](double part, double whole) { return whole > 0.0 ? part / whole : 0.0; };
  return 100.0 * (one.alpha * ratio(entry.latency_ns, reference.latency_ns) +
                  one.beta * ratio(entry.energy_pj, reference.energy_pj) +
                  one.gamma * ratio(entry.power_rated_mw, reference.power_rated_mw));
}

sim::CostTotals reference_of(const sim::CostTable& table) {
  sim::CostTotals totals;
  for (const quant::LayerId l : table.names.ids()) {
    const sim::CostTableEntry* const entry = table.find(l, table.reference_bits(l));
    if (entry == nullptr) continue;
    totals.latency_ns += entry->latency_ns;
    totals.energy_pj += entry->energy_pj;
    totals.power_rated_mw += entry->power_rated_mw;
  }
  return totals;
}

/// One layer: cost over the weight bits, a staircase per number of activation bits.
Plot staircase_plot(const Staircase& one, const sim::CostTotals& reference, quant::LayerId layer,
                    const std::string& id) {
  constexpr int kLeastBits = 1, kMostBits = 16;
  const std::string& name = one.table.names[layer];
  Plot plot;
  plot.name = fmt::format("staircase-{}-{}", id, index(layer) + 1);
  plot.title = fmt::format("{}: cost of layer {}", name, index(layer) + 1);
  plot.caption =
      "Cost that the layer adds at each pair of bit widths, in percent of the whole chip at W8A8. "
      "A flat "
      "step is a bit that costs nothing; a wide gap between the stairs means activation bits "
      "matter.";
  plot.data = Csv({"layer", "name", "weight_bits", "activation_bits", "cost_pct"});
  Drawing drawing("weight bits", "cost, % of W8A8's chip");
  drawing.command("set xtics 1");
  int least = kMostBits, most = kLeastBits;
  std::size_t style = 0;
  for (int a = kMostBits; a >= kLeastBits; --a) {
    Rows steps;
    for (int w = kLeastBits; w <= kMostBits; ++w) {
      const sim::CostTableEntry* const entry = one.table.find(layer, {w, a});
      if (entry == nullptr) continue;
      const double cost = share_pct(one, reference, *entry);
      steps.push_back({static_cast<double>(w), cost});
      least = std::min(least, w);
      most = std::max(most, w);
      plot.data.add({std::to_string(index(layer) + 1), name, std::to_string(w), std::to_string(a),
                     number(cost)});
      if (a % 2 == 0) plot.mark(w, cost);
    }
    // Every other number of activation bits: the ones between lie between.
    if (steps.size() < 2 || a % 2 != 0) continue;
    const Style look(style++);
    drawing.add(steps, fmt::format("using 1:2 with histeps {}", look.line()));
    drawing.add(steps, fmt::format("using 1:2 with points {} ps 0.8", look.marker()),
                fmt::format("a = {}", a));
  }
  if (drawing.empty()) return plot;
  drawing.command(fmt::format("set xrange [{}:{}]", least - 0.6, most + 0.6));
  plot.height = 290;
  plot.take(drawing);
  return plot;
}

void add_staircases(Page& page, const std::vector<Staircase>& staircases) {
  for (std::size_t i = 0; i < staircases.size(); ++i) {
    const Staircase& one = staircases[i];
    const sim::CostTotals reference = reference_of(one.table);
    std::vector<Plot> plots;
    for (const quant::LayerId layer : one.table.names.ids()) {
      Plot plot = staircase_plot(one, reference, layer, fmt::format("{}-{}", one.network, i + 1));
      if (!plot.script.empty()) plots.push_back(std::move(plot));
    }
    page.heading(fmt::format("{}: cost against bits, layer by layer", one.network));
    page.plots(std::move(plots));
  }
}

/// The rows of one study.
Table task_of(Table table, const Study& study) {
  table.rows.erase(std::remove_if(table.rows.begin(), table.rows.end(),
                                  [&](const std::vector<Cell>& row) {
                                    return row[0].text != study.label ||
                                           row[1].text != study.dataset;
                                  }),
                   table.rows.end());
  return table;
}

}  // namespace

void add_tables(Page& page, const PageContents& contents) {
  if (contents.studies.empty() && contents.staircases.empty()) {
    page.missing(
        "Tables: they compare searches, so they need the folder of a kirchhoff search or compare.");
    return;
  }
  page.section("tables", "Comparison");
  for (const Study& study : contents.studies) {
    if (contents.studies.size() > 1) page.heading(study_name(study));
    const std::vector<Group> groups = groups_of_study(contents, study);
    std::vector<BestPolicy> best;
    std::copy_if(contents.best.begin(), contents.best.end(), std::back_inserter(best),
                 [&](const BestPolicy& one) { return one.group->study == &study; });
    std::vector<PresetFigures> presets;
    std::copy_if(contents.presets.begin(), contents.presets.end(), std::back_inserter(presets),
                 [&](const PresetFigures& one) { return one.study == &study; });
    const auto add = [&](Table table, bool fold = false) {
      page.table(own_table(contents, study, std::move(table)), fold);
    };
    add(cost_table(groups));
    add(loss_table(groups));
    add(task_of(contents.tasks, study));
    add(bits_table(groups));
    add(effort_table(groups));
    add(bias_table(groups));
    add(efficiency_table(best, presets));
    add(hypervolume_table({study}));
    add(pareto_table({study}), true);
    add(duel_table(groups), true);
  }
  add_staircases(page, contents.staircases);
}

}  // namespace kirchhoff::report::html
