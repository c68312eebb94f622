#include "cosim/search_models.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/refusal.h"
#include "cosim/training_library.h"
#include "quant/accuracy/image_blocks.h"

namespace kirchhoff::cosim {
namespace {

constexpr quant::RaceOptions kNoRace{0, 0.0, 0.0};

/// Which of the three a question is about: its first character.
constexpr char kSearch = 's', kWhole = 'w', kTest = 't';

quant::RaceOptions race_of(const SearchSettings& settings) {
  quant::RaceOptions race;
  race.first_images = settings.race_images;
  race.max_loss_points = settings.search.reward.max_loss_points;
  return race;
}

/// Questions about one of the three.
class QuestionsAbout final : public QuestionPool {
 public:
  QuestionsAbout(char which, std::unique_ptr<QuestionPool> pool)
      : which_(which), pool_(std::move(pool)) {}

  std::vector<std::string> ask(const std::vector<std::string>& questions) override {
    std::vector<std::string> about;
    for (const std::string& question : questions) about.push_back(which_ + question);
    return pool_->ask(about);
  }

 private:
  const char which_;
  const std::unique_ptr<QuestionPool> pool_;
};

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

/// What a copy of a process cannot use, and copies where there are other processes.
void refuse_workers(const SearchSettings& a, bool others) {
  const std::string workers = fmt::format("{}", a.workers);
  if (others && a.workers != 1) refuse_option("workers", workers, "must be 1 with --launcher mpi");
  if (others || quant::thread_count(a.workers) < 2) return;
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

SearchModels::SearchModels(const SearchSettings& settings, const std::vector<hw::ChipConfig>& chips,
                           OtherProcesses others)
    : settings_(settings),
      workload_(load_workload(settings.workload)),
      images_(images_of_search(settings_, workload_)),
      chips_(adcs_of(settings_, chips, workload_.network())),
      score_(ChipScore::parse("cell-score", settings.cell_score)),
      others_(std::move(others)) {
  refuse_workers(settings_, others_ != nullptr);
  refuse_device(settings_, chips.front(), chips_.front(), workload_);
  if (settings_.tune_epochs > 0) {
    tuned_.emplace(workload_, chips_.front(), settings_.tune_epochs, settings_.tune_images,
                   settings_.threads);
  }
}
SearchModels::~SearchModels() = default;

ChipsAccuracy& SearchModels::search() {
  return made(kSearch, workload_.validation(), images_, race_of(settings_));
}

ChipsAccuracy& SearchModels::whole() {
  const quant::Dataset& validation = workload_.validation();
  if (images_ == validation.size()) return search();
  return made(kWhole, validation, validation.size(), kNoRace);
}

ChipsAccuracy& SearchModels::test() {
  return made(kTest, workload_.test(), workload_.test().size(), kNoRace);
}

std::string SearchModels::answer(const std::string& question) {
  const char which = question.empty() ? '\0' : question.front();
  if (which != kSearch && which != kWhole && which != kTest)
    throw RunError("a question of another version of the program");
  ChipsAccuracy& accuracy = which == kSearch ? search() : which == kWhole ? whole() : test();
  return accuracy.answer(question.substr(1));
}

ChipsAccuracy& SearchModels::made(char which, const quant::Dataset& split, std::size_t images,
                                  const quant::RaceOptions& race) {
  std::unique_ptr<ChipsAccuracy>& accuracy = accuracies_[which];
  if (!accuracy) {
    std::vector<std::unique_ptr<SplitAccuracy>> all;
    for (const ChipAdc& chip : chips_) all.push_back(on(chip, split, images, race));
    accuracy = std::make_unique<ChipsAccuracy>(std::move(all), score_, pool_of(which));
  }
  return *accuracy;
}

PoolMaker SearchModels::pool_of(char which) const {
  if (others_) {
    return [this, which](const Answer& answer) -> std::unique_ptr<QuestionPool> {
      return std::make_unique<QuestionsAbout>(
          which, others_([answer](const std::string& about) { return answer(about.substr(1)); }));
    };
  }
  // The cores that a search may use are theirs together.
  const auto count = static_cast<int>(quant::thread_count(settings_.workers));
  const auto threads = static_cast<int>(quant::thread_count(settings_.threads));
  return copies_of_this_process(count, std::max(1, threads / count));
}

std::unique_ptr<SplitAccuracy> SearchModels::on(const ChipAdc& chip, const quant::Dataset& split,
                                                std::size_t images,
                                                const quant::RaceOptions& race) {
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

quant::AccuracyEngine& SearchModels::engine(const quant::Dataset& split,
                                            const quant::AdcModel* adc) {
  auto& engine = engines_[{&split, adc}];
  if (!engine && settings_.device != "cpu") {
    engine = std::make_unique<quant::AccuracyEngine>(
        workload_.quantizer(), split,
        training_library().device_engine(workload_.network(), split, settings_.device));
  } else if (!engine) {
    engine = std::make_unique<quant::AccuracyEngine>(workload_.quantizer(), split,
                                                     settings_.threads, adc);
  }
  return *engine;
}

}  // namespace kirchhoff::cosim
