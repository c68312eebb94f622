#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "cli/compare/plan.h"
#include "cli/report/tables.h"

namespace kirchhoff::cli {
namespace {

/// Where hypervolume begins: W8A8's cost, and the largest loss that is rewarded.
constexpr double kWorstCost = 1.0, kWorstLoss = 10.0;

std::vector<Answer> all_answers(const Study& study) {
  std::vector<Answer> answers;
  for (const Group& group : groups_of(study)) {
    for (const Answer& answer : group.answers) {
      if (answer.validation_loss() && answer.answer("cost_ratio")) answers.push_back(answer);
    }
  }
  return answers;
}

Offer offer(const Answer& answer) {
  return {-*answer.validation_loss(), *answer.answer("cost_ratio")};
}

/// A method's answer for a seed; that of a method without chance stands for every seed.
const Answer* find(const Group& group, std::uint64_t seed) {
  if (ignores_seed(group.method)) {
    return group.answers.empty() ? nullptr : &group.answers.front();
  }
  for (const Answer& answer : group.answers) {
    if (answer.seed() == seed) return &answer;
  }
  return nullptr;
}

/// Losses of one method less those of another, over the seeds that both have.
struct Duel {
  std::vector<double> differences;

  void add(std::optional<double> loss, std::optional<double> other) {
    if (loss && other) differences.push_back(*loss - *other);
  }
  std::string score() const {
    const auto count = [&](auto wins) {
      return std::count_if(differences.begin(), differences.end(), wins);
    };
    return fmt::format("{}/{}/{}", count([](double d) { return d < -1e-9; }),
                       count([](double d) { return d > 1e-9; }),
                       count([](double d) { return d >= -1e-9 && d <= 1e-9; }));
  }
};

}  // namespace

Table pareto_table(const std::vector<Study>& studies) {
  Table table{"pareto",
              "Pareto front of all answers",
              {"network", "dataset", "th", "method", "seed", "cost %", "validation loss",
               "test loss", "policy"},
              {},
              {}};
  for (const Study& study : studies) {
    std::vector<Answer> answers = all_answers(study);
    std::stable_sort(answers.begin(), answers.end(), [](const Answer& a, const Answer& b) {
      return *a.answer("cost_ratio") < *b.answer("cost_ratio");
    });
    std::vector<Offer> offers;
    for (const Answer& answer : answers) offers.push_back(offer(answer));
    const std::vector<bool> on_front = pareto_front(offers);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (!on_front[i]) continue;
      const Answer& a = answers[i];
      table.rows.push_back(
          {study.network, study.dataset, a.text("th"), a.text("method"), a.text("seed"),
           fixed(std::optional<double>(100.0 * *a.answer("cost_ratio")), 2),
           fixed(a.validation_loss(), 2), fixed(a.test_loss(), 2), a.answer_text("policy")});
    }
  }
  table.notes.emplace_back(table.rows.empty()
                               ? "No search has found a policy."
                               : "No other answer has both less cost and less validation loss. "
                                 "Losses are points below W8A8.");
  return table;
}

Table hypervolume_table(const std::vector<Study>& studies) {
  Table table{"hypervolume",
              "Hypervolume of a method's answers",
              {"network", "dataset", "method", "seeds", "hypervolume"},
              {},
              {}};
  for (const Study& study : studies) {
    // By method and seed: all thresholds of a seed make one front.
    std::map<PlannedRun, std::map<std::uint64_t, std::vector<Offer>>> fronts;
    for (const Answer& answer : all_answers(study)) {
      fronts[{answer.text("method"), 0.0, 0}][answer.seed()].push_back(offer(answer));
    }
    for (const auto& [method, seeds] : fronts) {
      std::vector<double> volumes;
      for (const auto& [seed, offers] : seeds) {
        volumes.push_back(hypervolume(offers, {-kWorstLoss, kWorstCost}, 0.0));
      }
      table.rows.push_back({study.network, study.dataset, method.method,
                            whole(static_cast<double>(volumes.size())),
                            fixed(mean_of(volumes), 4)});
    }
  }
  table.notes.emplace_back(
      table.rows.empty()
          ? "No search has found a policy."
          : "Share of the rectangle from W8A8's cost to none and from a loss of 10 points to none "
            "that the answers for all th dominate, on the validation split; mean ± standard "
            "error over the seeds. Methods compare if they ran with the same th.");
  return table;
}

Table loss_table(const std::vector<Group>& groups) {
  Table table{"losses",
              "Accuracy lost against W8A8, in points",
              {"network", "dataset", "th", "method", "runs", "validation", "test"},
              {},
              {}};
  for (const Group& group : groups) {
    if (group.answers.empty()) continue;
    table.rows.push_back({group.study->network, group.study->dataset,
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
              {"network", "dataset", "th", "method", "against", "seeds", "validation",
               "won/lost/tied", "test", "test won/lost/tied"},
              {},
              {}};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    for (std::size_t j = i + 1; j < groups.size(); ++j) {
      const Group &a = groups[i], &b = groups[j];
      if (a.study != b.study || a.th != b.th) continue;
      Duel validation, test;
      // A method without chance has one seed only: the other one's seeds count then.
      const Group& seeds = ignores_seed(a.method) ? b : a;
      for (const Answer& answer : seeds.answers) {
        const Answer* const one = find(a, answer.seed());
        const Answer* const other = find(b, answer.seed());
        if (one == nullptr || other == nullptr) continue;
        validation.add(one->validation_loss(), other->validation_loss());
        test.add(one->test_loss(), other->test_loss());
      }
      if (validation.differences.empty()) continue;
      table.rows.push_back({a.study->network, a.study->dataset,
                            fixed(std::optional<double>(a.th), 2), a.method, b.method,
                            whole(static_cast<double>(validation.differences.size())),
                            fixed(mean_of(validation.differences), 3), validation.score(),
                            fixed(mean_of(test.differences), 3), test.score()});
    }
  }
  table.notes.emplace_back(
      table.rows.empty() ? "No two methods have a seed in common."
                         : "Loss of the method less loss of the other, in points: negative is "
                           "better. Mean ± standard error over the seeds that both have.");
  return table;
}

}  // namespace kirchhoff::cli
