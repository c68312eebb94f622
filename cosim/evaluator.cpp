#include "cosim/evaluator.h"

#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"
#include "cosim/chip_adc.h"
#include "cosim/policy_text.h"
#include "cosim/resources.h"
#include "cosim/split_accuracy.h"
#include "cosim/workload.h"
#include "hw/config/config_loader.h"
#include "quant/network/networks.h"
#include "sim/simulator.h"

// libsystemc asks for this function although a program with a main of its own never calls it. A
// program that has one keeps it.
extern "C" __attribute__((weak)) int sc_main(int, char*[]) { return 1; }

namespace kirchhoff {
namespace {

hw::ChipConfig chip_config(const EvaluatorOptions& options) {
  hw::ConfigLoader loader;
  // The defaults are preset table4, so that they need no file.
  if (options.preset != "table4") {
    const std::string name = options.preset + ".ini";
    loader.load_file(options.share.empty()
                         ? cosim::resource_file("presets", options.preset, ".ini", "preset")
                         : options.share + "/presets/" + name,
                     name);
  }
  for (const auto& [key, value] : options.hardware) loader.set_from_flag(key, value);
  return loader.finish();
}

cosim::WorkloadOptions workload_options(const EvaluatorOptions& options) {
  const quant::Network network = quant::find_network(options.network);
  cosim::WorkloadOptions workload;
  workload.network = options.network;
  workload.dataset = options.dataset.empty() ? quant::default_dataset(network) : options.dataset;
  workload.data_dir = options.data_dir;
  workload.weights = options.weights;
  const auto quantizer = quant::weight_quantizer_of(options.weight_quantizer);
  if (!quantizer) {
    throw InputError(fmt::format("weight_quantizer = {}: must be linear or kmeans",
                                 quote(options.weight_quantizer)));
  }
  workload.quantization.weights = *quantizer;
  if (workload.weights.empty() && !options.share.empty())
    workload.weights = quant::model_in(options.share + "/models", network.name, workload.dataset);
  return workload;
}

}  // namespace

class Evaluator::Impl {
 public:
  Impl(const cosim::WorkloadOptions& workload, const hw::ChipConfig& chip, bool adc_exact,
       std::size_t images, int threads)
      : network_(quant::find_network(workload.network)),
        workload_options_(workload),
        config_(chip),
        adc_(chip, network_, adc_exact),
        images_(images),
        threads_(threads) {}

  const quant::Network& network() const { return network_; }
  const std::string& dataset() const { return workload_options_.dataset; }

  quant::Policy policy_of_model() {
    if (workload_) return cosim::policy_of(workload_->model());
    if (!policy_of_model_)
      policy_of_model_ = cosim::policy_of(cosim::load_trained_model(workload_options_).model);
    return *policy_of_model_;
  }

  PolicyCost cost(const quant::Policy& policy) {
    if (!simulator_) {
      // SystemC's banner goes to standard output, where the caller's results belong.
      ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
      simulator_.emplace(network_, config_);
      reference_ = batch(quant::Policy::uniform(network_, 8, 8)).batch_totals();
    }
    const sim::CostReport report =
        batch(stored_policy(workload_options_.quantization.weights, policy));
    const sim::CostTotals totals = report.batch_totals();
    const sim::Ratios ratios = sim::ratios(totals, reference_, config_.cost);
    PolicyCost cost;
    cost.latency_ns = totals.latency_ns;
    cost.energy_pj = totals.energy_pj;
    cost.power_rated_mw = totals.power_rated_mw;
    cost.area_um2 = report.area_um2();
    cost.latency_ratio = ratios.latency;
    cost.energy_ratio = ratios.energy;
    cost.power_ratio = ratios.power;
    cost.cost_ratio = ratios.cost;
    cost.crossbars = report.crossbars();
    cost.tiles = report.tiles();
    for (const sim::LayerReport& layer : report.layers) {
      cost.layers.push_back({layer.name, layer.weight_bits, layer.activation_bits, layer.latency_ns,
                             layer.energy_pj(), layer.power_rated_mw(), layer.area_um2(),
                             layer.crossbars, layer.pes, layer.tiles});
    }
    return cost;
  }

