#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "agent/search_methods.h"
#include "report/search_scores.h"
#include "report/tables.h"

namespace kirchhoff::report {
namespace {

/// Where hypervolume begins: W8A8's cost, and the largest loss that is rewarded.
constexpr double kWorstCost = 1.0, kWorstLoss = 10.0;

Offer offer(const Answer& answer) {
  return {-*answer.validation_loss(), *answer.answer("cost_ratio")};
}

/// An answer and whose it is.
struct Found {
  const Group* group;
  const Answer* answer;
};

bool same_policy(const Answer& a, const Answer& b) {
  return a.answer_text("policy") == b.answer_text("policy") &&
         a.answer("cost_ratio") == b.answer("cost_ratio");
}

/// "th 0.8: ppo 1/5, ilp 1/1; th 0.9: ppo 1/5".
std::string finders(const std::vector<Found>& found) {
  std::map<PlannedRun, std::pair<const Group*, std::size_t>> counts;
  for (const Found& one : found) {
    auto& [group, count] = counts[{one.group->method, one.group->th, 0}];
    group = one.group;
    ++count;
  }
  std::string text;
  double th = 0.0;
  for (const auto& [run, entry] : counts) {
    const bool same = !text.empty() && run.th == th;
    text += same ? ", " : fmt::format("{}th {}: ", text.empty() ? "" : "; ", run.th);
    text += fmt::format("{} {}/{}", run.method, entry.second, entry.first->runs);
    th = run.th;
  }
  return text;
}

/// Losses of one method less those of another, seed by seed. Who finds no policy loses.
class Duel {
 public:
  void add(std::optional<double> loss, std::optional<double> other) {
    constexpr double kEqual = 1e-9;
    if (loss && other) differences_.push_back(*loss - *other);
    const double none = std::numeric_limits<double>::max();
    const double difference = loss.value_or(none) - other.value_or(none);
    ++(difference < -kEqual ? won_ : difference > kEqual ? lost_ : tied_);
  }
  int seeds() const { return won_ + lost_ + tied_; }
  Mean mean() const { return mean_of(differences_); }
  std::string score() const { return fmt::format("{}/{}/{}", won_, lost_, tied_); }

 private:
  std::vector<double> differences_;
  int won_ = 0, lost_ = 0, tied_ = 0;
};

/// The fronts of a method by seed: all thresholds of a seed make one.
using Fronts = std::map<std::uint64_t, std::vector<Offer>>;

Mean volume(const Fronts& fronts) {
  std::vector<double> volumes;
  for (const auto& [seed, offers] : fronts) {
    volumes.push_back(hypervolume(offers, {-kWorstLoss, kWorstCost}, 0.0));
  }
  return mean_of(volumes);
}

/// By method: every policy whose accuracy the search saw, as it saw it; not those that a race may
/// have dropped.
std::map<std::string, Fronts> episode_fronts(const Study& study) {
  std::map<std::string, Fronts> fronts;
  for (const Group& group : groups_of(study)) {
    // A run that measured nothing dominates nothing.
    for (const Answer& run : group.finished) fronts[group.method][run.seed()];
  }
  for (const SearchScore& score : search_scores(study)) {
    if (score.dropped) continue;
    fronts[score.run.method][score.run.seed].push_back({-score.loss_points, score.cost_ratio});
  }
  return fronts;
}

}  // namespace

Table pareto_table(const std::vector<Study>& studies) {
  Table table{
      "pareto",
      "Pareto front of all answers",
      {"network", "dataset", "cost %", "validation loss", "test loss", "policy", "answer of"},
      {},
      {}};
  for (const Study& study : studies) {
    const std::vector<Group> groups = groups_of(study);
    std::vector<Found> found;
    for (const Group& group : groups) {
      for (const Answer& answer : group.answers) {
        if (answer.validation_loss() && answer.answer("cost_ratio")) {
          found.push_back({&group, &answer});
        }
      }
    }
    std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
      return *a.answer->answer("cost_ratio") < *b.answer->answer("cost_ratio");
    });
    std::vector<Offer> offers;
    for (const Found& one : found) offers.push_back(offer(*one.answer));
    const std::vector<bool> on_front = pareto_front(offers);
    for (std::size_t first = 0; first < found.size();) {
      // Several searches may have found it; equal policies have equal costs.
      std::size_t end = first + 1;
      while (end < found.size() && same_policy(*found[first].answer, *found[end].answer)) ++end;
      const Answer& a = *found[first].answer;
      if (on_front[first]) {
        table.rows.push_back({study.label, study.dataset,
                              fixed(std::optional<double>(100.0 * *a.answer("cost_ratio")), 2),
                              fixed(a.validation_loss(), 2), fixed(a.test_loss(), 2),
                              a.answer_text("policy"),
                              finders({found.begin() + first, found.begin() + end})});
      }
      first = end;
    }
  }
  table.notes.emplace_back(table.rows.empty()
                               ? "No search has found a policy."
                               : "No other answer has both less cost and less validation loss. "
                                 "Losses are points below W8A8. Answer of: of how many of a "
                                 "method's searches.");
  return table;
}

