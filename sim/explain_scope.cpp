#include "sim/explain_scope.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "base/error.h"
#include "hw/tile/tile.h"

namespace kirchhoff::sim {

const std::map<std::string, std::string>& counter_meanings() {
  static const std::map<std::string, std::string> meanings = [] {
    std::map<std::string, std::string> m = {
        {"router_flits", "flits of the layer x routers passed"},
        {"link_flits", "flits of the layer x links between routers passed"},
        {"noc_messages", "messages that the layer's tiles (or, for layer 0, the host) sent"},
        {"noc_flits", "their flits, heads included"},
        {"noc_head_cycles", "NoC cycles of their heads through an idle network"},
        {"noc_serialisation_cycles", "NoC cycles of the flits behind the first head"},
        {"noc_contention_cycles", "NoC cycles that they waited for other packets and for room"}};
    hw::TileCounters counters;
    counters.visit(
        [&](const char* name, std::uint64_t, const char* meaning) { m[name] = meaning; });
    return m;
  }();
  return meanings;
}

bool belongs_to_layer(const std::string& counter) {
  return counter == "router_flits" || counter == "link_flits" || counter.compare(0, 4, "noc_") == 0;
}

bool is_extreme(const std::string& counter) {
  return counter == "begin_cycle" || counter == "end_cycle" || counter == "buffer_rows" ||
         counter == "partial_windows";
}

namespace {

template <typename Entry>
std::vector<std::string> components_of(const std::vector<Entry>& entries) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) {
    if (std::find(names.begin(), names.end(), entry.component) == names.end())
      names.push_back(entry.component);
  }
  return names;
}

// What leaks or burns, per component, in the allocation of a tile, a layer or the unused part.
struct Instances {
  double count;
  std::string how;
};

Instances instances_of(const std::string& component, const Scope& scope,
                       const Constants& constants) {
  const Allocation& a = scope.allocation;
  const auto plain = [](int n, const char* what) {
    return Instances{static_cast<double>(n), fmt::format("{} {}", n, what)};
  };
  if (component == "crossbar") {
    return {1.0 * scope.arrays * a.pairs,
            fmt::format("{} pairs x {} crossbars", a.pairs, scope.arrays)};
  }
  if (component == "dac") return plain(a.dacs, "rows in use x pairs");
  if (component == "sample_hold") {
    if (!constants.flag("sample_hold.present"))
      return {0, "sample_hold.present = false: no column has one"};
    return plain(a.columns, "columns in use x pairs");
  }
  if (component == "adc") return plain(a.adcs, "ADCs: min(columns in use, adc.per_pair) x pairs");
  if (component == "subtractor" && scope.arrays == 1)
    return {0, "the offset encoding subtracts nothing"};
  if (component == "subtractor" || component == "shift_adder") return plain(a.pairs, "pairs");
  if (component == "input_register" || component == "output_register") return plain(a.pes, "PEs");
  if (component == "link") {
    const double mm = constants.hop_mm();
    return {a.links * mm, fmt::format("{} output links x {} mm", a.links, mm)};
  }
  if (component == "router")
    return {a.routers, fmt::format("{} routers, shared ones in parts", a.routers)};
  return plain(a.tiles, "tiles");
}

