#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/stop_request.h"
#include "cli/commands/command.h"
#include "cli/options/options.h"
#include "cosim/resources.h"
#include "hw/config/config_loader.h"
#include "report/table.h"
#include "sim/witness.h"

namespace kirchhoff::cli {
namespace {

hw::ChipConfig preset(const std::string& name) {
  hw::ConfigLoader loader;
  loader.load_file(cosim::resource_file("presets", name, ".ini", "preset"), name + ".ini");
  return loader.finish();
}

/// All there are, group after group.
sim::Witnesses measure_witnesses() {
  const std::vector<std::pair<const char*, std::function<sim::Witnesses()>>> groups = {
      {"ISAAC", [] { return sim::isaac_witnesses(preset("isaac")); }},
      {"the paper's Table 5", [] { return sim::paper_witnesses(preset("paper")); }},
      {"Hung's macro", [] { return sim::hung_witnesses(preset("hung22")); }},
      {"Xue's macro", [] { return sim::xue_witnesses(preset("xue21")); }},
      {"NeuRRAM", [] { return sim::neurram_witnesses(preset("neurram")); }},
      {"Yao's macro", [] { return sim::yao_witnesses(preset("yao20")); }},
      {"Wen's macro", [] { return sim::wen_witnesses(preset("wen")); }},
      {"PUMA's unit", [] { return sim::puma_witnesses(preset("puma")); }},
      {"PipeLayer's spikes", [] { return sim::pipelayer_witnesses(preset("pipelayer")); }},
      {"PRIME's mats", [] { return sim::prime_witnesses(preset("prime")); }},
      {"BookSim", [] { return sim::booksim_witnesses(); }},
      {"the paper's equations", [] { return sim::equation_witnesses(); }}};
  sim::Witnesses all;
  Progress line("validate", "groups", groups.size());
  std::size_t done = 0;
  for (const auto& [name, measure] : groups) {
    line.update(done, name);
    const sim::Witnesses measured = measure();
    give_up_if_stopped();
    all.insert(all.end(), measured.begin(), measured.end());
    line.update(++done, "");
  }
  line.finish();
  return all;
}

const char* verdict(const sim::Witness& witness) {
  return !witness.bar ? "no bar" : witness.met() ? "met" : "MISSED";
}

/// In percent of the published figure; in its unit where that is 0.
std::string distance(const sim::Witness& witness) {
  if (witness.published == 0) return fmt::format("{:+.4g}", witness.distance());
  const double percent = 100 * witness.distance() / witness.published;
  return percent > -0.0005 && percent < 0.0005 ? "0 %" : fmt::format("{:+.3f} %", percent);
}

std::string bar(const sim::Witness& witness) {
  if (!witness.bar) return "–";
  // The rounding of a quotient is no distance.
  return *witness.bar < 1e-6 ? "0" : fmt::format("{:.4g}", *witness.bar);
}

report::Cell shown(double value) {
  report::Cell cell(fmt::format("{:.6g}", value));
  cell.value = value;
  return cell;
}

report::Table table_of(const sim::Witnesses& all) {
  report::Table table{"validation",
                      "Published figures beside ours",
                      {"of", "figure", "unit", "published", "ours", "distance", "bar", "verdict"},
                      {},
                      {}};
  for (const sim::Witness& one : all) {
    table.rows.push_back({one.of, one.figure, one.unit.empty() ? "–" : one.unit,
                          report::printed(one.published), shown(one.ours), distance(one), bar(one),
                          verdict(one)});
  }
  table.notes = {
      "bar: the largest distance from the published figure, in its unit; without one, "
      "docs/validation.md says why the two differ."};
  return table;
}

std::string json_of(const sim::Witnesses& all, std::size_t missed) {
  nlohmann::ordered_json json;
  json["missed"] = missed;
  json["witnesses"] = nlohmann::ordered_json::array();
  for (const sim::Witness& one : all) {
    nlohmann::ordered_json row = {{"of", one.of},     {"figure", one.figure},
                                  {"unit", one.unit}, {"published", one.published},
                                  {"ours", one.ours}, {"distance", one.distance()}};
    row["bar"] = one.bar ? nlohmann::ordered_json(*one.bar) : nlohmann::ordered_json(nullptr);
    row["met"] = one.met();
    json["witnesses"].push_back(std::move(row));
  }
  return json_text(json);
}

}  // namespace

int validate_command(const std::vector<std::string>& arguments) {
  std::string json;
  Options options("validate",
                  "Measures every published figure that the model is held against, and prints it "
                  "beside the published one: exit code 1 when one is missed.");
  options.example("kirchhoff validate");
  options.json_output(json, "the figures");
  if (!options.parse(arguments)) return 0;
  const sim::Witnesses all = measure_witnesses();
  std::vector<std::string> missed;
  for (const sim::Witness& one : all) {
    if (!one.met()) missed.push_back(fmt::format("{}, {}", one.of, one.figure));
  }
  if (!json.empty()) write_file_atomically(json, json_of(all, missed.size()));
  std::fputs(printable(table_of(all).markdown()).c_str(), stdout);
  if (missed.empty()) return 0;
  throw RunError(fmt::format("{} of {} figures are missed: {}", missed.size(), all.size(),
                             fmt::join(missed, "; ")));
}

}  // namespace kirchhoff::cli
