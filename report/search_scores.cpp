#include "report/search_scores.h"

#include <charconv>
#include <map>
#include <string>
#include <system_error>

#include "report/groups.h"

namespace kirchhoff::report {
namespace {

/// 0 when there is no such number.
double setting(const Study& study, const char* key) {
  const auto found = study.settings.find(key);
  if (found == study.settings.end()) return 0.0;
  const std::string& text = found->second;
  double value = 0.0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && value > 0.0 && value < 1e9 ? value : 0.0;
}

}  // namespace

Race race_of(const Study& study) {
  const double first = setting(study, "race-images"), all = setting(study, "validation-images");
  if (first < 1.0 || first >= all) return {};
  return {static_cast<std::size_t>(first), setting(study, "reward.max_loss_points")};
}

std::vector<SearchScore> search_scores(const Study& study) {
  std::map<PlannedRun, double> references;
  for (std::size_t row = 0; row < study.runs.size(); ++row) {
    if (const auto reference = study.runs.number(row, "w8a8_accuracy_pct"))
      references[run_of_episode(study.runs, row)] = *reference;
  }
  const Race race = race_of(study);
  std::vector<SearchScore> scores;
  const Csv& e = study.episodes;
  for (std::size_t row = 0; row < e.size(); ++row) {
    const auto cost = e.number(row, "cost_ratio"), accuracy = e.number(row, "accuracy_pct");
    if (!cost || !accuracy) continue;
    const PlannedRun run = run_of_episode(e, row);
    const auto reference = references.find(run);
    if (reference == references.end()) continue;
    const double loss = reference->second - *accuracy;
    scores.push_back({row, run, *cost, loss, race.may_have_dropped(loss)});
  }
  return scores;
}

}  // namespace kirchhoff::report
