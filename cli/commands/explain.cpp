#include "sim/explain.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "base/quote.h"
#include "base/refusal.h"
#include "cli/commands/command.h"
#include "cli/options/hardware_options.h"
#include "cli/options/named_policy.h"
#include "cli/options/options.h"
#include "quant/network/networks.h"
#include "report/report_file.h"
#include "sim/simulator.h"

namespace kirchhoff::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string number(double value) {
  return std::abs(value) < 1e15 && value == std::round(value) ? fmt::format("{:.0f}", value)
                                                              : fmt::format("{:.10g}", value);
}

std::string with_unit(double value, const std::string& unit) {
  return unit.empty() ? number(value) : number(value) + " " + unit;
}

std::string value_of(const hw::ConfigEntry& entry) {
  return entry.unit.empty() ? entry.value : entry.value + " " + entry.unit;
}

void print_constant(std::string& out, const sim::Constant& constant) {
  if (!constant.formula.empty()) {
    out += fmt::format("  {} = {}\n      = {}\n", constant.name,
                       with_unit(constant.value, constant.unit), constant.formula);
  }
  for (const hw::ConfigEntry& input : constant.inputs) {
    out += fmt::format("  {}{} = {}   [{}]  {}\n", constant.formula.empty() ? "" : "    ",
                       input.key, value_of(input), input.origin,
                       input.source.empty() ? "no source given" : input.source);
  }
}

std::string to_text(const sim::Explanation& e) {
  std::string out = fmt::format("{} = {}\n", e.quantity, with_unit(e.result, e.unit));
  if (!e.meaning.empty()) out += e.meaning + "\n";
  out += fmt::format("\nformula\n  {}\n", e.formula);
  if (!e.parts.empty()) {
    out += "\nparts\n";
    std::size_t name = 3, value = 0;
    for (const sim::Part& part : e.parts) {
      name = std::max(name, part.name.size());
      value = std::max(value, number(part.value).size());
    }
    for (const sim::Part& part : e.parts) {
      const double share = e.result != 0 ? 100 * part.value / e.result : 0;
      out += fmt::format("  {:<{}}  {:>{}}  {:>6.2f} %{}\n", part.name, name, number(part.value),
                         value, share, part.formula.empty() ? "" : "   " + part.formula);
    }
    out += fmt::format("  {:<{}}  {:>{}}  100.00 %\n", "sum", name, number(e.result), value);
  }
  if (!e.counts.empty()) {
    out += "\ncounts\n";
    std::size_t name = 0, value = 0;
    for (const sim::Count& count : e.counts) {
      name = std::max(name, count.name.size());
      value = std::max(value, number(count.value).size());
    }
    for (const sim::Count& count : e.counts) {
      out += fmt::format("  {:<{}}  {:>{}}  {}{}", count.name, name, number(count.value), value,
                         count.closed_form ? "= " : "", count.how);
      if (count.closed_form && *count.closed_form != count.value)
        out += fmt::format("  DIFFERS: that gives {}", number(*count.closed_form));
      out += "\n";
    }
  }
  if (!e.constants.empty()) {
    out += "\nconstants\n";
    for (const sim::Constant& constant : e.constants) print_constant(out, constant);
  }
  if (!e.checks.empty()) {
    out += "\nanother way\n";
    for (const sim::Check& check : e.checks)
      out += fmt::format("  {} = {}\n", check.name, with_unit(check.value, e.unit));
  }
  for (const std::string& note : e.notes) out += "\n" + note + "\n";
  out += "\nresult\n";
  if (!e.reported) {
    out +=
        fmt::format("  {}; the report does not print this number\n", with_unit(e.result, e.unit));
  } else {
    out += fmt::format("  recomputed {}, in the report {}: {}\n", with_unit(e.result, e.unit),
                       with_unit(*e.reported, e.unit), e.reconciles() ? "equal" : "DIFFERENT");
  }
  return out;
}

std::string to_json(const sim::Explanation& e) {
  Json json;
  json["quantity"] = e.quantity;
  json["meaning"] = e.meaning;
  json["unit"] = e.unit;
  json["formula"] = e.formula;
  json["result"] = e.result;
  json["reported"] = e.reported ? Json(*e.reported) : Json(nullptr);
  json["reconciles"] = e.reconciles();
  for (const char* list : {"parts", "counts", "constants", "checks", "notes"})
    json[list] = Json::array();
  for (const sim::Part& part : e.parts) {
    json["parts"].push_back({{"name", part.name},
                             {"value", part.value},
                             {"share_pct", e.result != 0 ? 100 * part.value / e.result : 0},
                             {"formula", part.formula}});
  }
  for (const sim::Count& count : e.counts) {
    json["counts"].push_back(
        {{"name", count.name},
         {"value", count.value},
         {"how", count.how},
         {"closed_form", count.closed_form ? Json(*count.closed_form) : Json(nullptr)}});
  }
  for (const sim::Constant& constant : e.constants) {
    Json keys = Json::array();
    for (const hw::ConfigEntry& input : constant.inputs) {
      keys.push_back({{"key", input.key},
                      {"value", input.value},
                      {"unit", input.unit},
                      {"source", input.source},
                      {"from", input.origin}});
    }
    json["constants"].push_back({{"name", constant.name},
                                 {"value", constant.value},
                                 {"unit", constant.unit},
                                 {"formula", constant.formula},
                                 {"keys", keys}});
  }
  for (const sim::Check& check : e.checks)
    json["checks"].push_back({{"name", check.name}, {"value", check.value}});
  json["notes"] = e.notes;
  return json_text(json);
}

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

