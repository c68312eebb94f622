#include "sim/causes.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kirchhoff::sim {

namespace {

// Counters of the account and what a reader calls them, in the order of a window's way.
constexpr std::pair<const char*, const char*> kNames[] = {
    {"fill_ps", "pipeline fill"},
    {"wait_input_ps", "waiting for input"},
    {"noc_latency_ps", "NoC latency"},
    {"noc_serialisation_ps", "NoC serialisation"},
    {"noc_contention_ps", "NoC contention"},
    {"wait_receive_ps", "packets taken before"},
    {"edram_ps", "eDRAM"},
    {"wait_edram_ps", "eDRAM contention"},
    {"bus_ps", "bus"},
    {"wait_bus_ps", "bus contention"},
    {"wait_slot_ps", "waiting for an input slot"},
    {"wait_completion_ps", "waiting for the window before"},
    {"wait_fetch_ps", "waiting for the fetch"},
    {"wait_products_ps", "conversion of the last bit step"},
    {"wait_output_ps", "waiting for an output slot"},
    {"wait_sums_ps", "waiting for sums"},
    {"wait_space_ps", "waiting for the completion"},
    {"sfu_ps", "SFU"},
    {"wait_branch_ps", "waiting for the second operand"},
    {"wait_partials_ps", "partial sums of other tiles"},
    {"wait_credit_ps", "room for partial sums"},
    {"wait_next_layer_ps", "waiting for the next layer"},
    {"wait_network_ps", "NoC send queue"}};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

std::vector<Cause> causes_of(const LayerReport& layer, double tile_period_ns) {
  const TileReport& last =
      *std::max_element(layer.tile_reports.begin(), layer.tile_reports.end(),
                        [](const TileReport& a, const TileReport& b) {
                          return a.counters.at("end_cycle") < b.counters.at("end_cycle");
                        });
  std::vector<Cause> causes;
  double sum = layer.ideal.latency_ns;
  const auto add = [&](const std::string& name, double ns) {
    if (ns == 0) return;
    causes.push_back({name, ns});
    sum += ns;
  };
  const bool divided = last.round != layer.tile_reports.front().round;
  add(divided ? "its parts in earlier rounds" : "start after the layer's first tile",
      static_cast<double>(last.counters.at("begin_cycle") - layer.counters.at("begin_cycle")) *
          tile_period_ns);
  Counters rest = last.counters;
  // The SFU of a tile without products does the layer's work.
  const auto multiplied = rest.find("multiply_ps");
  const bool products = multiplied != rest.end() && multiplied->second > 0;
  const char* const work = products ? "multiply_ps" : "sfu_ps";
  const auto worked = rest.find(work);
  double beyond = 0;
  if (worked != rest.end()) {
    const double ns = static_cast<double>(worked->second) / 1000;
    rest.erase(worked);
    beyond = ns - layer.ideal.latency_ns;
  }
  for (const auto& [counter, name] : kNames) {
    const auto found = rest.find(counter);
    if (found == rest.end()) continue;
    add(name, static_cast<double>(found->second) / 1000);
    rest.erase(found);
  }
  add(products ? "products beyond the ideal" : "reductions beyond the ideal", beyond);
  for (const auto& [counter, ps] : rest) {
    if (ends_with(counter, "_ps"))
      add(counter.substr(0, counter.size() - 3), static_cast<double>(ps) / 1000);
  }
  // Edges lie on whole picoseconds, cycles x period does not: up to a picosecond at either end.
  const double rest_ns = layer.latency_ns - sum;
  if (!causes.empty() && std::abs(rest_ns) < 0.0021) {
    causes.front().ns += rest_ns;
  } else {
    // Tiles that are on the chip again and again account for themselves only.
    add(last.held_ns > 0 && rest_ns > 0 ? "other rounds" : "not attributed", rest_ns);
  }
  return causes;
}

}  // namespace kirchhoff::sim
