#include "cosim/chips_accuracy.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/refusal.h"

namespace kirchhoff::cosim {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

ChipScore ChipScore::parse(const std::string& option, const std::string& text) {
  if (text == "mean") return ChipScore(std::nullopt);
  int per_cent = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] =
      std::from_chars(text.data() + std::min<std::size_t>(1, text.size()), end, per_cent);
  if (text.empty() || text[0] != 'q' || error != std::errc() || at != end || per_cent < 1 ||
      per_cent > 50) {
    refuse_option(option, text, "must be mean, or q1 to q50");
  }
  return ChipScore(per_cent / 100.0);
}

double ChipScore::of(const std::vector<double>& values, bool less_is_better) const {
  if (!quantile_) return mean(values);
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  if (less_is_better) std::reverse(sorted.begin(), sorted.end());
  const double place = *quantile_ * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - std::floor(place)) * (sorted[above] - sorted[below]);
}

double ChipScore::of_accuracies(const std::vector<double>& values) const {
  return of(values, false);
}

double ChipScore::of_divergences(const std::vector<double>& values) const {
  return of(values, true);
}

ChipsAccuracy::ChipsAccuracy(std::vector<std::unique_ptr<SplitAccuracy>> chips, ChipScore score)
    : chips_(std::move(chips)), score_(score) {}

agent::Score ChipsAccuracy::score(const quant::Policy& policy) {
  return together(policy, &SplitAccuracy::score);
}

agent::Score ChipsAccuracy::whole_score(const quant::Policy& policy) {
  return together(policy, &SplitAccuracy::whole_score);
}

agent::Score ChipsAccuracy::together(const quant::Policy& policy,
                                     agent::Score (SplitAccuracy::*ask)(const quant::Policy&)) {
  if (chips_.size() == 1) return (chips_.front().get()->*ask)(policy);
  std::vector<double> accuracies, divergences, errors;
  for (const auto& chip : chips_) {
    const agent::Score score = (chip.get()->*ask)(policy);
    accuracies.push_back(score.accuracy_pct);
    divergences.push_back(score.divergence);
    if (score.loss_error_points) errors.push_back(*score.loss_error_points);
  }
  agent::Score all{score_.of_accuracies(accuracies), score_.of_divergences(divergences)};
  if (errors.size() == chips_.size()) all.loss_error_points = mean(errors);
  return all;
}

void ChipsAccuracy::take_gradients(SplitAccuracy::Gradients gradients) {
  chips_.front()->take_gradients(std::move(gradients));
}

std::optional<agent::Sensitivities> ChipsAccuracy::gradient_sensitivities(
    quant::GradientLoss loss) {
  return chips_.front()->gradient_sensitivities(loss);
}

double ChipsAccuracy::float_pct(const std::function<double()>& measure) {
  return chips_.front()->float_pct(measure);
}

}  // namespace kirchhoff::cosim
