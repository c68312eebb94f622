#include "report/html/diff.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/job_runner.h"
#include "base/printable.h"
#include "base/quote.h"
#include "base/stop_request.h"
#include "base/temporary_folder.h"
#include "report/html/floorplan.h"
#include "report/html/gnuplot.h"
#include "report/html/measured.h"
#include "report/html/panels.h"
#include "report/html/sections.h"
#include "report/html/text.h"
#include "report/tables_json.h"

namespace kirchhoff::report::html {
namespace {

/// One of the two.
struct Side {
  std::string name;                  ///< as it was given
  std::string found_by;              ///< "ppo at th 0.8, seed 1"; empty for a report
  std::optional<double> test, loss;  ///< accuracy in percent; points lost on validation
  ChipReport chip;
};

/// The policy that stands for a folder, on its chip.
void take_answer(const std::string& folder, Side& side) {
  const std::vector<Study> studies = load_studies({folder});
  const std::vector<Group> groups = groups_of(studies);
  const Study& study = studies.front();
  const Group* const group = shown_group(groups, study);
  if (group == nullptr) {
    throw InputError(fmt::format("{}: no search there has found a policy", shown_path(folder)));
  }
  if (study.priced_by_table()) {
    throw InputError(fmt::format("{}: its costs come from a table, of a chip that is not known",
                                 shown_path(folder)));
  }
  const Answer& answer = group->best();
  side.found_by =
      fmt::format("{} at th {}, seed {}", group->method, group->th, answer.text("seed"));
  side.test = answer.number("test_answer_pct");
  side.loss = answer.validation_loss();
  const TemporaryFolder scratch;
  const std::string json = scratch.file("chip.json");
  Job job{{"simulate", "--timing-only", "--network=" + study.network_given,
           "--policy=" + answer.answer_text("policy"), "--json=" + json},
          scratch.file("log")};
  for (const auto& words : {hardware_words(study), quantizer_words(study)})
    job.arguments.insert(job.arguments.end(), words.begin(), words.end());
  int result = 0;
  JobCallbacks callbacks;
  callbacks.finished = [&](std::size_t, int status) { result = status; };
  LocalProcesses(1).run({job}, callbacks);
  if (stop_requested()) throw RunError("stopped before the report was complete");
  if (result != 0) throw RunError(fmt::format("{}: {}", shown_path(folder), error_in_log(job.log)));
  side.chip = load_chip_report(json, folder);
}

Side side_of(const std::string& argument) {
  Side side;
  side.name = argument;
  if (std::filesystem::is_regular_file(argument)) {
    side.chip = load_chip_report(argument, argument);
  } else {
    take_answer(argument, side);
  }
  return side;
}

/// Of the second against the first, in percent.
Cell change(double first, double second) {
  return fixed(first > 0.0 ? std::optional<double>(100.0 * (second / first - 1.0)) : std::nullopt,
               1);
}

Cell shown(double value) { return significant(mean_of({value}), 4); }

Table totals_table(const Side& a, const Side& b) {
  Table table{"diff", "What the two policies cost", {"", a.name, b.name, "change"}, {}, {}};
  table.rows.push_back({"policy", a.chip.policy, b.chip.policy, ""});
  if (!a.found_by.empty() || !b.found_by.empty())
    table.rows.push_back({"found by", a.found_by, b.found_by, ""});
  const auto points = [&](const char* what, std::optional<double> one,
                          std::optional<double> other) {
    if (!one && !other) return;
    const auto more = one && other ? std::optional<double>(*other - *one) : std::nullopt;
    table.rows.push_back({what, fixed(one, 2), fixed(other, 2), fixed(more, 2)});
  };
  points("test accuracy, %", a.test, b.test);
  points("validation loss, points", a.loss, b.loss);
  points("cost, % of W8A8", 100.0 * a.chip.cost, 100.0 * b.chip.cost);
  const auto amount = [&](const char* what, double one, double other) {
    Cell more = change(one, other);
    if (more.value) more.text += " %";
    table.rows.push_back({what, shown(one), shown(other), more});
  };
  const sim::CostReport &one = a.chip.report, &other = b.chip.report;
  amount("latency, µs", one.latency_ns / 1e3, other.latency_ns / 1e3);
  amount("energy, µJ", one.energy_pj() / 1e6, other.energy_pj() / 1e6);
  amount("rated power, mW", one.power_rated_mw(), other.power_rated_mw());
  amount("area, mm²", one.area_um2() / 1e6, other.area_um2() / 1e6);
  table.rows.push_back({"crossbars", whole(one.crossbars()), whole(other.crossbars()),
                        change(one.crossbars(), other.crossbars())});
  if (table.rows.back().back().value) table.rows.back().back().text += " %";
  table.notes.emplace_back("Change: from the first to the second.");
  return table;
}

/// A number per layer, as it is shown.
struct PerLayer {
  const char* name;
  double (*value)(const sim::LayerReport& layer);
};

constexpr PerLayer kBits[] = {
    {"weight bits", [](const sim::LayerReport& l) { return 1.0 * l.weight_bits; }},
    {"activation bits", [](const sim::LayerReport& l) { return 1.0 * l.activation_bits; }}};
constexpr PerLayer kCosts[] = {
    {"latency, µs", [](const sim::LayerReport& l) { return l.latency_ns / 1e3; }},
    {"energy, nJ", [](const sim::LayerReport& l) { return l.energy_pj() / 1e3; }},
    {"rated power, mW", [](const sim::LayerReport& l) { return l.power_rated_mw(); }}};

Table layers_table(const Side& a, const Side& b) {
  Table table{"diff-layers", "Bits and costs of each layer, first and second", {"layer"}, {}, {}};
  const auto add_columns = [&](const PerLayer& one, bool with_change) {
    for (const char* which : {"first", "second", "change %"}) {
      if (!with_change && which[0] == 'c') continue;
      table.columns.push_back(fmt::format("{}: {}", one.name, which));
    }
  };
  for (const PerLayer& one : kBits) add_columns(one, false);
  for (const PerLayer& one : kCosts) add_columns(one, true);
  for (const quant::LayerId l : a.chip.report.layers.ids()) {
    const sim::LayerReport &one = a.chip.report.layers[l], &other = b.chip.report.layers[l];
    std::vector<Cell> row = {one.name};
    for (const PerLayer& bits : kBits)
      row.insert(row.end(), {whole(bits.value(one)), whole(bits.value(other))});
    for (const PerLayer& cost : kCosts) {
      const double first = cost.value(one), second = cost.value(other);
      row.insert(row.end(), {shown(first), shown(second), change(first, second)});
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table keys_table(const Side& a, const Side& b) {
  Table table{
      "diff-chips", "Chips: keys with different values", {"key", "first", "second"}, {}, {}};
  for (const hw::ConfigEntry& one : a.chip.entries) {
    for (const hw::ConfigEntry& other : b.chip.entries) {
      if (one.key == other.key && one.value != other.value)
        table.rows.push_back({one.key, one.value, other.value});
    }
  }
  if (table.rows.empty()) table.notes.emplace_back("The two chips are the same.");
  return table;
}

Plot layers_plot(const Side& a, const Side& b, const PerLayer& quantity,
                 std::size_t number_of_plot) {
  Plot plot;
  plot.name = fmt::format("diff-{}", number_of_plot);
  plot.title = fmt::format("Each layer's {}", quantity.name);
  plot.caption = "A panel for each of the two; the grey marks are where the other one is.";
  plot.data = Csv({"which", "layer", "name", quantity.name});
  std::vector<Series> series;
  std::vector<std::string> names;
  double most = 0.0;
  for (const Side* side : {&a, &b}) {
    Series one{side == &a ? "first" : "second", series.size(), {}, {}, side->name, {}};
    names.clear();
    for (const sim::LayerReport& layer : side->chip.report.layers) {
      names.push_back(layer.name);
      const double value = quantity.value(layer);
      most = std::max(most, value);
      one.rows.push_back({static_cast<double>(names.size()), value});
      one.data_rows.push_back(plot.data.size());
      plot.data.add({one.name, std::to_string(names.size()), layer.name, number(value)});
    }
    series.push_back(std::move(one));
  }
  SharedAxes axes;
  axes.marks = Marks::kStems;
  axes.x = named_axis("the layers", names);
  axes.y = linear_axis(quantity.name, 0.0, 1.08 * most, 4);
  add_panels(plot, axes, series);
  return plot;
}

std::string page_of(const Side& a, const Side& b, const std::vector<std::string>& two,
                    const UsualSettings& usual) {
  Page page(fmt::format("Kirchhoff: {} beside {}", a.name, b.name));
  page.section("verdict", "Verdict");
  page.table(totals_table(a, b));
  page.section("policies", "Policies");
  page.heading("Layer by layer");
  std::vector<Plot> plots;
  for (const PerLayer& one : kBits) plots.push_back(layers_plot(a, b, one, plots.size() + 1));
  for (const PerLayer& one : kCosts) plots.push_back(layers_plot(a, b, one, plots.size() + 1));
  page.plots(std::move(plots));
  page.table(layers_table(a, b));
  page.section("hardware", "Hardware");
  page.table(keys_table(a, b));
  // What belongs together stands beside each other.
  std::vector<Plot> first = floorplans(a.chip, "first"), second = floorplans(b.chip, "second");
  first.push_back(link_map(a.chip, "first"));
  second.push_back(link_map(b.chip, "second"));
  std::vector<Plot> chips;
  for (std::size_t i = 0; i < first.size(); ++i) {
    for (const auto& [own, side] : {std::pair(&first[i], &a), {&second[i], &b}}) {
      own->title += ": " + side->name;
      if (!own->empty()) chips.push_back(std::move(*own));
    }
  }
  page.plots(std::move(chips));
  PageContents contents;
  contents.usual_settings = usual;
  for (const std::string& argument : two) {
    if (!std::filesystem::is_regular_file(argument)) contents.folders.push_back(argument);
  }
  for (const Side* side : {&a, &b}) {
    if (side->found_by.empty()) contents.chips.push_back(side->chip);
  }
  contents.given_chips = contents.chips.size();
  add_runs(page, contents);
  return page.render();
}

}  // namespace

void write_diff(const std::vector<std::string>& two, const UsualSettings& usual,
                const std::string& page, const std::string& json) {
  if (two.size() != 2) {
    throw InputError(fmt::format("--diff: {} given: must be two folders or reports", two.size()));
  }
  if (!page.empty()) require_gnuplot();
  const Side a = side_of(two[0]), b = side_of(two[1]);
  if (a.chip.network != b.chip.network ||
      a.chip.report.layers.size() != b.chip.report.layers.size()) {
    throw InputError(fmt::format("--diff: {} is of {}, {} of {}: must be of the same network",
                                 shown_path(two[0]), quote(a.chip.network), shown_path(two[1]),
                                 quote(b.chip.network)));
  }
  const std::vector<Table> tables = {totals_table(a, b), layers_table(a, b), keys_table(a, b)};
  if (!json.empty()) write_file_atomically(json, tables_json(tables));
  if (!page.empty()) {
    write_file_atomically(page, page_of(a, b, two, usual));
    fmt::print("Page: {}\n", page);
    return;
  }
  for (const Table& table : tables) std::fputs(printable(table.markdown()).c_str(), stdout);
}

}  // namespace kirchhoff::report::html
