#include "agent/methods/ppo/ppo.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "agent/methods/ppo/advantage.h"
#include "agent/wall.h"
#include "base/binary_stream.h"

namespace kirchhoff::agent {

namespace {

void check_number(const char* what, double value) {
  if (!std::isfinite(value)) {
    throw RunError(
        fmt::format("the agent has diverged: {} is {}; smaller ppo.policy_learning_rate and "
                    "ppo.value_learning_rate keep it finite",
                    what, value));
  }
}

}  // namespace

Ppo::Ppo(const PolicySpace& space, const PpoOptions& options, std::uint64_t seed, CostLimit limit)
    : space_(space),
      options_(options),
      limit_(std::move(limit)),
      rng_(seed),
      networks_(kStateSize + (options_.budget_state == 1 ? 2 : 0), options_, rng_) {}

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

double Ppo::least_cost(const Actions& taken) const {
  return limit_.cost(limit_.cheapest(taken)).cost;
}

Ppo::Choices Ppo::choices(const Actions& taken) const {
  Choices choices;
  for (int action = 0; action < kActions; ++action) choices.actions.push_back(action);
  if (options_.mask == 0) return choices;
  if (limit_.monotone()) {
    // The allowed actions are the first ones. The lowest is always allowed: a threshold below the
    // floor is refused before a search starts.
    int allowed = 0, refused = kActions;
    while (refused - allowed > 1) {
      const int middle = (allowed + refused) / 2;
      (affordable(taken, middle) ? allowed : refused) = middle;
    }
    choices.highest = allowed;
    return choices;
  }
  // The network's mask knows first outputs only, so these stand for the cheapest actions.
  std::vector<double> costs;
  for (const int action : choices.actions) {
    Actions next = taken;
    next.push_back(action);
    costs.push_back(least_cost(next));
  }
  std::stable_sort(choices.actions.begin(), choices.actions.end(), [&](int one, int other) {
    return costs[static_cast<std::size_t>(one)] < costs[static_cast<std::size_t>(other)];
  });
  const auto allowed = std::count_if(costs.begin(), costs.end(),
                                     [&](double cost) { return cost <= limit_.threshold; });
  choices.highest = std::max(0, static_cast<int>(allowed) - 1);
  return choices;
}

std::vector<double> Ppo::probabilities(const Actions& taken) const {
  const Choices allowed = choices(taken);
  const std::vector<double> outputs = networks_.probabilities(state(taken), allowed.highest);
  std::vector<double> probabilities(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    probabilities[static_cast<std::size_t>(allowed.actions[i])] = outputs[i];
  }
  return probabilities;
}

bool Ppo::affordable(Actions taken, int action) const {
  taken.push_back(action);
  return least_cost(taken) <= limit_.threshold;
}

std::size_t Ppo::draw(const State& state, int highest) {
  const std::vector<double> probabilities = networks_.probabilities(state, highest);
  for (const double probability : probabilities) check_number("a probability", probability);
  return rng_.sample(probabilities);
}

std::optional<Proposal> Ppo::propose() {
  current_ = {};
  Proposal proposal;
  while (proposal.actions.size() < space_.slots().size()) {
    Choices allowed = choices(proposal.actions);
    const State now = state(proposal.actions);
    std::size_t output = draw(now, allowed.highest);
    // choices() may have believed that what lies below an allowed output is allowed, too.
    while (options_.mask == 1 && output > 0 &&
           !affordable(proposal.actions, allowed.actions[output])) {
      allowed.highest = static_cast<int>(output) - 1;
      output = draw(now, allowed.highest);
    }
    current_.states.push_back(now);
    current_.highest.push_back(allowed.highest);
    current_.outputs.push_back(static_cast<int>(output));
    proposal.actions.push_back(allowed.actions[output]);
  }
  if (options_.project == 1) {
    const Walled walled = lower_to_threshold(space_, proposal.actions, WallOrder::kJoint, limit_);
    if (walled.decrements > 0) proposal.chosen = proposal.actions;
    proposal.actions = walled.actions;
    proposal.decrements = walled.decrements;
  }
  return proposal;
}

std::string Ppo::observe(const Proposal&, const Outcome& outcome) {
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
    batch.actions.insert(batch.actions.end(), episode.outputs.begin(), episode.outputs.end());
    batch.highest.insert(batch.highest.end(), episode.highest.begin(), episode.highest.end());
    reward_sum += episode.reward;
    feasible += episode.feasible ? 1.0 : 0.0;
  }

  const std::vector<double> values = networks_.values(batch.states);
  std::size_t first = 0;
  for (const Episode& episode : batch_) {
    const std::size_t steps = episode.outputs.size();
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

  const double entropy = networks_.entropy(batch.states, batch.highest);
  const std::optional<double> explained = explained_variance(batch.returns, values);
  PolicyUpdate policy;
  // Where all rewards are equal, advantages are nothing but the critic's errors.
  const bool same = std::all_of(batch_.begin(), batch_.end(), [&](const Episode& episode) {
    return episode.reward == batch_.front().reward;
  });
  if (!same && normalise(batch.advantages)) policy = networks_.update_policy(batch);
  networks_.update_values(batch);
  check_number("the divergence of an update", policy.kl);
  check_number("the policy's entropy", networks_.entropy(batch.states, batch.highest));
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
    write_vector(out, episode.outputs);
    for (const State& state : episode.states) write_vector(out, state);
    write_vector(out, episode.highest);
    write_value(out, episode.reward);
    write_value(out, episode.feasible);
  }
  saved_networks_.save(networks_, out);
}

void Ppo::load(std::istream& in) {
  rng_.load(in);
  updates_ = read_value<std::int64_t>(in);
  batch_.resize(read_count(in));
  for (Episode& episode : batch_) {
    episode.outputs = read_vector<int>(in);
    if (episode.outputs.size() != space_.slots().items().size())
      throw InputError("an episode is cut short");
    episode.states.resize(episode.outputs.size());
    for (State& state : episode.states) state = read_vector<double>(in);
    episode.highest = read_vector<int>(in);
    episode.reward = read_value<double>(in);
    episode.feasible = read_value<bool>(in);
  }
  saved_networks_.load(networks_, in);
}

}  // namespace kirchhoff::agent