  PolicyAccuracy accuracy(const quant::Policy& policy, Split split) {
    Measured& on = split == Split::kTest ? test_ : validation_;
    if (!on.scores) load(on, split);
    const agent::Score score = on.scores->score(policy);
    const agent::Score reference = on.scores->score(quant::Policy::uniform(network_, 8, 8));
    return {score.accuracy_pct, reference.accuracy_pct, score.divergence, on.images};
  }

 private:
  sim::CostReport batch(const quant::Policy& policy) {
    return simulator_->cost(policy, config_.cost.batch);
  }
  struct Measured {
    std::size_t images = 0;
    std::optional<quant::AccuracyEngine> engine, teacher;
    std::optional<cosim::SplitAccuracy> scores;
  };

  void load(Measured& on, Split split) {
    if (!workload_) workload_.emplace(cosim::load_workload(workload_options_));
    const bool test = split == Split::kTest;
    const quant::Dataset& data = test ? workload_->test() : workload_->validation();
    if (!test && images_ > data.size()) {
      throw InputError(
          fmt::format("images = {}: the validation split has {}", images_, data.size()));
    }
    on.images = test || images_ == 0 ? data.size() : images_;
    on.engine.emplace(workload_->quantizer(), data, threads_, adc_.of(workload_->model()));
    const agent::RunConfig settings = cosim::workload_settings(*workload_, data, on.images);
    cosim::SplitAccuracy::Teacher teacher;
    if (adc_.real_cells()) {
      on.teacher.emplace(workload_->quantizer(), data, threads_, nullptr);
      teacher = {[&on](const quant::Policy& policy, std::size_t first, std::size_t count) {
                   return on.teacher->real_logits(policy, first, count);
                 },
                 cosim::accuracy_fingerprint(settings)};
    }
    // No race: every answer is about the same images.
    on.scores.emplace(*on.engine, data, on.images, quant::RaceOptions{0, 0.0, 0.0},
                      cosim::accuracy_fingerprint(settings, adc_.description(workload_->model())),
                      teacher);
  }

  const quant::Network network_;
  const cosim::WorkloadOptions workload_options_;
  const hw::ChipConfig config_;
  const cosim::ChipAdc adc_;
  const std::size_t images_;
  const int threads_;
  std::optional<sim::Simulator> simulator_;
  sim::CostTotals reference_;
  std::optional<cosim::Workload> workload_;
  std::optional<quant::Policy> policy_of_model_;
  Measured validation_, test_;
};

Evaluator::Evaluator(const EvaluatorOptions& options)
    : Evaluator(workload_options(options), chip_config(options), options.adc_exact, options.images,
                options.threads) {}
Evaluator::Evaluator(const cosim::WorkloadOptions& workload, const hw::ChipConfig& chip,
                     bool adc_exact, std::size_t images, int threads)
    : impl_(std::make_unique<Impl>(workload, chip, adc_exact, images, threads)) {}
Evaluator::~Evaluator() = default;

const quant::Network& Evaluator::network() const { return impl_->network(); }
const std::string& Evaluator::dataset() const { return impl_->dataset(); }

quant::Policy Evaluator::policy(const std::string& text) const {
  if (cosim::is_policy_of_model(text)) return impl_->policy_of_model();
  // A file name is a policy on the command line; here nobody reads files.
  if (text.empty() || text.find_first_not_of("0123456789/,WAwa") != std::string::npos) {
    throw InputError(fmt::format(
        "policy {}: must be WxAy, weight/activation bits per layer as in 8/8,6/4,8/8, or model",
        quote(text)));
  }
  return quant::policy_from_text(text, network());
}

PolicyCost Evaluator::cost(const quant::Policy& policy) { return impl_->cost(policy); }

PolicyAccuracy Evaluator::accuracy(const quant::Policy& policy, Split split) {
  return impl_->accuracy(policy, split);
}

}  // namespace kirchhoff
