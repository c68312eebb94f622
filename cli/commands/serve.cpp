#include <cstdio>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/stop_request.h"
#include "cli/commands/command.h"
#include "cli/commands/serve_request.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/options/workload_options.h"
#include "cli/terminal/line_input.h"
#include "cli/terminal/peer_process.h"
#include "cosim/evaluator.h"
#include "cosim/evaluator_json.h"
#include "cosim/workload.h"

namespace kirchhoff::cli {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// A policy of 256 layers has 2 kB.
constexpr std::size_t kMaxRequestBytes = std::size_t{1} << 20;

/// Chips with other keys than this program's. A process has one chip, so each is another run of the
/// program; the few that were asked last are kept.
class OtherChips {
 public:
  /// `arguments` of this run.
  explicit OtherChips(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}

  /// What the program with these keys answers.
  std::string ask(const std::map<std::string, std::string>& hardware, const std::string& line) {
    auto chip = chips_.begin();
    while (chip != chips_.end() && chip->hardware != hardware) ++chip;
    if (chip == chips_.end()) {
      if (chips_.size() == kMost) chips_.pop_back();
      chips_.push_front(
          {hardware, std::make_unique<PeerProcess>(with(hardware), 2 * kMaxRequestBytes)});
    } else {
      chips_.splice(chips_.begin(), chips_, chip);
    }
    try {
      return chips_.front().program->ask(line);
    } catch (...) {
      chips_.pop_front();
      throw;
    }
  }

 private:
  static constexpr std::size_t kMost = 4;
  struct Chip {
    std::map<std::string, std::string> hardware;
    std::unique_ptr<PeerProcess> program;
  };

  // A flag that the command line already has is replaced: none may be given twice.
  std::vector<std::string> with(const std::map<std::string, std::string>& hardware) const {
    std::vector<std::string> all{"serve"};
    for (std::size_t i = 0; i < arguments_.size(); ++i) {
      const std::string& word = arguments_[i];
      const std::size_t equals = word.find('=');
      const bool replaced =
          word.substr(0, 2) == "--" &&
          hardware.count(word.substr(2, equals == std::string::npos ? equals : equals - 2)) > 0;
      if (!replaced) all.push_back(word);
      if (replaced && equals == std::string::npos) ++i;  // its value
    }
    for (const auto& [key, value] : hardware) all.push_back("--" + key + "=" + value);
    return all;
  }

  const std::vector<std::string> arguments_;
  std::list<Chip> chips_;  ///< the last one asked first
};

/// Answers lines with an evaluator.
class Service {
 public:
  Service(Evaluator& evaluator, std::vector<std::string> arguments)
      : evaluator_(evaluator), others_(std::move(arguments)) {}

  /// The answer to one line. Never throws for what the line says; Stopped when it is given up.
  std::string answer(const std::string& line) {
    std::string id = "null";
    try {
      if (line.size() > kMaxRequestBytes) {
        throw InputError(fmt::format("request: must be at most {} bytes", kMaxRequestBytes));
      }
      const json request = parse_json(line, "request");
      if (!request.is_object()) throw InputError("must be a JSON object");
      id = id_in(line);
      const ServeRequest parsed = parse_serve_request(request);
      if (!parsed.hardware.empty()) return of_other_chip(id, request, parsed);
      return with_id(id, json_line(fill(parsed)));
    } catch (const Stopped&) {
      throw;
    } catch (const std::exception& error) {
      return with_id(id, json_line(ordered_json{{"error", error.what()}}));
    }
  }

 private:
  /// `members`: a JSON object that is not empty.
  static std::string with_id(const std::string& id, const std::string& members) {
    return "{\"id\":" + id + "," + members.substr(1);
  }

  std::string of_other_chip(const std::string& id, json request, const ServeRequest& parsed) {
    const json hardware = request["hardware"];
    request.erase("hardware");
    request.erase("id");
    const std::string lead = "{\"id\":null,";
    const std::string answer = others_.ask(parsed.hardware, json_line(request));
    if (answer.compare(0, lead.size(), lead) != 0) throw RunError("hardware: no answer");
    const bool failed = answer.compare(lead.size(), 8, "\"error\":") == 0;
    const std::string said = failed ? "" : "\"hardware\":" + json_line(hardware) + ",";
    return with_id(id, "{" + said + answer.substr(lead.size()));
  }

  ordered_json fill(const ServeRequest& request) {
    ordered_json result;
    std::optional<quant::Policy> policy;
    std::optional<PolicyCost> cost;
    const auto wanted_policy = [&]() -> const quant::Policy& {
      if (!policy) {
        policy = read_policy(request.policy);
        result["policy"] = policy->to_string();
      }
      return *policy;
    };
    const auto wanted_cost = [&]() -> const PolicyCost& {
      if (!cost) cost = evaluator_.cost(wanted_policy());
      return *cost;
    };
    for (const std::string& want : request.wants) {
      if (want == "info") result["info"] = info();
      if (want == "cost") result["cost"] = cosim::cost_json(wanted_cost(), wanted_policy());
      if (want == "layers") result["layers"] = cosim::layers_json(wanted_cost());
      if (want == "accuracy") {
        result["accuracy"] = cosim::accuracy_json(
            evaluator_.accuracy(wanted_policy(), request.split), request.split);
      }
    }
    return result;
  }

  quant::Policy read_policy(const json& policy) {
    if (policy.is_string()) return evaluator_.policy(policy.get<std::string>());
    if (policy.is_structured())
      return quant::parse_policy_json(json_line(policy), "policy", evaluator_.network());
    throw InputError(
        R"(policy: must be "W6A4", "8/8,6/4,…" or [[8, 8], [6, 4], …] (weight and activation bits )"
        R"(per layer), what a policy file holds, or "model")");
  }

  ordered_json info() {
    ordered_json info = cosim::network_json(evaluator_.network());
    ordered_json layers = std::move(info["layers"]);
    const auto w8a8 = quant::Policy::uniform(evaluator_.network(), 8, 8);
    return {{"network", evaluator_.network().name},
            {"dataset", evaluator_.dataset()},
            {"layers", std::move(layers)},
            {"min_bits", quant::kMinBits},
            {"max_bits", quant::kMaxSearchBits},
            {"w8a8", cosim::cost_json(evaluator_.cost(w8a8), w8a8)}};
  }

  Evaluator& evaluator_;
  OtherChips others_;
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
      "id        anything; the answer carries it as it stands there\n"
      "policy    \"W6A4\", \"8/8,6/4,…\", [[8, 8], [6, 4], …], what a policy file holds, or\n"
      "          \"model\": what a quantised model was made for\n"
      "want      some of cost, layers, accuracy, info; default cost and accuracy\n"
      "split     of the accuracy: validation or test; default validation\n"
      "hardware  keys that differ from this chip's: {\"adc.bits\": 6}\n"
      "Answers come in the order of the requests; a bad one is answered with {\"id\", \"error\"}.\n"
      "The program ends at the end of its input, and when it is interrupted (Ctrl-C, SIGTERM).\n");
  if (!options.parse(arguments)) return 0;
  settle_workload(options, workload);
  hardware.load();

  Evaluator evaluator(workload, hardware.loader(), adc_exact, images, threads);
  Service service(evaluator, arguments);
  LineInput input(STDIN_FILENO, kMaxRequestBytes);
  for (std::string line; input.next(line);) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    fmt::print("{}\n", service.answer(line));
    // The other side waits for it.
    if (std::fflush(stdout) != 0) throw RunError("standard output: cannot write");
  }
  return 0;
}

}  // namespace kirchhoff::cli
