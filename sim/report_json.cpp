#include "sim/report_json.h"

#include <type_traits>

namespace kirchhoff::sim {

namespace {

using Json = nlohmann::ordered_json;

// A part is described by a function that calls
//   v(key, member)           for each number, text, list of parts or part of it
//   v(key, member, instead)  the same; a file that lacks the key has the number under `instead`
//   v.only_if(wanted, key, member)  the same; not written unless wanted, and need not be there
//   v.derived(key, value)    for what is written beside them and follows from them
// with `Part` const or not, as it is written or read.

template <typename Part, typename Of>
using Described = std::enable_if_t<std::is_same_v<std::remove_const_t<Part>, Of>>;

template <typename V, typename Part, typename = Described<Part, Allocation>>
void describe(V& v, Part& a, Allocation*) {
  Allocation::visit(
      [&](const char* name, auto& amount) {
        // Chips without multipliers, and their reports from before there were any, have none.
        if (static_cast<const void*>(&amount) == &a.multipliers) {
          v.only_if(amount > 0, name, amount);
        } else {
          v(name, amount);
        }
      },
      a);
}

template <typename V, typename Part, typename = Described<Part, EnergyEntry>>
void describe(V& v, Part& e, EnergyEntry*) {
  v("component", e.component);
  v("event", e.event);
  v("count", e.count);
  v("each", e.each_pj);
  v("key", e.key);
  v.derived("energy_pj", e.energy_pj());
  v.only_if(e.leaks(), "instances", e.instances);
}

template <typename V, typename Part, typename = Described<Part, InstanceEntry>>
void describe(V& v, Part& e, InstanceEntry*) {
  v("component", e.component);
  v("instances", e.instances);
  v("each_mw", e.each_mw);
  v("each_um2", e.each_um2);
  v("power_key", e.power_key);
  v("area_key", e.area_key);
  v.derived("power_rated_mw", e.power_mw());
  v.derived("area_um2", e.area_um2());
}

template <typename V, typename Part, typename = Described<Part, BlockShape>>
void describe(V& v, Part& block, BlockShape*) {
  v("rows", block.rows);
  v("columns", block.columns);
  v("pe", block.pe);
}

template <typename V, typename Part, typename = Described<Part, Cause>>
void describe(V& v, Part& cause, Cause*) {
  v("name", cause.name);
  v("ns", cause.ns);
}

template <typename V, typename Part, typename = Described<Part, IdealLayer>>
void describe(V& v, Part& ideal, IdealLayer*) {
  v("bit_step_ns", ideal.step_ns);
  v("latency_ns", ideal.latency_ns);
  v("energy_pj", ideal.energy_pj);
}

template <typename V, typename Part, typename = Described<Part, TileReport>>
void describe(V& v, Part& tile, TileReport*) {
  v("tile", tile.tile);
  v("node", tile.place, "router");  // reports of earlier versions do not tell the two apart
  v("router", tile.router);
  v.only_if(tile.copy_windows > 0, "copy_windows", tile.copy_windows);
  v("buffer_rows", tile.buffer_rows);
  v("buffer_bits", tile.buffer_bits);
  v.only_if(tile.held_ns > 0, "round", tile.round);
  v.only_if(tile.held_ns > 0, "loaded", tile.loaded);
  v.only_if(tile.held_ns > 0, "held_ns", tile.held_ns);
  v.derived_totals(tile);
  v("blocks", tile.blocks);
  v("allocation", tile.allocation);
  v("counters", tile.counters);
}

template <typename V, typename Part, typename = Described<Part, CostReport>>
void describe(V& v, Part& run, CostReport*) {
  v("images_in_run", run.images);
  v("latency_ns", run.latency_ns);
  v("duration_ns", run.duration_ns);
  v.only_if(run.images > 1, "interval_ns", run.interval_ns);
  if (run.images > 1) v.derived("throughput_per_s", 1e9 / run.interval_ns);
  v("cycles", run.cycles);
  v.derived("energy_pj", run.energy_pj());
  v.derived("power_rated_mw", run.power_rated_mw());
  v.derived("power_average_mw", run.power_average_mw());
  v.derived("area_um2", run.area_um2());
  v.derived_chip_area();
  v.derived("crossbars", run.crossbars());
  v.derived("pes", run.pes());
  v.derived("tiles", run.tiles());
  v.mesh(run.mesh_width, run.mesh_height);
}

template <typename V, typename Part, typename = Described<Part, LayerReport>>
void describe(V& v, Part& layer, LayerReport*) {
  v("name", layer.name);
  v("w", layer.weight_bits);
  v("a", layer.activation_bits);
  v("rows", layer.rows);
  v("columns", layer.columns);
  v("pool", layer.pool);
  v("crossbars", layer.crossbars);
  v("pes", layer.pes);
  v("tiles", layer.tiles);
  v("windows", layer.windows);
  v.only_if(layer.copies > 1, "copies", layer.copies);
  v("latency_ns", layer.latency_ns);
  v.derived("energy_pj", layer.energy_pj());
  v.derived("power_rated_mw", layer.power_rated_mw());
  v.derived("area_um2", layer.area_um2());
  v("ideal", layer.ideal);
  v("causes", layer.causes);
  v.derived("components", layer.components_pj());
  v("allocation", layer.allocation);
  v("ledger", layer.energy);
  v("instances", layer.instances);
  v("counters", layer.counters);
  v("per_tile", layer.tile_reports);
}

template <typename V, typename Part, typename = Described<Part, UnusedReport>>
void describe(V& v, Part& unused, UnusedReport*) {
  v.derived("energy_pj", unused.energy_pj());
  v.derived("power_rated_mw", unused.power_rated_mw());
  v("allocation", unused.allocation);
  v("ledger", unused.energy);
  v("instances", unused.instances);
}

template <typename V, typename Part, typename = Described<Part, ProgrammingCost>>
void describe(V& v, Part& p, ProgrammingCost*) {
  v("crossbars", p.arrays);
  v("rows", p.rows);
  v("cells", p.cells);
  v("pulses", p.pulses);
  v("time_ns", p.time_ns);
  v("energy_pj", p.energy_pj);
  v("writes_per_cell", p.writes_per_cell);
  v("reloads_within_endurance", p.reloads);
}

template <typename V, typename Part, typename = Described<Part, RoundReport>>
void describe(V& v, Part& round, RoundReport*) {
  v("first", round.first);
  v("last", round.last);
  v("tiles", round.tiles);
  v("passes", round.passes);
  v("busy_ns", round.busy_ns);
  v("waiting_ns", round.waiting_ns);
  v("written_crossbars", round.crossbars);
  v("written_cells", round.cells);
}

template <typename V, typename Part, typename = Described<Part, RewritingReport>>
void describe(V& v, Part& r, RewritingReport*) {
  v("waiting_ns", r.waiting_ns);
  v("cells", r.cells);
  v("energy_pj", r.energy_pj);
  v("between_rounds_bytes", r.between_rounds_bytes);
  v("pulses_per_image", r.pulses_per_image);
  v("images_within_endurance", r.images);
  v("shared_power_mw", r.shared_power_mw);
  v("shared_area_um2", r.shared_area_um2);
  v("rounds", r.rounds);
}

template <typename V, typename Part, typename = Described<Part, CostTotals>>
void describe(V& v, Part& totals, CostTotals*) {
  v("latency_ns", totals.latency_ns);
  v("energy_pj", totals.energy_pj);
  v("power_rated_mw", totals.power_rated_mw);
}

template <typename T>
constexpr bool kIsPlain = std::is_arithmetic_v<T> || std::is_enum_v<T> ||
                          std::is_same_v<T, std::string> || std::is_same_v<T, Counters>;

/// A ledger where tiles are written, the area of the chip where a run is.
class Writer {
 public:
  explicit Writer(const Ledger* ledger = nullptr, double run_ns = 0, double area_chip_um2 = 0)
      : ledger_(ledger), run_ns_(run_ns), area_chip_um2_(area_chip_um2) {}

