#include "cosim/search_run.h"

#include <algorithm>
#include <map>
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
#include "cosim/chips_accuracy.h"
#include "cosim/gradient_sensitivities.h"
#include "cosim/size_cost_model.h"
#include "cosim/split_accuracy.h"
#include "cosim/table_cost_model.h"
#include "cosim/training_library.h"
#include "cosim/tuned_inference.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/accuracy/image_blocks.h"
#include "quant/float/float_network.h"

namespace kirchhoff::cosim {
namespace {

constexpr quant::RaceOptions kNoRace{0, 0.0, 0.0};

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

/// The cores that a search may use are theirs together.
Workers workers_of(const SearchSettings& a) {
  Workers workers;
  workers.count = static_cast<int>(quant::thread_count(a.workers));
  workers.threads = std::max(1, static_cast<int>(quant::thread_count(a.threads)) / workers.count);
  return workers;
}

/// The accuracies of a search: of the network as it is, or fine-tuned to every policy; on a chip,
/// or on several.
class Accuracies {
 public:
  /// `chips`: at least one. Keeps references to all of them.
  Accuracies(const SearchSettings& a, Workload& workload, const std::vector<ChipAdc>& chips)
      : a_(a),
        workload_(workload),
        chips_(chips),
        score_(ChipScore::parse("cell-score", a.cell_score)) {
    if (a.tune_epochs > 0)
      tuned_.emplace(workload, chips.front(), a.tune_epochs, a.tune_images, a.threads);
  }

  /// Of the first `images` of a split of the workload, which must outlive this.
  std::unique_ptr<ChipsAccuracy> of(const quant::Dataset& split, std::size_t images,
                                    const quant::RaceOptions& race) {
    std::vector<std::unique_ptr<SplitAccuracy>> all;
    for (const ChipAdc& chip : chips_) all.push_back(on(chip, split, images, race));
    return std::make_unique<ChipsAccuracy>(std::move(all), score_, workers_of(a_));
  }

 private:
  std::unique_ptr<SplitAccuracy> on(const ChipAdc& chip, const quant::Dataset& split,
                                    std::size_t images, const quant::RaceOptions& race) {
    const agent::RunConfig settings = workload_settings(workload_, split, images);
    if (tuned_) {
      return std::make_unique<SplitAccuracy>(
          [this, &split](const quant::Policy& policy, std::size_t first, std::size_t count) {
            return tuned_->logits(split, policy, first, count);
          },
          workload_.network(), split, images, race,
          accuracy_fingerprint(settings, tuned_->description()));
    }
    SplitAccuracy::Teacher teacher;
    if (chip.real()) {
      // W8A8 on a bad chip may itself be worse than what a search looks for.
      teacher.infer = [this, &split](const quant::Policy& policy, std::size_t first,
                                     std::size_t count) {
        return engine(split, nullptr).real_logits(policy, first, count);
      };
      teacher.fingerprint = accuracy_fingerprint(settings);
    }
    return std::make_unique<SplitAccuracy>(
        engine(split, chip.of(workload_.model())), split, images, race,
        accuracy_fingerprint(settings, chip.description(workload_.model())), teacher);
  }

  quant::AccuracyEngine& engine(const quant::Dataset& split, const quant::AdcModel* adc) {
    auto& engine = engines_[{&split, adc}];
    if (!engine && a_.device != "cpu") {
      engine = std::make_unique<quant::AccuracyEngine>(
          workload_.quantizer(), split,
          training_library().device_engine(workload_.network(), split, a_.device));
    } else if (!engine) {
      engine =
          std::make_unique<quant::AccuracyEngine>(workload_.quantizer(), split, a_.threads, adc);
    }
    return *engine;
  }

