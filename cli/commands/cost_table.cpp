#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "agent/policy_space.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/provenance.h"
#include "base/quote.h"
#include "base/refusal.h"
#include "base/stop_request.h"
#include "base/version.h"
#include "cli/commands/command.h"
#include "cli/options/hardware_options.h"
#include "cli/options/named_policy.h"
#include "cli/options/options.h"
#include "cli/options/workload_options.h"
#include "cosim/table_cost_model.h"
#include "quant/network/networks.h"
#include "sim/haq_table.h"
#include "sim/measured_cost_table.h"
#include "sim/simulator.h"
#include "traces/npy.h"

namespace kirchhoff::cli {

namespace {

struct CostTableArguments {
  std::string network = "lenet5", out, table, evaluate, weights, json;
  int min_bits = quant::kMinBits, max_bits = quant::kMaxSearchBits;
  std::size_t check = 0;
  std::uint64_t seed = 1;
};

using OrderedJson = nlohmann::ordered_json;

void print_error(const char* cost, const sim::TableError& e) {
  fmt::print("{:<12} rank correlation {:.4f}, error mean {:.3f} %, max {:.3f} %\n", cost,
             e.rank_correlation, 100 * e.mean, 100 * e.max);
}

OrderedJson to_json(const sim::CostTable& table, const quant::Network& network) {
  OrderedJson json;
  for (const auto& [key, value] : table.header) json[key] = value;
  for (const quant::LayerId l : network.layers.ids()) {
    OrderedJson layer = {{"name", network.layers[l].name}, {"costs", OrderedJson::array()}};
    for (const auto& [bits, entry] : table.entries(l)) {
      layer["costs"].push_back({{"w_bits", bits.first},
                                {"a_bits", bits.second},
                                {"latency_ns", entry.latency_ns},
                                {"energy_pj", entry.energy_pj},
                                {"power_rated_mw", entry.power_rated_mw},
                                {"event_energy_pj", entry.event_energy_pj},
                                {"leakage_mw", entry.leakage_mw}});
    }
    json["layers"].push_back(std::move(layer));
  }
  return json;
}

// The table beside the simulator on policies as a search may choose them.
OrderedJson check_table(const CostTableArguments& a, const sim::CostTable& table,
                        const quant::Network& network, const hw::ChipConfig& chip) {
  sim::Simulator simulator(network, chip);
  const quant::Policy reference = quant::Policy::uniform(network, 8, 8);
  const sim::CostTotals table8 = table.cost(reference),
                        chip8 = simulator.cost(reference, chip.cost.batch).batch_totals();
  const agent::PolicySpace space(network);
  std::mt19937_64 random(a.seed);
  const auto cost = [&](const sim::CostTotals& t, const sim::CostTotals& t8) {
    return chip.cost.alpha * t.latency_ns / t8.latency_ns +
           chip.cost.beta * t.energy_pj / t8.energy_pj +
           chip.cost.gamma * t.power_rated_mw / t8.power_rated_mw;
  };
  std::vector<double> values[4][2];
  Progress progress("cost-table", "policies", a.check);
  for (std::size_t i = 0; i < a.check; ++i) {
    if (stop_requested()) throw Stopped(fmt::format("stopped after {} of {} policies", i, a.check));
    agent::Actions actions(space.slots().size());
    for (int& action : actions)
      action = static_cast<int>(random() % static_cast<unsigned>(agent::kActions));
    const quant::Policy policy = space.policy(actions);
    const sim::CostTotals t = table.cost(policy),
                          s = simulator.cost(policy, chip.cost.batch).batch_totals();
    const double of_table[] = {t.latency_ns, t.energy_pj, t.power_rated_mw, cost(t, table8)};
    const double of_chip[] = {s.latency_ns, s.energy_pj, s.power_rated_mw, cost(s, chip8)};
    for (int c = 0; c < 4; ++c) {
      values[c][0].push_back(of_table[c]);
      values[c][1].push_back(of_chip[c]);
    }
    progress.update(i + 1, "");
  }
  progress.finish();
  fmt::print("table against simulator, {} random policies of seed {}\n", a.check, a.seed);
  OrderedJson json = {{"policies", a.check}, {"seed", a.seed}};
  const char* const names[] = {"latency", "energy", "rated power", "cost"};
  const char* const keys[] = {"latency", "energy", "power_rated", "cost"};
  for (int c = 0; c < 4; ++c) {
    const sim::TableError e = sim::table_error(values[c][0], values[c][1]);
    print_error(names[c], e);
    json[keys[c]] = {{"rank_correlation", e.rank_correlation},
                     {"mean_error_pct", 100 * e.mean},
                     {"largest_error_pct", 100 * e.max}};
  }
  return json;
}

OrderedJson evaluate(const CostTableArguments& a, const sim::CostTable& table,
                     const quant::Network& network, const hw::ChipConfig& chip) {
  const quant::Policy policy = read_named_policy(a.evaluate, network, a.network, a.weights);
  const sim::CostTotals totals = table.cost(policy);
  const agent::Cost ratios = cosim::make_table_cost_model(table, network, chip.cost)->cost(policy);
  fmt::print("network          {} {}\n", network.name, policy.to_string());
  if (table.latency_only) {
    fmt::print("latency          {} cycles\n", totals.latency_ns);
    fmt::print("ratio to W8A8    latency {:.4f}\n", ratios.latency);
    fmt::print("from             {}, not simulated\n", a.table);
    return {{"policy", policy.to_string()},
            {"latency_cycles", totals.latency_ns},
            {"ratio", {{"latency", ratios.latency}}}};
  }
  fmt::print("latency          {:.3f} us\n", totals.latency_ns / 1e3);
  fmt::print("energy           {:.4f} uJ\n", totals.energy_pj / 1e6);
  fmt::print("power            {:.1f} mW rated\n", totals.power_rated_mw);
  fmt::print("ratio to W8A8    latency {:.4f}, energy {:.4f}, power {:.4f}; cost {:.4f}\n",
             ratios.latency, ratios.energy, ratios.power, ratios.cost);
  fmt::print("from             {}, not simulated\n", a.table);
  return {
      {"policy", policy.to_string()},
      {"latency_ns", totals.latency_ns},
      {"energy_pj", totals.energy_pj},
      {"power_rated_mw", totals.power_rated_mw},
      {"ratio", {{"latency", ratios.latency}, {"energy", ratios.energy}, {"power", ratios.power}}},
      {"cost", ratios.cost}};
}

void make(const CostTableArguments& a, const std::vector<std::string>& arguments,
          const quant::Network& network, const HardwareOptions& hardware) {
  sim::Simulator simulator(network, hardware.chip());
  const auto pairs = static_cast<std::size_t>(a.max_bits - a.min_bits + 1);
  Progress progress("cost-table", "runs", network.weight_layers().size() * pairs * pairs);
  sim::CostTable table = sim::measure_cost_table(
      network, a.min_bits, a.max_bits,
      [&](const quant::Policy& policy) {
        if (stop_requested()) throw Stopped("stopped before the table was complete");
        return simulator.cost(policy, hardware.chip().cost.batch);
      },
      [&](std::size_t done, std::size_t) { progress.update(done, ""); });
  progress.finish();
  table.header["hardware"] = cosim::hardware_digest(hardware.loader());
  table.header["version"] = full_version();
  // The header has a line per entry.
  std::string command = command_line("cost-table", arguments);
  std::replace(command.begin(), command.end(), '\n', ' ');
  table.header["command"] = printable(command);
  table.header["meaning"] =
      "layer's share of W8A8 plus what the whole chip's cost changes when this layer alone has "
      "w_bits and a_bits; columns add up (docs/cost-tables.md)";
  if (!a.json.empty()) {
    write_file_atomically(a.json, json_text(to_json(table, network)));
  }
  if (a.out.empty()) {
    std::fputs(table.to_csv().c_str(), stdout);
  } else {
    if (sim::is_haq_table(a.out)) {
      const IntegerArray cycles = sim::to_haq_table(table, network, hardware.chip().clock.tile_mhz);
      write_npy(a.out, cycles.elements, cycles.shape);
    } else {
      write_file_atomically(a.out, table.to_csv());
    }
    fmt::print("{}: {} layers, {} to {} bits\n", a.out, network.layers.size(), a.min_bits,
               a.max_bits);
  }
}

}  // namespace

int cost_table_command(const std::vector<std::string>& arguments) {
  CostTableArguments a;
  Options options("cost-table",
                  "Writes what every layer costs at every pair of bit widths on this chip, as CSV; "
                  "kirchhoff search --cost-table FILE searches with it.");
  options.example("kirchhoff cost-table --out lenet5.csv");
  declare_network(options, a.network);
  options.integer("min-bits", a.min_bits, quant::kMinBits, quant::kMaxBits,
                  "narrowest weights and activations of the table");
  options.integer("max-bits", a.max_bits, quant::kMinBits, quant::kMaxBits, "widest");
  options.output("out", a.out,
                 "write the table there instead of to standard output; FILE.npy: its latencies, as "
                 "HAQ has them");
  options.json_output(a.json, "the table, or what is said of one that is there,");
  options.section("With a table that is there");
  options.text("table", a.table, "FILE", "read this table instead of making one");
  options.text("evaluate", a.evaluate, "POLICY",
               "print the policy's costs from the table, without simulating (FILE may follow); as "
               "--policy of other commands");
  declare_weights_of_policy(options, a.weights);
  options.integer<std::size_t>("check", a.check, 0, 1000000,
                               "compare the table with the simulator on N random policies");
  options.integer<std::uint64_t>("seed", a.seed, 0, UINT64_MAX, "of the random policies");
  HardwareOptions hardware(options);
  // `--evaluate POLICY FILE` is short for `--evaluate POLICY --table FILE`.
  std::string table_word;
  options.word(table_word, "TABLE");
  if (!options.parse(arguments)) return 0;
  hardware.load();
  if (!table_word.empty()) {
    if (a.evaluate.empty() || !a.table.empty()) {
      throw InputError(fmt::format(
          "cost-table: unexpected argument '{}' (see kirchhoff cost-table --help)", table_word));
    }
    a.table = table_word;
  }
  if (a.min_bits > a.max_bits)
    throw InputError(
        fmt::format("--min-bits {}: must be at most --max-bits {}", a.min_bits, a.max_bits));
  if (a.table.empty()) {
    if (!a.evaluate.empty())
      throw InputError(
          fmt::format("--evaluate {}: needs a table: --table FILE", quote(a.evaluate)));
    if (a.check > 0)
      throw InputError(fmt::format("--check {}: needs a table: --table FILE", a.check));
  } else {
    if (a.evaluate.empty() && a.check == 0)
      throw InputError(fmt::format("--table {}: needs --evaluate POLICY or --check N", a.table));
    if (!a.out.empty()) refuse_option("out", a.out, "a table that is read is not written again");
    if (a.check == 1) refuse_option("check", "1", "must be 0 or at least 2");
  }

  if (sim::is_haq_table(a.out) && (a.min_bits > quant::kMinBits || a.max_bits < sim::kHaqWidths))
    refuse_option("out", a.out, "a table of HAQ's has all widths from 2 to 8 bits");
  if (sim::is_haq_table(a.table) && a.check > 0)
    refuse_option("check", fmt::format("{}", a.check), "HAQ's tables know latencies only");

  const quant::Network network = quant::find_network(a.network);
  if (a.table.empty()) {
    make(a, arguments, network, hardware);
    return 0;
  }
  const sim::CostTable table = cosim::load_cost_table(a.table, network, hardware.loader());
  OrderedJson json = {{"network", network.name}, {"table", a.table}};
  if (!a.evaluate.empty()) json["evaluated"] = evaluate(a, table, network, hardware.chip());
  if (a.check > 0) json["checked"] = check_table(a, table, network, hardware.chip());
  if (!a.json.empty()) write_file_atomically(a.json, json_text(json));
  return 0;
}

}  // namespace kirchhoff::cli
