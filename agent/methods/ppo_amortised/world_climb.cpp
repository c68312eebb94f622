#include "agent/methods/ppo_amortised/world_climb.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace kirchhoff::agent {
namespace {

/// Neighbours whose mean is looked at, and of those the ones whose deviation is.
constexpr std::size_t kMeans = 256, kDeviations = 24;
constexpr int kSteps = 40;

/// One slot's bits change.
struct Step {
  SlotId slot{};
  int action = 0;
  double loss = 0.0, cost = 0.0;  ///< that it adds by the sums
};

}  // namespace

double WorldClimb::hope(const Actions& actions) {
  const auto known = hopes_.find(actions);
  if (known != hopes_.end()) return known->second;
  const double hope = world_.hope(actions, deviations_);
  hopes_[actions] = hope;
  return hope;
}

std::vector<Actions> WorldClimb::neighbours(const Actions& of) const {
  const Sensitivities& sums = sums_;
  const double cost = costs_.predicted(of);
  const double room = limit_ - cost;
  std::vector<Step> steps;
  for (const SlotId slot : of.ids()) {
    for (int action = 0; action < kActions; ++action) {
      if (action == of[slot]) continue;
      Actions changed = of;
      changed[slot] = action;
      steps.push_back({slot, action,
                       sums[slot][static_cast<std::size_t>(action)] -
                           sums[slot][static_cast<std::size_t>(of[slot])],
                       costs_.predicted(changed) - cost});
    }
  }
  struct Move {
    double loss;
    std::size_t one, other;
    bool operator<(const Move& move) const {
      return std::tie(loss, one, other) < std::tie(move.loss, move.one, move.other);
    }
  };
  std::vector<Move> moves;
  double worst = std::numeric_limits<double>::infinity();
  const auto consider = [&](const Move& move) {
    if (move.loss > worst) return;
    moves.push_back(move);
    if (moves.size() < 8 * kMeans) return;
    std::nth_element(moves.begin(), moves.begin() + kMeans, moves.end());
    moves.resize(kMeans);
    worst = std::max_element(moves.begin(), moves.end())->loss;
  };
  for (std::size_t one = 0; one < steps.size(); ++one) {
    if (steps[one].cost <= room) consider({steps[one].loss, one, one});
    for (std::size_t other = one + 1; other < steps.size(); ++other) {
      if (steps[one].slot == steps[other].slot) continue;
      // Of different layers the costs add up exactly; the others are checked below.
      if (steps[one].cost + steps[other].cost > room) continue;
      consider({steps[one].loss + steps[other].loss, one, other});
    }
  }
  const std::size_t kept = std::min(moves.size(), kMeans);
  std::partial_sort(moves.begin(), moves.begin() + static_cast<std::ptrdiff_t>(kept), moves.end());
  std::vector<std::pair<double, Actions>> ranked;
  for (std::size_t m = 0; m < kept; ++m) {
    Actions next = of;
    for (const Step& step : {steps[moves[m].one], steps[moves[m].other]})
      next[step.slot] = step.action;
    if (costs_.predicted(next) > limit_) continue;
    ranked.emplace_back(world_.mean(next), std::move(next));
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<Actions> found;
  for (auto& [mean, actions] : ranked) {
    if (found.size() == kDeviations) break;
    found.push_back(std::move(actions));
  }
  return found;
}

void WorldClimb::from(const Actions& start) {
  Actions at = start;
  double best = hope(at);
  for (int step = 0; step < kSteps; ++step) {
    std::vector<std::pair<double, Actions>> next;
    for (Actions& actions : neighbours(at)) {
      const double its = hope(actions);
      if (its < best) next.emplace_back(its, std::move(actions));
    }
    std::sort(next.begin(), next.end());
    const auto allowed = std::find_if(next.begin(), next.end(),
                                      [&](const auto& one) { return allows_(one.second); });
    if (allowed == next.end()) return;
    best = allowed->first;
    at = allowed->second;
  }
}

}  // namespace kirchhoff::agent
