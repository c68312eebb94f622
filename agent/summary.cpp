#include "agent/summary.h"

#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "traces/error.h"

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

void read(const nlohmann::json& json, const quant::Network& network, quant::Policy& policy,
          Score& score, Cost& cost) {
  policy = quant::parse_policy(json.at("policy").get<std::string>(), network);
  json.at("accuracy_pct").get_to(score.accuracy_pct);
  json.at("divergence_nats").get_to(score.divergence);
  json.at("cost_ratio").get_to(cost.cost);
  json.at("latency_ratio").get_to(cost.latency);
  json.at("energy_ratio").get_to(cost.energy);
  json.at("power_ratio").get_to(cost.power);
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
  return json.dump(2) + "\n";
}

Summary load_summary(const std::string& path, const quant::Network& network) {
  std::ifstream stream(path);
  Summary summary;
  try {
    const auto json = nlohmann::json::parse(stream);
    json.at("network").get_to(summary.network);
    json.at("method").get_to(summary.method);
    json.at("th").get_to(summary.threshold);
    json.at("seed").get_to(summary.seed);
    json.at("episodes").get_to(summary.episodes);
    json.at("feasible_episodes").get_to(summary.feasible_episodes);
    json.at("accuracy_evaluations").get_to(summary.accuracy_evaluations);
    json.at("simulator_calls").get_to(summary.simulator_calls);
    json.at("floor_cost_ratio").get_to(summary.floor_cost);
    json.at("w8a8_accuracy_pct").get_to(summary.reference_accuracy_pct);
    if (json.contains("w8a8_latency_ns")) {
      summary.reference_cost = {json.at("w8a8_latency_ns").get<double>(),
                                json.at("w8a8_energy_pj").get<double>(),
                                json.at("w8a8_power_mw").get<double>()};
    }
    json.at("whole_evaluations").get_to(summary.whole_evaluations);
    if (const auto& best = json.at("best"); !best.is_null()) {
      summary.best.emplace();
      best.at("episode").get_to(summary.best->episode);
      read(best, network, summary.best->policy, summary.best->score, summary.best->cost);
    }
    if (const auto& final = json.at("final"); !final.is_null()) {
      summary.final.emplace();
      final.at("added_bits").get_to(summary.final->added_bits);
      final.at("w8a8_accuracy_pct").get_to(summary.final->reference_accuracy_pct);
      read(final, network, summary.final->policy, summary.final->score, summary.final->cost);
    }
    if (const auto& test = json.at("test_accuracy_pct"); !test.is_null()) {
      summary.test.emplace();
      test.at("answer").get_to(summary.test->answer_pct);
      test.at("best").get_to(summary.test->best_pct);
      test.at("w8a8").get_to(summary.test->w8a8_pct);
      test.at("float").get_to(summary.test->float_pct);
    }
  } catch (const nlohmann::json::exception& error) {
    throw InputError(fmt::format("{}: is not the summary of a run: {}", path, error.what()));
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", path, error.what()));
  }
  return summary;
}

}  // namespace kirchhoff::agent
