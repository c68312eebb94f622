#include "sim/explain.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/quote.h"
#include "base/stop_request.h"
#include "sim/explain_scope.h"
#include "sim/ledger.h"
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

/// The tiles, layers and the unused part of a report, each with its ledger.
class Explainer::Scopes {
 public:
  Scopes(const CostReport& report, const hw::ChipConfig& config) {
    for (const LayerReport& layer : report.layers) {
      for (const TileReport& tile : layer.tile_reports) {
        tile_energy_.push_back(energy_entries(config, tile.allocation, tile.counters,
                                              report.duration_ns, layer.latency_ns));
        tile_instances_.push_back(instance_entries(config, tile.allocation));
      }
    }
    for (std::size_t l = 0; l < report.layers.size(); ++l) {
      const LayerReport& layer = report.layers[l];
      Scope of_layer;
      of_layer.prefix = fmt::format("layer{}", l);
      of_layer.title = fmt::format("layer {}, {}", l, layer.name);
      of_layer.energy = &layer.energy;
      of_layer.instances = &layer.instances;
      of_layer.allocation = layer.allocation;
      of_layer.counters = &layer.counters;
      of_layer.layer = &layer;
      of_layer.images = report.images;
      of_layer.arrays = hw::arrays_per_lane(config.tile.pe.encoding);
      of_layer.extra_columns = config.tile.pe.extra_columns();
      for (const TileReport& tile : layer.tile_reports) {
        Scope of_tile;
        of_tile.prefix = fmt::format("tile{}", tile.tile);
        of_tile.title =
            fmt::format("tile {} at router {}, layer {}", tile.tile, tile.router, layer.name);
        of_tile.energy = &tile_energy_[tiles.size()];
        of_tile.instances = &tile_instances_[tiles.size()];
        of_tile.allocation = tile.allocation;
        of_tile.counters = &tile.counters;
        of_tile.layer = &layer;
        of_tile.images = report.images;
        of_tile.arrays = of_layer.arrays;
        of_tile.extra_columns = of_layer.extra_columns;
        of_tile.blocks = tile.blocks;
        of_layer.blocks.insert(of_layer.blocks.end(), tile.blocks.begin(), tile.blocks.end());
        of_layer.tiles.push_back(tiles.size());
        tiles.push_back(std::move(of_tile));
      }
      layers.push_back(std::move(of_layer));
    }
    unused.prefix = "unused";
    unused.title = "hardware that no layer has";
    unused.energy = &report.unused.energy;
    unused.instances = &report.unused.instances;
    unused.allocation = report.unused.allocation;
    unused.arrays = hw::arrays_per_lane(config.tile.pe.encoding);
    has_unused = !report.unused.energy.empty();
  }
  Scopes(const Scopes&) = delete;
  Scopes& operator=(const Scopes&) = delete;

  /// By number: "layer3", "tile2", "unused".
  const Scope* find(const std::string& prefix) const {
    for (const Scope& scope : layers)
      if (scope.prefix == prefix) return &scope;
    for (const Scope& scope : tiles)
      if (scope.prefix == prefix) return &scope;
    return has_unused && prefix == "unused" ? &unused : nullptr;
  }
  const Scope* find_named(const std::string& layer) const {
    for (const Scope& scope : layers)
      if (scope.layer->name == layer) return &scope;
    return nullptr;
  }
  /// Scopes whose amounts add up to the chip's.
  std::vector<const Scope*> summands() const {
    std::vector<const Scope*> all;
    for (const Scope& scope : layers) all.push_back(&scope);
    if (has_unused) all.push_back(&unused);
    return all;
  }

  std::vector<Scope> layers, tiles;
  Scope unused;
  bool has_unused = false;

 private:
  std::vector<std::vector<EnergyEntry>> tile_energy_;
  std::vector<std::vector<InstanceEntry>> tile_instances_;
};

namespace {

using Quantities = std::vector<std::pair<std::string, double>>;

/// Sums of one scope by name, in the order in which they first appear.
class Sums {
 public:
  void add(const std::string& name, double value) {
    const auto [at, is_new] = index_.emplace(name, values_.size());
    if (is_new) values_.emplace_back(name, 0.0);
    values_[at->second].second += value;
  }
  const Quantities& values() const { return values_; }

