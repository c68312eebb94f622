#include "hw/config/scaling.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

namespace kirchhoff::hw {

namespace {

double router_ports(const ChipConfig& c) { return 4 + c.noc.cluster_side() * c.noc.cluster_side(); }

const std::vector<Size>& sizes() {
  static const std::vector<Size> all = {
      {"crossbar.rows",
       {"crossbar.rows"},
       [](const ChipConfig& c) { return 1.0 * c.tile.pe.crossbar.rows; }},
      {"crossbar.cols",
       {"crossbar.cols"},
       [](const ChipConfig& c) { return 1.0 * c.tile.pe.crossbar.cols; }},
      {"crossbar.cell_bits",
       {"crossbar.cell_bits"},
       [](const ChipConfig& c) { return 1.0 * c.tile.pe.crossbar.cell_bits; }},
      {"adc.per_pair",
       {"adc.per_pair"},
       [](const ChipConfig& c) { return 1.0 * c.tile.pe.adc.per_pair; }},
      {"(0.19488 x adc.bits + 4.2005e-4 x 2^adc.bits)",
       {"adc.bits"},
       [](const ChipConfig& c) { return AdcConfig::isaac_conversion_pj(c.tile.pe.adc.bits); }},
      {"(81.73 x adc.bits + 2.1335 x 2^adc.bits)",
       {"adc.bits"},
       [](const ChipConfig& c) { return AdcConfig::isaac_area_um2(c.tile.pe.adc.bits); }},
      {"steps of a conversion",
       {"adc.kind", "adc.bits"},
       [](const ChipConfig& c) { return 1.0 * c.tile.pe.adc.steps(); }},
      {"(clock.pe_mhz / adc.cycles)",
       {"clock.pe_mhz", "adc.cycles"},
       [](const ChipConfig& c) { return 1.0 * c.clock.pe_mhz / c.tile.pe.adc.cycles; }},
      {"input_register.bytes",
       {"input_register.bytes"},
       [](const ChipConfig& c) { return 1.0 * c.tile.pe.input_register_bytes; }},
      {"input_register.word_bits",
       {"input_register.word_bits"},
       [](const ChipConfig& c) { return 1.0 * c.tile.pe.input_register.word_bits; }},
      {"output_register.bytes",
       {"output_register.bytes"},
       [](const ChipConfig& c) { return 1.0 * c.tile.pe.output_register_bytes; }},
      {"output_register.word_bits",
       {"output_register.word_bits"},
       [](const ChipConfig& c) { return 1.0 * c.tile.pe.output_register.word_bits; }},
      {"edram.kb", {"edram.kb"}, [](const ChipConfig& c) { return 1.0 * c.tile.edram.kb; }},
      {"edram.word_bits",
       {"edram.word_bits"},
       [](const ChipConfig& c) { return 1.0 * c.tile.edram.word_bits; }},
      {"edram.banks",
       {"edram.banks"},
       [](const ChipConfig& c) { return 1.0 * c.tile.edram.banks; }},
      {"line_buffer.bytes",
       {"line_buffer.bytes"},
       [](const ChipConfig& c) { return 1.0 * c.tile.line_buffer.bytes; }},
      {"line_buffer.word_bits",
       {"line_buffer.word_bits"},
       [](const ChipConfig& c) { return 1.0 * c.tile.line_buffer.access.word_bits; }},
      {"bus.width_bits",
       {"bus.width_bits"},
       [](const ChipConfig& c) { return 1.0 * c.tile.bus.width_bits; }},
      {"tile_adder.lanes",
       {"tile_adder.lanes"},
       [](const ChipConfig& c) { return 1.0 * c.tile.adder.lanes; }},
      {"tile_register.bytes",
       {"tile_register.bytes"},
       [](const ChipConfig& c) { return 1.0 * c.tile.tile_register_bytes; }},
      {"tile_register.word_bits",
       {"tile_register.word_bits"},
       [](const ChipConfig& c) { return 1.0 * c.tile.tile_register.word_bits; }},
      {"sfu.lanes", {"sfu.lanes"}, [](const ChipConfig& c) { return 1.0 * c.tile.sfu.lanes; }},
      {"tile.pes", {"tile.pes"}, [](const ChipConfig& c) { return 1.0 * c.tile.pes; }},
      {"tile.write_arrays",
       {"tile.write_arrays"},
       [](const ChipConfig& c) { return 1.0 * c.tile.write_arrays; }},
      {"noc.flit_bits",
       {"noc.flit_bits"},
       [](const ChipConfig& c) { return 1.0 * c.noc.flit_bits; }},
      {"noc.vcs", {"noc.vcs"}, [](const ChipConfig& c) { return 1.0 * c.noc.vcs; }},
      {"noc.buffer_flits",
       {"noc.buffer_flits"},
       [](const ChipConfig& c) { return 1.0 * c.noc.buffer_flits; }},
      {"noc.ni_packets",
       {"noc.ni_packets"},
       [](const ChipConfig& c) { return 1.0 * c.noc.ni_packets; }},
      {"ports of a router", {"noc.topology", "noc.concentration"}, router_ports},
      {"clock.pe_mhz", {"clock.pe_mhz"}, [](const ChipConfig& c) { return 1.0 * c.clock.pe_mhz; }},
      {"clock.tile_mhz",
       {"clock.tile_mhz"},
       [](const ChipConfig& c) { return 1.0 * c.clock.tile_mhz; }},
      {"clock.noc_mhz",
       {"clock.noc_mhz"},
       [](const ChipConfig& c) { return 1.0 * c.clock.noc_mhz; }},
  };
  return all;
}

constexpr char kConversion[] = "(0.19488 x adc.bits + 4.2005e-4 x 2^adc.bits)";
constexpr char kSampleRate[] = "(clock.pe_mhz / adc.cycles)";
constexpr char kSteps[] = "steps of a conversion";
constexpr char kPorts[] = "ports of a router";

// Sources that several laws share.
constexpr char kCells[] = "cells: MNSIM 2.0";
constexpr char kDriver[] = "assumption: a driver grows with the line that it drives";
constexpr char kPerConversion[] = "one for every ADC: MNSIM 2.0";
constexpr char kResolution[] = "ISAAC's scaling with resolution; energy x rate";
constexpr char kFullRate[] = "an event per cycle at full activity";
constexpr char kAccess[] = "bits; wires as long as the array's side: PUMA's memories";
constexpr char kMemory[] = "cells: PUMA's memories; ports: CACTI 7";
constexpr char kWires[] = "wires: Noxim, Accelergy; as long as the tile's side";
constexpr char kLanes[] = "lanes side by side";
constexpr char kRouter[] = "bits; depth: BookSim 2; ports: PUMA";
constexpr char kSettling[] = "how longer lines settle is not modelled";
constexpr char kBuffers[] = "input buffers, 94 % of a router's leakage (Noxim); ports: PUMA";

// Read, write, leakage, rated power and area of a memory. `clock`: null where accesses per time do
// not depend on one.
struct Memory {
  const char *read, *write, *leak, *rated, *area, *capacity, *word, *banks, *clock;
};

void add_memory(std::vector<ScalingLaw>& laws, const Memory& m) {
  const std::vector<Factor> access = {{m.word, 1}, {m.capacity, 0.5}};
  std::vector<Factor> cells = {{m.capacity, 1}, {m.word, 0.25}}, busy = access;
  if (m.banks != nullptr) {
    cells.push_back({m.banks, 0.25});
    busy.push_back({m.banks, 1});
  }
  if (m.clock != nullptr) busy.push_back({m.clock, 1});
  laws.push_back({m.read, access, kAccess});
  laws.push_back({m.write, access, kAccess});
  laws.push_back({m.leak, cells, kMemory});
  laws.push_back({m.area, cells, kMemory});
  laws.push_back({m.rated, busy, kFullRate, m.leak});
}

std::vector<ScalingLaw> make_laws() {
  const std::vector<Factor> cells = {{"crossbar.rows", 1}, {"crossbar.cols", 1}};
  const std::vector<Factor> line = {{"crossbar.cols", 1}};
  const std::vector<Factor> per_adc = {{"adc.per_pair", 1}};
  const std::vector<Factor> per_adc_and_cycle = {{"adc.per_pair", 1}, {"clock.pe_mhz", 1}};
  const std::vector<Factor> conversions = {{kConversion, 1}, {kSampleRate, 1}};
  const std::vector<Factor> wires = {{"bus.width_bits", 1}, {"tile.pes", 0.5}};
  const std::vector<Factor> buffers = {
      {"noc.flit_bits", 1}, {"noc.vcs", 1}, {"noc.buffer_flits", 1}};
  const std::vector<Factor> flit = {
      {"noc.flit_bits", 1}, {"noc.vcs", 0.16}, {"noc.buffer_flits", 0.16}};
  const auto with = [](std::vector<Factor> factors, std::initializer_list<Factor> more) {
    factors.insert(factors.end(), more);
    return factors;
  };

  std::vector<ScalingLaw> laws = {
      {"crossbar.rated_mw", cells, kCells},
      {"crossbar.area_um2", cells, kCells},
      {"crossbar.read_ns", {{"crossbar.rows", 0, kSettling}, {"crossbar.cols", 0, kSettling}}},
      {"crossbar.write_pulses",
       {{"crossbar.cell_bits", 0, "how many pulses verify a cell of several levels is not known"}}},
      {"dac.drive_ns", {{"crossbar.cols", 0, kSettling}}},
      {"dac.drive_pj", line, kDriver},
      {"dac.leak_mw", line, kDriver},
      {"dac.rated_mw", line, kDriver},
      {"dac.area_um2", line, kDriver},
      {"subtractor.rated_mw", per_adc_and_cycle, kPerConversion},
      {"subtractor.area_um2", per_adc, kPerConversion},
      {"adc.cycles",
       {{kSteps, 1}},
       "bits + 2 by successive approximation (MNSIM 2.0), 1 in a flash ADC",
       "",
       true},
      {"adc.conversion_pj", {{kConversion, 1}}, kResolution},
      {"adc.leak_mw", conversions, kResolution},
      {"adc.rated_mw", conversions, kResolution},
      {"adc.area_um2", {{"(81.73 x adc.bits + 2.1335 x 2^adc.bits)", 1}}, kResolution},
      {"shift_adder.leak_mw", per_adc, kPerConversion},
      {"shift_adder.area_um2", per_adc, kPerConversion},
      {"shift_adder.rated_mw", per_adc_and_cycle, kPerConversion, "shift_adder.leak_mw"},
      {"edram.access_ns", {{"edram.kb", 0, "how much slower a larger buffer is is not modelled"}}},
      {"bus.byte_pj", {{"tile.pes", 0.5}}, kWires},
      {"bus.leak_mw", wires, kWires},
      {"bus.area_um2", wires, kWires},
      {"bus.rated_mw", with(wires, {{"clock.tile_mhz", 1}}), kFullRate, "bus.leak_mw"},
      {"tile_adder.leak_mw", {{"tile_adder.lanes", 1}}, kLanes},
      {"tile_adder.area_um2", {{"tile_adder.lanes", 1}}, kLanes},
      {"tile_adder.rated_mw",
       {{"tile_adder.lanes", 1}, {"clock.tile_mhz", 1}},
       kFullRate,
       "tile_adder.leak_mw"},
      {"sfu.leak_mw", {{"sfu.lanes", 1}}, kLanes},
      {"sfu.area_um2", {{"sfu.lanes", 1}}, kLanes},
      {"sfu.rated_mw", {{"sfu.lanes", 1}, {"clock.tile_mhz", 1}}, kFullRate, "sfu.leak_mw"},
      {"controller.rated_mw", {{"clock.tile_mhz", 1}}, kFullRate, "controller.leak_mw"},
      {"controller.area_um2", {{"tile.write_arrays", 0, "write drivers are in no constant"}}},
      {"router.flit_pj", with(flit, {{kPorts, 0.67}}), kRouter},
      {"router.leak_mw", with(buffers, {{kPorts, 1.34}}), kBuffers},
      {"router.area_um2",
       with(buffers, {{kPorts, 1.3},
                      {"noc.ni_packets", 0, "buffers of network interfaces are in no constant"}}),
       kBuffers},
      {"router.rated_mw", with(flit, {{kPorts, 1.67}, {"clock.noc_mhz", 1}}), kRouter,
       "router.leak_mw"},
      {"link.mm", {{"tile.pes", 0.5}}, "side of the tile"},
      {"link.flit_mm_pj", {{"noc.flit_bits", 1}}, kWires},
      {"link.leak_mm_mw", {{"noc.flit_bits", 1}}, kWires},
      {"link.rated_mm_mw",
       {{"noc.flit_bits", 1}, {"clock.noc_mhz", 1}},
       kFullRate,
       "link.leak_mm_mw"},
  };
  add_memory(laws, {"input_register.read_pj", "input_register.write_pj", "input_register.leak_mw",
                    "input_register.rated_mw", "input_register.area_um2", "input_register.bytes",
                    "input_register.word_bits", nullptr, "clock.pe_mhz"});
  add_memory(laws,
             {"output_register.read_pj", "output_register.write_pj", "output_register.leak_mw",
              "output_register.rated_mw", "output_register.area_um2", "output_register.bytes",
              "output_register.word_bits", nullptr, "clock.pe_mhz"});
  add_memory(laws, {"edram.read_pj", "edram.write_pj", "edram.leak_mw", "edram.rated_mw",
                    "edram.area_um2", "edram.kb", "edram.word_bits", "edram.banks", nullptr});
  add_memory(laws, {"line_buffer.read_pj", "line_buffer.write_pj", "line_buffer.leak_mw",
                    "line_buffer.rated_mw", "line_buffer.area_um2", "line_buffer.bytes",
                    "line_buffer.word_bits", nullptr, "clock.tile_mhz"});
  add_memory(laws, {"tile_register.read_pj", "tile_register.write_pj", "tile_register.leak_mw",
                    "tile_register.rated_mw", "tile_register.area_um2", "tile_register.bytes",
                    "tile_register.word_bits", nullptr, "clock.tile_mhz"});
  return laws;
}

bool per_access(const ScalingLaw& law) {
  const std::string_view key = law.key;
  return key.size() > 3 && key.substr(key.size() - 3) == "_pj";
}

/// The ratio that the factor is a power of; 1 where it changes nothing.
double ratio(const ScalingLaw& law, const Factor& factor, const Sizes& before, const Sizes& now) {
  if (factor.exponent == 0) return 1;
  const double from = before.at(factor.size), to = now.at(factor.size);
  return from == 0 || (to == 0 && per_access(law)) ? 1 : to / from;
}

double product(const ScalingLaw& law, const Sizes& before, const Sizes& now) {
  double all = 1;
  for (const Factor& factor : law.factors)
    all *= std::pow(ratio(law, factor, before, now), factor.exponent);
  return all;
}

std::string product_text(const ScalingLaw& law, const Sizes& before, const Sizes& now) {
  std::string text;
  for (const Factor& factor : law.factors) {
    if (ratio(law, factor, before, now) == 1) continue;
    text += fmt::format(" x ({} / {})", factor.size, before.at(factor.size));
    if (factor.exponent != 1) text += fmt::format("^{}", factor.exponent);
  }
  return text;
}

struct Split {
  double leak, rest;
};

// What of a rated power is leakage, at the sizes for which the power was given.
Split split(const ScalingLaw& law, const GivenConstant& given, const GivenConstant& leak) {
  const ScalingLaw* const leak_law = scaling_law(law.leak);
  const double leakage =
      leak_law == nullptr ? leak.value : leak.value * product(*leak_law, leak.at, given.at);
  const double part = std::clamp(leakage, 0.0, given.value);
  return {part, given.value - part};
}

}  // namespace

const std::vector<ScalingLaw>& scaling_laws() {
  static const std::vector<ScalingLaw> laws = make_laws();
  return laws;
}

const ScalingLaw* scaling_law(const std::string& key) {
  for (const ScalingLaw& law : scaling_laws())
    if (key == law.key) return &law;
  return nullptr;
}

std::vector<std::string> sizes_followed(const std::string& key) {
  std::vector<std::string> names;
  const ScalingLaw* const law = scaling_law(key);
  if (law == nullptr) return names;
  for (const ScalingLaw* of : {law, scaling_law(law->leak)}) {
    if (of == nullptr) continue;
    for (const Factor& factor : of->factors) {
      if (factor.exponent != 0 && std::find(names.begin(), names.end(), factor.size) == names.end())
        names.emplace_back(factor.size);
    }
  }
  return names;
}

const Size& size_named(const std::string& name) {
  for (const Size& size : sizes())
    if (name == size.name) return size;
  throw std::logic_error(name + " is no size");
}

Sizes sizes_of(const ChipConfig& config) {
  Sizes all;
  for (const Size& size : sizes()) all[size.name] = size.of(config);
  return all;
}

bool follows_change(const ScalingLaw& law, const GivenConstant& given, const Sizes& now) {
  if (given.value < 0) return false;
  const auto changed = [&](const ScalingLaw& of) {
    return std::any_of(of.factors.begin(), of.factors.end(),
                       [&](const Factor& factor) { return ratio(of, factor, given.at, now) != 1; });
  };
  const ScalingLaw* const leak = scaling_law(law.leak);
  return changed(law) || (leak != nullptr && changed(*leak));
}

double scaled(const ScalingLaw& law, const GivenConstant& given,
              const std::optional<GivenConstant>& leak, const Sizes& now) {
  if (!follows_change(law, given, now)) return given.value;
  const double factor = product(law, given.at, now);
  if (law.whole) return std::max(1.0, std::ceil(given.value * factor - 1e-9));
  const ScalingLaw* const leak_law = scaling_law(law.leak);
  if (!leak) return given.value * factor;
  const Split parts = split(law, given, *leak);
  return parts.rest * factor +
         parts.leak * (leak_law == nullptr ? 1 : product(*leak_law, given.at, now));
}

std::string scaled_formula(const ScalingLaw& law, const GivenConstant& given,
                           const std::optional<GivenConstant>& leak, const Sizes& now) {
  const std::string factor = product_text(law, given.at, now);
  if (law.whole) return fmt::format("{}{}, rounded up", given.value, factor);
  if (!leak) return fmt::format("{}{}", given.value, factor);
  const Split parts = split(law, given, *leak);
  const ScalingLaw* const leak_law = scaling_law(law.leak);
  return fmt::format("({} - {} leakage){} + {}{}", given.value, parts.leak, factor, parts.leak,
                     leak_law == nullptr ? "" : product_text(*leak_law, given.at, now));
}

class ConfigNumbers::Visitor {
 public:
  explicit Visitor(std::map<std::string, Access>& all) : all_(all) {}

