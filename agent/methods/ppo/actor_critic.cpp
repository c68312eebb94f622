#include "agent/methods/ppo/actor_critic.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "agent/learning/adam.h"
#include "agent/learning/perceptron.h"
#include "base/float_mode.h"
#include "base/portable_math.h"

namespace kirchhoff::agent {
namespace {

Perceptron perceptron(std::size_t inputs, int outputs, double head_gain, const PpoOptions& options,
                      Rng& rng) {
  Perceptron network({static_cast<int>(inputs), options.hidden_size, options.hidden_size, outputs},
                     Activation::kTanh);
  const double gains[] = {std::sqrt(2.0), std::sqrt(2.0), head_gain};
  for (std::size_t l = 0; l < network.layers(); ++l) {
    if (options.orthogonal == 1) {
      network.initialise_orthogonal(l, gains[l], rng);
    } else {
      network.initialise_uniform(l, rng);
    }
  }
  return network;
}

/// Logarithms of the probabilities of a row's actions. Those beyond `highest` have none: minus
/// infinity, which every user of a distribution leaves out.
using Distribution = std::array<double, kActions>;

Distribution log_softmax(const float* logits, int highest) {
  Distribution result;
  result.fill(-HUGE_VAL);
  const double top = *std::max_element(logits, logits + highest + 1);
  double sum = 0.0;
  for (int a = 0; a <= highest; ++a) sum += base::portable_exp(logits[a] - top);
  const double log_sum = top + base::portable_log(sum);
  for (int a = 0; a <= highest; ++a) result[a] = logits[a] - log_sum;
  return result;
}

Distribution exponential(const Distribution& logarithms, int highest) {
  Distribution result{};
  for (int a = 0; a <= highest; ++a) result[a] = base::portable_exp(logarithms[a]);
  return result;
}

double entropy_of(const Distribution& logarithms, const Distribution& probabilities, int highest) {
  double entropy = 0.0;
  for (int a = 0; a <= highest; ++a) entropy -= probabilities[a] * logarithms[a];
  return entropy;
}

}  // namespace

class ActorCritic::Impl {
 public:
  Impl(std::size_t inputs, const PpoOptions& options, Rng& rng)
      : options_(options),
        // A small head makes the first choices uniform.
        actor_(perceptron(inputs, kActions, 0.01, options, rng)),
        critic_(perceptron(inputs, 1, 1.0, options, rng)),
        actor_adam_(actor_.parameters().size(), options.policy_learning_rate),
        critic_adam_(critic_.parameters().size(), options.value_learning_rate) {}

  std::vector<Distribution> log_probabilities(const Rows& states, const std::vector<int>& highest) {
    const Rows& logits = actor_.forward(states);
    std::vector<Distribution> result;
    for (std::size_t i = 0; i < highest.size(); ++i) {
      result.push_back(log_softmax(logits.data() + i * kActions, highest[i]));
    }
    return result;
  }

  std::vector<double> state_values(const Rows& states) {
    const Rows& values = critic_.forward(states);
    return {values.data(), values.data() + values.size()};
  }