  template <typename Part>
  Json written(const Part& part) const {
    Writer inner(ledger_, run_ns_, area_chip_um2_);
    describe(inner, part, static_cast<Part*>(nullptr));
    return std::move(inner.json_);
  }

  template <typename T>
  void operator()(const char* key, const T& value, const char* = nullptr) {
    if constexpr (kIsPlain<T>) {
      json_[key] = value;
    } else {
      json_[key] = written(value);
    }
  }
  template <typename T>
  void operator()(const char* key, const std::vector<T>& parts) {
    Json& list = json_[key] = Json::array();
    for (const T& part : parts) list.push_back(written(part));
  }
  template <typename T>
  void only_if(bool wanted, const char* key, const T& value) {
    if (wanted) json_[key] = value;
  }
  template <typename T>
  void derived(const char* key, const T& value) {
    json_[key] = value;
  }
  void derived_totals(const TileReport& tile) {
    const TileTotals totals = ledger_->tile_totals(tile, run_ns_);
    json_["energy_pj"] = totals.energy_pj;
    json_["power_rated_mw"] = totals.power_rated_mw;
    json_["area_um2"] = totals.area_um2;
  }
  void derived_chip_area() { json_["area_chip_um2"] = area_chip_um2_; }
  void mesh(int width, int height) { json_["mesh"] = {{"width", width}, {"height", height}}; }

