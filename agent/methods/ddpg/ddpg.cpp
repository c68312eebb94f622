#include "agent/methods/ddpg/ddpg.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/binary_stream.h"

namespace kirchhoff::agent {
namespace {

/// Every number of bits has an equal share of [0, 1].
int discrete(double action) {
  return std::clamp(static_cast<int>(action * kActions), 0, kActions - 1);
}

/// The middle of an action's share.
double continuous(int action) { return (action + 0.5) / kActions; }

double checked(const char* what, double value) {
  if (std::isfinite(value)) return value;
  throw RunError(
      fmt::format("the agent has diverged: {} is {}; smaller ddpg.actor_learning_rate, "
                  "ddpg.critic_learning_rate and ddpg.target_rate keep it finite",
                  what, value));
}

}  // namespace

Ddpg::Ddpg(const PolicySpace& space, const DdpgOptions& options, std::uint64_t seed,
           CostLimit limit)
    : space_(space),
      options_(options),
      limit_(std::move(limit)),
      rng_(seed),
      networks_(options_, rng_),
      deviation_(options_.noise) {
  if (options_.state == "haq") haq_state_.emplace(space_);
}

double Ddpg::noisy(double action) {
  checked("an action", action);
  if (deviation_ <= 0.0) return action;
  // The normal distribution, cut off at the ends of the range. One draw in 26 is inside at the
  // largest deviation that is allowed, about half of them at the usual ones.
  for (;;) {
    const double drawn = action + deviation_ * rng_.normal();
    if (drawn >= 0.0 && drawn <= 1.0) return drawn;
  }
}

Actions Ddpg::greedy() const {
  Actions actions;
  while (actions.size() < space_.slots().size()) {
    actions.push_back(discrete(networks_.action(state(actions))));
  }
  return actions;
}

std::optional<Proposal> Ddpg::propose() {
  current_.clear();
  Actions chosen;
  while (chosen.size() < space_.slots().size()) {
    current_.push_back(episodes_ < options_.warmup_episodes
                           ? rng_.uniform()
                           : noisy(networks_.action(state(chosen))));
    chosen.push_back(discrete(current_.back()));
  }
  const Walled walled = lower_to_threshold(space_, chosen, options_.wall_order(), limit_);
  Proposal proposal;
  proposal.actions = walled.actions;
  proposal.decrements = walled.decrements;
  if (walled.decrements > 0) proposal.chosen = chosen;
  return proposal;
}

std::string Ddpg::observe(const Proposal& proposal, const Outcome& outcome) {
  const bool own = options_.replay_chosen == 1;
  Actions actions;
  for (const SlotId s : proposal.actions.ids()) {
    const int chosen = discrete(current_[s]);
    if (!own && chosen != proposal.actions[s]) current_[s] = continuous(proposal.actions[s]);
    actions.push_back(own ? chosen : proposal.actions[s]);
  }
  Actions taken;
  for (const SlotId s : actions.ids()) {
    Transition step;
    step.state = state(taken);
    step.action = current_[s];
    step.reward = outcome.reward;
    step.last = s == actions.last_id();
    taken.push_back(actions[s]);
    if (!step.last) step.next = state(taken);
    replay_.push_back(std::move(step));
  }
  const std::size_t capacity =
      static_cast<std::size_t>(options_.replay_episodes) * space_.slots().size();
  while (replay_.size() > capacity) replay_.pop_front();
  ++episodes_;
  if (episodes_ <= options_.warmup_episodes) return {};
  deviation_ *= options_.noise_decay;
  return update(outcome.reward, proposal.decrements);
}

std::string Ddpg::log_columns() const {
  return "episode,reward,decrements,noise,baseline,critic_loss,mean_value";
}

std::string Ddpg::update(double reward, int decrements) {
  DdpgUpdate last;
  for (int step = 0; step < space_.slots().size(); ++step) {
    std::vector<const Transition*> batch;
    double mean = 0.0;
    for (int i = 0; i < options_.batch_size; ++i) {
      batch.push_back(&replay_[rng_.index(replay_.size())]);
      mean += batch.back()->reward / options_.batch_size;
    }
    baseline_ = baseline_ ? *baseline_ + options_.baseline_rate * (mean - *baseline_) : mean;
    last = networks_.update(batch, *baseline_);
    checked("the critic's loss", last.critic_loss);
    checked("the mean value", last.mean_value);
  }
  saved_networks_.changed();
  return fmt::format("{},{},{},{},{},{},{}", episodes_, reward, decrements, deviation_, *baseline_,
                     last.critic_loss, last.mean_value);
}

void Ddpg::save(std::ostream& out) const {
  rng_.save(out);
  write_value(out, episodes_);
  write_optional(out, baseline_);
  write_value(out, static_cast<std::uint64_t>(replay_.size()));
  for (const Transition& step : replay_) {
    write_vector(out, step.state);
    write_vector(out, step.next);
    write_value(out, step.action);
    write_value(out, step.reward);
    write_value(out, step.last);
  }
  saved_networks_.save(networks_, out);
}

void Ddpg::load(std::istream& in) {
  rng_.load(in);
  episodes_ = read_value<std::int64_t>(in);
  deviation_ = options_.noise;
  for (std::int64_t e = options_.warmup_episodes; e < episodes_; ++e) {
    deviation_ *= options_.noise_decay;
  }
  baseline_ = read_optional<double>(in);
  replay_.resize(read_count(in));
  for (Transition& step : replay_) {
    step.state = read_vector<double>(in);
    step.next = read_vector<double>(in);
    step.action = read_value<double>(in);
    step.reward = read_value<double>(in);
    step.last = read_value<bool>(in);
    if (step.state.size() != options_.state_size() ||
        (!step.last && step.next.size() != options_.state_size())) {
      throw InputError("a remembered step is cut short");
    }
  }
  saved_networks_.load(networks_, in);
}

}  // namespace kirchhoff::agent
