#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "report/planned_run.h"
#include "report/statistics.h"
#include "report/study.h"

namespace kirchhoff::report {

/// A row of a study's runs: a finished run, and the policy that is its answer, if it found one.
class Answer {
 public:
  Answer(const Study& study, std::size_t row) : study_(&study), row_(row) {}

  const std::string& text(const std::string& column) const {
    return study_->runs.text(row_, column);
  }
  std::optional<double> number(const std::string& column) const {
    return study_->runs.number(row_, column);
  }
  std::uint64_t seed() const;
  /// Of the policy that the search returned: the final stage's, or its best episode's without one.
  /// `column` without its prefix: "policy", "cost_ratio".
  const std::string& answer_text(const std::string& column) const;
  std::optional<double> answer(const std::string& column) const;
  /// W8A8's accuracy less the answer's, in points.
  std::optional<double> validation_loss() const;
  std::optional<double> test_loss() const;

 private:
  std::string prefix() const;
  const Study* study_;
  std::size_t row_;
};

/// The run that a row of a study's episodes belongs to.
PlannedRun run_of_episode(const Csv& episodes, std::size_t row);

/// Runs of one study that differ in nothing but the seed.
struct Group {
  const Study* study = nullptr;
  std::string method;
  double th = 0.0;
  std::size_t runs = 0;          ///< of them
  std::vector<Answer> finished;  ///< by seed, those that found no policy included
  std::vector<Answer> answers;   ///< by seed, those with a policy

  Mean mean(const std::function<std::optional<double>(const Answer&)>& value) const;
  Mean mean(const std::string& column) const;
  /// What the runs took, whether they found a policy or not.
  Mean mean_of_finished(const std::function<std::optional<double>(const Answer&)>& value) const;
  /// The finished run with a seed; that of a method without chance stands for every seed. Null
  /// when there is none.
  const Answer* run_with(std::uint64_t seed) const;
  /// The most accurate one on the validation split, then the least divergent, then the cheapest,
  /// then the first. `answers` must not be empty.
  const Answer& best() const;
};

/// By threshold, then method.
std::vector<Group> groups_of(const Study& study);
std::vector<Group> groups_of(const std::vector<Study>& studies);

}  // namespace kirchhoff::report
