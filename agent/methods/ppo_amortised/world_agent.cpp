#include "agent/methods/ppo_amortised/world_agent.h"

#include <algorithm>
#include <utility>

#include "agent/methods/ppo/advantage.h"
#include "agent/planning/budget_prior.h"
#include "agent/planning/sensitivity.h"
#include "base/portable_math.h"

namespace kirchhoff::agent {
namespace {

/// Numbers of a state behind those of the space.
constexpr std::size_t kOwnState = 5;

PpoOptions ppo_options(const AmortisedOptions& options) {
  PpoOptions ppo = PpoOptions::of_preset(kTunedPpo);
  ppo.episodes_per_update = options.episodes_per_update;
  ppo.hidden_size = options.hidden_size;
  ppo.policy_iterations = 6;
  ppo.value_iterations = 6;
  ppo.policy_learning_rate = 1e-3;
  return ppo;
}

double logarithm(double divergence) {
  return base::portable_log(std::max(divergence, kLeastDivergence));
}

}  // namespace

WorldAgent::WorldAgent(const PolicySpace& space, const AmortisedOptions& options,
                       std::uint64_t seed)
    : space_(space),
      options_(options),
      ppo_(ppo_options(options)),
      rng_(seed),
      networks_(kStateSize + kOwnState, ppo_, rng_) {}

State WorldAgent::state(const BitBudget& budget, const Sensitivities& sums, const Actions& best,
                        const Actions& taken) const {
  State state = space_.state(taken);
  const SlotId slot{taken.size()};
  // The greatest loss of all is about a nat; e^-14 is none.
  state.push_back(1.0 + logarithm(sums[slot][0]) / 14.0);
  state.push_back(1.0 + logarithm(sums[slot][2]) / 14.0);
  state.push_back(best.empty() ? 0.5 : best[slot] / (kActions - 1.0));
  state.push_back(budget.room_left(taken));
  state.push_back(budget.least_loss(taken) / std::max(budget.least_loss({}), kLeastDivergence) -
                  1.0);
  return state;
}

WorldAgent::Episode WorldAgent::play(const BitBudget& budget, const Sensitivities& sums,
                                     const Actions& best) {
  Episode episode;
  const double unit = options_.temperature * std::max(budget.least_loss({}), kLeastDivergence);
  while (episode.actions.size() < space_.slots().size()) {
    episode.states.push_back(state(budget, sums, best, episode.actions));
    episode.weights.push_back(budget_prior(budget, episode.actions, unit));
    episode.actions.push_back(static_cast<int>(
        rng_.sample(networks_.probabilities(episode.states.back(), episode.weights.back()))));
  }
  return episode;
}

std::vector<Actions> WorldAgent::train(const BitBudget& budget, const Sensitivities& sums,
                                       const Actions& best, const Hope& hope) {
  if (!budget.feasible()) return {};
  std::vector<std::pair<double, Actions>> played;
  std::vector<Episode> batch;
  for (int e = 0; e < options_.episodes; ++e) {
    Episode episode = play(budget, sums, best);
    const double its = hope(episode.actions);
    played.emplace_back(its, episode.actions);
    episode.reward = -logarithm(its);
    batch.push_back(std::move(episode));
    if (static_cast<int>(batch.size()) < options_.episodes_per_update) continue;
    learn(batch);
    batch.clear();
  }
  std::sort(played.begin(), played.end());
  std::vector<Actions> policies;
  for (auto& [its, actions] : played) {
    if (policies.empty() || policies.back() != actions) policies.push_back(std::move(actions));
  }
  return policies;
}

void WorldAgent::learn(const std::vector<Episode>& episodes) {
  PpoBatch batch;
  for (const Episode& episode : episodes) {
    batch.states.insert(batch.states.end(), episode.states.begin(), episode.states.end());
    batch.actions.insert(batch.actions.end(), episode.actions.begin(), episode.actions.end());
    batch.weights.insert(batch.weights.end(), episode.weights.begin(), episode.weights.end());
  }
  const std::vector<double> values = networks_.values(batch.states);
  auto first = values.begin();
  for (const Episode& episode : episodes) {
    const std::size_t steps = episode.states.size();
    std::vector<double> rewards(steps, 0.0);
    rewards.back() = episode.reward;
    const auto last = first + static_cast<std::ptrdiff_t>(steps);
    const EpisodeTargets targets =
        episode_targets(rewards, {first, last}, ppo_.discount, ppo_.gae_lambda);
    batch.advantages.insert(batch.advantages.end(), targets.advantages.begin(),
                            targets.advantages.end());
    batch.returns.insert(batch.returns.end(), targets.returns.begin(), targets.returns.end());
    first = last;
  }
  const bool same = std::all_of(episodes.begin(), episodes.end(), [&](const Episode& episode) {
    return episode.reward == episodes.front().reward;
  });
  if (!same && normalise(batch.advantages)) networks_.update_policy(batch);
  networks_.update_values(batch);
}

}  // namespace kirchhoff::agent