std::string join(const std::vector<std::string>& words) {
  std::string out, line;
  for (const std::string& word : words) {
    if (line.size() + word.size() > 92) {
      out += "    " + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : "  ") + word;
  }
  return out + "    " + line + "\n";
}

// The quantities by pattern: those of layer 0 and tile 0 stand for all layers and tiles.
std::string list_of(const sim::Explainer& explainer, const sim::CostReport& report) {
  std::vector<std::string> chip, layer, tile, unused;
  for (const std::string& name : explainer.quantities()) {
    if (starts_with(name, "layer")) {
      if (starts_with(name, "layer0.")) layer.push_back(name.substr(7));
    } else if (starts_with(name, "tile0.")) {
      tile.push_back(name.substr(6));
    } else if (starts_with(name, "unused.")) {
      unused.push_back(name);
    } else if (!(starts_with(name, "tile") && name.find('.') != std::string::npos)) {
      chip.push_back(name);
    }
  }
  std::string out = "kirchhoff explain QUANTITY, where QUANTITY is\n\n  of the whole inference\n";
  out += join(chip);
  out += "\n  layerN.X or NAME.X (N from 0:";
  for (const quant::LayerId l : report.layers.ids())
    out += fmt::format(" {} {}{}", index(l), report.layers[l].name,
                       l != report.layers.last_id() ? "," : "");
  out += "), where X is\n" + join(layer);
  out += fmt::format("\n  tileN.X (N from 0 to {}, in the order of the layers), where X is\n",
                     report.tiles() - 1);
  out += join(tile);
  if (!unused.empty()) out += "\n  of the hardware that no layer has\n" + join(unused);
  return out;
}

}  // namespace

int explain_command(const std::vector<std::string>& arguments) {
  NamedPolicy named;
  std::string quantity, report_file, json;
  bool all = false;
  Options options("explain",
                  "Says where a number comes from: kirchhoff explain layer3.energy.adc [options]. "
                  "Formula, counts, constants with their source, and the result recomputed from "
                  "them. Without a quantity it lists them.");
  options.example("kirchhoff explain C3.energy.adc --policy W6A4");
  named.declare(options);
  options.text("report", report_file, "FILE",
               "explain this report of kirchhoff simulate --json instead of a run of its own");
  options.flag("all", all, "recompute every quantity and name those that differ");
  options.json_output(json, "the explanation");
  options.word(quantity, "QUANTITY");
  HardwareOptions hardware(options);
  if (!options.parse(arguments)) return 0;
  hardware.load();
  if (all && !quantity.empty())
    throw InputError(
        fmt::format("explain: --all explains every quantity, not '{}'", quote(quantity)));
  if (!json.empty() && quantity.empty()) refuse_option("json", json, "needs a quantity to explain");
  if (!report_file.empty()) {
    for (const char* flag :
         {"network", "policy", "weights", "weight-quantizer", "preset", "config"}) {
      if (options.given(flag))
        throw InputError(fmt::format("--{}: --report {} says that already", flag, report_file));
    }
    for (const hw::ConfigEntry& entry : hardware.loader().entries()) {
      if (options.given(entry.key))
        throw InputError(
            fmt::format("--{}: --report {} says that already", entry.key, report_file));
    }
  }

  sim::ExplainedReport explained;
  if (!report_file.empty()) {
    explained = report::read_report(report_file);
  } else {
    const quant::Network network = quant::find_network(named.network);
    const quant::Policy policy = named.stored(network);
    sim::Simulator simulator(network, hardware.chip());
    const int batch = simulator.config().cost.batch;
    explained.report = simulator.cost(policy, batch);
    const sim::CostReport reference = simulator.cost(quant::Policy::uniform(network, 8, 8), batch);
    explained.reference = reference.compared(batch);
    const sim::Ratios r = sim::ratios(explained.report, reference, simulator.config().cost);
    explained.reported = {{"ratio.latency", r.latency},
                          {"ratio.energy", r.energy},
                          {"ratio.power", r.power},
                          {"cost", r.cost}};
    explained.config = hardware.loader().entries();
  }
  const sim::CostReport report = explained.report;
  const sim::Explainer explainer(std::move(explained));

  if (all) {
    std::size_t differ = 0;
    for (const std::string& name : explainer.quantities()) {
      if (explainer.explain(name).reconciles()) continue;
      ++differ;
      fmt::print("{} differs\n", printable(name));
    }
    fmt::print("{} of {} quantities recomputed and equal\n", explainer.quantities().size() - differ,
               explainer.quantities().size());
    if (differ > 0) throw RunError(fmt::format("{} quantities do not reconcile", differ));
    return 0;
  }
  if (quantity.empty()) {
    std::fputs(printable(list_of(explainer, report)).c_str(), stdout);
    return 0;
  }
  const sim::Explanation explanation = explainer.explain(quantity);
  if (!json.empty()) write_file_atomically(json, to_json(explanation));
  std::fputs(printable(to_text(explanation)).c_str(), stdout);
  if (!explanation.reconciles()) {
    throw RunError(
        fmt::format("{}: the number of the report does not follow from its parts", quantity));
  }
  return 0;
}

}  // namespace kirchhoff::cli
