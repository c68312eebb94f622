#include "cosim/evaluator.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"
#include "base/stop_request.h"
#include "cosim/chip_adc.h"
#include "cosim/evaluator_setup.h"
#include "cosim/policy_text.h"
#include "cosim/split_accuracy.h"
#include "cosim/workload.h"
#include "hw/config/config_loader.h"
#include "quant/network/networks.h"
#include "sim/explain.h"
#include "sim/simulator.h"

// libsystemc asks for this function although a program with a main of its own never calls it. A
// program that has one keeps it.
extern "C" __attribute__((weak)) int sc_main(int, char*[]) { return 1; }

namespace kirchhoff {
namespace {

sim::SimulatorOptions simulator_options(const std::string& fidelity) {
  if (fidelity != "mvm" && fidelity != "bit")
    throw InputError(fmt::format("fidelity = {}: must be mvm or bit", quote(fidelity)));
  sim::SimulatorOptions options;
  options.fidelity = fidelity == "bit" ? hw::Fidelity::kBit : hw::Fidelity::kMvm;
  return options;
}

constexpr std::size_t kMostStreamed = 100'000;

/// Whether an Evaluator of this process has made its chip.
bool chip_is_made = false;

}  // namespace

class Evaluator::Impl {
 public:
  Impl(const cosim::WorkloadOptions& workload, const hw::ConfigLoader& hardware, bool adc_exact,
       std::size_t images, int threads, const std::string& fidelity)
      : network_(quant::find_network(workload.network)),
        workload_options_(workload),
        config_(hardware.finish()),
        entries_(hardware.entries()),
        adc_(config_, network_, adc_exact),
        simulator_options_(simulator_options(fidelity)),
        images_(images),
        threads_(threads) {}

  const quant::Network& network() const { return network_; }
  const std::string& dataset() const { return workload_options_.dataset; }

  const quant::Model& model() {
    if (workload_) return workload_->model();
    if (!model_) model_ = cosim::load_trained_model(workload_options_).model;
    return *model_;
  }

