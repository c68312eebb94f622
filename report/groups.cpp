#include "report/groups.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "agent/search_methods.h"

namespace kirchhoff::report {
namespace {

Mean mean_over(const std::vector<Answer>& runs,
               const std::function<std::optional<double>(const Answer&)>& value) {
  std::vector<double> values;
  for (const Answer& run : runs) {
    if (const auto one = value(run)) values.push_back(*one);
  }
  return mean_of(values);
}

}  // namespace

std::string Answer::prefix() const { return text("final_policy").empty() ? "best_" : "final_"; }

std::uint64_t Answer::seed() const { return std::stoull("0" + text("seed")); }

const std::string& Answer::answer_text(const std::string& column) const {
  return text(prefix() + column);
}

std::optional<double> Answer::answer(const std::string& column) const {
  return number(prefix() + column);
}

std::optional<double> Answer::validation_loss() const {
  const auto accuracy = answer("accuracy_pct");
  const auto reference = number(prefix() == "final_" ? "final_w8a8_accuracy_pct"  // whole split
                                                     : "w8a8_accuracy_pct");
  if (!accuracy || !reference) return std::nullopt;
  return *reference - *accuracy;
}

std::optional<double> Answer::test_loss() const {
  const auto accuracy = number("test_answer_pct"), reference = number("test_w8a8_pct");
  if (!accuracy || !reference) return std::nullopt;
  return *reference - *accuracy;
}

PlannedRun run_of_episode(const Csv& episodes, std::size_t row) {
  return {episodes.text(row, "method"), episodes.number(row, "th").value_or(0.0),
          static_cast<std::uint64_t>(episodes.number(row, "seed").value_or(0.0))};
}

Mean Group::mean(const std::function<std::optional<double>(const Answer&)>& value) const {
  return mean_over(answers, value);
}

Mean Group::mean_of_finished(
    const std::function<std::optional<double>(const Answer&)>& value) const {
  return mean_over(finished, value);
}

Mean Group::mean(const std::string& column) const {
  return mean([&](const Answer& answer) { return answer.number(column); });
}

const Answer* Group::run_with(std::uint64_t seed) const {
  for (const Answer& run : finished) {
    if (run.seed() == seed || !agent::search_method_type(method).chance) return &run;
  }
  return nullptr;
}

const Answer& Group::best() const {
  const auto better = [](const Answer& a, const Answer& b) {
    const auto key = [](const Answer& one) {
      return std::tuple(-one.answer("accuracy_pct").value_or(0.0),
                        one.answer("divergence_nats").value_or(0.0),
                        one.answer("cost_ratio").value_or(0.0));
    };
    return key(a) < key(b);
  };
  return *std::min_element(answers.begin(), answers.end(), better);
}

std::vector<Group> groups_of(const Study& study) {
  // By PlannedRun, whose order is that of the rows; the seed stays 0.
  std::map<PlannedRun, Group> groups;
  for (std::size_t row = 0; row < study.runs.size(); ++row) {
    const std::string method = study.runs.text(row, "method");
    const double th = study.runs.number(row, "th").value_or(0.0);
    Group& group = groups[{method, th, 0}];
    group.study = &study;
    group.method = method;
    group.th = th;
    ++group.runs;
    const std::string& status = study.runs.text(row, "status");
    if (status == "done") group.answers.emplace_back(study, row);
    if (status == "done" || status == "no policy") group.finished.emplace_back(study, row);
  }
  std::vector<Group> sorted;
  for (auto& [key, group] : groups) {
    for (std::vector<Answer>* rows : {&group.answers, &group.finished}) {
      std::stable_sort(rows->begin(), rows->end(),
                       [](const Answer& a, const Answer& b) { return a.seed() < b.seed(); });
    }
    sorted.push_back(std::move(group));
  }
  return sorted;
}

std::vector<Group> groups_of(const std::vector<Study>& studies) {
  std::vector<Group> all;
  for (const Study& study : studies) {
    for (Group& group : groups_of(study)) all.push_back(std::move(group));
  }
  return all;
}

}  // namespace kirchhoff::report
