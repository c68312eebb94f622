#include "cli/commands/simulate_report.h"

#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json_text.h"
#include "base/version.h"
#include "cosim/config_json.h"
#include "quant/data/dataset.h"
#include "sim/health.h"
#include "sim/report_json.h"
#include "sim/roofline.h"

namespace kirchhoff::cli {

namespace {

using OrderedJson = nlohmann::ordered_json;

/// When the windows of a layer were where: over the tiles of a copy of its weights, from the first
/// that began a stage to the last that was done. Copy by copy, each in its own order.
OrderedJson window_times_json(const sim::LayerReport& layer, const sim::WindowTimes& times) {
  std::vector<sim::WindowTime> windows;
  const std::size_t tiles_of_copy =
      layer.tile_reports.size() / static_cast<std::size_t>(layer.copies);
  std::size_t begin = 0;  // of the copy's windows
  for (std::size_t t = 0; t < layer.tile_reports.size(); ++t) {
    if (t % tiles_of_copy == 0) begin = windows.size();
    const auto& own = times.of(layer.tile_reports[t].place);
    if (windows.size() < begin + own.size()) windows.resize(begin + own.size());
    for (std::size_t w = 0; w < own.size(); ++w) {
      for (std::size_t s = 0; s < sim::kWindowStages; ++s) {
        const sim::StageTime& time = own[w][s];
        if (time.happened()) windows[begin + w][s].add(time.begin_ps, time.end_ps);
      }
    }
  }
  const auto ns = [](const sim::StageTime& time, std::uint64_t ps) {
    return time.happened() ? OrderedJson(static_cast<double>(ps) / 1e3) : OrderedJson(nullptr);
  };
  OrderedJson json;
  for (std::size_t s = 0; s < sim::kWindowStages; ++s) {
    json["columns"].push_back(fmt::format("{}_begin_ns", sim::window_stage_name(s)));
    json["columns"].push_back(fmt::format("{}_end_ns", sim::window_stage_name(s)));
  }
  json["rows"] = OrderedJson::array();
  for (const sim::WindowTime& window : windows) {
    OrderedJson row = OrderedJson::array();
    for (const sim::StageTime& time : window) {
      row.push_back(ns(time, time.begin_ps));
      row.push_back(ns(time, time.end_ps));
    }
    json["rows"].push_back(std::move(row));
  }
  return json;
}

OrderedJson layer_json(const sim::LayerReport& layer, const SimulateResult& r,
                       const sim::Ledger& ledger) {
  OrderedJson l = sim::to_json(layer, ledger, r.report.duration_ns);
  if (r.windows == nullptr) return l;
  OrderedJson tiles = std::move(l["per_tile"]);
  l.erase("per_tile");
  l["window_times"] = window_times_json(layer, *r.windows);
  l["per_tile"] = std::move(tiles);
  return l;
}

OrderedJson health_json(const sim::Health& health) {
  OrderedJson json;
  for (const sim::LayerHealth& h : health.layers) {
    json["layers"].push_back({{"name", h.name},
                              {"clipped_conversions", h.clipped},
                              {"clipped_pct", 100 * h.clipped_share},
                              {"cells_pct", 100 * h.cells},
                              {"crossbars_pct", 100 * h.crossbars},
                              {"pes_pct", 100 * h.pes},
                              {"pes_compute_pct", 100 * h.pe_busy},
                              {"pes_compute_own_pct", 100 * h.pe_busy_own},
                              {"adcs_busy_pct", 100 * h.adc_busy},
                              {"edram_high_water_bits", h.buffer_bits},
                              {"edram_high_water_pct", 100 * h.buffer},
                              {"partial_windows", h.partial_windows}});
  }
  for (const hw::RouterId r : health.routers.ids()) {
    const sim::RouterHealth& h = health.routers[r];
    json["routers"].push_back({{"router", index(r)},
                               {"flits", h.flits},
                               {"link_flits", h.link_flits},
                               {"link_load_pct", 100 * h.link_load},
                               {"stall_cycles", h.stall_cycles}});
  }
  json["links"] = OrderedJson::array();
  for (const sim::LinkHealth& h : health.links) {
    json["links"].push_back({{"from", index(h.from)},
                             {"to", index(h.to)},
                             {"flits", h.flits},
                             {"load_pct", 100 * h.load},
                             {"stall_cycles", h.stall_cycles}});
  }
  json["warnings"] = health.warnings;
  return json;
}

OrderedJson roofline_json(const sim::Roofline& roofline) {
  OrderedJson json = OrderedJson::array();
  for (const sim::LayerRoofline& r : roofline) {
    OrderedJson layer = {{"name", r.name},
                         {"bound", sim::name_of(r.bound())},
                         {"ideal_ns", r.ideal_ns},
                         {"simulated_ns", r.simulated_ns}};
    for (std::size_t i = 0; i < sim::kResources; ++i)
      layer["least_ns"][sim::name_of(static_cast<sim::Resource>(i))] = r.least_ns[i];
    json.push_back(std::move(layer));
  }
  return json;
}

std::string programming_text(const sim::ProgrammingCost& p) {
  return fmt::format(
      "{} cells of {} crossbars in {:.3f} us, {:.4f} uJ, {:g} writes per cell, {:.3g} "
      "loads within endurance",
      p.cells, p.arrays, p.time_ns / 1e3, p.energy_pj / 1e6, p.writes_per_cell, p.reloads);
}

/// What it costs that layers take turns on the chip.
std::string rewriting_text(const sim::CostReport& report) {
  const sim::RewritingReport& r = report.rewriting;
  return fmt::format(
      "{} rounds: {} cells written in the run, {:.3f} us waited for them ({:.1f} % of {:.3f} us), "
      "{:.4f} uJ; {:.1f} KiB between rounds",
      r.rounds.size(), r.cells, r.waiting_ns / 1e3, 100 * r.waiting_ns / report.duration_ns,
      report.duration_ns / 1e3, r.energy_pj / 1e6, r.between_rounds_bytes / 1024);
}

std::string endurance_text(const sim::RewritingReport& r) {
  if (r.pulses_per_image == 0) return "no cell is written";
  return fmt::format(
      "{:g} pulses per image on the cells that are written most often: worn after "
      "{:.3g} images",
      r.pulses_per_image, r.images);
}

std::string rounds_text(const sim::RewritingReport& r) {
  std::string out =
      fmt::format("\n{:<24} {:>5} {:>6} {:>12} {:>12} {:>10} {:>14}\n", "round", "tiles", "passes",
                  "busy us", "waited us", "crossbars", "cells written");
  for (const sim::RoundReport& round : r.rounds) {
    const std::string layers =
        round.first == round.last ? round.first : round.first + " .. " + round.last;
    out += fmt::format("{:<24} {:>5} {:>6} {:>12.3f} {:>12.3f} {:>10} {:>14}\n", layers,
                       round.tiles, round.passes, round.busy_ns / 1e3, round.waiting_ns / 1e3,
                       round.crossbars, round.cells);
  }
  return out;
}

/// Columns that the names of the layers take.
std::size_t name_width(const sim::CostReport& report) {
  std::size_t width = 8;
  for (const sim::LayerReport& layer : report.layers) width = std::max(width, layer.name.size());
  return width;
}

/// "6/4"; "-/4" of a layer without weights.
std::string widths_text(const sim::LayerReport& layer) {
  return layer.weight_bits == 0 ? fmt::format("-/{}", layer.activation_bits)
                                : fmt::format("{}/{}", layer.weight_bits, layer.activation_bits);
}

// Where the time beyond the ideal went, layer by layer.
std::string causes_text(const sim::CostReport& report) {
  std::string out = "\nlatency = ideal + causes, us\n";
  for (const sim::LayerReport& layer : report.layers) {
    out += fmt::format("{:<{}} {:>12.3f} = {:.3f} ideal", layer.name, name_width(report),
                       layer.latency_ns / 1e3, layer.ideal.latency_ns / 1e3);
    for (const sim::Cause& cause : layer.causes) {
      out += fmt::format(" {} {:.3f} {}", cause.ns < 0 ? "-" : "+", std::abs(cause.ns) / 1e3,
                         cause.name);
    }
    out += "\n";
  }
  return out;
}

}  // namespace

std::string simulate_json(const SimulateResult& r) {
  nlohmann::ordered_json json;
  json["kirchhoff"] = full_version();
  json["command"] = r.command;
  json["network"] = r.network;
  json["policy"] = r.policy.to_string();
  if (r.weights != quant::WeightQuantizer::kLinear)
    json["weight_quantizer"] = weight_quantizer_name(r.weights);
  json["fidelity"] = r.fidelity;
  json.update(sim::to_json(r.report, r.area_chip_um2));
  json["ratio"] = {
      {"latency", r.ratio.latency}, {"energy", r.ratio.energy}, {"power", r.ratio.power}};
  json["cost"] = r.ratio.cost;
  json["bit_exact"] = nullptr;  // unless integers flowed
  if (r.functional) {
    json["images"] = r.images;
    json["bit_exact"] = {{"outputs", r.bit_exactness.outputs},
                         {"equal", r.bit_exactness.outputs_equal},
                         {"accumulators", r.bit_exactness.accumulators},
                         {"accumulators_equal", r.bit_exactness.accumulators_equal}};
    json["clipped_conversions"] = r.clipped_conversions;
    if (r.labelled) {
      json["dataset_files"] = r.dataset_files;
      json["accuracy_pct"] = 100.0 * static_cast<double>(r.correct) / static_cast<double>(r.images);
    }
  }
  json["wall_s"] = r.wall_s;
  json["elaboration_s"] = r.elaboration_s;
  json["peak_rss_mib"] = r.peak_rss_mib;
  json["reference"] = {{"policy", "W8A8"}};
  if (r.chip.cost.batch > 1) json["reference"]["images"] = r.chip.cost.batch;
  json["reference"].update(sim::to_json(r.reference));
  const sim::Ledger ledger(r.chip);
  for (const sim::LayerReport& layer : r.report.layers)
    json["layers"].push_back(layer_json(layer, r, ledger));
  if (!r.report.unused.energy.empty()) {
    json["unused"] = sim::to_json(r.report.unused);
  }
  json["programming"] = sim::to_json(r.report.programming);
  if (!r.report.rewriting.rounds.empty()) json["rewriting"] = sim::to_json(r.report.rewriting);
  if (!r.programmed_from.empty()) {
    json["reprogramming"] = sim::to_json(r.reprogramming);
    json["reprogramming"]["from"] = r.programmed_from;
  }
  json["health"] = health_json(sim::health_of(r.report, r.chip));
  json["roofline"] = roofline_json(sim::roofline_of(r.report, r.chip));
  if (!r.notes.empty()) json["notes"] = r.notes;
  json["config"] = cosim::config_json(r.config);
  return json_text(json);
}

std::string simulate_text(const SimulateResult& r) {
  std::string out;
  const auto line = [&](const char* name, const std::string& value) {
    out += fmt::format("{:<16} {}\n", name, value);
  };
  line("network", fmt::format("{} {}", r.network, r.policy.to_string()));
  if (r.weights != quant::WeightQuantizer::kLinear) {
    line("weights", fmt::format("{}: the crossbars hold entries of codebooks, of {} bits",
                                weight_quantizer_name(r.weights), quant::kEntryBits));
  }
  std::string exact;
  if (r.functional) {
    exact = fmt::format("   bit-exact: {} of {} outputs", r.bit_exactness.outputs_equal,
                        r.bit_exactness.outputs);
  }
  line("latency",
       fmt::format("{:.3f} us ({} cycles){}", r.report.latency_ns / 1e3, r.report.cycles, exact));
  if (r.report.images > 1) {
    line("stream",
         fmt::format("{} images in {:.3f} us; then one every {:.3f} us = {:.1f} per second",
                     r.report.images, r.report.duration_ns / 1e3, r.report.interval_ns / 1e3,
                     1e9 / r.report.interval_ns));
  }
  line("energy", r.report.images > 1
                     ? fmt::format("{:.4f} uJ, {:.4f} uJ per image", r.report.energy_pj() / 1e6,
                                   r.report.energy_pj() / 1e6 / r.report.images)
                     : fmt::format("{:.4f} uJ", r.report.energy_pj() / 1e6));
  line("power", fmt::format("{:.1f} mW rated, {:.2f} mW average", r.report.power_rated_mw(),
                            r.report.power_average_mw()));
  line("area", fmt::format("{:.4f} mm2 allocated, chip {:.4f} mm2", r.report.area_um2() / 1e6,
                           r.area_chip_um2 / 1e6));
  line("hardware",
       fmt::format("{} crossbars, {} PEs, {} tiles on a {} x {} mesh", r.report.crossbars(),
                   r.report.pes(), r.report.tiles(), r.report.mesh_width, r.report.mesh_height));
  line(
      "ratio to W8A8",
      fmt::format("latency {:.4f}, energy {:.4f}, power {:.4f}; cost {:.4f}{}", r.ratio.latency,
                  r.ratio.energy, r.ratio.power, r.ratio.cost,
                  r.chip.cost.batch > 1 ? fmt::format("; {} images each", r.chip.cost.batch) : ""));
  if (r.functional && r.labelled) {
    line("predictions", fmt::format("{} of {} correct", r.correct, r.images));
    line("dataset files", quant::file_list(r.dataset_files));
  }
  if (r.clipped_conversions > 0)
    line("clipped", fmt::format("{} conversions", r.clipped_conversions));
  if (!r.report.unused.energy.empty()) {
    line("unused",
         fmt::format("{:.4f} uJ leaked by {} tiles and {} crossbars of others, {:.1f} mW",
                     r.report.unused.energy_pj() / 1e6, r.report.unused.allocation.tiles,
                     2 * r.report.unused.allocation.pairs, r.report.unused.power_rated_mw()));
  }
  line("programming", programming_text(r.report.programming));
  if (!r.report.rewriting.rounds.empty()) {
    line("rewriting", rewriting_text(r.report));
    line("endurance", endurance_text(r.report.rewriting));
  }
  if (!r.programmed_from.empty()) {
    line("reprogramming", programming_text(r.reprogramming) + ", from " + r.programmed_from);
  }
  line("simulation", fmt::format("{:.4f} s after {:.3f} s of elaboration, fidelity {}, {:.0f} MiB",
                                 r.wall_s, r.elaboration_s, r.fidelity, r.peak_rss_mib));

  const std::size_t name = name_width(r.report);
  out += fmt::format("\n{:<{}} {:>5} {:>9} {:>5} {:>8} {:>12} {:>12} {:>7} {:>12} {:>8} {:>10}\n",
                     "layer", name, "W/A", "crossbars", "PEs", "windows", "latency us", "ideal us",
                     "/ideal", "energy nJ", "share", "ADC share");
  for (const sim::LayerReport& layer : r.report.layers) {
    const auto components = layer.components_pj();
    out += fmt::format(
        "{:<{}} {:>5} {:>9} {:>5} {:>8} {:>12.3f} {:>12.3f} {:>7.3f} {:>12.3f} {:>7.1f}% "
        "{:>9.1f}%\n",
        layer.name, name, widths_text(layer), layer.crossbars, layer.pes, layer.windows,
        layer.latency_ns / 1e3, layer.ideal.latency_ns / 1e3,
        layer.latency_ns / layer.ideal.latency_ns, layer.energy_pj() / 1e3,
        100 * layer.energy_pj() / r.report.energy_pj(),
        100 * components.at("adc") / layer.energy_pj());
  }
  if (!r.report.rewriting.rounds.empty()) out += rounds_text(r.report.rewriting);
  if (r.show_causes) out += causes_text(r.report);
  if (r.show_roofline) out += "\n" + sim::roofline_text(sim::roofline_of(r.report, r.chip));
  if (r.show_health) out += "\n" + sim::health_text(sim::health_of(r.report, r.chip), r.report);
  return out;
}

}  // namespace kirchhoff::cli
