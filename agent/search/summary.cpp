#include "agent/search/summary.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"

namespace kirchhoff::agent {

using nlohmann::ordered_json;

namespace {

void add(ordered_json& json, const quant::Policy& policy, const Score& score, const Cost& cost) {
  json["policy"] = policy.to_string();
  json["accuracy_pct"] = score.accuracy_pct;
  json["divergence_nats"] = score.divergence;
  json["cost_ratio"] = cost.cost;
  json["latency_ratio"] = cost.latency;
  json["energy_ratio"] = cost.energy;
  json["power_ratio"] = cost.power;
  json["mean_weight_bits"] = policy.mean_weight_bits();
}

void read_number(const nlohmann::json& json, const char* key, double& value) {
  value = number_member(json, key, "summary");
}

template <typename Integer>
void read_count(const nlohmann::json& json, const char* key, Integer& value) {
  value = static_cast<Integer>(
      integer_member(json, key, "summary", 0, std::numeric_limits<Integer>::max()));
}

void read(const nlohmann::json& json, const quant::Network& network, quant::Policy& policy,
          Score& score, Cost& cost) {
  policy = quant::policy_from_text(string_member(json, "policy", "summary"), network);
  read_number(json, "accuracy_pct", score.accuracy_pct);
  read_number(json, "divergence_nats", score.divergence);
  read_number(json, "cost_ratio", cost.cost);
  read_number(json, "latency_ratio", cost.latency);
  read_number(json, "energy_ratio", cost.energy);
  read_number(json, "power_ratio", cost.power);
}

void read_summary(const nlohmann::json& json, const quant::Network& network, Summary& summary) {
  summary.network = string_member(json, "network", "summary");
  summary.method = string_member(json, "method", "summary");
  read_number(json, "th", summary.threshold);
  summary.seed = unsigned_value(member(json, "seed", "summary"), "summary: seed");
  read_count(json, "episodes", summary.episodes);
  read_count(json, "feasible_episodes", summary.feasible_episodes);
  read_count(json, "accuracy_evaluations", summary.accuracy_evaluations);
  read_count(json, "simulator_calls", summary.simulator_calls);
  read_number(json, "floor_cost_ratio", summary.floor_cost);
  read_number(json, "w8a8_accuracy_pct", summary.reference_accuracy_pct);
  if (json.contains("w8a8_latency_ns")) {
    summary.reference_cost.emplace();
    read_number(json, "w8a8_latency_ns", summary.reference_cost->latency_ns);
    read_number(json, "w8a8_energy_pj", summary.reference_cost->energy_pj);
    read_number(json, "w8a8_power_mw", summary.reference_cost->power_mw);
  }
  read_count(json, "whole_evaluations", summary.whole_evaluations);
  if (const auto& best = json.at("best"); !best.is_null()) {
    summary.best.emplace();
    read_count(best, "episode", summary.best->episode);
    read(best, network, summary.best->policy, summary.best->score, summary.best->cost);
  }
  if (const auto& final = json.at("final"); !final.is_null()) {
    summary.final.emplace();
    read_count(final, "added_bits", summary.final->added_bits);
    read_number(final, "w8a8_accuracy_pct", summary.final->reference_accuracy_pct);
    read(final, network, summary.final->policy, summary.final->score, summary.final->cost);
  }
  if (const auto& test = json.at("test_accuracy_pct"); !test.is_null()) {
    summary.test.emplace();
    read_number(test, "answer", summary.test->answer_pct);
    read_number(test, "best", summary.test->best_pct);
    read_number(test, "w8a8", summary.test->w8a8_pct);
    read_number(test, "float", summary.test->float_pct);
  }
}

}  // namespace

std::string summary_json(const Summary& summary) {
  ordered_json json;
  json["network"] = summary.network;
  json["method"] = summary.method;
  json["th"] = summary.threshold;
  json["seed"] = summary.seed;
  json["episodes"] = summary.episodes;
  json["feasible_episodes"] = summary.feasible_episodes;
  json["accuracy_evaluations"] = summary.accuracy_evaluations;
  json["simulator_calls"] = summary.simulator_calls;
  json["floor_cost_ratio"] = summary.floor_cost;
  json["w8a8_accuracy_pct"] = summary.reference_accuracy_pct;
  if (summary.reference_cost) {
    json["w8a8_latency_ns"] = summary.reference_cost->latency_ns;
    json["w8a8_energy_pj"] = summary.reference_cost->energy_pj;
    json["w8a8_power_mw"] = summary.reference_cost->power_mw;
  }
  json["whole_evaluations"] = summary.whole_evaluations;
  json["best"] = nullptr;
  if (summary.best) {
    json["best"] = ordered_json{{"episode", summary.best->episode}};
    add(json["best"], summary.best->policy, summary.best->score, summary.best->cost);
  }
  json["final"] = nullptr;
  if (summary.final) {
    json["final"] = ordered_json{{"added_bits", summary.final->added_bits}};
    add(json["final"], summary.final->policy, summary.final->score, summary.final->cost);
    json["final"]["w8a8_accuracy_pct"] = summary.final->reference_accuracy_pct;
  }
  json["test_accuracy_pct"] = nullptr;
  if (summary.test) {
    json["test_accuracy_pct"] = ordered_json{{"answer", summary.test->answer_pct},
                                             {"best", summary.test->best_pct},
                                             {"w8a8", summary.test->w8a8_pct},
                                             {"float", summary.test->float_pct}};
  }
  return json_text(json);
}

Summary load_summary(const std::string& path, const quant::Network& network) {
  const nlohmann::json json = read_stored_json(path);
  Summary summary;
  read_members(path, "is not the summary of a run", [&] { read_summary(json, network, summary); });
  return summary;
}

}  // namespace kirchhoff::agent
