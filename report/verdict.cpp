#include "report/verdict.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include <fmt/format.h>

#include "agent/diagnosis/accuracy_error.h"
#include "agent/search_methods.h"
#include "quant/data/dataset.h"

namespace kirchhoff::report {
namespace {

/// Of MNIST, Fashion-MNIST and CIFAR-10: what runs of earlier versions do not say.
constexpr double kUsualTestImages = 10000;

bool has_chance(const Group& group) { return agent::search_method_type(group.method).chance; }

/// Standard error, in points, of the difference of two answers' test accuracies that the choice of
/// the test images makes. From how often either of them errs where W8A8 does not and the other way
/// round, where the search has counted that; otherwise at most what two accuracies on images of
/// their own would have.
double image_error(const Answer& one, const Answer& other) {
  if (one.answer_text("policy") == other.answer_text("policy")) return 0.0;
  const double images = one.number("test_images").value_or(kUsualTestImages);
  const auto of_one = one.number("final_loss_error_points"),
             of_other = other.number("final_loss_error_points");
  if (of_one && of_other) {
    return std::hypot(*of_one, *of_other) *
           std::sqrt(static_cast<double>(quant::kValidationImages) / images);
  }
  return agent::difference_error_points(one.number("test_answer_pct").value_or(50.0),
                                        other.number("test_answer_pct").value_or(50.0),
                                        static_cast<std::size_t>(images));
}

Rival rival(const Group& group, const Group& shown) {
  Rival rival;
  rival.group = &group;
  if (group.answers.size() < group.finished.size() || group.answers.empty()) {
    rival.standing = Standing::kNoPolicy;
    return rival;
  }
  std::vector<double> differences, errors;
  for (const Answer& seed : (has_chance(shown) ? shown : group).finished) {
    const Answer *const one = group.run_with(seed.seed()), *const other =
                                                               shown.run_with(seed.seed());
    if (one == nullptr || other == nullptr) continue;
    const auto loss = one->test_loss(), least = other->test_loss();
    if (!loss || !least) continue;
    differences.push_back(*loss - *least);
    errors.push_back(image_error(*one, *other));
  }
  rival.more = mean_of(differences);
  const bool chance = has_chance(group) || has_chance(shown);
  if (differences.empty() || (chance && differences.size() < 2)) return rival;
  // All seeds see the same images, so their number does not make that part smaller.
  const double images = kNormal95 * mean_of(errors).value;
  rival.noise = std::hypot(chance ? half_interval(rival.more) : 0.0, images);
  rival.standing = std::abs(rival.more.value) <= rival.noise ? Standing::kLevel
                   : rival.more.value > 0.0                  ? Standing::kBehind
                                                             : Standing::kAhead;
  return rival;
}

const Group* shown_of(const std::vector<const Group*>& groups) {
  const auto key = [](const Group& group) {
    const double runs = std::max(1.0, static_cast<double>(group.finished.size()));
    const Mean loss = group.mean([](const Answer& a) { return a.validation_loss(); });
    // Means of equal numbers round differently with their count.
    const double rounded =
        loss.count == 0 ? std::numeric_limits<double>::max() : std::round(loss.value * 1e9);
    return std::tuple(-static_cast<double>(group.answers.size()) / runs, rounded,
                      group.mean("accuracy_evaluations").value);
  };
  const Group* shown = nullptr;
  for (const Group* group : groups) {
    if (group->answers.empty()) continue;
    if (shown == nullptr || key(*group) < key(*shown)) shown = group;
  }
  return shown;
}

/// "behind: ppo (0.25 ± 0.12 points), ddpg (…)"; empty when no rival stands so.
std::string standing_in_words(const Verdict& verdict, Standing standing, const char* words) {
  std::string text;
  for (const Rival& one : verdict.rivals) {
    if (one.standing != standing) continue;
    text += (text.empty() ? std::string(words) + ": " : ", ") + one.group->method;
    if (standing == Standing::kNoPolicy) {
      text += fmt::format(" ({} of {})", one.group->answers.size(), one.group->finished.size());
    } else if (standing == Standing::kBehind || standing == Standing::kAhead) {
      text += fmt::format(" ({:.2f} ± {:.2f})", std::abs(one.more.value), one.noise);
    }
  }
  return text;
}

std::string rivals_in_words(const Verdict& verdict) {
  std::string all;
  for (const auto& [standing, words] : {std::pair(Standing::kAhead, "better on the test set"),
                                        {Standing::kLevel, "level"},
                                        {Standing::kUnknown, "one seed only"},
                                        {Standing::kBehind, "worse"},
                                        {Standing::kNoPolicy, "a policy with some seeds only"}}) {
    const std::string text = standing_in_words(verdict, standing, words);
    if (!text.empty()) all += (all.empty() ? "" : "; ") + text;
  }
  return all;
}

/// What the table of tasks advises for a threshold.
std::string advice(const Table& task, const Verdict& verdict) {
  for (const auto& row : task.rows) {
    if (row[0].text == verdict.study->label && row[1].text == verdict.study->dataset &&
        row[2].value == verdict.th) {
      return row.back().text;
    }
  }
  return "";
}

Cell saved(const Answer& answer, const char* ratio) {
  const auto share = answer.answer(ratio);
  return fixed(share ? std::optional<double>(100.0 * (1.0 - *share)) : std::nullopt, 1);
}

}  // namespace

std::vector<Verdict> verdicts(const std::vector<Group>& groups) {
  std::vector<Verdict> all;
  for (std::size_t first = 0; first < groups.size();) {
    const Group& begin = groups[first];
    std::vector<const Group*> at_th;
    for (; first < groups.size() && groups[first].study == begin.study &&
           groups[first].th == begin.th;
         ++first) {
      if (!groups[first].finished.empty()) at_th.push_back(&groups[first]);
    }
    if (at_th.empty()) continue;
    Verdict verdict{begin.study, begin.th, shown_of(at_th), {}};
    for (const Group* group : at_th) {
      if (verdict.shown == nullptr || group == verdict.shown) continue;
      verdict.rivals.push_back(rival(*group, *verdict.shown));
    }
    all.push_back(std::move(verdict));
  }
  return all;
}

Table verdict_table(const std::vector<Group>& groups, const Table& task) {
  Table table{
      "verdict",
      "What was found within each threshold",
      {"network", "dataset", "th", "method", "policy", "test accuracy %", "W8A8's %", "cost %",
       "latency saved %", "energy saved %", "power saved %", "other methods", "kind of task"},
      {},
      {}};
  for (const Verdict& verdict : verdicts(groups)) {
    std::vector<Cell> row = {verdict.study->label, verdict.study->dataset,
                             fixed(std::optional<double>(verdict.th), 2)};
    if (verdict.shown == nullptr) {
      row.insert(row.end(), {"none", "no method found a policy within th"});
      row.resize(table.columns.size());
    } else {
      const Answer& answer = verdict.shown->best();
      const auto cost = answer.answer("cost_ratio");
      row.insert(row.end(), {verdict.shown->method, answer.answer_text("policy"),
                             fixed(answer.number("test_answer_pct"), 2),
                             fixed(answer.number("test_w8a8_pct"), 2),
                             fixed(cost ? std::optional<double>(100.0 * *cost) : std::nullopt, 2),
                             saved(answer, "latency_ratio"), saved(answer, "energy_ratio"),
                             saved(answer, "power_ratio"), rivals_in_words(verdict)});
      row.emplace_back("");
    }
    row.back() = advice(task, verdict);
    table.rows.push_back(std::move(row));
  }
  table.notes.emplace_back(
      table.rows.empty()
          ? "No search is finished."
          : "The method that found a policy with most of its seeds, then with the smallest mean "
            "loss "
            "on the validation split, then with the fewest accuracies; of its policies the most "
            "accurate there. Saved: against W8A8 on the same chip. Other methods: by how many "
            "points "
            "more (better: less) they lose on the test set, mean over the seeds that both ran "
            "with, ± "
            "half of the interval that holds the difference with 95 %, by the spread over the "
            "seeds "
            "and the choice of the test images. Level: that interval holds 0. Of 20 comparisons of "
            "equal methods one looks like a difference.");
  return table;
}

}  // namespace kirchhoff::report
