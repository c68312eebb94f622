#include "agent/summary.h"

#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "traces/error.h"

namespace kirchhoff::agent {

using nlohmann::ordered_json;

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
  json["best"] = nullptr;
  if (summary.best) {
    const BestEpisode& best = *summary.best;
    json["best"] =
        ordered_json{{"episode", best.episode},
                     {"policy", best.policy.to_string()},
                     {"accuracy_pct", best.accuracy_pct},
                     {"accuracy_loss_points", summary.reference_accuracy_pct - best.accuracy_pct},
                     {"cost_ratio", best.cost.cost},
                     {"latency_ratio", best.cost.latency},
                     {"energy_ratio", best.cost.energy},
                     {"power_ratio", best.cost.power},
                     {"mean_weight_bits", best.policy.mean_weight_bits()}};
  }
  json["test_accuracy_pct"] = nullptr;
  if (summary.test) {
    json["test_accuracy_pct"] = ordered_json{{"best", summary.test->best_pct},
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
    if (const auto& best = json.at("best"); !best.is_null()) {
      summary.best.emplace();
      best.at("episode").get_to(summary.best->episode);
      summary.best->policy = quant::parse_policy(best.at("policy").get<std::string>(), network);
      best.at("accuracy_pct").get_to(summary.best->accuracy_pct);
      best.at("cost_ratio").get_to(summary.best->cost.cost);
      best.at("latency_ratio").get_to(summary.best->cost.latency);
      best.at("energy_ratio").get_to(summary.best->cost.energy);
      best.at("power_ratio").get_to(summary.best->cost.power);
    }
    if (const auto& test = json.at("test_accuracy_pct"); !test.is_null()) {
      summary.test.emplace();
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
