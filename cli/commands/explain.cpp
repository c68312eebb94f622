#include "sim/explain.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

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
#include "sim/explanation_text.h"
#include "sim/simulator.h"

namespace kirchhoff::cli {

namespace {

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
  if (!json.empty()) write_file_atomically(json, json_text(sim::to_json(explanation)));
  std::fputs(printable(sim::explanation_text(explanation)).c_str(), stdout);
  if (!explanation.reconciles()) {
    throw RunError(
        fmt::format("{}: the number of the report does not follow from its parts", quantity));
  }
  return 0;
}

}  // namespace kirchhoff::cli
