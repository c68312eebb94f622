#include <atomic>
#include <exception>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>
#include <pybind11/stl.h>

#include "agent/search/summary.h"
#include "base/error.h"
#include "base/json_text.h"
#include "base/stop_request.h"
#include "cosim/evaluator_setup.h"
#include "cosim/search_run.h"
#include "python/bindings/long_call.h"
#include "python/bindings/parts.h"
#include "python/bindings/settings.h"

namespace kirchhoff::python {

namespace py = pybind11;

namespace {

using nlohmann::ordered_json;

ordered_json best_json(const agent::BestEpisode& best) {
  return {{"episode", best.episode},
          {"policy", best.policy.to_string()},
          {"accuracy_pct", best.score.accuracy_pct},
          {"divergence_nats", best.score.divergence},
          {"cost_ratio", best.cost.cost}};
}

ordered_json episode_json(const agent::SearchProgress& progress) {
  const agent::Outcome& last = *progress.last;
  ordered_json json = {{"episode", progress.episode},        {"episodes", progress.episodes},
                       {"policy", last.policy.to_string()},  {"cost_ratio", last.cost.cost},
                       {"latency_ratio", last.cost.latency}, {"energy_ratio", last.cost.energy},
                       {"power_ratio", last.cost.power},     {"accuracy_pct", nullptr},
                       {"divergence_nats", nullptr},         {"reward", last.reward},
                       {"feasible", last.feasible},          {"best", nullptr}};
  if (last.score) {
    json["accuracy_pct"] = last.score->accuracy_pct;
    json["divergence_nats"] = last.score->divergence;
  }
  if (progress.best != nullptr) json["best"] = best_json(*progress.best);
  return json;
}

/// Tells Python of every episode. What that raises stops the search in good order.
class Listener {
 public:
  explicit Listener(py::function tell) : tell_(std::move(tell)) {}

  void hear(const agent::SearchProgress& progress) {
    if (progress.last == nullptr || stopped()) return;
    const std::string text = json_line(episode_json(progress));
    const py::gil_scoped_acquire acquire;
    try {
      tell_(text);
    } catch (...) {
      raised_ = std::current_exception();
    }
  }
  bool stopped() const { return raised_ != nullptr || stop_requested(); }
  void raise_again() const {
    if (raised_) std::rethrow_exception(raised_);
  }

 private:
  const py::function tell_;
  std::exception_ptr raised_;
};

cosim::SearchSettings settings_of(const EvaluatorOptions& chip, const std::string& method,
                                  double th, std::uint64_t seed, std::size_t race_images,
                                  const std::string& device, const std::string& cost_table,
                                  const std::map<std::string, std::string>& options) {
  cosim::SearchSettings settings;
  settings.workload = cosim::workload_of(chip);
  settings.search.method = method;
  agent::search_method_type(method);  // known, or refused before anything else
  settings.search.reward.threshold = th;
  settings.search.seed = seed;
  settings.validation_images = chip.images;
  settings.race_images = race_images;
  settings.threads = chip.threads;
  settings.adc_exact = chip.adc_exact;
  if (device != "cpu" && device != "cuda")
    throw InputError("device = " + device + ": must be cpu or cuda");
  settings.device = device;
  settings.cost_table = cost_table;
  cosim::set_search_options(settings.search, options);
  settings.search.validate();
  return settings;
}

/// The chip's options with the weights of the cost that the search's limit asks for.
EvaluatorOptions weighed(EvaluatorOptions chip, const cosim::SearchSettings& settings) {
  const auto given = [&](const std::string& key) {
    for (const auto& [name, value] : chip.hardware)
      if (name == key) return true;
    return false;
  };
  const auto weights = cosim::cost_weights_of(settings, given);
  chip.hardware.insert(chip.hardware.end(), weights.begin(), weights.end());
  return chip;
}

/// The summary as JSON; None when `tell` or a signal stopped the search.
std::optional<std::string> run_search(const py::dict& chip, const std::string& method, double th,
                                      std::uint64_t seed, std::size_t race_images,
                                      const std::string& device, const std::string& cost_table,
                                      const py::dict& options, const std::string& folder,
                                      bool resume, const py::function& tell) {
  const EvaluatorOptions asked = evaluator_options(chip);
  const cosim::SearchSettings settings =
      settings_of(asked, method, th, seed, race_images, device, cost_table, texts_of(options));
  const auto hardware = cosim::hardware_of(weighed(asked, settings));
  Listener listener(tell);
  const auto summary = long_call([&] {
    cosim::SearchRun run(settings, *hardware, {hardware->finish()}, folder, resume);
    cosim::SearchRunCallbacks callbacks;
    callbacks.stop = [&] { return listener.stopped(); };
    callbacks.progress = [&](const agent::SearchProgress& progress) { listener.hear(progress); };
    const std::optional<agent::Summary> found = run.run(callbacks);
    return found ? std::optional<std::string>(agent::summary_json(*found)) : std::nullopt;
  });
  listener.raise_again();
  return summary;
}

}  // namespace

void add_search(py::module_& module) {
  module.def("run_search", &run_search, py::arg("chip"), py::kw_only(), py::arg("method"),
             py::arg("th"), py::arg("seed"), py::arg("race_images"), py::arg("device"),
             py::arg("cost_table"), py::arg("options"), py::arg("folder"), py::arg("resume"),
             py::arg("tell"));
}

}  // namespace kirchhoff::python
