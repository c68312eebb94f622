#include "quant/accuracy/accuracy_race.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/portable_math.h"

namespace kirchhoff::quant {
namespace {

/// Index of the largest, of the first one on a tie.
std::size_t largest(const double* row, std::size_t classes) {
  return static_cast<std::size_t>(std::max_element(row, row + classes) - row);
}

/// log of the sum of exponentials.
double log_sum(const double* row, std::size_t classes) {
  const double top = row[largest(row, classes)];
  double sum = 0.0;
  for (std::size_t c = 0; c < classes; ++c) sum += base::portable_exp(row[c] - top);
  return top + base::portable_log(sum);
}

/// D_KL(softmax(reference) || softmax(row)), in nats.
double divergence(const double* reference, const double* row, std::size_t classes) {
  const double reference_sum = log_sum(reference, classes), sum = log_sum(row, classes);
  double total = 0.0;
  for (std::size_t c = 0; c < classes; ++c) {
    const double log_p = reference[c] - reference_sum;
    total += base::portable_exp(log_p) * (log_p - (row[c] - sum));
  }
  return total;
}

}  // namespace

AccuracyRace::AccuracyRace(Infer infer, const std::vector<std::uint8_t>& labels, Policy reference,
                           const RaceOptions& options, AccuracyMemo& memo, Infer teacher)
    : infer_(std::move(infer)),
      teacher_(std::move(teacher)),
      labels_(labels),
      reference_(std::move(reference)),
      options_(options),
      memo_(memo) {}

AccuracyRace::Result AccuracyRace::run(const Policy& policy, bool to_the_end) {
  const std::string key = policy.to_string();
  const std::size_t images = labels_.size();
  Result result;
  std::optional<Comparison> known = memo_.find(key, images);
  if (races(policy)) {
    // Judged even where all images are known: the outcome must not depend on what a file holds.
    std::optional<Comparison> first = memo_.find(key, options_.first_images);
    if (!first) {
      first = compare(policy, 0, options_.first_images);
      memo_.store(key, *first);
    }
    if (!to_the_end && collapsed(*first)) {
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

bool AccuracyRace::races(const Policy& policy) const {
  return options_.first_images > 0 && options_.first_images < labels_.size() &&
         policy.to_string() != reference_.to_string();
}

bool AccuracyRace::knows(const Policy& policy, bool to_the_end) const {
  const std::string key = policy.to_string();
  if (races(policy)) {
    const std::optional<Comparison> first = memo_.find(key, options_.first_images);
    if (!first) return false;
    if (!to_the_end && collapsed(*first)) return true;
  }
  return memo_.find(key, labels_.size()).has_value();
}

void AccuracyRace::prepare() {
  reference_logits();
  if (teacher_) teacher_logits();
}

bool AccuracyRace::collapsed(const Comparison& comparison) const {
  return comparison.loss_points() >
         options_.max_loss_points + options_.errors * comparison.error_points();
}

Comparison AccuracyRace::compare(const Policy& policy, std::size_t first, std::size_t count) {
  Comparison comparison;
  comparison.images = count;
  const ImageLogits& reference = reference_logits();
  const ImageLogits& teacher = teacher_ ? teacher_logits() : reference;
  const std::size_t classes = reference.classes;
  ImageLogits found;
  const double* rows = reference.values.data() + first * classes;
  if (policy.to_string() != reference_.to_string()) {
    found = infer_(policy, first, count);
    rows = found.values.data();
    classified_ += count;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const double* row = rows + i * classes;
    const double* before = reference.values.data() + (first + i) * classes;
    const bool right = largest(row, classes) == labels_[first + i];
    const bool reference_right = largest(before, classes) == labels_[first + i];
    comparison.correct += right ? 1 : 0;
    comparison.gained += right && !reference_right ? 1 : 0;
    comparison.lost += !right && reference_right ? 1 : 0;
    const double* taught = teacher.values.data() + (first + i) * classes;
    if (row != taught) comparison.divergence_sum += divergence(taught, row, classes);
  }
  return comparison;
}

const ImageLogits& AccuracyRace::reference_logits() {
  if (reference_logits_.values.empty()) {
    reference_logits_ = infer_(reference_, 0, labels_.size());
    classified_ += labels_.size();
  }
  return reference_logits_;
}

const ImageLogits& AccuracyRace::teacher_logits() {
  if (teacher_logits_.values.empty()) {
    teacher_logits_ = teacher_(reference_, 0, labels_.size());
    classified_ += labels_.size();
  }
  return teacher_logits_;
}

}  // namespace kirchhoff::quant