 private:
  Quantities values_;
  std::map<std::string, std::size_t> index_;
};

Quantities sums_of(const Scope& scope) {
  Sums sums;
  for (const EnergyEntry& entry : *scope.energy) {
    sums.add("energy", entry.energy_pj());
    sums.add("energy." + entry.component, entry.energy_pj());
    sums.add("energy." + entry.component + "." + entry.event, entry.energy_pj());
  }
  for (const InstanceEntry& entry : *scope.instances) {
    sums.add("power.rated", entry.power_mw());
    sums.add("power.rated." + entry.component, entry.power_mw());
  }
  if (scope.layer == nullptr) return sums.values();
  for (const InstanceEntry& entry : *scope.instances) {
    if (entry.area_key.empty()) continue;
    sums.add("area", entry.area_um2());
    sums.add("area." + entry.component, entry.area_um2());
  }
  sums.add("crossbars", 1.0 * scope.arrays * scope.allocation.pairs);
  sums.add("pes", scope.allocation.pes);
  for (const auto& [name, value] : *scope.counters) sums.add(name, static_cast<double>(value));
  return sums.values();
}

// Moments and high-water marks are of layers and tiles only, and so are sums over the events of a
// component.
bool is_of_chip(const std::string& name) {
  if (is_extreme(name)) return false;
  return name.compare(0, 7, "energy.") != 0 || name.find('.', 7) == std::string::npos;
}

void append(Quantities& all, const std::string& prefix, const Quantities& more) {
  for (const auto& [name, value] : more)
    all.emplace_back(prefix.empty() ? name : prefix + "." + name, value);
}

}  // namespace

std::vector<std::pair<std::string, double>> reported_quantities(const CostReport& report,
                                                                const hw::ChipConfig& config) {
  const Explainer::Scopes scopes(report, config);
  Quantities all = {{"latency", report.latency_ns},
                    {"cycles", static_cast<double>(report.cycles)},
                    {"power.average", report.power_average_mw()},
                    {"tiles", static_cast<double>(report.tiles())}};
  Sums chip;
  for (const Scope* scope : scopes.summands()) {
    for (const auto& [name, value] : sums_of(*scope))
      if (is_of_chip(name)) chip.add(name, value);
  }
  append(all, "", chip.values());
  const ProgrammingCost programming = programming_cost(config, report);
  append(all, "programming",
         {{"time", programming.time_ns},
          {"energy", programming.energy_pj},
          {"cells", static_cast<double>(programming.cells)},
          {"pulses", programming.pulses}});
  for (const Scope& scope : scopes.layers) {
    const LayerReport& layer = *scope.layer;
    append(all, scope.prefix,
           {{"latency", layer.latency_ns},
            {"ideal.latency", layer.ideal.latency_ns},
            {"ideal.energy", layer.ideal.energy_pj},
            {"tiles", static_cast<double>(layer.tiles)}});
    append(all, scope.prefix, sums_of(scope));
  }
  for (const Scope& scope : scopes.tiles) append(all, scope.prefix, sums_of(scope));
  if (scopes.has_unused) append(all, "unused", sums_of(scopes.unused));
  return all;
}