 private:
  const Ledger* const ledger_;
  const double run_ns_, area_chip_um2_;
  Json json_;
};

constexpr int kMaxMeshSide = 256;  // as the configuration has it

class Reader {
 public:
  explicit Reader(const JsonNode& node) : node_(node) {}

  void operator()(const char* key, std::string& text) { text = node_[key].text(); }
  void operator()(const char* key, double& number) { number = node_[key].number(); }
  void operator()(const char* key, bool& flag) { flag = node_[key].flag(); }
  void operator()(const char* key, int& number, const char* instead = nullptr) {
    number = node_[instead == nullptr || node_.has(key) ? key : instead].integer();
  }
  void operator()(const char* key, long long& number) { number = node_[key].integer<long long>(); }
  void operator()(const char* key, std::uint64_t& number) {
    number = node_[key].integer<std::uint64_t>();
  }
  void operator()(const char* key, Counters& counters) {
    node_[key].items([&](const std::string& name, const JsonNode& value) {
      counters[name] = value.integer<std::uint64_t>();
    });
  }
  template <typename T>
  void operator()(const char* key, std::vector<T>& parts) {
    node_[key].each([&](const JsonNode& node) { parts.push_back(read<T>(node)); });
  }
  template <typename Part>
  void operator()(const char* key, Part& part, const char* instead = nullptr) {
    if constexpr (std::is_enum_v<Part>) {
      int number = 0;
      (*this)(key, number, instead);
      part = Part{number};
    } else {
      part = read<Part>(node_[key]);
    }
  }
  template <typename T>
  void only_if(bool, const char* key, T& number) {
    if (node_.has(key)) (*this)(key, number);
  }
  template <typename T>
  void derived(const char*, const T&) {}
  void derived_totals(const TileReport&) {}
  void derived_chip_area() {}
  void mesh(int& width, int& height) {
    width = node_["mesh"]["width"].integer(kMaxMeshSide);
    height = node_["mesh"]["height"].integer(kMaxMeshSide);
  }

  template <typename Part>
  static Part read(const JsonNode& node) {
    Part part;
    Reader reader(node);
    describe(reader, part, static_cast<Part*>(nullptr));
    return part;
  }

 private:
  const JsonNode& node_;
};

}  // namespace

Json to_json(const CostReport& report, double area_chip_um2) {
  return Writer(nullptr, 0, area_chip_um2).written(report);
}
Json to_json(const LayerReport& layer, const Ledger& ledger, double run_ns) {
  return Writer(&ledger, run_ns).written(layer);
}
Json to_json(const UnusedReport& unused) { return Writer().written(unused); }
Json to_json(const ProgrammingCost& programming) { return Writer().written(programming); }
Json to_json(const RewritingReport& rewriting) { return Writer().written(rewriting); }
Json to_json(const CostTotals& totals) { return Writer().written(totals); }

LayerReport layer_from(const JsonNode& node) {
  auto layer = Reader::read<LayerReport>(node);
  for (TileReport& tile : layer.tile_reports) tile.layer_ns = layer.latency_ns;
  return layer;
}
CostReport run_from(const JsonNode& node) { return Reader::read<CostReport>(node); }
UnusedReport unused_from(const JsonNode& node) { return Reader::read<UnusedReport>(node); }
RewritingReport rewriting_from(const JsonNode& node) { return Reader::read<RewritingReport>(node); }
CostTotals totals_from(const JsonNode& node) { return Reader::read<CostTotals>(node); }

}  // namespace kirchhoff::sim
