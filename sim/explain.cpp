#include "sim/explain.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/quote.h"
#include "base/stop_request.h"
#include "sim/counters.h"
#include "sim/explain_programming.h"
#include "sim/explain_rewriting.h"
#include "sim/explain_scopes.h"
#include "sim/explain_time.h"
#include "sim/programming.h"

namespace kirchhoff::sim {

namespace {

bool agree(double a, double b) {
  return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b));
}

}  // namespace

bool Explanation::reconciles() const {
  if (reported && !agree(*reported, result)) return false;
  for (const Check& check : checks)
    if (!agree(check.value, result)) return false;
  for (const Count& count : counts)
    if (count.closed_form && !agree(*count.closed_form, count.value)) return false;
  if (parts.empty()) return true;
  double sum = 0, magnitude = 0;
  for (const Part& part : parts) {
    sum += part.value;
    magnitude += std::abs(part.value);
  }
  return std::abs(sum - result) <= 1e-12 * std::max(magnitude, std::abs(result));
}

namespace {

// Moments and high-water marks are of layers and tiles only, and so are sums over the events of a
// component.
bool is_of_chip(const std::string& name) {
  if (is_extreme(name)) return false;
  return name.compare(0, 7, "energy.") != 0 || name.find('.', 7) == std::string::npos;
}

/// What the totals over the layers have twice where rounds share tiles.
Quantities shared_by_rounds(const CostReport& report) {
  if (report.rewriting.rounds.empty()) return {};
  return {{"power.rated", report.rewriting.shared_power_mw},
          {"area", report.rewriting.shared_area_um2}};
}

Quantities all_reported(const CostReport& report, const hw::ChipConfig& config,
                        const Scopes& scopes) {
  const hw::ConfigNumbers keys(config);
  Quantities all = {{"latency", report.latency_ns},
                    {"cycles", static_cast<double>(report.cycles)},
                    {"power.average", report.power_average_mw()},
                    {"tiles", static_cast<double>(report.tiles())}};
  if (report.images > 1) all.insert(all.begin() + 1, {"duration", report.duration_ns});
  const auto append = [&](const std::string& prefix, const Quantities& more) {
    for (const auto& [name, value] : more) all.emplace_back(prefix + "." + name, value);
  };
  std::map<std::string, std::size_t> of_chip;
  for (const Scope* scope : scopes.summands()) {
    for (const auto& [name, value] : reported_quantities(*scope, keys)) {
      if (!is_of_chip(name)) continue;
      const auto [at, is_new] = of_chip.emplace(name, all.size());
      if (is_new) all.emplace_back(name, 0.0);
      all[at->second].second += value;
    }
  }
  const ProgrammingCost programming = programming_cost(config, report);
  for (const auto& [name, value] : shared_by_rounds(report)) all[of_chip.at(name)].second -= value;
  for (auto& quantity : rewriting_quantities(report)) all.push_back(std::move(quantity));
  append("programming", {{"time", programming.time_ns},
                         {"energy", programming.energy_pj},
                         {"cells", static_cast<double>(programming.cells)},
                         {"pulses", programming.pulses}});
  for (const Scope& scope : scopes.layers) {
    const LayerReport& layer = *scope.layer;
    append(scope.prefix, {{"latency", layer.latency_ns},
                          {"ideal.latency", layer.ideal.latency_ns},
                          {"ideal.energy", layer.ideal.energy_pj},
                          {"tiles", static_cast<double>(layer.tiles)}});
    append(scope.prefix, reported_quantities(scope, keys));
  }
  for (const Scope& scope : scopes.tiles) append(scope.prefix, reported_quantities(scope, keys));
  if (scopes.has_unused) append("unused", reported_quantities(scopes.unused, keys));
  return all;
}

bool starts_with(const std::string& text, const std::string& begin) {
  return text.compare(0, begin.size(), begin) == 0;
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> parts_of(const std::string& name) {
  std::vector<std::string> parts;
  std::istringstream stream(name);
  for (std::string part; std::getline(stream, part, '.');) parts.push_back(part);
  return parts;
}

/// Whether `word` names a quantity and leaves parts of its name out: "adc" for "energy.adc".
bool abbreviates(const std::vector<std::string>& word, const std::vector<std::string>& name) {
  if (word.empty() || name.empty() || word.back() != name.back()) return false;
  auto next = word.begin();
  for (const std::string& part : name)
    if (next != word.end() && part == *next) ++next;
  return next == word.end();
}

/// Names that `word` may stand for, when it leaves out parts, writes them in another case or begins
/// with "chip.". At most `most`; one alone when only the case differs.
std::vector<std::string> meant(const std::string& word, const std::vector<std::string>& names,
                               std::size_t most) {
  std::string lower = lower_case(word);
  if (starts_with(lower, "chip.")) lower = lower.substr(5);
  const std::vector<std::string> parts = parts_of(lower);
  std::vector<std::string> found;
  for (const std::string& name : names) {
    const std::string other = lower_case(name);
    if (other == lower) return {name};
    if (found.size() < most && abbreviates(parts, parts_of(other))) found.push_back(name);
  }
  return found;
}

}  // namespace

Explainer::Explainer(ExplainedReport report)
    : report_(std::move(report)), constants_(report_.config) {
  hw::ConfigLoader loader;
  for (const hw::ConfigEntry& entry : report_.config) loader.set_from_flag(entry.key, entry.value);
  const hw::ChipConfig& config = loader.finish();
  scopes_ = std::make_unique<Scopes>(report_.report, config);
  batch_ = config.cost.batch > 1;
  for (const auto& [name, value] : all_reported(report_.report, config, *scopes_)) {
    names_.push_back(name);
    report_.reported.emplace(name, value);  // a number that was read from a file stays
  }
  if (report_.reference) {
    for (const char* name : {"ratio.latency", "ratio.energy", "ratio.power", "cost"})
      names_.emplace_back(name);
  }
  known_.insert(names_.begin(), names_.end());
}

Explainer::~Explainer() = default;

Explanation Explainer::explain(const std::string& quantity) const {
  give_up_if_stopped();
  const auto [scope, rest] = split(quantity);
  Explanation e;
  e.quantity = scope != nullptr ? scope->prefix + "." + rest : quantity;
  const bool known = scope != nullptr ? explain_scope(e, *scope, rest) : explain_chip(e, quantity);
  if (!known) refuse(quantity);
  const auto reported = report_.reported.find(e.quantity);
  if (reported != report_.reported.end()) e.reported = reported->second;
  return e;
}

// What the report calls a quantity is that, whatever layers are called: "energy.adc" is the chip's,
// even when a layer is called "energy", and "layer1" the second layer, even when the first is
// called so. Only what is no such name may begin with a layer's, which may contain dots: the
// longest one that fits.
std::pair<const Scope*, std::string> Explainer::split(const std::string& quantity) const {
  const std::size_t first = quantity.find('.');
  const Scope* const numbered =
      first == std::string::npos ? nullptr : scopes_->find(quantity.substr(0, first));
  const auto by_number = [&]() -> std::pair<const Scope*, std::string> {
    return {numbered, numbered != nullptr ? quantity.substr(first + 1) : quantity};
  };
  if (known_.count(quantity) > 0) return by_number();
  for (std::size_t dot = quantity.rfind('.'); dot != std::string::npos && dot > 0;
       dot = quantity.rfind('.', dot - 1)) {
    if (const Scope* scope = scopes_->find_named(quantity.substr(0, dot)))
      return {scope, quantity.substr(dot + 1)};
  }
  return by_number();
}

void Explainer::refuse(const std::string& quantity) const {
  constexpr std::size_t kShown = 3;
  // Every name of a quantity, those with a layer's name last.
  std::vector<std::string> names = names_;
  for (const Scope& layer : scopes_->layers) {
    for (const std::string& name : names_) {
      if (starts_with(name, layer.prefix + "."))
        names.push_back(layer.layer->name + name.substr(layer.prefix.size()));
    }
  }
  std::vector<std::string> near = meant(quantity, names, kShown);
  if (near.empty()) {
    const auto [scope, rest] = split(quantity);
    std::vector<std::string> candidates;
    for (const std::string& name : names_)
      if (scope == nullptr || starts_with(name, scope->prefix + ".")) candidates.push_back(name);
    const std::string word = scope != nullptr ? scope->prefix + "." + rest : quantity;
    while (near.size() < kShown) {
      const std::string next = nearest(word, candidates);
      if (next.empty()) break;
      near.push_back(next);
      candidates.erase(std::find(candidates.begin(), candidates.end(), next));
    }
  }
  throw InputError(fmt::format("{}: no such quantity ({})", quote(quantity),
                               near.empty()
                                   ? "kirchhoff explain without a quantity lists them"
                                   : fmt::format("did you mean {}?", fmt::join(near, ", "))));
}

bool Explainer::explain_scope(Explanation& e, const Scope& scope, const std::string& rest) const {
  if (scope.is_layer() && rest == "latency") {
    explain_layer_latency(e, scope, constants_);
  } else if (scope.is_layer() && rest == "tiles") {
    e.meaning = "tiles of " + scope.title;
    e.formula = "one layer per tile; a block per PE, or more with mapping.pack";
    e.result = static_cast<double>(scope.tiles.size());
  } else if (scope.is_layer() && rest == "ideal.latency") {
    explain_ideal_latency(e, scope, constants_);
  } else if (scope.is_layer() && rest == "ideal.energy") {
    explain_ideal_energy(e, scope, constants_);
  } else {
    if (!explain_sum(e, scope, rest)) return false;
    if (scope.is_layer() && !is_extreme(rest)) add_tile_check(e, scope, rest);
  }
  return true;
}

// Where there are rounds, tiles leak in theirs.
LeakageTimes Explainer::leakage_times(const Scope& scope) const {
  const double all_ns = report_.report.duration_ns;
  if (scope.layer == nullptr) return {all_ns, all_ns};
  if (report_.report.rewriting.rounds.empty()) return {all_ns, scope.layer->latency_ns};
  if (scope.held_ns > 0) return {scope.held_ns, std::min(scope.layer->latency_ns, scope.held_ns)};
  LeakageTimes times{all_ns, scope.layer->latency_ns};
  for (const std::size_t t : scope.tiles) {
    const Scope& tile = scopes_->tiles[t];
    times.held.push_back({tile.allocation, tile.held_ns});
  }
  return times;
}

// What a layer has in common with its tiles and the unused hardware.
bool Explainer::explain_sum(Explanation& e, const Scope& scope, const std::string& rest) const {
  const LeakageTimes times = leakage_times(scope);
  return explain_amount(e, scope, rest, constants_, times) ||
         explain_count(e, scope, rest, constants_);
}

// A layer is the sum of its tiles; its flits belong to the layer alone.
void Explainer::add_tile_check(Explanation& e, const Scope& layer, const std::string& rest) const {
  const auto of_layer_only = [](const std::string& counter) {
    const auto meaning = counter_meanings().find(counter);
    return meaning != counter_meanings().end() && meaning->second.of_layer_only;
  };
  // Nor are the parts of a tile's wait for the network compared.
  if (of_layer_only(rest) || starts_with(rest, "noc_")) return;
  Check check;
  check.name = fmt::format("sum of {0}.{2} .. {1}.{2}", scopes_->tiles[layer.tiles.front()].prefix,
                           scopes_->tiles[layer.tiles.back()].prefix, rest);
  for (const std::size_t t : layer.tiles) {
    Explanation of_tile;
    if (explain_sum(of_tile, scopes_->tiles[t], rest)) check.value += of_tile.result;
  }
  bool flits = false;
  for (const EnergyEntry& entry : layer.energy) {
    const std::string line = "energy." + entry.component + "." + entry.event;
    if (!of_layer_only(entry.event) || !starts_with(line, rest)) continue;
    Explanation of_event;
    explain_sum(of_event, layer, line);
    check.value += of_event.result;
    flits = true;
  }
  if (flits) check.name += ", and the layer's flits in all routers";
  e.checks.push_back(check);
}

bool Explainer::explain_chip(Explanation& e, const std::string& quantity) const {
  const CostReport& report = report_.report;
  if (quantity == "latency") {
    sim::explain_latency(e, report, *scopes_, constants_);
  } else if (quantity == "duration") {
    if (report.images == 1) return false;
    explain_duration(e, report);
  } else if (quantity == "cycles") {
    explain_cycles(e, report, constants_);
  } else if (quantity == "power.average") {
    explain_average_power(e);
  } else if (quantity == "cost") {
    if (!report_.reference) return false;
    explain_cost(e);
  } else if (starts_with(quantity, "ratio.")) {
    return report_.reference && explain_ratio(e, quantity);
  } else if (starts_with(quantity, "rewriting.")) {
    return explain_rewriting(e, quantity.substr(10), report, constants_);
  } else if (starts_with(quantity, "programming.")) {
    return explain_programming(e, quantity.substr(12), *scopes_, constants_);
  } else {
    return is_of_chip(quantity) && explain_total(e, quantity);
  }
  return true;
}

// A sum over the layers and, when it leaks, the unused hardware.
bool Explainer::explain_total(Explanation& e, const std::string& quantity) const {
  for (const Scope* scope : scopes_->summands()) {
    Explanation part;
    if (!explain_scope(part, *scope, quantity)) continue;
    e.unit = part.unit;
    e.parts.push_back({scope->prefix + "." + quantity, part.result, scope->title});
    e.result += part.result;
  }
  if (e.parts.empty()) return false;
  e.meaning = "of the whole inference";
  e.formula =
      scopes_->has_unused ? "sum over the layers and the unused hardware" : "sum over the layers";
  for (const auto& [name, value] : shared_by_rounds(report_.report)) {
    if (name != quantity) continue;
    e.formula += quantity == "area" ? ", less all but the largest tile of every place"
                                    : ", less the rounds but the one that has most";
    e.parts.push_back({"shared by rounds", -value, ""});
    e.result -= value;
  }
  if (quantity == "energy" || quantity == "power.rated" || quantity == "area")
    add_component_check(e, quantity);
  return true;
}

void Explainer::add_component_check(Explanation& e, const std::string& quantity) const {
  Check check{"sum over the components, each over all layers", 0};
  for (const std::string& name : names_) {
    if (name.compare(0, quantity.size() + 1, quantity + ".") != 0) continue;
    Explanation part;
    if (explain_chip(part, name)) check.value += part.result;
  }
  for (const auto& [name, value] : shared_by_rounds(report_.report)) {
    if (name == quantity) check.value -= value;
  }
  e.checks.push_back(check);
}

void Explainer::explain_average_power(Explanation& e) const {
  const double energy = explain("energy").result, duration = report_.report.duration_ns;
  e.unit = "mW";
  e.meaning = "mean power over the run";
  e.formula = "energy / duration (1 pJ/ns = 1 mW)";
  e.counts = {{"energy", energy, "pJ", {}},
              {"duration", duration, "ns: first pixel sent to last result of the run", {}}};
  e.result = duration > 0 ? energy / duration : 0;
}

void Explainer::explain_cost(Explanation& e) const {
  e.meaning = "weighted sum of the three ratios to W8A8 on the same chip";
  e.formula = "cost.alpha x ratio.latency + cost.beta x ratio.energy + cost.gamma x ratio.power";
  for (const auto& [key, ratio] :
       {std::pair("cost.alpha", "ratio.latency"), std::pair("cost.beta", "ratio.energy"),
        std::pair("cost.gamma", "ratio.power")}) {
    const Constant weight = constants_.resolve(key);
    const double value = explain(ratio).result;
    e.parts.push_back({ratio, weight.value * value, fmt::format("{} x {}", weight.value, value)});
    e.constants.push_back(weight);
    e.result += weight.value * value;
  }
}

// Of one image, or of all that make a batch.
bool Explainer::explain_ratio(Explanation& e, const std::string& quantity) const {
  const CostTotals& reference = *report_.reference;
  const bool batch = batch_ && report_.report.images > 1;
  const auto ratio = [&](const char* name, const char* unit, double denominator, int images = 1) {
    const double numerator = explain(name).result / images;
    e.meaning = fmt::format("{} divided by that of W8A8 on the same chip", name);
    e.formula = fmt::format("{}{} / {} of W8A8", name, images > 1 ? " per image" : "", name);
    e.counts = {{name, numerator, unit, {}},
                {std::string(name) + " of W8A8", denominator, unit, {}}};
    e.result = numerator / denominator;
    return true;
  };
  if (quantity == "ratio.latency")
    return ratio(batch ? "duration" : "latency", "ns", reference.latency_ns);
  if (quantity == "ratio.energy")
    return ratio("energy", "pJ", reference.energy_pj, batch ? 1 : report_.report.images);
  if (quantity == "ratio.power") return ratio("power.rated", "mW", reference.power_rated_mw);
  return false;
}

}  // namespace kirchhoff::sim
