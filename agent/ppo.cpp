#include "agent/ppo.h"

#include <utility>

#include <fmt/format.h>

#include "agent/advantage.h"
#include "agent/binary_stream.h"
#include "agent/wall.h"

namespace kirchhoff::agent {

Ppo::Ppo(const PolicySpace& space, const PpoOptions& options, std::uint64_t seed,
         std::function<Cost(const Actions&)> cost, double threshold)
    : space_(space),
      options_(options),
      cost_(std::move(cost)),
      threshold_(threshold),
      rng_(seed),
      networks_(kStateSize + (options_.budget_state == 1 ? 2 : 0), options_, rng_) {}

State Ppo::state(const Actions& taken) const {
  State state = space_.state(taken);
  if (options_.budget_state == 1) {
    double bits = 0.0;
    for (const int action : taken) bits += quant::kMinBits + action;
    state.push_back(least_cost(taken) / threshold_);
    state.push_back(
        taken.empty() ? 0.0 : bits / (quant::kMaxSearchBits * static_cast<double>(taken.size())));
  }
  return state;
}

double Ppo::least_cost(Actions taken) const {
  taken.resize(space_.slots().size(), 0);
  return cost_(taken).cost;
}

int Ppo::highest_action(const Actions& taken) const {
  if (options_.mask == 0) return kActions - 1;
  // More bits never cost less, so the allowed actions are the first ones. The lowest is always
  // allowed: a threshold below the floor is refused before a search starts.
  int allowed = 0, refused = kActions;
  while (refused - allowed > 1) {
    const int middle = (allowed + refused) / 2;
    Actions next = taken;
    next.push_back(middle);
    (least_cost(std::move(next)) <= threshold_ ? allowed : refused) = middle;
  }
  return allowed;
}

std::vector<double> Ppo::probabilities(const Actions& taken) const {
  return networks_.probabilities(state(taken), highest_action(taken));
}

std::optional<Proposal> Ppo::propose() {
  current_ = {};
  while (current_.actions.size() < space_.slots().size()) {
    current_.states.push_back(state(current_.actions));
    current_.highest.push_back(highest_action(current_.actions));
    const auto action =
        rng_.sample(networks_.probabilities(current_.states.back(), current_.highest.back()));
    current_.actions.push_back(static_cast<int>(action));
  }
  Proposal proposal;
  proposal.actions = current_.actions;
  if (options_.project == 1) {
    const Walled walled =
        lower_to_threshold(space_, current_.actions, threshold_, WallOrder::kJoint, cost_);
    proposal.actions = walled.actions;
    proposal.decrements = walled.decrements;
    if (walled.decrements > 0) proposal.chosen = current_.actions;
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
    batch.actions.insert(batch.actions.end(), episode.actions.begin(), episode.actions.end());
    batch.highest.insert(batch.highest.end(), episode.highest.begin(), episode.highest.end());
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

  const double entropy = networks_.entropy(batch.states, batch.highest);
  const std::optional<double> explained = explained_variance(batch.returns, values);
  PolicyUpdate policy;
  if (normalise(batch.advantages)) policy = networks_.update_policy(batch);
  networks_.update_values(batch);

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
    episode.actions = read_vector<int>(in);
    if (episode.actions.size() != space_.slots().size())
      throw InputError("an episode is cut short");
    episode.states.resize(episode.actions.size());
    for (State& state : episode.states) state = read_vector<double>(in);
    episode.highest = read_vector<int>(in);
    episode.reward = read_value<double>(in);
    episode.feasible = read_value<bool>(in);
  }
  saved_networks_.load(networks_, in);
}

}  // namespace kirchhoff::agent
