#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/question_pool.h"
#include "cosim/chip_adc.h"
#include "cosim/chips_accuracy.h"
#include "cosim/search_settings.h"
#include "cosim/tuned_inference.h"
#include "cosim/workload.h"
#include "hw/config/chip_config.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/accuracy/accuracy_race.h"

namespace kirchhoff::cosim {

/// Processes that have the SearchModels of a search, too: makes what asks them. `answer` is what
/// this process says to the same questions, should it take part.
using OtherProcesses = std::function<std::unique_ptr<QuestionPool>(const Answer& answer)>;

/// What a search is asked for: the accuracies of a network as it is, or fine-tuned to every policy,
/// on a chip or on several.
class SearchModels {
 public:
  /// `chips`: at least one. What policies need that are asked for together is measured by the
  /// `others`, where there are any, else by settings.workers copies of this process. InputError
  /// when a setting or a file does not suit.
  SearchModels(const SearchSettings& settings, const std::vector<hw::ChipConfig>& chips,
               OtherProcesses others = {});
  ~SearchModels();
  SearchModels(const SearchModels&) = delete;
  SearchModels& operator=(const SearchModels&) = delete;

  const SearchSettings& settings() const { return settings_; }
  Workload& workload() { return workload_; }
  /// ADCs and cells of the chips.
  const std::vector<ChipAdc>& chips() const { return chips_; }
  /// Of the validation split that the search looks at.
  std::size_t images() const { return images_; }

  /// On the images that the search looks at, by racing; on the whole validation split; on the test
  /// set. Each is made when it is first asked for.
  ChipsAccuracy& search();
  ChipsAccuracy& whole();
  ChipsAccuracy& test();

  /// What another process of the same search asks.
  std::string answer(const std::string& question);

 private:
  ChipsAccuracy& made(char which, const quant::Dataset& split, std::size_t images,
                      const quant::RaceOptions& race);
  std::unique_ptr<SplitAccuracy> on(const ChipAdc& chip, const quant::Dataset& split,
                                    std::size_t images, const quant::RaceOptions& race);
  quant::AccuracyEngine& engine(const quant::Dataset& split, const quant::AdcModel* adc);
  PoolMaker pool_of(char which) const;

  const SearchSettings settings_;
  Workload workload_;
  const std::size_t images_;
  const std::vector<ChipAdc> chips_;
  const ChipScore score_;
  const OtherProcesses others_;
  std::optional<TunedInference> tuned_;
  std::map<std::pair<const quant::Dataset*, const quant::AdcModel*>,
           std::unique_ptr<quant::AccuracyEngine>>
      engines_;
  std::map<char, std::unique_ptr<ChipsAccuracy>> accuracies_;
};

}  // namespace kirchhoff::cosim
