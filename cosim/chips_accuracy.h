#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/models.h"
#include "base/question_pool.h"
#include "cosim/split_accuracy.h"

namespace kirchhoff::cosim {

/// What several chips with the same network are worth together: the mean of their accuracies, or a
/// quantile of them.
class ChipScore {
 public:
  /// "mean", or "q1" to "q50": the accuracy that so many per cent of the chips fall short of.
  /// InputError otherwise, naming the option.
  static ChipScore parse(const std::string& option, const std::string& text);

  /// Quantiles between two chips are interpolated (Hyndman and Fan's type 7, as NumPy and R have
  /// it). At least one value.
  double of_accuracies(const std::vector<double>& values) const;
  /// The same side of the chips, the bad one, where less is better.
  double of_divergences(const std::vector<double>& values) const;

 private:
  explicit ChipScore(std::optional<double> quantile) : quantile_(quantile) {}
  double of(const std::vector<double>& values, bool less_is_better) const;

  std::optional<double> quantile_;  ///< in (0, 0.5]; empty: the mean
};

/// Makes the processes that measure side by side; what each does with a question is `answer`, or
/// the same of a process with the same chips.
using PoolMaker = std::function<std::unique_ptr<QuestionPool>(const Answer& answer)>;

/// Copies of this process as they are when the pool is made, `count` of them with so many threads
/// each; nobody (an empty function) below two.
PoolMaker copies_of_this_process(int count, int threads);

/// Accuracies of a network on several chips, one after another: the same chips for every policy, so
/// that two policies differ by what their bits do and not by whose cells were better.
class ChipsAccuracy final : public agent::AccuracyModel {
 public:
  /// At least one chip. What one chip says is passed on as it is.
  /// `others` measure what expect() is told, from the first time on; empty: nobody does.
  ChipsAccuracy(std::vector<std::unique_ptr<SplitAccuracy>> chips, ChipScore score,
                PoolMaker others = {});
  ~ChipsAccuracy() override;

  /// Its standard error is the mean of the chips': they look at the same images, so more chips do
  /// not make an error smaller that comes from the images.
  agent::Score score(const quant::Policy& policy) override;
  agent::Score whole_score(const quant::Policy& policy) override;
  bool measures_several() const override { return others_ != nullptr; }
  void expect(const std::vector<quant::Policy>& policies, bool whole) override;
  /// What somebody else's expect() asks for.
  std::string answer(const std::string& question);
  void take_gradients(SplitAccuracy::Gradients gradients);
  std::optional<agent::Sensitivities> gradient_sensitivities(quant::GradientLoss loss) override;
  double float_pct(const std::function<double()>& measure);

 private:
  agent::Score together(const quant::Policy& policy,
                        agent::Score (SplitAccuracy::*ask)(const quant::Policy&));

  const std::vector<std::unique_ptr<SplitAccuracy>> chips_;
  QuestionPool& pool();

  const ChipScore score_;
  const PoolMaker others_;
  std::unique_ptr<QuestionPool> pool_;
};

}  // namespace kirchhoff::cosim
