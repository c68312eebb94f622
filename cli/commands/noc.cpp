#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/json_text.h"
#include "base/refusal.h"
#include "cli/commands/command.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "hw/noc/traffic_bench.h"

namespace kirchhoff::cli {

namespace {

constexpr std::size_t kShownLinks = 5;

std::string name_of(const hw::LinkLoad& link) {
  return link.to_router
             ? fmt::format("router {} to {}", index(link.router), index(*link.to_router))
             : fmt::format("router {} to node {}", index(link.router), index(*link.to_end_point));
}

nlohmann::ordered_json point_json(const hw::TrafficPoint& point, double rate, hw::Cycle cycles) {
  nlohmann::ordered_json json;
  json["rate"] = rate;
  json["offered_flits_per_node_cycle"] = point.offered;
  json["accepted_flits_per_node_cycle"] = point.accepted;
  json["saturated"] = point.saturated;
  json["packets"] = point.packets;
  json["unfinished_packets"] = point.unfinished;
  json["packet_latency_cycles"] = {
      {"mean", point.mean}, {"p50", point.p50}, {"p95", point.p95}, {"p99", point.p99}};
  json["flit_latency_mean_cycles"] = point.flit_mean;
  json["mean_hops"] = point.hops;
  json["zero_load_latency_cycles"] = point.zero_load;
  for (const hw::LinkLoad& link : point.links) {
    nlohmann::ordered_json entry;
    entry["router"] = index(link.router);
    entry["output"] = hw::name_of_port(link.port);
    entry[link.to_router ? "to_router" : "to_node"] =
        link.to_router ? index(*link.to_router) : index(*link.to_end_point);
    entry["flits"] = link.flits;
    entry["utilisation"] = static_cast<double>(link.flits) / static_cast<double>(cycles);
    entry["stall_cycles"] = link.stall_cycles;
    json["links"].push_back(entry);
  }
  for (const hw::TileId tile : point.sources.ids()) {
    const hw::TrafficSource& source = point.sources[tile];
    json["sources"].push_back({{"node", index(tile)},
                               {"packets", source.packets},
                               {"arrived_packets", source.arrived_packets},
                               {"accepted_flits_per_cycle", source.accepted},
                               {"packet_latency_mean_cycles", source.mean}});
  }
  return json;
}

std::vector<double> parse_rates(const std::string& list) {
  std::vector<double> rates;
  std::stringstream stream(list);
  for (std::string item; std::getline(stream, item, ',');) {
    char* end = nullptr;
    const double rate = std::strtod(item.c_str(), &end);
    if (item.empty() || *end != '\0' || !(rate > 0 && rate <= 1)) {
      refuse_option("rates", list, "must be numbers in (0, 1], separated by commas");
    }
    rates.push_back(rate);
  }
  if (rates.empty()) refuse_option("rates", list, "must name at least one rate");
  return rates;
}

void print_head(const hw::Topology& topology, const hw::Traffic& traffic,
                const std::string& pattern, const hw::NocConfig& noc, hw::Cycle warmup,
                hw::Cycle cycles) {
  fmt::print("network          {} x {} tiles, {} routers, {}, {}, {} x {} flits per input\n",
             topology.width(), topology.height(), topology.routers(),
             hw::kNocTopologyNames[static_cast<int>(noc.topology)],
             hw::kFlowControlNames[static_cast<int>(noc.flow_control)], noc.vcs, noc.buffer_flits);
  fmt::print("traffic          {}, packets of {} flits, seed {}, {} cycles after {}\n\n", pattern,
             traffic.packet_flits, traffic.seed, cycles, warmup);
  fmt::print("{:>8} {:>8} {:>8}  {:>9} {:>8} {:>8} {:>8} {:>9}  {:>6} {:>9}\n", "rate", "offered",
             "accepted", "latency", "p50", "p95", "p99", "flit", "hops", "zero load");
}

void print_fairness(const hw::TrafficPoint& point) {
  const auto accepted = [](const hw::TrafficSource& a, const hw::TrafficSource& b) {
    return a.accepted < b.accepted;
  };
  const auto [least, most] =
      std::minmax_element(point.sources.begin(), point.sources.end(), accepted);
  fmt::print(
      "\nsources at the last point: flits per cycle that arrived from a tile\n"
      "  least {:.4f} (node {}), mean {:.4f}, most {:.4f} (node {})\n",
      least->accepted, least - point.sources.begin(), point.accepted, most->accepted,
      most - point.sources.begin());
}

// From an idle network upwards; the caller stops behind the point at which it saturates.
std::vector<double> sweep_rates() {
  std::vector<double> rates = {0.01};
  for (int i = 1; i <= 40; ++i) rates.push_back(0.025 * i);
  return rates;
}

}  // namespace

int noc_command(const std::vector<std::string>& arguments) {
  hw::Traffic traffic;
  std::string pattern = "uniform", rates_text, json_file;
  bool sweep = false;
  int width = 8, height = 8;
  hw::Cycle warmup = 2000, cycles = 20000;
  Options options("noc",
                  "Measures the network alone: latency against load under synthetic traffic.");
  options.example("kirchhoff noc --pattern transpose --sweep");
  options.section("Traffic");
  options.choice("pattern", pattern,
                 {std::begin(hw::kTrafficPatternNames), std::end(hw::kTrafficPatternNames)},
                 "who sends to whom");
  Range rate = Range::closed(0, 1);
  rate.min_allowed = false;
  options.number("rate", traffic.rate, rate, "offered load in flits per node and cycle");
  options.text("rates", rates_text, "A,B,C", "several loads, one after another");
  options.flag("sweep", sweep, "loads from 0.01 upwards until the network is saturated");
  options.integer("packet-flits", traffic.packet_flits, 1, 4096,
                  "flits of a packet, its head included");
  options.number("hotspot-share", traffic.hotspot_share, Range::closed(0, 1),
                 "share of packets to the tile in the middle (pattern hotspot)");
  options.integer("width", width, 1, 256, "columns of the grid of tiles");
  options.integer("height", height, 1, 256, "rows of the grid of tiles");
  options.integer<hw::Cycle>("warmup", warmup, 0, 1000000000, "cycles before the measured ones");
  options.integer<hw::Cycle>("cycles", cycles, 1, 1000000000, "measured cycles");
  options.integer<std::uint64_t>("seed", traffic.seed, 0, UINT64_MAX, "of the random numbers");
  options.json_output(json_file, "all points, with the load of every link,");
  HardwareOptions hardware(options);
  if (!options.parse(arguments)) return 0;
  hardware.load();
  const hw::NocConfig& noc = hardware.chip().noc;

  for (std::size_t i = 0; i < std::size(hw::kTrafficPatternNames); ++i) {
    if (pattern == hw::kTrafficPatternNames[i])
      traffic.pattern = static_cast<hw::TrafficPattern>(i);
  }
  if (traffic.pattern == hw::TrafficPattern::kTranspose && width != height) {
    throw InputError(fmt::format("--pattern transpose: --width {} and --height {} must be equal",
                                 width, height));
  }
  if (noc.packet_flits > 0 && traffic.packet_flits > noc.packet_flits) {
    refuse_option("packet-flits", std::to_string(traffic.packet_flits),
                  fmt::format("must be at most noc.packet_flits = {}", noc.packet_flits));
  }
  const int given = options.given("rate") + options.given("rates") + sweep;
  if (given > 1) throw InputError("--rate, --rates and --sweep: give one of them");
  std::vector<double> rates = {traffic.rate};
  if (options.given("rates")) rates = parse_rates(rates_text);
  if (sweep) rates = sweep_rates();

  const auto begin = std::chrono::steady_clock::now();
  hw::TrafficBench bench(width, height, noc, hardware.chip().clock.noc_mhz);
  const hw::Topology& topology = bench.topology();
  nlohmann::ordered_json json;
  json["pattern"] = pattern;
  json["packet_flits"] = traffic.packet_flits;
  json["width"] = width;
  json["height"] = height;
  json["routers"] = topology.routers();
  json["topology"] = hw::kNocTopologyNames[static_cast<int>(noc.topology)];
  json["flow_control"] = hw::kFlowControlNames[static_cast<int>(noc.flow_control)];
  json["vcs"] = noc.vcs;
  json["buffer_flits"] = noc.buffer_flits;
  json["warmup_cycles"] = warmup;
  json["cycles"] = cycles;
  json["seed"] = traffic.seed;
  hw::TrafficPoint point;
  int beyond = 0;
  for (const double r : rates) {
    traffic.rate = r;
    point = bench.run(traffic, warmup, cycles);
    if (point.packets == 0) {
      throw InputError(
          fmt::format("--{} {}: no tile began a packet in --cycles {}; a rate of r begins r / {} "
                      "packets per tile and cycle, so take more cycles or a higher rate",
                      options.given("rates") ? "rates" : "rate", r, cycles, traffic.packet_flits));
    }
    if (json["points"].empty()) print_head(bench.topology(), traffic, pattern, noc, warmup, cycles);
    fmt::print(
        "{:>8.4g} {:>8.4f} {:>8.4f}  {:>9.2f} {:>8.0f} {:>8.0f} {:>8.0f} {:>9.2f}  {:>6.3f} "
        "{:>9.2f}{}\n",
        r, point.offered, point.accepted, point.mean, point.p50, point.p95, point.p99,
        point.flit_mean, point.hops, point.zero_load, point.saturated ? "  saturated" : "");
    json["points"].push_back(point_json(point, r, cycles));
    beyond += point.saturated;
    if (sweep && beyond == 2) break;
  }
  fmt::print("\nbusiest links at the last point, in flits per cycle\n");
  for (std::size_t i = 0; i < std::min(kShownLinks, point.links.size()); ++i) {
    fmt::print("  {:<24}{:.4f}\n", name_of(point.links[i]),
               static_cast<double>(point.links[i].flits) / static_cast<double>(cycles));
  }
  print_fairness(point);
  fmt::print("\nsimulation       {:.3f} s\n",
             std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  if (!json_file.empty()) write_file_atomically(json_file, json_text(json));
  return 0;
}

}  // namespace kirchhoff::cli