Explainer::Explainer(ExplainedReport report)
    : report_(std::move(report)), constants_(report_.config) {
  hw::ConfigLoader loader;
  for (const hw::ConfigEntry& entry : report_.config) loader.set_from_flag(entry.key, entry.value);
  const hw::ChipConfig& config = loader.finish();
  scopes_ = std::make_unique<Scopes>(report_.report, config);
  for (const auto& [name, value] : reported_quantities(report_.report, config)) {
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
  // As the user wrote it: with the layer's name when a name was given.
  const auto [scope, rest] = split(quantity);
  std::string near;
  std::vector<std::string> candidates;
  if (scope != nullptr) {
    for (const std::string& name : names_) {
      if (name.compare(0, scope->prefix.size() + 1, scope->prefix + ".") == 0)
        candidates.push_back(name);
    }
  } else {
    candidates = names_;
  }
  const std::string word = scope != nullptr ? scope->prefix + "." + rest : quantity;
  for (int i = 0; i < 3; ++i) {
    const std::string next = nearest(word, candidates);
    if (next.empty()) break;
    near += (near.empty() ? "" : ", ") + next;
    candidates.erase(std::find(candidates.begin(), candidates.end(), next));
  }
  throw InputError(fmt::format(
      "{}: no such quantity ({})", quote(quantity),
      near.empty() ? "kirchhoff explain without a quantity lists them" : "near: " + near));
}

bool Explainer::explain_scope(Explanation& e, const Scope& scope, const std::string& rest) const {
  const double duration_ns = report_.report.duration_ns;
  const bool layer = scope.prefix.compare(0, 5, "layer") == 0;
  if (layer && rest == "latency") return explain_layer_latency(e, scope);
  if (layer && rest == "tiles") {
    e.meaning = "tiles of " + scope.title;
    e.formula = "one layer per tile; a block per PE, or more with mapping.pack";
    e.result = static_cast<double>(scope.tiles.size());
    return true;
  }
  if (layer && (rest == "ideal.latency" || rest == "ideal.energy"))
    return explain_ideal(e, scope, rest == "ideal.energy");
  if (!explain_amount(e, scope, rest, constants_, duration_ns) &&
      !explain_count(e, scope, rest, constants_))
    return false;
  if (layer && !is_extreme(rest)) add_tile_check(e, scope, rest);
  return true;
}

// A layer is the sum of its tiles; its flits belong to the layer alone.
void Explainer::add_tile_check(Explanation& e, const Scope& layer, const std::string& rest) const {
  if (layer.counters->count(rest) > 0 && belongs_to_layer(rest)) return;
  Check check;
  check.name = fmt::format("sum of tile{}.{} .. tile{}.{}",
                           scopes_->tiles[layer.tiles.front()].prefix.substr(4), rest,
                           scopes_->tiles[layer.tiles.back()].prefix.substr(4), rest);
  for (const std::size_t t : layer.tiles) {
    Explanation of_tile;
    const Scope& tile = scopes_->tiles[t];
    if (explain_amount(of_tile, tile, rest, constants_, report_.report.duration_ns) ||
        explain_count(of_tile, tile, rest, constants_))
      check.value += of_tile.result;
  }
  bool flits = false;
  for (const char* event : {"energy.router.router_flits", "energy.link.link_flits"}) {
    const std::string name = event;
    if (rest != "energy" && name.compare(0, rest.size(), rest) != 0) continue;
    Explanation of_event;
    if (rest.compare(0, 6, "energy") != 0 ||
        !explain_amount(of_event, layer, name, constants_, report_.report.duration_ns))
      continue;
    check.value += of_event.result;
    flits = true;
  }
  if (flits) check.name += ", and the layer's flits in all routers";
  e.checks.push_back(check);
}

bool Explainer::explain_layer_latency(Explanation& e, const Scope& scope) const {
  const LayerReport& layer = *scope.layer;
  const double begin = static_cast<double>(layer.counters.at("begin_cycle")),
               end = static_cast<double>(layer.counters.at("end_cycle"));
  const Constant mhz = constants_.resolve("clock.tile_mhz");
  e.unit = "ns";
  e.meaning =
      fmt::format("{}: from its first window fetched to its last window handed on", scope.title);
  e.formula = "(end_cycle - begin_cycle) x 1000 / clock.tile_mhz";
  e.result = (end - begin) * (1000 / mhz.value);
  e.counts = {{"begin_cycle", begin, "measured: " + counter_meanings().at("begin_cycle"), {}},
              {"end_cycle", end, "measured: " + counter_meanings().at("end_cycle"), {}}};
  e.constants = {mhz};
  e.parts.push_back({scope.prefix + ".ideal.latency", layer.ideal.latency_ns, ""});
  double attributed = layer.ideal.latency_ns;
  for (const Cause& cause : layer.causes) {
    e.parts.push_back({cause.name, cause.ns, "measured"});
    attributed += cause.ns;
  }
  if (layer.causes.empty()) {
    e.parts.push_back(
        {"fill of the pipeline and waiting", e.result - attributed, "simulated - ideal"});
  }
  return true;
}

bool Explainer::explain_ideal(Explanation& e, const Scope& scope, bool energy) const {
  const LayerReport& layer = *scope.layer;
  const double windows = static_cast<double>(layer.windows) * scope.images;
  const double bits = layer.activation_bits, step = layer.ideal.step_ns;
  e.counts = {{"windows", windows, "images x output pixels x pool x pool", {}},
              {"bit steps", bits, "activation bits of the layer, one per bit step (eq. 8)", {}},
              {"bit step",
               step,
               "ns: the longer of drive + read and conversion, plus acquisition; without "
               "pe.overlap their sum and the addition; without sample-and-holds drive + read + one "
               "conversion (+ the addition) per round of columns; whole cycles of the PE clock",
               {}}};
  for (const char* key : {"clock.pe_mhz", "dac.drive_ns", "crossbar.read_ns",
                          "sample_hold.acquire_ns", "adc.cycles", "adc.per_pair"})
    e.constants.push_back(constants_.resolve(key));
  const double latency = windows * bits * step;
  if (!energy) {
    e.unit = "ns";
    e.meaning =
        fmt::format("{}: if no window ever waited, without the fill of the pipeline", scope.title);
    e.formula = "windows x bit steps x time of a bit step";
    e.result = latency;
    return true;
  }
  e.unit = "pJ";
  e.meaning = fmt::format("{}: its events, and leakage for its ideal latency only", scope.title);
  e.formula = "energy of the events + leakage x ideal latency";
  for (const EnergyEntry& entry : *scope.energy) {
    Explanation line;
    explain_amount(line, scope, "energy." + entry.component + "." + entry.event, constants_,
                   entry.leaks() ? latency : report_.report.duration_ns, latency);
    e.parts.push_back(
        {entry.component + "." + entry.event, line.result, line.parts.front().formula});
    e.result += line.result;
  }
  return true;
}

bool Explainer::explain_chip(Explanation& e, const std::string& quantity) const {
  const CostReport& report = report_.report;
  if (quantity == "latency") return explain_latency(e);
  if (quantity == "cycles") {
    const Constant mhz = constants_.resolve("clock.tile_mhz");
    e.unit = "cycle";
    e.meaning = "latency in cycles of the tile clock, rounded up";
    e.formula = "latency x clock.tile_mhz / 1000";
    e.counts = {{"latency", report.latency_ns, "ns, simulated", {}}};
    e.constants = {mhz};
    e.result = std::ceil(std::round(report.latency_ns * 1000) * mhz.value / 1e6);
    return true;
  }
  if (quantity == "power.average") {
    const double energy = explain("energy").result;
    e.unit = "mW";
    e.meaning = "mean power over the run";
    e.formula = "energy / duration (1 pJ/ns = 1 mW)";
    e.counts = {
        {"energy", energy, "pJ", {}},
        {"duration", report.duration_ns, "ns: first pixel sent to last result of the run", {}}};
    e.result = report.duration_ns > 0 ? energy / report.duration_ns : 0;
    return true;
  }
  if (quantity == "cost" || quantity.compare(0, 6, "ratio.") == 0)
    return report_.reference && explain_ratio(e, quantity);
  if (quantity.compare(0, 12, "programming.") == 0)
    return explain_programming(e, quantity.substr(12));
  // Everything else is a sum over the layers and, when it leaks, the unused hardware.
  if (!is_of_chip(quantity)) return false;
  bool any = false;
  for (const Scope* scope : scopes_->summands()) {
    Explanation part;
    if (!explain_scope(part, *scope, quantity)) continue;
    if (part.formula.empty() || quantity == "latency") continue;
    any = true;
    e.unit = part.unit;
    e.parts.push_back({scope->prefix + "." + quantity, part.result, scope->title});
    e.result += part.result;
  }
  if (!any) return false;
  e.meaning = "of the whole inference";
  e.formula =
      scopes_->has_unused ? "sum over the layers and the unused hardware" : "sum over the layers";
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
  e.checks.push_back(check);
}

bool Explainer::explain_ratio(Explanation& e, const std::string& quantity) const {
  if (quantity == "cost") {
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
    return true;
  }
  const CostTotals& reference = *report_.reference;
  const auto ratio = [&](const char* name, const char* unit, double denominator, int images = 1) {
    const double numerator = explain(name).result / images;
    e.meaning = fmt::format("{} divided by that of W8A8 on the same chip", name);
    e.formula = fmt::format("{}{} / {} of W8A8", name, images > 1 ? " per image" : "", name);
    e.counts = {{name, numerator, unit, {}},
                {std::string(name) + " of W8A8", denominator, unit, {}}};
    e.result = numerator / denominator;
    return true;
  };
  if (quantity == "ratio.latency") return ratio("latency", "ns", reference.latency_ns);
  if (quantity == "ratio.energy")
    return ratio("energy", "pJ", reference.energy_pj, report_.report.images);
  if (quantity == "ratio.power") return ratio("power.rated", "mW", reference.power_rated_mw);
  return false;
}

// Loading the weights, which is no part of the inference.
bool Explainer::explain_programming(Explanation& e, const std::string& what) const {
  const Constant pulses = constants_.resolve("crossbar.write_pulses");
  if (what == "time") {
    const Constant write = constants_.resolve("crossbar.write_ns"),
                   arrays = constants_.resolve("tile.write_arrays"),
                   tiles = constants_.resolve("chip.write_tiles");
    e.unit = "ns";
    e.meaning = "loading the weights, before the first inference";
    e.formula =
        "rows of a crossbar x pulses x time of a pulse; tile.write_arrays crossbars of a "
        "tile and chip.write_tiles tiles (0 = all) at a time";
    e.constants = {write, pulses, arrays, tiles};
    // Batches wait for their slowest member; with all tiles at once that is the slowest tile.
    std::vector<double> of_tiles;
    for (const Scope& tile : scopes_->tiles) {
      std::vector<double> rows;
      for (const BlockShape& block : tile.blocks) {
        const auto copies =
            static_cast<std::size_t>(tile.arrays * tile.allocation.pairs) / tile.blocks.size();
        rows.insert(rows.end(), copies, block.rows);
      }
      double sum = 0;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        double longest = rows[i];
        for (std::size_t k = 1; k < static_cast<std::size_t>(arrays.value) && i + 1 < rows.size();
             ++k)
          longest = std::max(longest, rows[++i]);
        sum += longest;
      }
      of_tiles.push_back(sum * pulses.value * write.value);
    }
    const auto at_once = tiles.value == 0 ? of_tiles.size() : static_cast<std::size_t>(tiles.value);
    for (std::size_t begin = 0; begin < of_tiles.size(); begin += at_once) {
      const auto first = of_tiles.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto last = of_tiles.begin() +
                        static_cast<std::ptrdiff_t>(std::min(of_tiles.size(), begin + at_once));
      const auto slowest = std::max_element(first, last);
      e.parts.push_back({fmt::format("tile{}", slowest - of_tiles.begin()), *slowest,
                         "the slowest of its batch"});
      e.result += *slowest;
    }
    return true;
  }
  e.meaning = "loading the weights, before the first inference";
  double each = 1;
  if (what == "cells") {
    e.formula = "arrays x slices x rows x columns, summed over the blocks";
  } else if (what == "pulses") {
    e.formula = "cells x pulses per cell";
    e.constants = {pulses};
    each = pulses.value;
  } else if (what == "energy") {
    const Constant pulse = constants_.resolve("crossbar.write_pj");
    e.unit = "pJ";
    e.formula = "cells x pulses per cell x energy of a pulse";
    e.constants = {pulses, pulse};
    each = pulses.value * pulse.value;
  } else {
    return false;
  }
  for (const Scope& layer : scopes_->layers) {
    const double cells = static_cast<double>(layer.allocation.cells);
    e.parts.push_back({layer.title, cells * each, fmt::format("{} cells", cells)});
    e.result += cells * each;
  }
  return true;
}