  void operator()(const char* key, int& m, int, int, const char*, const char*) {
    all_[key] = {[&m] { return 1.0 * m; },
                 [&m](double v) { m = static_cast<int>(std::lround(v)); }};
  }
  void operator()(const char* key, double& m, double, double, const char*, const char*) {
    all_[key] = {[&m] { return m; }, [&m](double v) { m = v; }};
  }
  void operator()(const char* key, Energy& m, double, double, const char*, const char*) {
    all_[key] = {[&m] { return m.picojoules(); }, [&m](double v) { m = Energy::picojoules(v); }};
  }
  void operator()(const char* key, Power& m, double, double, const char*, const char*) {
    all_[key] = {[&m] { return m.milliwatts(); }, [&m](double v) { m = Power::milliwatts(v); }};
  }
  void operator()(const char* key, Area& m, double, double, const char*, const char*) {
    all_[key] = {[&m] { return m.square_micrometres(); },
                 [&m](double v) { m = Area::square_micrometres(v); }};
  }
  void operator()(const char* key, Duration& m, double, double, const char*, const char*) {
    all_[key] = {[&m] { return m.nanoseconds(); },
                 [&m](double v) { m = Duration::nanoseconds(v); }};
  }
  void operator()(const char*, bool&, const char*, const char*) {}
  template <typename Enum, std::size_t kCount>
  void operator()(const char*, Enum&, const char* const (&)[kCount], const char*, const char*) {}

 private:
  std::map<std::string, Access>& all_;
};

ConfigNumbers::ConfigNumbers(ChipConfig& config) {
  Visitor visitor(all_);
  visit_chip(config, visitor);
}

}  // namespace kirchhoff::hw
