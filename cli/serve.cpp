#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/hardware_options.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/split_accuracy.h"
#include "cli/workload.h"
#include "sim/simulator.h"
#include "traces/error.h"

namespace kirchhoff::cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

struct ServeArguments {
  WorkloadOptions workload;
  bool stdio = false;
  std::size_t validation_images = 0;
  int threads = 0;
};

constexpr const char* kWants = "cost, accuracy, info";

/// The chip and the data behind the answers. Both are set up when the first request needs them:
/// whoever asks for costs only need not wait for images.
class Service {
 public:
  Service(Workload& workload, const hw::ChipConfig& config, std::size_t images, int threads)
      : workload_(workload), config_(config), images_(images), threads_(threads) {}

  /// The answer to one line. Never throws for what the line says.
  ordered_json answer(const std::string& line) {
    ordered_json result = {{"id", nullptr}};
    try {
      const json request = json::parse(line);
      if (!request.is_object()) throw InputError("must be a JSON object");
      if (request.contains("id")) result["id"] = request["id"];
      fill(result, request);
    } catch (const json::exception& error) {
      return failed(result["id"], fmt::format("not a request: {}", error.what()));
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
            fmt::format("{}: unknown key; must be one of id, policy, want", item.key()));
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
        throw InputError(fmt::format("want: {}: must be one of {}", want, kWants));
      }
    }
  }

  quant::Policy policy(ordered_json& result, const json& request) {
    if (!request.contains("policy") || !request["policy"].is_string()) {
      throw InputError(
          "policy: must be a string: WxAy, or weight/activation bits per layer as in 8/8,6/4,8/8");
    }
    const auto text = request["policy"].get<std::string>();
    // A file name is a policy elsewhere; over this door nobody reads files.
    if (text.find_first_not_of("0123456789/,WAwa") != std::string::npos) {
      throw InputError(fmt::format(
          "policy {}: must be WxAy, or weight/activation bits per layer as in 8/8,6/4,8/8", text));
    }
    const quant::Policy policy = quant::parse_policy(text, workload_.network());
    result["policy"] = policy.to_string();
    return policy;
  }

  ordered_json cost(const quant::Policy& policy) {
    chip();
    const sim::CostReport report = simulator_->cost(policy);
    const sim::Ratios ratios = sim::ratios(report, reference_, config_.cost);
    return {{"latency_ns", report.latency_ns},
            {"energy_pj", report.energy_pj()},
            {"power_rated_mw", report.power_rated_mw()},
            {"area_um2", report.area_um2()},
            {"latency_ratio", ratios.latency},
            {"energy_ratio", ratios.energy},
            {"power_ratio", ratios.power},
            {"cost_ratio", ratios.cost},
            {"crossbars", report.crossbars()},
            {"tiles", report.tiles()},
            {"mean_weight_bits", policy.mean_weight_bits()}};
  }

  ordered_json accuracy(const quant::Policy& policy) {
    const agent::Score score = scores().score(policy);
    const agent::Score reference =
        scores().score(quant::Policy::uniform(workload_.network(), 8, 8));
    return {{"accuracy_pct", score.accuracy_pct},
            {"w8a8_accuracy_pct", reference.accuracy_pct},
            {"divergence_nats", score.divergence},
            {"split", "validation"},
            {"images", images_}};
  }

  ordered_json info() {
    chip();
    ordered_json layers = ordered_json::array();
    for (const quant::Layer& layer : workload_.network().layers) layers.push_back(layer.name);
    return {{"network", workload_.network().name},
            {"dataset", workload_.options().dataset},
            {"layers", layers},
            {"min_bits", quant::kMinBits},
            {"max_bits", quant::kMaxSearchBits},
            {"w8a8",
             {{"latency_ns", reference_.latency_ns},
              {"energy_pj", reference_.energy_pj()},
              {"power_rated_mw", reference_.power_rated_mw()}}}};
  }

  void chip() {
    if (simulator_) return;
    simulator_ = std::make_unique<sim::Simulator>(workload_.network(), config_);
    reference_ = simulator_->cost(quant::Policy::uniform(workload_.network(), 8, 8));
  }

  agent::AccuracyModel& scores() {
    if (!scores_) {
      engine_ = std::make_unique<quant::AccuracyEngine>(workload_.quantizer(),
                                                        workload_.validation(), threads_);
      // No race: every answer is about the same images.
      scores_ = std::make_unique<SplitAccuracy>(
          *engine_, workload_.validation(), images_, quant::RaceOptions{0, 0.0, 0.0},
          accuracy_fingerprint(workload_settings(workload_, workload_.validation(), images_)));
    }
    return *scores_;
  }

  Workload& workload_;
  const hw::ChipConfig config_;
  const std::size_t images_;
  const int threads_;
  std::unique_ptr<sim::Simulator> simulator_;
  sim::CostReport reference_;
  std::unique_ptr<quant::AccuracyEngine> engine_;
  std::unique_ptr<SplitAccuracy> scores_;
};

}  // namespace

int serve_command(const std::vector<std::string>& arguments) {
  ServeArguments a;
  Options options("serve",
                  "Answers requests of another program: costs and accuracies of policies, one JSON "
                  "object per line.");
  options.flag("stdio", a.stdio, "requests from standard input, answers to standard output");
  declare_workload_options(options, a.workload);
  options.section("Evaluation");
  options.integer<std::size_t>("validation-images", a.validation_images, 0, 1000000,
                               "the first N images of the validation split; 0 = all");
  options.integer("threads", a.threads, 0, 1024, "threads that measure accuracy; 0 = one per core");
  HardwareOptions hardware(options);
  options.require("stdio");
  options.epilog(
      "A request: {\"id\": 1, \"policy\": \"W6A4\", \"want\": [\"cost\", \"accuracy\"]}\n"
      "id      anything; the answer carries it\n"
      "policy  WxAy, or weight/activation bits of every layer: 8/8,6/4,5/4,6/6,8/8\n"
      "want    some of cost, accuracy, info; default cost and accuracy\n"
      "Answers come in the order of the requests; a bad one is answered with {\"id\", \"error\"}.\n"
      "The program ends at the end of its input.\n");
  if (!options.parse(arguments)) return 0;
  settle_workload(options, a.workload);
  hardware.load();

  Workload workload = load_workload(a.workload);
  const std::size_t all = workload.validation().size();
  if (a.validation_images > all) {
    Options::refuse("validation-images", fmt::format("{}", a.validation_images),
                    fmt::format("the validation split has {}", all));
  }
  Service service(workload, hardware.chip(), a.validation_images == 0 ? all : a.validation_images,
                  a.threads);
  for (std::string line; !stop_requested() && std::getline(std::cin, line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string answer =
        service.answer(line).dump(-1, ' ', false, json::error_handler_t::replace);
    fmt::print("{}\n", answer);
    // The other side waits for it.
    if (std::fflush(stdout) != 0) throw RunError("standard output: cannot write");
  }
  return 0;
}

}  // namespace kirchhoff::cli
