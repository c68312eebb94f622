#include "report/sweep.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "quant/network/networks.h"
#include "report/report_file.h"
#include "report/settings.h"

namespace kirchhoff::report {
namespace {

namespace fs = std::filesystem;
using OrderedJson = nlohmann::ordered_json;

constexpr const char* kNumbers[] = {"latency_ns",     "interval_ns",      "energy_pj",
                                    "power_rated_mw", "power_average_mw", "area_um2",
                                    "area_chip_um2",  "crossbars",        "pes",
                                    "tiles",          "accuracy_pct",     "loss_points"};

/// As it may stand in a file's name.
std::string file_part(const std::string& network) {
  std::string part = fs::path(network).stem().string();
  for (char& c : part) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.') c = '_';
  }
  return part.substr(0, 40);
}

void refuse_other_settings(const Settings& now, const Settings& earlier, const std::string& path) {
  for (const SettingDifference& d : differences(now, earlier)) {
    throw InputError(fmt::format(
        "{}: {} = {}: the sweep in this folder has {}; keys, values, policies and networks may be "
        "added to it, other settings need another folder",
        path, quote(d.key), quote(d.wanted), quote(d.had)));
  }
}

/// Cells of a point that is done, by column.
Settings results(const nlohmann::json& report) {
  Settings cells;
  const auto number = [&](const char* column, const char* key, double divisor = 1) {
    if (report.contains(key))
      cells[column] = fmt::format("{}", report.at(key).get<double>() / divisor);
  };
  const double images = report.at("images_in_run").get<double>();
  number("latency_ns", "latency_ns");
  number("interval_ns", "interval_ns");
  number("energy_pj", "energy_pj", images);
  for (const char* key : {"power_rated_mw", "power_average_mw", "area_um2", "area_chip_um2",
                          "crossbars", "pes", "tiles"})
    number(key, key);
  return cells;
}

void add_accuracy(const nlohmann::json& measured, Settings& cells) {
  const double reference = measured.at("reference_accuracy_pct").get<double>();
  double accuracy = measured.at("accuracy_pct").get<double>();
  if (measured.contains("adc_exact"))
    accuracy = measured.at("adc_exact").at("accuracy_pct").get<double>();
  cells["accuracy_pct"] = fmt::format("{}", accuracy);
  cells["loss_points"] = fmt::format("{}", reference - accuracy);
}

std::vector<std::string> columns_of(const SweepRequest& request) {
  std::vector<std::string> columns = {"network", "policy"};
  for (const SweepAxis& axis : request.axes) columns.push_back(axis.name);
  columns.insert(columns.end(), {"status", "front"});
  columns.insert(columns.end(), std::begin(kNumbers), std::end(kNumbers));
  columns.insert(columns.end(), {"point", "reason"});
  return columns;
}

bool is_done(const std::string& folder, const SweepPoint& point) {
  return fs::exists(sweep_report_file(folder, point)) &&
         (point.accuracy.empty() || fs::exists(sweep_accuracy_file(folder, point.accuracy)));
}

/// Of a point: its status and, if it is done, its numbers.
Settings cells_of(const std::string& folder, const SweepRequest& request, const SweepPoint& point,
                  const std::map<std::string, std::string>& failed, Settings& names) {
  std::string& name = names[point.network];
  if (name.empty()) name = quant::find_network(point.network).name;
  Settings cells = {{"network", name}, {"policy", point.policy}, {"point", point.name()}};
  for (const SweepAxis& axis : request.axes) {
    const auto value = point.values.find(axis.name);
    cells[axis.name] = value == point.values.end() ? axis.base : value->second;
  }
  const auto refused = request.refused.find(point.name());
  if (refused != request.refused.end()) {
    cells["status"] = "refused";
    cells["reason"] = refused->second;
    return cells;
  }
  const std::string report = sweep_report_file(folder, point);
  const std::string measured = sweep_accuracy_file(folder, point.accuracy);
  const bool done = is_done(folder, point);
  const auto why = failed.find(point.name());
  cells["status"] = done ? "done" : why != failed.end() ? "failed" : "unfinished";
  if (!done && why != failed.end()) cells["reason"] = why->second;
  if (!done) return cells;
  const nlohmann::json json = read_json(report, kMaxReportBytes);
  read_members(report, "is not a report of a simulation", [&] { cells.merge(results(json)); });
  if (point.accuracy.empty()) return cells;
  const nlohmann::json accuracy = read_stored_json(measured);
  read_members(measured, "is not a measured accuracy", [&] { add_accuracy(accuracy, cells); });
  return cells;
}

/// How many points have a result: by their own files, or by the table that the sweep wrote.
std::size_t finished_points(const SweepRequest& request, const std::string& folder) {
  std::size_t results = 0;
  for (const SweepPoint& point : request.points) results += is_done(folder, point) ? 1 : 0;
  return results;
}
std::size_t finished_points(const Csv& points) {
  std::size_t results = 0;
  for (std::size_t row = 0; row < points.size(); ++row)
    results += points.text(row, "status") == "done" ? 1 : 0;
  return results;
}

/// Row `a` is at least as good in everything and better in something.
bool beats(const std::vector<double>& a, const std::vector<double>& b) {
  bool better = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] > b[i]) return false;
    better = better || a[i] < b[i];
  }
  return better;
}

