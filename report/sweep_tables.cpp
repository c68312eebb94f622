#include "report/sweep_tables.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/printable.h"
#include "report/table_files.h"
#include "report/tables_json.h"

namespace kirchhoff::report {
namespace {

Cell shown(std::optional<double> value) {
  return value ? significant(mean_of({*value}), 4) : Cell("–");
}

std::vector<std::string> objective_titles(const std::vector<SweepObjective>& objectives) {
  std::vector<std::string> titles;
  for (const SweepObjective& objective : objectives) titles.push_back(objective.title);
  return titles;
}

std::optional<double> value_of(const Sweep& sweep, std::size_t row, const SweepObjective& o) {
  const auto value = sweep.points.number(row, o.column);
  return value ? std::optional<double>(*value * o.scale) : std::nullopt;
}

}  // namespace

Table sweep_front_table(const Sweep& sweep) {
  const std::vector<SweepObjective> objectives = sweep_objectives(sweep);
  Table table{"sweep-front", "Points that no other one beats", {"network", "policy"}, {}, {}};
  for (const SweepAxis& axis : sweep.request.axes) table.columns.push_back(axis.name);
  for (const std::string& title : objective_titles(objectives)) table.columns.push_back(title);
  table.columns.emplace_back("rated power, W");
  for (const std::string& network : sweep.networks()) {
    std::vector<std::size_t> rows =
        sweep_front(sweep.points, sweep_rows(sweep, network), objectives);
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      return value_of(sweep, a, objectives.front()) < value_of(sweep, b, objectives.front());
    });
    for (const std::size_t row : rows) {
      std::vector<Cell> cells = {sweep.points.text(row, "network"),
                                 sweep.points.text(row, "policy")};
      for (const SweepAxis& axis : sweep.request.axes)
        cells.emplace_back(sweep.points.text(row, axis.name));
      for (const SweepObjective& objective : objectives)
        cells.push_back(shown(value_of(sweep, row, objective)));
      cells.push_back(shown(value_of(sweep, row, {"power_rated_mw", "", 1e-3})));
      table.rows.push_back(std::move(cells));
    }
  }
  table.notes = {table.rows.empty()
                     ? "No point is done."
                     : "Each is better in something than every other point of its network."};
  return table;
}

Table sweep_axis_table(const Sweep& sweep) {
  const std::vector<SweepObjective> objectives = sweep_objectives(sweep);
  Table table{"sweep-axes",
              "The best of every value",
              {"network", "key", "value", "points"},
              {},
              {"Each column by itself: the best in it of all points with that value."}};
  for (const std::string& title : objective_titles(objectives)) table.columns.push_back(title);
  std::vector<std::string> axes = {"policy"};
  for (const SweepAxis& axis : sweep.request.axes) axes.push_back(axis.name);
  for (const std::string& network : sweep.networks()) {
    for (const std::string& axis : axes) {
      std::vector<std::pair<std::string, std::vector<std::size_t>>> values;
      for (const std::size_t row : sweep_rows(sweep, network)) {
        const std::string& value = sweep.points.text(row, axis);
        auto known = std::find_if(values.begin(), values.end(),
                                  [&](const auto& one) { return one.first == value; });
        if (known == values.end()) known = values.insert(values.end(), {value, {}});
        known->second.push_back(row);
      }
      for (const auto& [value, rows] : values) {
        std::vector<Cell> cells = {network, axis, value, whole(static_cast<double>(rows.size()))};
        for (const SweepObjective& objective : objectives) {
          std::optional<double> best;
          for (const std::size_t row : rows) {
            const auto one = value_of(sweep, row, objective);
            if (one && (!best || (objective.more ? *one > *best : *one < *best))) best = one;
          }
          cells.push_back(shown(best));
        }
        table.rows.push_back(std::move(cells));
      }
    }
  }
  return table;
}

Table sweep_refused_table(const Sweep& sweep) {
  Table table{
      "sweep-refused", "Points without a result", {"status", "points", "first", "reason"}, {}, {}};
  std::vector<std::pair<std::string, std::string>> reasons;
  std::map<std::pair<std::string, std::string>, std::pair<std::size_t, std::string>> of_reason;
  for (std::size_t row = 0; row < sweep.points.size(); ++row) {
    const std::string& status = sweep.points.text(row, "status");
    if (status == "done") continue;
    const std::pair<std::string, std::string> key{status, sweep.points.text(row, "reason")};
    auto& [count, first] = of_reason[key];
    if (count++ > 0) continue;
    reasons.push_back(key);
    first =
        fmt::format("{} {}", sweep.points.text(row, "network"), sweep.points.text(row, "policy"));
    for (const SweepAxis& axis : sweep.request.axes)
      first += fmt::format(" {}={}", axis.name, sweep.points.text(row, axis.name));
  }
  for (const auto& key : reasons) {
    const auto& [count, first] = of_reason[key];
    table.rows.push_back({key.first, whole(static_cast<double>(count)), first,
                          key.second.empty() ? Cell("–") : Cell(key.second)});
  }
  if (table.rows.empty()) table.notes = {"None."};
  return table;
}

void print_sweep(const Sweep& sweep, const std::string& out, const std::string& json) {
  const std::vector<Table> tables = {sweep_front_table(sweep), sweep_axis_table(sweep),
                                     sweep_refused_table(sweep)};
  if (!out.empty()) write_tables(out, tables);
  if (!json.empty()) write_file_atomically(json, tables_json(tables));
  for (const Table& table : tables) {
    if (table.name == "sweep-refused" && table.rows.empty()) continue;
    std::fputs(printable(table.markdown()).c_str(), stdout);
  }
  if (!out.empty()) fmt::print("Tables: {}\n", out);
}

}  // namespace kirchhoff::report
