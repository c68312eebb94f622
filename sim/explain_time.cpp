#include "sim/explain_time.h"

#include <cmath>

#include <fmt/format.h>

#include "hw/config/read_steps.h"
#include "sim/counters.h"

namespace kirchhoff::sim {

namespace {

Count moment(const Counters& counters, const char* name) {
  return {name,
          static_cast<double>(counters.at(name)),
          "measured: " + counter_meanings().at(name).counts,
          {}};
}

/// Windows of the run that one copy of the layer's weights computes, the one that has most.
Count windows_at_once(const Scope& scope) {
  const LayerReport& layer = *scope.layer;
  return {"windows",
          scope.work.windows * layer.windows_at_once() / layer.windows,
          layer.copies == 1
              ? "images x output pixels x pool x pool"
              : fmt::format("images x output pixels x pool x pool of the busiest of {} copies",
                            layer.copies),
          {}};
}

/// Windows that the SFUs of a layer reduce, with weights or without.
double explain_reductions(Explanation& e, const Scope& scope, const Constants& constants) {
  const LayerReport& layer = *scope.layer;
  const Constant lanes = constants.resolve(layer.digital() ? "multiplier.lanes" : "sfu.lanes"),
                 mhz = constants.resolve("clock.tile_mhz");
  const Count windows = windows_at_once(scope);
  const double values = 1.0 * layer.columns * layer.rows * layer.copies / layer.tiles;
  e.counts = {windows, {"values", values, "channels x pixels of a window, by tile", {}}};
  e.constants = {lanes};
  double passes = 1;
  if (layer.digital()) {
    const Constant bits = constants.resolve("multiplier.bits");
    passes =
        std::ceil(layer.weight_bits / bits.value) * std::ceil(layer.activation_bits / bits.value);
    e.counts.push_back({"passes",
                        passes,
                        "of a lane: weight and activation bits in turns of multiplier.bits",
                        {}});
    e.constants.push_back(bits);
  }
  e.constants.push_back(mhz);
  return windows.value * std::ceil(values * passes / lanes.value) * (1000 / mhz.value);
}

/// What eq. (8) multiplies, and the keys that the time of a bit step follows.
double explain_bit_steps(Explanation& e, const Scope& scope, const Constants& constants) {
  const Count windows = windows_at_once(scope);
  hw::DacConfig dac;
  dac.bits = static_cast<int>(constants.resolve("dac.bits").value);
  const double steps = hw::bit_steps(dac, scope.work.activation_bits),
               step = scope.layer->ideal.step_ns;
  e.counts = {windows,
              {"bit steps",
               steps,
               dac.bits == 1 ? "activation bits of the layer, one per bit step (eq. 8)"
                             : "activation bits of the layer, dac.bits or fewer per bit step",
               {}},
              {"bit step",
               step,
               "ns: the longer of drive + read and conversion, plus acquisition; without "
               "pe.overlap their sum and the addition; without sample-and-holds drive + read + one "
               "conversion (+ the addition) per round of columns; whole cycles of the PE clock",
               {}}};
  if (constants.resolve("crossbar.rows_per_read").value > 0) {
    e.notes.push_back("a bit step reads the rows in groups of crossbar.rows_per_read");
    e.constants.push_back(constants.resolve("crossbar.rows_per_read"));
  }
  if (dac.bits > 1) e.constants.push_back(constants.resolve("dac.bits"));
  for (const char* key : {"clock.pe_mhz", "dac.drive_ns", "crossbar.read_ns",
                          "sample_hold.acquire_ns", "adc.cycles", "adc.per_pair"})
    e.constants.push_back(constants.resolve(key));
  return windows.value * steps * step;
}

double explain_ideal_time(Explanation& e, const Scope& scope, const Constants& constants) {
  return scope.layer->crossbars > 0 ? explain_bit_steps(e, scope, constants)
                                    : explain_reductions(e, scope, constants);
}

}  // namespace

void explain_latency(Explanation& e, const CostReport& report, const Scopes& scopes,
                     const Constants& constants) {
  const Constant mhz = constants.resolve("clock.tile_mhz");
  const double period = 1000 / mhz.value;
  e.unit = "ns";
  e.meaning = "first pixel sent to last result received, simulated";
  e.constants = {mhz};
  e.result = report.latency_ns;
  if (report.images > 1) {
    e.formula = "of the first image of the stream; the layers' cycle counters span all images";
    e.notes = {"simulated"};
    return;
  }
  e.formula =
      "what happens one after another; layers that overlap count from the end of those "
      "before them";
  double now = 0;
  std::string before = "the first pixel";
  for (const Scope& scope : scopes.layers) {
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
  e.notes = {
      "the simulation alone knows when things happen; its parts are its layers' cycle "
      "counters"};
}

void explain_duration(Explanation& e, const CostReport& report) {
  const double more = report.images - 1;
  e.unit = "ns";
  e.counts = {{"images", static_cast<double>(report.images), "of the run", {}},
              {"interval", report.interval_ns, "ns, simulated", {}}};
  if (!report.rewriting.rounds.empty()) {
    e.meaning = "first pixel of the first image sent to the chip being as it was";
    e.formula = "images x mean time of an image";
    e.result = report.images * report.interval_ns;
    return;
  }
  e.meaning = "first pixel of the first image sent to last result of the last one received";
  e.formula = "latency of the first image + (images - 1) x mean interval between results";
  e.parts = {{"latency", report.latency_ns, ""},
             {"the others", more * report.interval_ns,
              fmt::format("{} x {} ns", more, report.interval_ns)}};
  e.result = report.latency_ns + more * report.interval_ns;
}

void explain_cycles(Explanation& e, const CostReport& report, const Constants& constants) {
  const Constant mhz = constants.resolve("clock.tile_mhz");
  e.unit = "cycle";
  e.meaning = "latency in cycles of the tile clock, rounded up";
  e.formula = "latency x clock.tile_mhz / 1000";
  e.counts = {{"latency", report.latency_ns, "ns, simulated", {}}};
  e.constants = {mhz};
  e.result = std::ceil(std::round(report.latency_ns * 1000) * mhz.value / 1e6);
}

void explain_layer_latency(Explanation& e, const Scope& scope, const Constants& constants) {
  const LayerReport& layer = *scope.layer;
  const Constant mhz = constants.resolve("clock.tile_mhz");
  const Count begin = moment(layer.counters, "begin_cycle"),
              end = moment(layer.counters, "end_cycle");
  e.unit = "ns";
  e.meaning =
      fmt::format("{}: from its first window fetched to its last window handed on", scope.title);
  e.formula = "(end_cycle - begin_cycle) x 1000 / clock.tile_mhz";
  e.result = (end.value - begin.value) * (1000 / mhz.value);
  e.counts = {begin, end};
  e.constants = {mhz};
  e.parts.push_back({scope.prefix + ".ideal.latency", layer.ideal.latency_ns, ""});
  for (const Cause& cause : layer.causes) e.parts.push_back({cause.name, cause.ns, "measured"});
  if (layer.causes.empty()) {
    e.parts.push_back({"fill of the pipeline and waiting", e.result - layer.ideal.latency_ns,
                       "simulated - ideal"});
  }
}

void explain_ideal_latency(Explanation& e, const Scope& scope, const Constants& constants) {
  e.result = explain_ideal_time(e, scope, constants);
  e.unit = "ns";
  e.meaning =
      fmt::format("{}: if no window ever waited, without the fill of the pipeline", scope.title);
  e.formula = scope.layer->crossbars > 0
                  ? "windows x bit steps x time of a bit step"
                  : "windows x values x passes / lanes of the SFU, rounded up, in cycles";
}

void explain_ideal_energy(Explanation& e, const Scope& scope, const Constants& constants) {
  const double latency = explain_ideal_time(e, scope, constants);
  e.unit = "pJ";
  e.meaning = fmt::format("{}: its events, and leakage for its ideal latency only", scope.title);
  e.formula = "energy of the events + leakage x ideal latency";
  for (const EnergyEntry& entry : scope.energy) {
    const std::string line = entry.component + "." + entry.event;
    Explanation of_line;
    explain_amount(of_line, scope, "energy." + line, constants, {latency, latency});
    e.parts.push_back({line, of_line.result, of_line.parts.front().formula});
    e.result += of_line.result;
  }
}

}  // namespace kirchhoff::sim
