#include "agent/methods/ppo/ppo.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "agent/methods/ppo/advantage.h"
#include "agent/wall.h"
#include "base/binary_stream.h"

namespace kirchhoff::agent {

namespace {

/// Walks that may end beyond the threshold before one is left there.
constexpr int kWalks = 20;

void check_number(const char* what, double value) {
  if (!std::isfinite(value)) {
    throw RunError(
        fmt::format("the agent has diverged: {} is {}; smaller ppo.policy_learning_rate and "
                    "ppo.value_learning_rate keep it finite",
                    what, value));
  }
}

}  // namespace

Ppo::Ppo(const PolicySpace& space, const PpoOptions& options, std::uint64_t seed, CostLimit limit,
         std::function<Sensitivities()> predicted)
    : space_(space),
      options_(options),
      limit_(std::move(limit)),
      rng_(seed),
      networks_(kStateSize + (options_.budget_state == 1 ? 2 : 0), options_, rng_) {
  if (options_.prior == 1) {
    prior_.emplace(space_, limit_, options_.prior_temperature, std::move(predicted));
  }
}

State Ppo::state(const Actions& taken) const {
  State state = space_.state(taken);
  if (options_.budget_state == 1) {
    double bits = 0.0;
    for (const int action : taken) bits += quant::kMinBits + action;
    state.push_back(least_cost(taken) / limit_.threshold);
    state.push_back(taken.empty() ? 0.0 : bits / (quant::kMaxSearchBits * taken.size()));
  }
  return state;
}

double Ppo::least_cost(const Actions& taken) const { return limit_.cost(limit_.cheapest(taken)); }

LogWeights Ppo::weights(const Actions& taken) const {
  if (prior_) return prior_->weights(taken);
  if (options_.mask == 0) return allowed_up_to(kActions - 1);
  if (limit_.monotone()) {
    // The lowest is always allowed: a threshold below the floor is refused before a search starts.
    int allowed = 0, refused = kActions;
    while (refused - allowed > 1) {
      const int middle = (allowed + refused) / 2;
      (affordable(taken, middle) ? allowed : refused) = middle;
    }
    return allowed_up_to(allowed);
  }
  LogWeights weights{};
  std::array<double, kActions> costs{};
  for (std::size_t action = 0; action < kActions; ++action) {
    Actions next = taken;
    next.push_back(static_cast<int>(action));
    costs[action] = least_cost(next);
    if (costs[action] > limit_.threshold) weights[action] = -HUGE_VAL;
  }
  // Earlier steps believed that something is left; where they erred, the cheapest is.
  weights[static_cast<std::size_t>(std::min_element(costs.begin(), costs.end()) - costs.begin())] =
      0.0;
  return weights;
}

std::vector<double> Ppo::probabilities(const Actions& taken) const {
  return networks_.probabilities(state(taken), weights(taken));
}

bool Ppo::affordable(Actions taken, int action) const {
  taken.push_back(action);
  return least_cost(taken) <= limit_.threshold;
}

std::size_t Ppo::draw(const State& state, const LogWeights& weights) {
  const std::vector<double> probabilities = networks_.probabilities(state, weights);
  for (const double probability : probabilities) check_number("a probability", probability);
  return rng_.sample(probabilities);
}

Actions Ppo::walk() {
  current_ = {};
  Actions actions;
  while (actions.size() < space_.slots().size()) {
    LogWeights allowed = weights(actions);
    const State now = state(actions);
    std::size_t action = draw(now, allowed);
    // weights() may have believed that what lies below an allowed action is allowed, too.
    while (options_.mask == 1 && !prior_ && limit_.monotone() && action > 0 &&
           !affordable(actions, static_cast<int>(action))) {
      allowed = allowed_up_to(static_cast<int>(action) - 1);
      action = draw(now, allowed);
    }
    current_.states.push_back(now);
    current_.weights.push_back(allowed);
    current_.actions.push_back(static_cast<int>(action));
    actions.push_back(static_cast<int>(action));
  }
  return actions;
}

std::optional<Proposal> Ppo::propose() {
  if (prior_) {
    if (const std::optional<Actions> probe = prior_->next_probe()) {
      return Proposal{*probe, true, {}, 0};
    }
  }
  Proposal proposal;
  proposal.actions = walk();
  // What the prior forbids by sums over the layers the simulator may judge otherwise.
  if (prior_ && options_.mask == 1) {
    for (int walks = 1; walks < kWalks && !limit_.allows(proposal.actions); ++walks) {
      proposal.actions = walk();
    }
  }
  if (options_.project == 1) {
    const Walled walled = lower_to_threshold(space_, proposal.actions, WallOrder::kJoint, limit_);
    if (walled.decrements > 0) proposal.chosen = proposal.actions;
    proposal.actions = walled.actions;
    proposal.decrements = walled.decrements;
  }
  return proposal;
}

std::vector<Proposal> Ppo::upcoming() {
  if (prior_ && prior_->next_probe()) return probes_of(prior_->upcoming_probes());
  std::vector<Proposal> proposals;
  const Rng rng = rng_;
  const Episode current = current_;
  const auto update = static_cast<std::size_t>(options_.episodes_per_update);
  while (batch_.size() + 1 + proposals.size() < update) proposals.push_back(*propose());
  rng_ = rng;
  current_ = current;
  return proposals;
}

std::string Ppo::observe(const Proposal& proposal, const Outcome& outcome) {
  if (proposal.probe) {
    prior_->learn(outcome.score->divergence);
    return {};
  }
  // Learnt from is what the agent chose: the probabilities are those of its own actions.
  current_.reward = outcome.reward;
  current_.feasible = outcome.feasible;
  batch_.push_back(std::move(current_));
  if (batch_.size() < static_cast<std::size_t>(options_.episodes_per_update)) return {};
  return update();
}

std::string Ppo::log_columns() const {
  return "update,mean_reward,feasible_fraction,entropy,kl,clip_fraction,explained_variance,"
         "policy_iterations";
}

std::string Ppo::update() {
  PpoBatch batch;
  double reward_sum = 0.0;
  double feasible = 0.0;
  for (const Episode& episode : batch_) {
    batch.states.insert(batch.states.end(), episode.states.begin(), episode.states.end());
    batch.actions.insert(batch.actions.end(), episode.actions.begin(), episode.actions.end());
    batch.weights.insert(batch.weights.end(), episode.weights.begin(), episode.weights.end());
    reward_sum += episode.reward;
    feasible += episode.feasible ? 1.0 : 0.0;
  }

  const std::vector<double> values = networks_.values(batch.states);
  std::size_t first = 0;
  for (const Episode& episode : batch_) {
    const std::size_t steps = episode.actions.size();
    std::vector<double> rewards(steps, 0.0);
    rewards.back() = episode.reward;
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    const EpisodeTargets targets =
        episode_targets(rewards, {begin, begin + static_cast<std::ptrdiff_t>(steps)},
                        options_.discount, options_.gae_lambda);
    batch.advantages.insert(batch.advantages.end(), targets.advantages.begin(),
                            targets.advantages.end());
    batch.returns.insert(batch.returns.end(), targets.returns.begin(), targets.returns.end());
    first += steps;
  }

  const double entropy = networks_.entropy(batch.states, batch.weights);
  const std::optional<double> explained = explained_variance(batch.returns, values);
  PolicyUpdate policy;
  // Where all rewards are equal, advantages are nothing but the critic's errors.
  const bool same = std::all_of(batch_.begin(), batch_.end(), [&](const Episode& episode) {
    return episode.reward == batch_.front().reward;
  });
  if (!same && normalise(batch.advantages)) policy = networks_.update_policy(batch);
  networks_.update_values(batch);
  check_number("the divergence of an update", policy.kl);
  check_number("the policy's entropy", networks_.entropy(batch.states, batch.weights));
  for (const double value : networks_.values(batch.states)) check_number("a value", value);

  const auto episodes = static_cast<double>(batch_.size());
  batch_.clear();
  saved_networks_.changed();
  ++updates_;
  return fmt::format("{},{},{},{},{},{},{},{}", updates_, reward_sum / episodes,
                     feasible / episodes, entropy, policy.kl, policy.clip_fraction,
                     explained ? fmt::format("{}", *explained) : std::string(), policy.iterations);
}

void Ppo::save(std::ostream& out) const {
  rng_.save(out);
  write_value(out, updates_);
  write_value(out, static_cast<std::uint64_t>(batch_.size()));
  for (const Episode& episode : batch_) {
    write_vector(out, episode.actions);
    for (const State& state : episode.states) write_vector(out, state);
    write_vector(out, episode.weights);
    write_value(out, episode.reward);
    write_value(out, episode.feasible);
  }
  if (prior_) prior_->save(out);
  saved_networks_.save(networks_, out);
}

void Ppo::load(std::istream& in) {
  rng_.load(in);
  updates_ = read_value<std::int64_t>(in);
  batch_.resize(read_count(in));
  for (Episode& episode : batch_) {
    episode.actions = read_vector<int>(in);
    if (episode.actions.size() != space_.slots().items().size())
      throw InputError("an episode is cut short");
    episode.states.resize(episode.actions.size());
    for (State& state : episode.states) state = read_vector<double>(in);
    episode.weights = read_vector<LogWeights>(in);
    episode.reward = read_value<double>(in);
    episode.feasible = read_value<bool>(in);
  }
  if (prior_) prior_->load(in);
  saved_networks_.load(networks_, in);
}

}  // namespace kirchhoff::agent