// The layers in time: what each adds to the end of those before it.
bool Explainer::explain_latency(Explanation& e) const {
  const CostReport& report = report_.report;
  const Constant mhz = constants_.resolve("clock.tile_mhz");
  const double period = 1000 / mhz.value;
  e.unit = "ns";
  e.meaning = "first pixel sent to last result received, simulated";
  e.formula =
      "what happens one after another; layers that overlap count from the end of those "
      "before them";
  e.constants = {mhz};
  e.result = report.latency_ns;
  if (report.images > 1) {
    e.formula = "of the first image of the stream; the layers' cycle counters span all images";
    e.notes = {"simulated"};
    return true;
  }
  double now = 0;
  std::string before = "the first pixel";
  for (const Scope& scope : scopes_->layers) {
    const double begin = static_cast<double>(scope.counters->at("begin_cycle")) * period,
                 end = static_cast<double>(scope.counters->at("end_cycle")) * period;
    if (begin >= now) {
      e.parts.push_back(
          {fmt::format("from {} to the first window of {}", before, scope.layer->name), begin - now,
           "begin_cycle"});
      e.parts.push_back({scope.prefix + ".latency", end - begin, ""});
      now = end;
    } else if (end > now) {
      e.parts.push_back({fmt::format("{} after the end of {}", scope.prefix, before), end - now,
                         fmt::format("overlaps for {} ns", now - begin)});
      now = end;
    }
    before = scope.layer->name;
  }
  e.parts.push_back(
      {fmt::format("from the last window of {} to the last result at the host", before),
       report.latency_ns - now, "latency - end_cycle"});
  e.result = report.latency_ns;
  e.notes = {
      "the simulation alone knows when things happen; its parts are its layers' cycle "
      "counters"};
  return true;
}

}  // namespace kirchhoff::sim