  const SearchSettings& a_;
  Workload& workload_;
  const std::vector<ChipAdc>& chips_;
  const ChipScore score_;
  std::optional<TunedInference> tuned_;
  std::map<std::pair<const quant::Dataset*, const quant::AdcModel*>,
           std::unique_ptr<quant::AccuracyEngine>>
      engines_;
};

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

/// The validation images that a search looks at.
std::size_t images_of_search(const SearchSettings& a, const Workload& workload) {
  const std::size_t all = workload.validation().size();
  if (a.validation_images > all) {
    refuse_option("validation-images", fmt::format("{}", a.validation_images),
                  fmt::format("the validation split has {}", all));
  }
  return a.validation_images == 0 ? all : a.validation_images;
}

/// A GPU computes with integers that the ADC has not touched.
void refuse_device(const SearchSettings& a, const hw::ChipConfig& chip, const ChipAdc& adc,
                   const Workload& workload) {
  if (a.device == "cpu") return;
  if (a.tune_epochs > 0) refuse_option("device", a.device, "must be cpu with --tune-each");
  if (adc.of(workload.model()) == nullptr) return;
  refuse_option("device", a.device,
                fmt::format("must be cpu where the ADC (adc.bits {}, adc.lsb {}) is modelled",
                            chip.tile.pe.adc.bits, chip.tile.pe.adc.lsb));
}

/// What a copy of a process cannot use.
void refuse_workers(const SearchSettings& a) {
  if (workers_of(a).count < 2) return;
  const std::string workers = fmt::format("{}", a.workers);
  if (a.tune_epochs > 0) refuse_option("workers", workers, "must be 1 with --tune-each");
  if (a.device != "cpu") refuse_option("workers", workers, "must be 1 with --device cuda");
}

/// As they differ in cells.
std::vector<ChipAdc> adcs_of(const SearchSettings& a, const std::vector<hw::ChipConfig>& chips,
                             const quant::Network& network) {
  if (chips.size() > 1 && a.tune_epochs > 0) {
    refuse_option("cell-seeds", a.cell_seeds,
                  "must be one seed with --tune-each, which trains for a chip");
  }
  std::vector<ChipAdc> all;
  for (const hw::ChipConfig& chip : chips) all.emplace_back(chip, network, a.adc_exact);
  return all;
}

}  // namespace

class SearchRun::Impl {
 public:
  Impl(const SearchSettings& settings, const hw::ConfigLoader& hardware,
       const std::vector<hw::ChipConfig>& chips, const std::string& folder, bool resume)
      : a_(settings),
        workload_(load_workload(settings.workload)),
        images_(images_of_search(a_, workload_)),
        chips_(adcs_of(a_, chips, workload_.network())),
        models_(a_, workload_, chips_) {
    refuse_workers(a_);
    refuse_device(a_, hardware.finish(), chips_.front(), workload_);
    const quant::Dataset& validation = workload_.validation();
    costs_ = cost_model(a_, workload_.network(), hardware);
    quant::RaceOptions race;
    race.first_images = a_.race_images;
    race.max_loss_points = a_.search.reward.max_loss_points;
    accuracies_ = models_.of(validation, images_, race);
    if (images_ < validation.size()) whole_ = models_.of(validation, validation.size(), kNoRace);
    search_.emplace(workload_.network(), *costs_, *accuracies_, whole_ ? *whole_ : *accuracies_,
                    a_.search, folder,
                    run_settings(a_, workload_, hardware, chips_.front(), images_), resume);
  }

  std::optional<agent::Summary> run(SearchRunCallbacks callbacks) {
    const std::size_t gradient_images = images_of_gradients(a_, images_);
    const auto tell = [&](std::size_t images) {
      if (callbacks.gradients) callbacks.gradients(images, gradient_images);
    };
    accuracies_->take_gradients([&](quant::GradientLoss loss) {
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
      return search_->run(callbacks);
    } catch (const Stopped&) {
      // In the middle of an episode or of the last measurements: the checkpoint is the one before.
      return std::nullopt;
    }
  }

  Workload& workload() { return workload_; }
  const std::vector<ChipAdc>& chips() const { return chips_; }
  std::size_t images() const { return images_; }
  const agent::SearchTiming& timing() const { return search_->timing(); }

 private:
  /// Of the whole test set. Remembered like the others: many searches end with the same questions.
  agent::TestAccuracy test_accuracy(const quant::Policy& answer, const quant::Policy& best,
                                    const std::function<void(int, int)>& progress) {
    const quant::Dataset& test = workload_.test();
    const auto scores = models_.of(test, test.size(), kNoRace);
    int measured = 0;
    const auto tell = [&] {
      if (progress) progress(measured, 4);
      ++measured;
    };
    agent::TestAccuracy accuracy;
    accuracy.images = static_cast<std::int64_t>(test.size());
    scores->expect({answer, best, quant::Policy::uniform(workload_.network(), 8, 8)}, false);
    tell();
    accuracy.answer_pct = scores->score(answer).accuracy_pct;
    tell();
    accuracy.best_pct = scores->score(best).accuracy_pct;
    tell();
    accuracy.w8a8_pct =
        scores->score(quant::Policy::uniform(workload_.network(), 8, 8)).accuracy_pct;
    tell();
    accuracy.float_pct = scores->float_pct(
        [&] { return quant::float_accuracy_pct(workload_.model(), test, a_.threads); });
    tell();
    return accuracy;
  }

  const SearchSettings a_;
  Workload workload_;
  const std::size_t images_;
  const std::vector<ChipAdc> chips_;
  Accuracies models_;
  std::unique_ptr<agent::CostModel> costs_;
  std::unique_ptr<ChipsAccuracy> accuracies_, whole_;
  std::optional<agent::Search> search_;
};

SearchRun::SearchRun(const SearchSettings& settings, const hw::ConfigLoader& hardware,
                     const std::vector<hw::ChipConfig>& chips, const std::string& folder,
                     bool resume)
    : impl_(std::make_unique<Impl>(settings, hardware, chips, folder, resume)) {}
SearchRun::~SearchRun() = default;

std::optional<agent::Summary> SearchRun::run(SearchRunCallbacks callbacks) {
  return impl_->run(std::move(callbacks));
}

Workload& SearchRun::workload() { return impl_->workload(); }
const std::vector<ChipAdc>& SearchRun::chips() const { return impl_->chips(); }
std::size_t SearchRun::images() const { return impl_->images(); }
const agent::SearchTiming& SearchRun::timing() const { return impl_->timing(); }

}  // namespace kirchhoff::cosim