  PolicyUpdate update_policy(const PpoBatch& batch) {
    const Rows states = rows_of(batch.states);
    const std::size_t count = batch.states.size();
    const auto of_mean = 1.0 / static_cast<double>(count);
    const double low = 1.0 - options_.clip_ratio, high = 1.0 + options_.clip_ratio;
    std::vector<double> before(count), ratio(count);
    PolicyUpdate update;
    for (int i = 0; i < options_.policy_iterations; ++i) {
      const auto log_policy = log_probabilities(states, batch.highest);
      double lost = 0.0, clipped = 0.0;
      for (std::size_t s = 0; s < count; ++s) {
        const double taken = log_policy[s][static_cast<std::size_t>(batch.actions[s])];
        if (i == 0) before[s] = taken;
        ratio[s] = base::portable_exp(taken - before[s]);
        lost += before[s] - taken;
        clipped += std::abs(ratio[s] - 1.0) > options_.clip_ratio ? 1.0 : 0.0;
      }
      update.kl = lost * of_mean;
      update.clip_fraction = clipped * of_mean;
      if (update.kl > options_.kl_stop_factor * options_.target_kl) break;

      // Of minus the objective, with respect to the logits.
      Rows gradients = Rows::Zero(states.rows(), kActions);
      for (std::size_t s = 0; s < count; ++s) {
        const double advantage = batch.advantages[s];
        // Beyond the range, where that is a gain, the clipped term counts; it is constant.
        const bool flat =
            (ratio[s] > high && advantage > 0.0) || (ratio[s] < low && advantage < 0.0);
        const double slope = flat ? 0.0 : ratio[s] * advantage;
        const int highest = batch.highest[s];
        const Distribution policy = exponential(log_policy[s], highest);
        const double entropy = entropy_of(log_policy[s], policy, highest);
        for (int a = 0; a <= highest; ++a) {
          double gain = slope * ((a == batch.actions[s] ? 1.0 : 0.0) - policy[a]);
          gain -= options_.entropy_bonus * policy[a] * (log_policy[s][a] + entropy);
          gradients(static_cast<Eigen::Index>(s), a) = static_cast<float>(-gain * of_mean);
        }
      }
      actor_.backward(std::move(gradients));
      actor_adam_.step(actor_.parameters(), actor_.gradients());
      ++update.iterations;
    }
    return update;
  }

  void update_values(const PpoBatch& batch) {
    const Rows states = rows_of(batch.states);
    const double slope = 2.0 / static_cast<double>(batch.states.size());
    for (int i = 0; i < options_.value_iterations; ++i) {
      Rows gradients = critic_.forward(states);
      for (std::size_t s = 0; s < batch.returns.size(); ++s) {
        float& value = gradients.data()[s];
        value = static_cast<float>(slope * (value - batch.returns[s]));
      }
      critic_.backward(std::move(gradients));
      critic_adam_.step(critic_.parameters(), critic_.gradients());
    }
  }

  void save(std::ostream& out) const {
    save_floats(out, actor_.parameters());
    save_floats(out, critic_.parameters());
    actor_adam_.save(out);
    critic_adam_.save(out);
  }

  void load(std::istream& in) {
    load_floats(in, actor_.parameters());
    load_floats(in, critic_.parameters());
    actor_adam_.load(in);
    critic_adam_.load(in);
  }

 private:
  const PpoOptions options_;
  Perceptron actor_, critic_;
  Adam actor_adam_, critic_adam_;
};

ActorCritic::ActorCritic(std::size_t inputs, const PpoOptions& options, Rng& rng)
    : impl_(std::make_unique<Impl>(inputs, options, rng)) {}

ActorCritic::~ActorCritic() = default;

std::vector<double> ActorCritic::probabilities(const State& state, int highest) const {
  const base::FlushDenormals mode;
  const auto log_policy = impl_->log_probabilities(rows_of({state}), {highest});
  const Distribution probabilities = exponential(log_policy.front(), highest);
  return {probabilities.begin(), probabilities.end()};
}

std::vector<double> ActorCritic::values(const std::vector<State>& states) const {
  const base::FlushDenormals mode;
  return impl_->state_values(rows_of(states));
}

double ActorCritic::entropy(const std::vector<State>& states,
                            const std::vector<int>& highest) const {
  const base::FlushDenormals mode;
  const auto log_policy = impl_->log_probabilities(rows_of(states), highest);
  double sum = 0.0;
  for (std::size_t s = 0; s < states.size(); ++s) {
    sum += entropy_of(log_policy[s], exponential(log_policy[s], highest[s]), highest[s]);
  }
  return sum / static_cast<double>(states.size());
}

PolicyUpdate ActorCritic::update_policy(const PpoBatch& batch) {
  const base::FlushDenormals mode;
  return impl_->update_policy(batch);
}

void ActorCritic::update_values(const PpoBatch& batch) {
  const base::FlushDenormals mode;
  impl_->update_values(batch);
}

void ActorCritic::save(std::ostream& out) const { impl_->save(out); }
void ActorCritic::load(std::istream& in) { impl_->load(in); }

}  // namespace kirchhoff::agent