void mark_fronts(Sweep& sweep) {
  const std::vector<std::string>& columns = sweep.points.columns();
  std::set<std::size_t> front;
  for (const std::string& network : sweep.networks()) {
    for (const std::size_t row :
         sweep_front(sweep.points, sweep_rows(sweep, network), sweep_objectives(sweep)))
      front.insert(row);
  }
  Csv marked(columns);
  for (std::size_t row = 0; row < sweep.points.size(); ++row) {
    std::vector<std::string> cells;
    for (const std::string& column : columns) cells.push_back(sweep.points.text(row, column));
    const auto at = std::find(columns.begin(), columns.end(), "front") - columns.begin();
    if (sweep.points.text(row, "status") == "done")
      cells[static_cast<std::size_t>(at)] = front.count(row) > 0 ? "1" : "0";
    marked.add(std::move(cells));
  }
  sweep.points = std::move(marked);
}

}  // namespace

std::string SweepPoint::name() const {
  std::string text = network + "\n" + policy;
  for (const auto& [axis, value] : values) text += fmt::format("\n{}={}", axis, value);
  Digest digest;
  digest.add(text.data(), text.size());
  return fmt::format("{}-{:016x}", file_part(network), digest.value());
}

std::string SweepRequest::json() const {
  OrderedJson json;
  json["settings"] = settings;
  json["hardware"] = hardware;
  json["axes"] = OrderedJson::array();
  for (const SweepAxis& axis : axes)
    json["axes"].push_back({{"name", axis.name}, {"keys", axis.keys}, {"base", axis.base}});
  json["points"] = OrderedJson::array();
  for (const SweepPoint& point : points) {
    OrderedJson one = {
        {"network", point.network}, {"policy", point.policy}, {"values", point.values}};
    if (!point.accuracy.empty()) one["accuracy"] = point.accuracy;
    json["points"].push_back(std::move(one));
  }
  json["refused"] = refused;
  return json_text(json);
}

SweepRequest SweepRequest::load(const std::string& path) {
  SweepRequest request;
  const nlohmann::json json = read_stored_json(path);
  read_members(path, "is not the request of a sweep", [&] {
    request.settings = json.at("settings").get<Settings>();
    request.hardware = json.at("hardware").get<Settings>();
    for (const nlohmann::json& axis : json.at("axes")) {
      request.axes.push_back({axis.at("name").get<std::string>(),
                              axis.at("keys").get<std::vector<std::string>>(),
                              axis.at("base").get<std::string>()});
    }
    for (const nlohmann::json& point : json.at("points")) {
      request.points.push_back(
          {point.at("network").get<std::string>(), point.at("policy").get<std::string>(),
           point.at("values").get<Settings>(), point.value("accuracy", std::string())});
    }
    request.refused = json.at("refused").get<Settings>();
  });
  return request;
}

void SweepRequest::merge(const SweepRequest& earlier, const std::string& path) {
  refuse_other_settings(settings, earlier.settings, path);
  refuse_other_settings(hardware, earlier.hardware, path);
  std::vector<SweepAxis> all = earlier.axes;
  for (const SweepAxis& axis : axes) {
    const auto known = std::find_if(all.begin(), all.end(),
                                    [&](const SweepAxis& one) { return one.name == axis.name; });
    if (known == all.end()) {
      all.push_back(axis);
    } else if (known->keys != axis.keys) {
      throw InputError(fmt::format("{}: axis {}: the sweep in this folder has keys {}", path,
                                   quote(axis.name), fmt::join(known->keys, " and ")));
    }
  }
  axes = std::move(all);
  std::vector<SweepPoint> both = earlier.points;
  std::set<std::string> names;
  for (const SweepPoint& point : both) names.insert(point.name());
  for (const SweepPoint& point : points) {
    if (names.insert(point.name()).second) both.push_back(point);
  }
  points = std::move(both);
  refused.insert(earlier.refused.begin(), earlier.refused.end());
}

std::string sweep_request_file(const std::string& folder) { return folder + "/sweep.json"; }

std::string sweep_report_file(const std::string& folder, const SweepPoint& point) {
  return folder + "/points/" + point.name() + ".json";
}

std::string sweep_accuracy_file(const std::string& folder, const std::string& accuracy) {
  return folder + "/accuracy/" + accuracy + ".json";
}