std::string with_dot(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

void add_constant(Explanation& e, const Constant& constant) {
  for (const Constant& known : e.constants)
    if (known.name == constant.name) return;
  e.constants.push_back(constant);
}

void add_count(Explanation& e, const Count& count) {
  for (const Count& known : e.counts)
    if (known.name == count.name) return;
  e.counts.push_back(count);
}

double ceil_div(double bits, double word) { return std::ceil(bits / word); }

/// A counter of a layer or tile, with its closed form where the shape of the layer gives one.
Count counted(const Scope& scope, const std::string& name, const Constants& constants) {
  Count count;
  count.name = name;
  count.value = static_cast<double>(scope.counters->at(name));
  const LayerReport& layer = *scope.layer;
  const Allocation& a = scope.allocation;
  const double windows = static_cast<double>(layer.windows) * scope.images;
  const double bits = layer.activation_bits;
  const double blocks = static_cast<double>(scope.blocks.size());
  const double slices = blocks > 0 ? a.pairs / blocks : 0;
  const bool whole_layer = scope.prefix.compare(0, 5, "layer") == 0;
  const auto closed = [&](double value, std::string how) {
    count.closed_form = value;
    count.how = std::move(how);
  };
  const auto words = [&](auto bits_of_block) {
    double sum = 0;
    for (const BlockShape& block : scope.blocks) sum += bits_of_block(block);
    return sum;
  };
  const auto per_bit_step = [&](double amount, const std::string& what) {
    closed(windows * bits * amount,
           fmt::format("{} windows x {} bit steps x {}", windows, bits, what));
  };
  const auto per_window = [&](double amount, const std::string& what) {
    closed(windows * amount, fmt::format("{} windows x {}", windows, what));
  };
  const double columns = slices > 0 ? a.columns / slices : 0,
               rows = slices > 0 ? a.dacs / slices : 0;
  const bool last = scope.counters->at("requantised") == 0;
  const bool held = constants.flag("sample_hold.present");
  const double per_pair = constants.number("adc.per_pair");
  // Drives of a bit step: one where columns are held, else one per round of conversions, those of
  // the unit column included.
  const double used = words([](const BlockShape& b) { return static_cast<double>(b.columns); });
  const double unit_columns = blocks > 0 ? (columns - used) / blocks : 0;
  const auto drives = [&](const BlockShape& b) {
    return held ? 1.0 : ceil_div(b.columns + unit_columns, per_pair);
  };
  const std::string and_drives =
      held ? "" : fmt::format(" x drives (columns / {} ADCs, rounded up)", per_pair);
  if (name == "subtractions" && scope.arrays == 1) {
    closed(0, "the offset encoding subtracts nothing");
  } else if (name == "samples" && !held) {
    closed(0, "sample_hold.present = false: no column is held");
  } else if (name == "conversions" || name == "samples" || name == "subtractions" ||
             (name == "shift_adds" && scope.arrays == 2)) {
    per_bit_step(a.columns, fmt::format("{} slices x {} columns (sum over {} blocks)", slices,
                                        columns, blocks));
  } else if (name == "dac_drives") {
    per_bit_step(slices * words([&](const BlockShape& b) { return b.rows * drives(b); }),
                 fmt::format("{} slices x {} rows{} (sum over {} blocks)", slices, rows, and_drives,
                             blocks));
  } else if (name == "cell_reads") {
    per_bit_step(
        static_cast<double>(a.cells),
        fmt::format("{} used cells ({} arrays x {} slices x rows x columns, sum over {} blocks)",
                    a.cells, scope.arrays, slices, blocks));
  } else if (name == "bit_steps") {
    per_bit_step(blocks, fmt::format("{} blocks", blocks));
  } else if (name == "products") {
    per_window(blocks, fmt::format("{} blocks", blocks));
  } else if (name == "input_reads") {
    const double word = constants.number("input_register.word_bits");
    per_bit_step(
        words([&](const BlockShape& b) { return ceil_div(b.rows, word) * drives(b); }),
        fmt::format("rows / {} bits, rounded up{} (sum over {} blocks)", word, and_drives, blocks));
  } else if (name == "input_writes") {
    const double word = constants.number("input_register.word_bits");
    per_window(
        words([&](const BlockShape& b) { return ceil_div(b.rows * bits, word); }),
        fmt::format("rows x {} / {} bits, rounded up (sum over {} blocks)", bits, word, blocks));
  } else if (name == "output_writes") {
    const double word = constants.number("output_register.word_bits");
    const double sum_bits = hw::sum_bits(layer.weight_bits, layer.activation_bits, layer.rows);
    per_bit_step(words([&](const BlockShape& b) { return ceil_div(sum_bits * b.columns, word); }),
                 fmt::format("{} x columns / {} bits, rounded up (sum over {} blocks)", sum_bits,
                             word, blocks));
  } else if (name == "windows") {
    const double tiles = a.tiles;
    closed(windows * tiles, fmt::format("{} windows x {} tiles", windows, tiles));
  } else if (whole_layer && name == "tile_adds") {
    const double sums = words([](const BlockShape& b) { return static_cast<double>(b.columns); });
    per_window(sums - layer.columns,
               fmt::format("({} columns in {} blocks - {} columns of the layer)", sums, blocks,
                           layer.columns));
  } else if (whole_layer && (name == "requantised" || name == "table_reads")) {
    if (last) {
      closed(0, "the last layer delivers its accumulators");
    } else {
      per_window(layer.columns, fmt::format("{} output channels", layer.columns));
    }
  } else if (whole_layer && name == "pool_comparisons") {
    const double pool = layer.pool * layer.pool;
    closed(last ? 0 : windows * layer.columns * (1 - 1 / pool),
           fmt::format("{} windows x {} output channels x (1 - 1 / {})", windows, layer.columns,
                       pool));
  }
  if (!count.closed_form) {
    const auto meaning = counter_meanings().find(name);
    count.how = fmt::format("measured: {}",
                            meaning == counter_meanings().end() ? "a counter" : meaning->second);
  }
  return count;
}

/// Adds the lines of a ledger that `wanted` accepts, each recomputed from counter or allocation and
/// constant. Returns their sum.
double add_energy(Explanation& e, const Scope& scope, const Constants& constants,
                  double duration_ns, double layer_ns, bool as_parts,
                  const std::function<bool(const EnergyEntry&)>& wanted) {
  double sum = 0;
  for (const EnergyEntry& entry : *scope.energy) {
    if (!wanted(entry)) continue;
    const Constant constant = constants.resolve(entry.key, entry.event);
    double energy = 0;
    std::string formula;
    if (entry.leaks()) {
      const Instances instances = instances_of(entry.component, scope, constants);
      const bool awake = entry.leaks_awake();
      const double wake = awake ? constants.number("chip.wake_ns") : 0,
                   charge = awake ? constants.number("chip.wake_leak_ns") : 0;
      const double ns = awake ? layer_ns + wake + charge : duration_ns;
      energy = instances.count * ns * constant.value;
      formula = fmt::format("{} x {} ns x {} mW", instances.count, ns, constant.value);
      if (as_parts) {
        add_count(e, {entry.component + " instances", instances.count, instances.how, {}});
        add_count(
            e, awake ? Count{"awake",
                             ns,
                             fmt::format("ns: {} of the layer + {} chip.wake_ns + {} "
                                         "chip.wake_leak_ns; else it is switched off",
                                         layer_ns, wake, charge),
                             {}}
                     : Count{"duration", duration_ns, "ns of the whole run: what waits leaks", {}});
      }
    } else {
      const Count count = counted(scope, entry.event, constants);
      energy = count.value * constant.value;
      formula = fmt::format("{} x {} pJ", count.value, constant.value);
      if (as_parts) add_count(e, count);
    }
    sum += energy;
    if (!as_parts) continue;
    e.parts.push_back(
        {with_dot(scope.prefix, "energy." + entry.component + "." + entry.event), energy, formula});
    add_constant(e, constant);
  }
  return sum;
}

double add_instances(Explanation& e, const Scope& scope, const Constants& constants, bool area,
                     bool as_parts, const std::string& component) {
  double sum = 0;
  for (const InstanceEntry& entry : *scope.instances) {
    if (!component.empty() && entry.component != component) continue;
    const std::string& key = area ? entry.area_key : entry.power_key;
    if (key.empty()) continue;
    const Constant constant = constants.resolve(key);
    const Instances instances = instances_of(entry.component, scope, constants);
    const double value = instances.count * constant.value;
    sum += value;
    if (!as_parts) continue;
    e.parts.push_back(
        {with_dot(scope.prefix, (area ? "area." : "power.rated.") + entry.component), value,
         fmt::format("{} x {} {}", instances.count, constant.value, area ? "um2" : "mW")});
    add_count(e, {entry.component + " instances", instances.count, instances.how, {}});
    add_constant(e, constant);
  }
  return sum;
}

bool strip(std::string& text, const std::string& prefix) {
  if (text.compare(0, prefix.size(), prefix) != 0) return false;
  text.erase(0, prefix.size());
  return true;
}

}  // namespace

