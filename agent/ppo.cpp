#include "agent/ppo.h"

#include <sstream>

#include <fmt/format.h>

#include "agent/advantage.h"
#include "agent/binary_stream.h"

namespace kirchhoff::agent {

Ppo::Ppo(const PolicySpace& space, const PpoOptions& options, std::uint64_t seed)
    : space_(space), options_(options), rng_(seed), networks_(options_, rng_) {}

std::vector<double> Ppo::probabilities(const Actions& taken) const {
  return networks_.probabilities(space_.state(taken));
}

std::optional<Proposal> Ppo::propose() {
  Actions actions;
  while (actions.size() < space_.slots().size()) {
    actions.push_back(static_cast<int>(rng_.sample(probabilities(actions))));
  }
  return Proposal{actions, false, {}, 0};
}

std::string Ppo::observe(const Proposal& proposal, const Outcome& outcome) {
  batch_.push_back({proposal.actions, outcome.reward, outcome.feasible});
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
    Actions taken;
    for (const int action : episode.actions) {
      batch.states.push_back(space_.state(taken));
      batch.actions.push_back(action);
      taken.push_back(action);
    }
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

  const double entropy = networks_.entropy(batch.states);
  const std::optional<double> explained = explained_variance(batch.returns, values);
  PolicyUpdate policy;
  if (normalise(batch.advantages)) policy = networks_.update_policy(batch);
  networks_.update_values(batch);

  const auto episodes = static_cast<double>(batch_.size());
  batch_.clear();
  saved_networks_.clear();
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
    write_value(out, episode.reward);
    write_value(out, episode.feasible);
  }
  // The networks change once per update but are saved after every episode.
  if (saved_networks_.empty()) {
    std::ostringstream bytes;
    networks_.save(bytes);
    saved_networks_ = bytes.str();
  }
  write_string(out, saved_networks_);
}

void Ppo::load(std::istream& in) {
  rng_.load(in);
  updates_ = read_value<std::int64_t>(in);
  batch_.resize(read_size(in, sizeof(Episode)));
  for (Episode& episode : batch_) {
    episode.actions = read_vector<int>(in);
    episode.reward = read_value<double>(in);
    episode.feasible = read_value<bool>(in);
  }
  saved_networks_ = read_string(in);
  std::istringstream networks(saved_networks_);
  networks_.load(networks);
}

}  // namespace kirchhoff::agent
