#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "base/stop_request.h"
#include "cli/commands/command.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/options/workload_options.h"
#include "cli/terminal/line_input.h"
#include "cosim/evaluator.h"
#include "cosim/workload.h"

namespace kirchhoff::cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr const char* kWants = "cost, accuracy, info";
/// A policy of 256 layers has 2 kB.
constexpr std::size_t kMaxRequestBytes = std::size_t{1} << 20;

/// Answers lines with an evaluator.
class Service {
 public:
  explicit Service(Evaluator& evaluator) : evaluator_(evaluator) {}

  /// The answer to one line. Never throws for what the line says; Stopped when it is given up.
  ordered_json answer(const std::string& line) {
    ordered_json result = {{"id", nullptr}};
    try {
      if (line.size() > kMaxRequestBytes) {
        throw InputError(fmt::format("request: must be at most {} bytes", kMaxRequestBytes));
      }
      const json request = parse_json(line, "request");
      if (!request.is_object()) throw InputError("must be a JSON object");
      if (request.contains("id")) result["id"] = request["id"];
      fill(result, request);
    } catch (const Stopped&) {
      throw;
    } catch (const std::exception& error) {
      return failed(result["id"], error.what());
    }
    return result;
  }

 private:
  static ordered_json failed(const ordered_json& id, const std::string& message) {
    return {{"id", id}, {"error", message}};
  }

  void fill(ordered_json& result, const json& request) {
    for (const auto& item : request.items()) {
      if (item.key() != "id" && item.key() != "policy" && item.key() != "want") {
        throw InputError(
            fmt::format("{}: unknown key; must be one of id, policy, want", quote(item.key())));
      }
    }
    std::vector<std::string> wants = {"cost", "accuracy"};
    if (request.contains("want")) {
      const json& want = request["want"];
      if (!want.is_array() || want.empty() ||
          !std::all_of(want.begin(), want.end(), [](const json& w) { return w.is_string(); })) {
        throw InputError(fmt::format("want: must be a list of some of {}", kWants));
      }
      wants = want.get<std::vector<std::string>>();
    }
    for (const std::string& want : wants) {
      if (want == "info") {
        result["info"] = info();
      } else if (want == "cost") {
        result["cost"] = cost(policy(result, request));
      } else if (want == "accuracy") {
        result["accuracy"] = accuracy(policy(result, request));
      } else {
        throw InputError(fmt::format("want: {}: must be one of {}", quote(want), kWants));
      }
    }
  }

  quant::Policy policy(ordered_json& result, const json& request) {
    if (!request.contains("policy") || !request["policy"].is_string()) {
      throw InputError(
          "policy: must be a string: WxAy, or weight/activation bits per layer as in 8/8,6/4,8/8");
    }
    const quant::Policy policy = evaluator_.policy(request["policy"].get<std::string>());
    result["policy"] = policy.to_string();
    return policy;
  }

  ordered_json cost(const quant::Policy& policy) {
    const PolicyCost cost = evaluator_.cost(policy);
    return {{"latency_ns", cost.latency_ns},
            {"energy_pj", cost.energy_pj},
            {"power_rated_mw", cost.power_rated_mw},
            {"area_um2", cost.area_um2},
            {"latency_ratio", cost.latency_ratio},
            {"energy_ratio", cost.energy_ratio},
            {"power_ratio", cost.power_ratio},
            {"cost_ratio", cost.cost_ratio},
            {"crossbars", cost.crossbars},
            {"tiles", cost.tiles},
            {"mean_weight_bits", policy.mean_weight_bits()}};
  }

  ordered_json accuracy(const quant::Policy& policy) {
    const PolicyAccuracy accuracy = evaluator_.accuracy(policy);
    return {{"accuracy_pct", accuracy.accuracy_pct},
            {"w8a8_accuracy_pct", accuracy.w8a8_accuracy_pct},
            {"divergence_nats", accuracy.divergence},
            {"split", "validation"},
            {"images", accuracy.images}};
  }

  ordered_json info() {
    ordered_json layers = ordered_json::array();
    for (const quant::Layer& layer : evaluator_.network().layers) layers.push_back(layer.name);
    return {{"network", evaluator_.network().name},
            {"dataset", evaluator_.dataset()},
            {"layers", layers},
            {"min_bits", quant::kMinBits},
            {"max_bits", quant::kMaxSearchBits},
            {"w8a8", cost(quant::Policy::uniform(evaluator_.network(), 8, 8))}};
  }

  Evaluator& evaluator_;
};

}  // namespace

int serve_command(const std::vector<std::string>& arguments) {
  bool stdio = false, adc_exact = false;
  std::size_t images = 0;
  int threads = 0;
  Options options("serve",
                  "Answers requests of another program: costs and accuracies of policies, one JSON "
                  "object per line.");
  options.example("echo '{\"id\": 1, \"policy\": \"W6A4\"}' | kirchhoff serve --stdio");
  options.flag("stdio", stdio, "requests from standard input, answers to standard output");
  cosim::WorkloadOptions workload;
  declare_workload_options(options, workload);
  options.section("Evaluation");
  options.integer<std::size_t>("validation-images", images, 0, 1000000,
                               "the first N images of the validation split; 0 = all");
  options.integer("threads", threads, 0, 1024, "threads that measure accuracy; 0 = one per core");
  options.flag("adc-exact", adc_exact,
               "model every conversion of the chip's ADCs even where none can lose anything; the "
               "accuracies are the same");
  HardwareOptions hardware(options);
  options.require("stdio");
  options.epilog(
      "A request: {\"id\": 1, \"policy\": \"W6A4\", \"want\": [\"cost\", \"accuracy\"]}\n"
      "id      anything; the answer carries it\n"
      "policy  WxAy, or weight/activation bits of every layer: 8/8,6/4,5/4,6/6,8/8\n"
      "want    some of cost, accuracy, info; default cost and accuracy\n"
      "Answers come in the order of the requests; a bad one is answered with {\"id\", \"error\"}.\n"
      "The program ends at the end of its input, and when it is interrupted (Ctrl-C, SIGTERM).\n");
  if (!options.parse(arguments)) return 0;
  settle_workload(options, workload);
  hardware.load();

  Evaluator evaluator(workload, hardware.chip(), adc_exact, images, threads);
  Service service(evaluator);
  LineInput input(STDIN_FILENO, kMaxRequestBytes);
  for (std::string line; input.next(line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    fmt::print("{}\n", json_line(service.answer(line)));
    // The other side waits for it.
    if (std::fflush(stdout) != 0) throw RunError("standard output: cannot write");
  }
  return 0;
}

}  // namespace kirchhoff::cli