bool explain_amount(Explanation& e, const Scope& scope, std::string rest,
                    const Constants& constants, double duration_ns,
                    std::optional<double> layer_ns) {
  const double own_ns = layer_ns                 ? *layer_ns
                        : scope.layer != nullptr ? scope.layer->latency_ns
                                                 : duration_ns;
  if (rest == "energy") {
    e.unit = "pJ";
    e.meaning = "energy of " + scope.title;
    e.formula = "sum over the components";
    for (const std::string& component : components_of(*scope.energy)) {
      const double energy =
          add_energy(e, scope, constants, duration_ns, own_ns, false,
                     [&](const EnergyEntry& entry) { return entry.component == component; });
      e.parts.push_back({with_dot(scope.prefix, "energy." + component), energy, ""});
      e.result += energy;
    }
    return true;
  }
  if (strip(rest, "energy.")) {
    const std::size_t dot = rest.find('.');
    const std::string component = rest.substr(0, dot);
    const std::string event = dot == std::string::npos ? "" : rest.substr(dot + 1);
    const auto wanted = [&](const EnergyEntry& entry) {
      return entry.component == component && (event.empty() || entry.event == event);
    };
    if (std::none_of(scope.energy->begin(), scope.energy->end(), wanted)) return false;
    e.unit = "pJ";
    e.meaning = fmt::format("energy of {} in {}", component, scope.title);
    e.formula = "sum of count x energy of one event, and instances x duration x leakage of one";
    e.result = add_energy(e, scope, constants, duration_ns, own_ns, true, wanted);
    return true;
  }
  const bool area = rest == "area" || rest.compare(0, 5, "area.") == 0;
  if (area ? scope.prefix == "unused"
           : rest != "power.rated" && rest.compare(0, 12, "power.rated.") != 0)
    return false;
  std::string component;
  if (strip(rest, area ? "area." : "power.rated.")) {
    component = rest;
    if (std::none_of(scope.instances->begin(), scope.instances->end(),
                     [&](const InstanceEntry& i) { return i.component == component; }))
      return false;
  }
  e.unit = area ? "um2" : "mW";
  e.meaning = fmt::format("{} of {}{}",
                          area                       ? "area"
                          : scope.prefix == "unused" ? "leakage"
                                                     : "rated power (all at full activity)",
                          component.empty() ? "" : component + " in ", scope.title);
  e.formula = area ? "sum of instances x area of one" : "sum of instances x power of one";
  e.result = add_instances(e, scope, constants, area, true, component);
  return true;
}

