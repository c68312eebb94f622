#include "quant/accuracy/accuracy_race.h"

#include <optional>
#include <utility>

namespace kirchhoff::quant {

AccuracyRace::AccuracyRace(Predict predict, const std::vector<std::uint8_t>& labels,
                           Policy reference, const RaceOptions& options, AccuracyMemo& memo)
    : predict_(std::move(predict)),
      labels_(labels),
      reference_(std::move(reference)),
      options_(options),
      memo_(memo) {}

AccuracyRace::Result AccuracyRace::run(const Policy& policy) {
  const std::string key = policy.to_string();
  const std::size_t images = labels_.size();
  const bool race =
      options_.first_images > 0 && options_.first_images < images && key != reference_.to_string();
  Result result;
  std::optional<Comparison> known = memo_.find(key, images);
  if (race) {
    // Judged even where all images are known: the outcome must not depend on what a file holds.
    std::optional<Comparison> first = memo_.find(key, options_.first_images);
    if (!first) {
      first = compare(policy, 0, options_.first_images);
      memo_.store(key, *first);
    }
    if (collapsed(*first)) {
      ++stopped_;
      result.stopped = true;
      result.comparison = *first;
      result.accuracy_pct = run(reference_).accuracy_pct - first->loss_points();
      return result;
    }
    result.comparison = *first;
  }
  if (!known) {
    Comparison all = result.comparison;
    all += compare(policy, all.images, images - all.images);
    memo_.store(key, all);
    known = all;
  }
  result.comparison = *known;
  result.accuracy_pct = known->pct();
  return result;
}

bool AccuracyRace::collapsed(const Comparison& comparison) const {
  return comparison.loss_points() >
         options_.max_loss_points + options_.errors * comparison.error_points();
}

Comparison AccuracyRace::compare(const Policy& policy, std::size_t first, std::size_t count) {
  Comparison comparison;
  comparison.images = count;
  const std::vector<int>& reference = reference_predictions();
  std::vector<int> predicted;
  if (policy.to_string() == reference_.to_string()) {
    predicted.assign(reference.begin() + static_cast<std::ptrdiff_t>(first),
                     reference.begin() + static_cast<std::ptrdiff_t>(first + count));
  } else {
    predicted = predict_(policy, first, count);
    classified_ += count;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const bool right = predicted[i] == labels_[first + i];
    const bool reference_right = reference[first + i] == labels_[first + i];
    comparison.correct += right ? 1 : 0;
    comparison.gained += right && !reference_right ? 1 : 0;
    comparison.lost += !right && reference_right ? 1 : 0;
  }
  return comparison;
}

const std::vector<int>& AccuracyRace::reference_predictions() {
  if (reference_predictions_.empty()) {
    reference_predictions_ = predict_(reference_, 0, labels_.size());
    classified_ += labels_.size();
  }
  return reference_predictions_;
}

}  // namespace kirchhoff::quant
