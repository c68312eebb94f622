#include "agent/methods/ppo_amortised/ppo_amortised.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "agent/methods/ppo_amortised/divergence_world.h"
#include "agent/methods/ppo_amortised/group_probes.h"
#include "agent/methods/ppo_amortised/program_solution.h"
#include "agent/methods/ppo_amortised/record.h"
#include "agent/methods/ppo_amortised/world_agent.h"
#include "agent/methods/ppo_amortised/world_climb.h"
#include "agent/planning/bit_budget.h"
#include "agent/planning/slot_probes.h"
#include "agent/planning/solution_costs.h"

namespace kirchhoff::agent {
namespace {

/// Slots up to which each is probed alone at two widths.
constexpr int kFewSlots = 24;
/// Candidates of one measurement that the next one thinks of again.
constexpr std::size_t kRemembered = 24;
/// Batches between the two rounds of probes.
constexpr int kFirstBatches = 3;
/// Every batch without a better policy makes the search that much more hopeful, up to a limit.
constexpr double kMoreHope = 1.25, kMostHope = 4.0;

}  // namespace

class PpoAmortised::Run {
 public:
  Run(const PpoAmortised& method, Trial& trial)
      : method_(method),
        trial_(trial),
        threshold_(method.reward().threshold),
        probes_(method.space()),
        agent_(method.space(), method.options_, method.seed_),
        world_(first_law()),
        costs_(costs_around_solution(world_.sums())) {
    imagine(world_);
    if (!record_.knows(costs_.base())) try_out(costs_.base());
  }

  /// Trains once and measures a batch; false when there is nothing left to try.
  bool batch() {
    if (record_.has_best()) {
      if (batches_++ == kFirstBatches && probes_.begin_second_round()) probe_again();
      if (record_.best() != costs_.base())
        costs_ = LayerCosts(width_choices(space()), trial_.limit(), record_.best());
    }
    const std::vector<Actions> proposals = proposed();
    const Actions before = best();
    std::set<Actions> remembered;
    for (int m = 0; m < method_.options_.batch; ++m) {
      std::vector<Actions> starts;
      if (record_.has_best()) starts.push_back(record_.best());
      if (static_cast<std::size_t>(m) < proposals.size())
        starts.push_back(proposals[static_cast<std::size_t>(m)]);
      const std::optional<Actions> next = most_hopeful(starts, remembered);
      if (!next) return false;
      try_out(*next);
    }
    hope_ = best() == before ? std::min(hope_ * kMoreHope, std::max(kMostHope, own_hope()))
                             : own_hope();
    return true;
  }

 private:
  const PolicySpace& space() const { return method_.space(); }
  double own_hope() const { return method_.options_.hope; }
  Actions best() const { return record_.has_best() ? record_.best() : Actions(); }
  bool allows(const Actions& actions) { return trial_.cost(actions) <= threshold_; }

  double measure(const Actions& actions, bool probe) {
    const auto known = record_.divergences().find(actions);
    if (known != record_.divergences().end()) return known->second;
    const Outcome outcome = trial_.measure({actions, probe, {}, 0});
    record_.add(actions, outcome.score->divergence, outcome.feasible);
    return outcome.score->divergence;
  }

  void try_out(const Actions& actions) { world_.learn(actions, measure(actions, false)); }

  /// What slots lose alone, as a first guess.
  Sensitivities first_law() {
    if (method_.gradient_) return scaled_gradients();
    if (space().slots().size() > kFewSlots) return grouped_law();
    SlotProbes probes(space());
    trial_.expect(probes_of(probes.upcoming()));
    while (const std::optional<Actions> probe = probes.next()) probes.learn(measure(*probe, true));
    return probes.law();
  }

  /// In the scale of the best policy that gradients predict.
  Sensitivities scaled_gradients() {
    Sensitivities law = trial_.gradient_sensitivities(*method_.gradient_);
    const Actions solution = solution_by(law);
    const double factor = measure(solution, false) / predicted_loss(law, solution);
    if (!std::isfinite(factor) || factor <= 0.0) return law;
    for (auto& slot : law) {
      for (double& loss : slot) loss *= factor;
    }
    return law;
  }

  Sensitivities grouped_law() {
    for (std::size_t probed = 0; const std::optional<Actions> probe = probes_.next(); ++probed) {
      // Something within the threshold early on, however little is known.
      if (probed % ((probes_.groups() + 1) / 2) == 0) measure(solution_by(probes_.law()), false);
      probes_.learn(measure(*probe, true));
    }
    return probes_.law();
  }

  LayerCosts costs_around_solution(const Sensitivities& law) {
    return costs_around_allowed_solution(space(), trial_.limit(), law);
  }
  Actions solution_by(const Sensitivities& law) { return costs_around_solution(law).base(); }

  /// The second round. What was measured meets a new law.
  void probe_again() {
    while (const std::optional<Actions> probe = probes_.next())
      probes_.learn(measure(*probe, true));
    world_ = DivergenceWorld(probes_.law());
    imagine(world_);
  }

  void imagine(DivergenceWorld& world) const {
    for (const auto& [actions, divergence] : record_.divergences())
      world.learn(actions, divergence);
  }

  /// By the agent, the best first, and by the program.
  std::vector<Actions> proposed() {
    const Sensitivities sums = world_.sums();
    const BitBudget budget(sums, costs_, threshold_);
    if (!budget.feasible()) return {};
    std::vector<Actions> proposals = agent_.train(
        budget, sums, best(), [&](const Actions& actions) { return world_.hope(actions, hope_); });
    if (const auto solution = allowed_solution(trial_.limit(), sums, costs_))
      proposals.insert(proposals.begin(), *solution);
    return proposals;
  }

  /// Not measured yet, and within the threshold; climbs from `starts`, and thinks of the best that
  /// were passed by then.
  std::optional<Actions> most_hopeful(const std::vector<Actions>& starts,
                                      std::set<Actions>& remembered) {
    for (const double limit : {threshold_, threshold_ + kCostError, threshold_ - kCostError}) {
      WorldClimb climb(world_, costs_, limit, hope_,
                       [&](const Actions& actions) { return allows(actions); });
      for (const Actions& start : starts) climb.from(start);
      for (const Actions& actions : remembered) climb.hope(actions);
      std::vector<std::pair<double, Actions>> order;
      for (const auto& [actions, hope] : climb.hopes()) {
        if (!record_.knows(actions)) order.emplace_back(hope, actions);
      }
      std::sort(order.begin(), order.end());
      for (std::size_t i = 0; i < order.size(); ++i) {
        const Actions& actions = order[i].second;
        if (!allows(actions)) continue;
        if (hope_ >= kMostHope && record_.has_best() && order[i].first >= record_.least())
          return std::nullopt;
        remembered.clear();
        for (std::size_t j = i + 1; j < std::min(order.size(), i + 1 + kRemembered); ++j)
          remembered.insert(order[j].second);
        return actions;
      }
    }
    return std::nullopt;
  }

  const PpoAmortised& method_;
  Trial& trial_;
  const double threshold_;
  Record record_;
  GroupProbes probes_;
  WorldAgent agent_;
  double hope_ = method_.options_.hope;
  int batches_ = 0;
  DivergenceWorld world_;
  LayerCosts costs_;
};

void PpoAmortised::plan(Trial& trial) {
  const Actions top(space().slots().size(), kActions - 1);
  if (trial.cost(top) <= reward().threshold) {
    trial.measure({top, false, {}, 0});
    return;
  }
  Run run(*this, trial);
  while (run.batch()) {
  }
}

}  // namespace kirchhoff::agent