bool Sweep::has_accuracy() const {
  return std::any_of(request.points.begin(), request.points.end(),
                     [](const SweepPoint& point) { return !point.accuracy.empty(); });
}

std::vector<std::string> Sweep::networks() const {
  std::vector<std::string> names;
  for (std::size_t row = 0; row < points.size(); ++row) {
    const std::string& name = points.text(row, "network");
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string Sweep::json() const {
  OrderedJson json;
  json["objectives"] = OrderedJson::array();
  for (const SweepObjective& objective : sweep_objectives(*this))
    json["objectives"].push_back(objective.column);
  json["axes"] = OrderedJson::array();
  for (const SweepAxis& axis : request.axes) json["axes"].push_back(axis.name);
  json["points"] = OrderedJson::array();
  std::set<std::string> words = {"network", "policy", "status", "point", "reason"};
  for (std::size_t row = 0; row < points.size(); ++row) {
    OrderedJson one = OrderedJson::object();
    for (const std::string& column : points.columns()) {
      const std::string& cell = points.text(row, column);
      if (cell.empty()) continue;
      if (column == "front") {
        one[column] = cell == "1";
      } else if (words.count(column) > 0) {
        one[column] = cell;
      } else {
        one[column] = number_or_text(cell);
      }
    }
    json["points"].push_back(std::move(one));
  }
  return json_text(json);
}

std::vector<SweepObjective> sweep_objectives(const Sweep& sweep) {
  bool streams = false;
  for (std::size_t row = 0; row < sweep.points.size(); ++row)
    streams = streams || sweep.points.number(row, "interval_ns");
  std::vector<SweepObjective> all = {
      streams ? SweepObjective{"interval_ns", "time between images, µs", 1e-3}
              : SweepObjective{"latency_ns", "latency, µs", 1e-3},
      {"energy_pj", "energy of an image, µJ", 1e-6},
      {"area_um2", "area, mm²", 1e-6}};
  if (sweep.has_accuracy()) all.push_back({"accuracy_pct", "accuracy, %", 1.0, true});
  return all;
}

std::vector<std::size_t> sweep_rows(const Sweep& sweep, const std::string& network) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < sweep.points.size(); ++row) {
    if (sweep.points.text(row, "network") == network && sweep.points.text(row, "status") == "done")
      rows.push_back(row);
  }
  return rows;
}

std::vector<std::size_t> sweep_front(const Csv& points, const std::vector<std::size_t>& rows,
                                     const std::vector<SweepObjective>& objectives) {
  std::vector<std::vector<double>> values;
  for (const std::size_t row : rows) {
    std::vector<double>& of_row = values.emplace_back();
    for (const SweepObjective& objective : objectives) {
      const double value = points.number(row, objective.column).value_or(0);
      of_row.push_back(objective.more ? -value : value);
    }
  }
  std::vector<std::size_t> front;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool beaten =
        std::any_of(values.begin(), values.end(),
                    [&](const std::vector<double>& other) { return beats(other, values[i]); });
    if (!beaten) front.push_back(rows[i]);
  }
  return front;
}

Sweep collect_sweep(const std::string& folder, const SweepRequest& request,
                    const std::map<std::string, std::string>& failed) {
  Sweep sweep{folder, request, Csv(columns_of(request))};
  Settings names;
  for (const SweepPoint& point : request.points) {
    Settings cells = cells_of(folder, request, point, failed, names);
    std::vector<std::string> row;
    for (const std::string& column : sweep.points.columns()) row.push_back(cells[column]);
    sweep.points.add(std::move(row));
  }
  mark_fronts(sweep);
  return sweep;
}

bool is_sweep(const std::string& folder) { return fs::exists(sweep_request_file(folder)); }

Sweep load_sweep(const std::string& folder) {
  Sweep sweep{folder, SweepRequest::load(sweep_request_file(folder)), {}};
  const std::string path = folder + "/points.csv";
  const bool written = fs::exists(path);
  const std::size_t results = finished_points(sweep.request, folder);
  if (!written && results == 0) {
    throw InputError(fmt::format(
        "{}: is not there: the sweep has not come to an end; the same command continues it",
        shown_path(path)));
  }
  if (written) sweep.points = Csv::load(path);
  // Where shards share the folder, the last of them may not have come to write it.
  if (!written || results > finished_points(sweep.points))
    return collect_sweep(folder, sweep.request, {});
  const std::vector<std::string> columns = columns_of(sweep.request);
  if (sweep.points.columns() != columns || sweep.points.size() != sweep.request.points.size()) {
    throw InputError(fmt::format("{}: does not fit sweep.json beside it: {} rows of {} columns",
                                 shown_path(path), sweep.request.points.size(), columns.size()));
  }
  return sweep;
}

}  // namespace kirchhoff::report
