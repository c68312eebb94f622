#include "cosim/search_run.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "agent/planning/sensitivity_options.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/refusal.h"
#include "base/stop_request.h"
#include "cosim/chip_cost_model.h"
#include "cosim/gradient_sensitivities.h"
#include "cosim/size_cost_model.h"
#include "cosim/table_cost_model.h"
#include "quant/float/float_network.h"

namespace kirchhoff::cosim {
namespace {

/// Everything that an evaluation depends on besides the policy.
agent::RunConfig run_settings(const SearchSettings& a, Workload& workload,
                              const hw::ConfigLoader& hardware, const ChipAdc& adc,
                              std::size_t images) {
  agent::RunConfig settings = workload_settings(workload, workload.validation(), images);
  const std::string modelled = adc.description(workload.model());
  if (!modelled.empty()) settings["adc_modelled"] = modelled;
  if (!a.cell_seeds.empty()) {
    settings["cell_seeds"] = a.cell_seeds;
    settings["cell_score"] = a.cell_score;
  }
  settings["validation_images"] = fmt::format("{}", images);
  settings["race_images"] = fmt::format("{}", a.race_images);
  if (a.tune_epochs > 0) {
    settings["tune_epochs"] = fmt::format("{}", a.tune_epochs);
    settings["tune_images"] = fmt::format("{}", a.tune_images);
  }
  if (!a.cost_table.empty()) {
    // Its numbers, not its name: a table may move.
    const std::string csv = load_cost_table(a.cost_table, workload.network(), hardware).to_csv();
    Digest table;
    table.add(csv.data(), csv.size());
    settings["digest.cost_table"] = fmt::format("{:016x}", table.value());
  }
  for (const hw::ConfigEntry& entry : hardware.settings()) settings[entry.key] = entry.value;
  return settings;
}

/// The costs of a search, and what th bounds of them.
std::unique_ptr<agent::CostModel> cost_model(const SearchSettings& a, const quant::Network& network,
                                             const hw::ConfigLoader& hardware) {
  const agent::Limit limit = agent::limit_of(a.search.limit);
  std::unique_ptr<agent::CostModel> costs;
  if (a.cost_table.empty()) {
    costs = make_chip_cost_model(network, hardware.finish(), hardware_digest(hardware));
  } else {
    sim::CostTable table = load_cost_table(a.cost_table, network, hardware);
    refuse_limit(table, a.cost_table, limit);
    costs = make_table_cost_model(std::move(table), network, hardware.finish().cost);
  }
  if (limit != agent::Limit::kSize) return costs;
  return make_size_cost_model(std::move(costs), network, a.workload.quantization.weights);
}

/// How many of the `images` that a search looks at its gradients are taken on. Refuses what
/// gradients know nothing of.
std::size_t images_of_gradients(const SearchSettings& a, std::size_t images) {
  const auto& options = a.search.methods.of<agent::SensitivityOptions>();
  if (!agent::gradient_loss(options.measure)) return images;
  if (a.tune_epochs > 0 && agent::reads_setting(a.search.method, "plan.sensitivity")) {
    refuse_option("plan.sensitivity", options.measure,
                  "must be divergence or accuracy with --tune-each");
  }
  const auto wanted = static_cast<std::size_t>(options.gradient_images);
  if (wanted > images) {
    refuse_option("plan.gradient_images", fmt::format("{}", wanted),
                  fmt::format("the search looks at {} images", images));
  }
  return wanted == 0 ? images : wanted;
}

}  // namespace

class SearchRun::Impl {
 public:
  Impl(const SearchSettings& settings, const hw::ConfigLoader& hardware,
       const std::vector<hw::ChipConfig>& chips, const std::string& folder, bool resume,
       OtherProcesses others)
      : models_(settings, chips, std::move(others)),
        a_(models_.settings()),
        workload_(models_.workload()),
        costs_(cost_model(a_, workload_.network(), hardware)),
        search_(workload_.network(), *costs_, models_.search(), models_.whole(), a_.search, folder,
                run_settings(a_, workload_, hardware, models_.chips().front(), models_.images()),
                resume) {}

  std::optional<agent::Summary> run(SearchRunCallbacks callbacks) {
    const std::size_t gradient_images = images_of_gradients(a_, models_.images());
    const auto tell = [&](std::size_t images) {
      if (callbacks.gradients) callbacks.gradients(images, gradient_images);
    };
    models_.search().take_gradients([&](quant::GradientLoss loss) {
      tell(0);
      agent::Sensitivities sensitivities = gradient_sensitivities(
          agent::PolicySpace(workload_.network(), a_.search.widths()), workload_,
          workload_.validation(), gradient_images, loss, a_.threads, [&](std::size_t count) {
            if (count < gradient_images) tell(count);
          });
      tell(gradient_images);
      return sensitivities;
    });
    callbacks.test = [&](const quant::Policy& answer, const quant::Policy& best) {
      return test_accuracy(answer, best, callbacks.test_accuracies);
    };
    try {
      return search_.run(callbacks);
    } catch (const Stopped&) {
      // In the middle of an episode or of the last measurements: the checkpoint is the one before.
      return std::nullopt;
    }
  }

  SearchModels& models() { return models_; }
  const agent::SearchTiming& timing() const { return search_.timing(); }

 private:
  /// Of the whole test set. Remembered like the others: many searches end with the same questions.
  agent::TestAccuracy test_accuracy(const quant::Policy& answer, const quant::Policy& best,
                                    const std::function<void(int, int)>& progress) {
    const quant::Dataset& test = workload_.test();
    ChipsAccuracy& scores = models_.test();
    int measured = 0;
    const auto tell = [&] {
      if (progress) progress(measured, 4);
      ++measured;
    };
    agent::TestAccuracy accuracy;
    accuracy.images = static_cast<std::int64_t>(test.size());
    scores.expect({answer, best, quant::Policy::uniform(workload_.network(), 8, 8)}, false);
    tell();
    accuracy.answer_pct = scores.score(answer).accuracy_pct;
    tell();
    accuracy.best_pct = scores.score(best).accuracy_pct;
    tell();
    accuracy.w8a8_pct =
        scores.score(quant::Policy::uniform(workload_.network(), 8, 8)).accuracy_pct;
    tell();
    accuracy.float_pct = scores.float_pct(
        [&] { return quant::float_accuracy_pct(workload_.model(), test, a_.threads); });
    tell();
    return accuracy;
  }

  SearchModels models_;
  const SearchSettings& a_;
  Workload& workload_;
  const std::unique_ptr<agent::CostModel> costs_;
  agent::Search search_;
};

SearchRun::SearchRun(const SearchSettings& settings, const hw::ConfigLoader& hardware,
                     const std::vector<hw::ChipConfig>& chips, const std::string& folder,
                     bool resume, OtherProcesses others)
    : impl_(std::make_unique<Impl>(settings, hardware, chips, folder, resume, std::move(others))) {}
SearchRun::~SearchRun() = default;

std::optional<agent::Summary> SearchRun::run(SearchRunCallbacks callbacks) {
  return impl_->run(std::move(callbacks));
}

Workload& SearchRun::workload() { return impl_->models().workload(); }
const std::vector<ChipAdc>& SearchRun::chips() const { return impl_->models().chips(); }
std::size_t SearchRun::images() const { return impl_->models().images(); }
const agent::SearchTiming& SearchRun::timing() const { return impl_->timing(); }

}  // namespace kirchhoff::cosim