Table hypervolume_table(const std::vector<Study>& studies) {
  Table table{"hypervolume",
              "Hypervolume of what a method finds",
              {"network", "dataset", "method", "seeds", "answers", "all episodes"},
              {},
              {}};
  for (const Study& study : studies) {
    std::map<PlannedRun, Fronts> by_method;  // in the order of rows
    std::map<std::string, std::map<std::uint64_t, int>> thresholds;
    for (const Group& group : groups_of(study)) {
      if (group.finished.empty()) continue;
      Fronts& fronts = by_method[{group.method, 0.0, 0}];
      for (const Answer& run : group.finished) {
        fronts[run.seed()];  // one that found nothing dominates nothing
        ++thresholds[group.method][run.seed()];
      }
      for (const Answer& answer : group.answers) {
        if (answer.validation_loss() && answer.answer("cost_ratio")) {
          fronts[answer.seed()].push_back(offer(answer));
        }
      }
    }
    std::map<std::string, Fronts> episodes = episode_fronts(study);
    for (auto& [key, fronts] : by_method) {
      const auto seen = episodes.find(key.method);
      int most = 0;
      for (const auto& [seed, count] : thresholds[key.method]) most = std::max(most, count);
      for (const auto& [seed, count] : thresholds[key.method]) {
        if (count == most) continue;
        fronts.erase(seed);
        if (seen != episodes.end()) seen->second.erase(seed);
      }
      table.rows.push_back({study.label, study.dataset, key.method,
                            whole(static_cast<double>(fronts.size())), fixed(volume(fronts), 4),
                            fixed(seen == episodes.end() ? Mean{} : volume(seen->second), 4)});
    }
  }
  table.notes.emplace_back(
      table.rows.empty()
          ? "No search is finished."
          : "Share of the rectangle from W8A8's cost to none and from a loss of 10 points to none "
            "that the answers for all th dominate, on the validation split, and that all episodes "
            "do whose accuracy the search saw, on its images; mean ± standard error over the "
            "seeds that ran with the most th. Methods compare if these th are the same.");
  return table;
}

Table loss_table(const std::vector<Group>& groups) {
  Table table{"losses",
              "Accuracy lost against W8A8, in points",
              {"network", "dataset", "th", "method", "runs", "validation loss", "test loss"},
              {},
              {}};
  for (const Group& group : groups) {
    if (group.answers.empty()) continue;
    table.rows.push_back({group.study->label, group.study->dataset,
                          fixed(std::optional<double>(group.th), 2), group.method,
                          fmt::format("{}/{}", group.answers.size(), group.runs),
                          fixed(group.mean([](const Answer& a) { return a.validation_loss(); }), 3),
                          fixed(group.mean([](const Answer& a) { return a.test_loss(); }), 3)});
  }
  table.notes.emplace_back(table.rows.empty() ? "No search has found a policy."
                                              : "Mean ± standard error over the seeds.");
  return table;
}

Table duel_table(const std::vector<Group>& groups) {
  Table table{"duels",
              "Methods against each other, seed by seed",
              {"network", "dataset", "th", "method", "against", "seeds", "validation difference",
               "validation won/lost/tied", "test difference", "test won/lost/tied"},
              {},
              {}};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = i + 1; j < groups.size(); ++j) {
      const Group &a = groups[i], &b = groups[j];
      if (a.study != b.study || a.th != b.th) continue;
      Duel validation, test;
      // A method without chance has one seed only: the other one's seeds count then.
      const Group& seeds = !agent::search_method_type(a.method).chance ? b : a;
      for (const Answer& run : seeds.finished) {
        const Answer* const one = a.run_with(run.seed());
        const Answer* const other = b.run_with(run.seed());
        if (one == nullptr || other == nullptr) continue;
        validation.add(one->validation_loss(), other->validation_loss());
        test.add(one->test_loss(), other->test_loss());
      }
      if (validation.seeds() == 0) continue;
      table.rows.push_back({a.study->label, a.study->dataset, fixed(std::optional<double>(a.th), 2),
                            a.method, b.method, whole(static_cast<double>(validation.seeds())),
                            fixed(validation.mean(), 3), validation.score(), fixed(test.mean(), 3),
                            test.score()});
    }
  }
  table.notes.emplace_back(
      table.rows.empty() ? "No two methods have a seed in common."
                         : "Loss of the method less loss of the other, in points: negative is "
                           "better. Mean ± standard error over the seeds with which both found a "
                           "policy; who found none has lost.");
  return table;
}

}  // namespace kirchhoff::report