  PolicyCost cost(const quant::Policy& policy) {
    const sim::CostReport report = report_of(policy);
    const sim::CostTotals totals = report.batch_totals();
    const sim::Ratios ratios = sim::ratios(totals, *reference_, config_.cost);
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

  SimulatedImages simulate(const quant::Policy& policy, const std::uint8_t* pixels,
                           std::size_t count, bool stream) {
    if (count == 0) throw InputError("images: there are none");
    if (stream && count > kMostStreamed) {
      throw InputError(fmt::format("images: {} in one stream: at most {}", count, kMostStreamed));
    }
    quant::Quantizer& quantizer = workload().quantizer();
    const quant::IntegerNetwork integers = quantizer.quantise(policy);
    SimulatedImages all;
    all.images = count;
    all.logit_scale = quantizer.logit_scale(policy);
    with_chip([&](sim::Simulator& chip) {
      chip.load(integers);
      const std::size_t run = stream ? count : 1;
      for (std::size_t begin = 0; begin < count; begin += run) {
        give_up_if_stopped();
        add(chip.run_stream(images_at(pixels, begin, run)), all);
      }
    });
    all.outputs = all.logits.size() / count;
    return all;
  }

  sim::Explainer explainer(const quant::Policy& policy) {
    sim::ExplainedReport explained;
    explained.report = report_of(policy);
    explained.reference = reference_;
    const sim::Ratios ratios =
        sim::ratios(explained.report.batch_totals(), *reference_, config_.cost);
    explained.reported = {{"ratio.latency", ratios.latency},
                          {"ratio.energy", ratios.energy},
                          {"ratio.power", ratios.power},
                          {"cost", ratios.cost}};
    explained.config = entries_;
    return sim::Explainer(std::move(explained));
  }

 private:
  /// Calls `use` with the chip, which is made the first time.
  template <typename Use>
  void with_chip(const Use& use) {
    if (lost_) throw RunError("the chip was stopped in the middle of a run; a process has one");
    try {
      if (!simulator_) {
        if (chip_is_made) throw RunError("this process has a chip already, and can have one only");
        chip_is_made = true;
        // SystemC's banner goes to standard output, where the caller's results belong.
        ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
        simulator_.emplace(network_, config_, simulator_options_);
      }
      use(*simulator_);
    } catch (const Stopped&) {
      lost_ = true;
      throw;
    }
  }

  sim::CostReport report_of(const quant::Policy& policy) {
    sim::CostReport report;
    with_chip([&](sim::Simulator& chip) {
      const int batch = config_.cost.batch;
      if (!reference_)
        reference_ = chip.cost(quant::Policy::uniform(network_, 8, 8), batch).batch_totals();
      report = chip.cost(stored_policy(workload_options_.quantization.weights, policy), batch);
    });
    return report;
  }

  std::vector<std::vector<std::uint8_t>> images_at(const std::uint8_t* pixels, std::size_t begin,
                                                   std::size_t count) const {
    const auto size = static_cast<std::size_t>(network_.image.size());
    std::vector<std::vector<std::uint8_t>> images;
    for (std::size_t i = begin; i < begin + count; ++i)
      images.emplace_back(pixels + i * size, pixels + (i + 1) * size);
    return images;
  }

  /// The next images, which were one run.
  void add(const std::vector<sim::FunctionalResult>& results, SimulatedImages& all) const {
    for (const sim::FunctionalResult& result : results) {
      const sim::BitExactness& compared = result.bit_exactness;
      if (!compared.exact()) {
        throw RunError(fmt::format("image {}: the chip differs from the golden inference: {}",
                                   all.predictions.size(), compared.text(network_)));
      }
      all.compared += compared.outputs + compared.accumulators;
      all.logits.insert(all.logits.end(), result.logits.begin(), result.logits.end());
      all.predictions.push_back(result.prediction);
    }
    const sim::CostReport& report = results.front().report;
    if (all.latency_ns == 0.0) all.latency_ns = report.latency_ns;
    all.duration_ns += report.duration_ns;
    all.energy_pj += report.energy_pj();
    all.clipped_conversions += results.front().clipped_conversions;  // of the whole run
  }

  cosim::Workload& workload() {
    if (!workload_) workload_.emplace(cosim::load_workload(workload_options_));
    return *workload_;
  }
  struct Measured {
    std::size_t images = 0;
    std::optional<quant::AccuracyEngine> engine, teacher;
    std::optional<cosim::SplitAccuracy> scores;
  };

  void load(Measured& on, Split split) {
    workload();
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
    if (adc_.real()) {
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
  const std::vector<hw::ConfigEntry> entries_;
  const cosim::ChipAdc adc_;
  const sim::SimulatorOptions simulator_options_;
  const std::size_t images_;
  const int threads_;
  std::optional<sim::Simulator> simulator_;
  bool lost_ = false;                         ///< stopped in the middle of a run
  std::optional<sim::CostTotals> reference_;  ///< W8A8
  std::optional<cosim::Workload> workload_;
  std::optional<quant::Model> model_;  ///< where nobody has asked for the workload
  Measured validation_, test_;
};

Evaluator::Evaluator(const EvaluatorOptions& options)
    : impl_(std::make_unique<Impl>(cosim::workload_of(options), *cosim::hardware_of(options),
                                   options.adc_exact, options.images, options.threads,
                                   options.fidelity)) {}
Evaluator::Evaluator(const cosim::WorkloadOptions& workload, const hw::ConfigLoader& hardware,
                     bool adc_exact, std::size_t images, int threads)
    : impl_(std::make_unique<Impl>(workload, hardware, adc_exact, images, threads,
                                   EvaluatorOptions().fidelity)) {}
Evaluator::~Evaluator() = default;

bool Evaluator::has_chip() { return chip_is_made; }

const quant::Network& Evaluator::network() const { return impl_->network(); }
const std::string& Evaluator::dataset() const { return impl_->dataset(); }

quant::Policy Evaluator::policy(const std::string& text) const {
  if (cosim::is_policy_of_model(text)) return cosim::policy_of(impl_->model());
  // A file name is a policy on the command line; here nobody reads files.
  if (text.empty() || text.find_first_not_of("0123456789/,WAwa") != std::string::npos) {
    throw InputError(fmt::format(
        "policy {}: must be WxAy, weight/activation bits per layer as in 8/8,6/4,8/8, or model",
        quote(text)));
  }
  return quant::policy_from_text(text, network());
}

const quant::Model& Evaluator::model() { return impl_->model(); }

PolicyCost Evaluator::cost(const quant::Policy& policy) { return impl_->cost(policy); }

PolicyAccuracy Evaluator::accuracy(const quant::Policy& policy, Split split) {
  return impl_->accuracy(policy, split);
}

SimulatedImages Evaluator::simulate(const quant::Policy& policy, const std::uint8_t* pixels,
                                    std::size_t count, bool stream) {
  return impl_->simulate(policy, pixels, count, stream);
}

sim::Explanation Evaluator::explain(const quant::Policy& policy, const std::string& quantity) {
  return impl_->explainer(policy).explain(quantity);
}

std::vector<std::string> Evaluator::quantities(const quant::Policy& policy) {
  return impl_->explainer(policy).quantities();
}

}  // namespace kirchhoff
