#include "cosim/chips_accuracy.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>
#include <sstream>
#include <utility>

#include "base/binary_stream.h"
#include "base/refusal.h"
#include "base/worker_pool.h"
#include "quant/accuracy/image_blocks.h"

namespace kirchhoff::cosim {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// What a worker is asked, before the policy.
struct Question {
  std::size_t chip = 0;
  bool whole = false;
};

std::string question(const Question& what, const quant::Policy& policy) {
  std::ostringstream out;
  write_value(out, what);
  write_vector(out, policy.layers.items());
  return out.str();
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

PoolMaker copies_of_this_process(int count, int threads) {
  if (count < 2) return {};
  return [count, threads](const Answer& answer) -> std::unique_ptr<QuestionPool> {
    return std::make_unique<WorkerPool>(
        static_cast<std::size_t>(count),
        [threads] { quant::limit_threads(static_cast<std::size_t>(threads)); }, answer);
  };
}

ChipsAccuracy::ChipsAccuracy(std::vector<std::unique_ptr<SplitAccuracy>> chips, ChipScore score,
                             PoolMaker others)
    : chips_(std::move(chips)), score_(score), others_(std::move(others)) {}
ChipsAccuracy::~ChipsAccuracy() = default;

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

void ChipsAccuracy::expect(const std::vector<quant::Policy>& policies, bool whole) {
  if (!measures_several()) return;
  std::vector<std::size_t> chips;  // of the questions
  std::vector<std::string> questions;
  std::set<std::string> seen;
  for (const quant::Policy& policy : policies) {
    if (!seen.insert(policy.to_string()).second) continue;
    for (std::size_t chip = 0; chip < chips_.size(); ++chip) {
      if (chips_[chip]->knows(policy, whole)) continue;
      chips.push_back(chip);
      questions.push_back(question({chip, whole}, policy));
    }
  }
  if (questions.size() < 2) return;  // measured here as soon
  const std::vector<std::string> answers = pool().ask(questions);
  for (std::size_t i = 0; i < answers.size(); ++i) chips_[chips[i]]->learn(answers[i]);
}

QuestionPool& ChipsAccuracy::pool() {
  if (!pool_) {
    for (const auto& chip : chips_) chip->prepare();
    pool_ = others_([this](const std::string& question) { return answer(question); });
  }
  return *pool_;
}

std::string ChipsAccuracy::answer(const std::string& question) {
  std::istringstream in(question);
  const auto what = read_value<Question>(in);
  const quant::Policy policy{
      IndexedVector<quant::LayerId, quant::LayerBits>(read_vector<quant::LayerBits>(in))};
  return chips_[what.chip]->measure(policy, what.whole);
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