bool explain_count(Explanation& e, const Scope& scope, const std::string& rest,
                   const Constants& constants) {
  if (scope.layer == nullptr) return false;
  if (rest == "crossbars" || rest == "pes") {
    const Allocation& a = scope.allocation;
    const auto blocks = static_cast<double>(scope.blocks.size());
    e.meaning = fmt::format("{} of {}", rest == "pes" ? "PEs" : "crossbars", scope.title);
    e.formula = rest == "pes" ? "PEs that hold a block" : "arrays x slices x blocks (eq. 7)";
    const double value = rest == "pes" ? a.pes : 1.0 * scope.arrays * a.pairs;
    Count count{rest, value, "", {}};
    count.how = rest == "pes" ? fmt::format("{} blocks", blocks)
                              : fmt::format("{} arrays x {} slices x {} blocks", scope.arrays,
                                            blocks > 0 ? a.pairs / blocks : 0, blocks);
    e.counts.push_back(count);
    e.result = value;
    return true;
  }
  if (scope.counters->count(rest) == 0) return false;
  const Count count = counted(scope, rest, constants);
  const auto meaning = counter_meanings().find(rest);
  if (meaning != counter_meanings().end())
    e.meaning = fmt::format("{}, {}", meaning->second, scope.title);
  const bool picoseconds = rest.size() > 3 && rest.compare(rest.size() - 3, 3, "_ps") == 0;
  e.unit = picoseconds ? "ps" : rest.find("cycle") == std::string::npos ? "" : "cycle";
  e.formula = count.closed_form ? count.how : "counted by the modules";
  e.counts.push_back(count);
  e.result = count.closed_form ? *count.closed_form : count.value;
  return true;
}

}  // namespace kirchhoff::sim
