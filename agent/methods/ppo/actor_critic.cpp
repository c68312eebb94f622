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

/// Logarithms of the probabilities of a row's actions. Those that are forbidden have none: minus
/// infinity, which every user of a distribution leaves out.
LogWeights log_softmax(const float* outputs, const LogWeights& weights) {
  LogWeights logits, result;
  for (std::size_t a = 0; a < logits.size(); ++a) logits[a] = outputs[a] + weights[a];
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0.0;
  for (const double logit : logits) {
    if (std::isfinite(logit)) sum += base::portable_exp(logit - top);
  }
  const double log_sum = top + base::portable_log(sum);
  for (std::size_t a = 0; a < logits.size(); ++a) result[a] = logits[a] - log_sum;
  return result;
}

std::array<double, kActions> exponential(const LogWeights& logarithms) {
  std::array<double, kActions> result{};
  for (std::size_t a = 0; a < result.size(); ++a) {
    if (std::isfinite(logarithms[a])) result[a] = base::portable_exp(logarithms[a]);
  }
  return result;
}

double entropy_of(const LogWeights& logarithms, const std::array<double, kActions>& probabilities) {
  double entropy = 0.0;
  for (std::size_t a = 0; a < probabilities.size(); ++a) {
    if (std::isfinite(logarithms[a])) entropy -= probabilities[a] * logarithms[a];
  }
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

  std::vector<LogWeights> log_probabilities(const Rows& states,
                                            const std::vector<LogWeights>& weights) {
    const Rows& outputs = actor_.forward(states);
    std::vector<LogWeights> result;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      result.push_back(log_softmax(outputs.data() + i * kActions, weights[i]));
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
      const auto log_policy = log_probabilities(states, batch.weights);
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
        const auto policy = exponential(log_policy[s]);
        const double entropy = entropy_of(log_policy[s], policy);
        for (std::size_t a = 0; a < policy.size(); ++a) {
          if (!std::isfinite(log_policy[s][a])) continue;
          const bool taken = a == static_cast<std::size_t>(batch.actions[s]);
          double gain = slope * ((taken ? 1.0 : 0.0) - policy[a]);
          gain -= options_.entropy_bonus * policy[a] * (log_policy[s][a] + entropy);
          gradients(static_cast<Eigen::Index>(s), static_cast<Eigen::Index>(a)) =
              static_cast<float>(-gain * of_mean);
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

LogWeights allowed_up_to(int highest) {
  LogWeights weights{};
  for (int a = 0; a < kActions; ++a) {
    weights[static_cast<std::size_t>(a)] = a <= highest ? 0.0 : -HUGE_VAL;
  }
  return weights;
}

ActorCritic::ActorCritic(std::size_t inputs, const PpoOptions& options, Rng& rng)
    : impl_(std::make_unique<Impl>(inputs, options, rng)) {}

ActorCritic::~ActorCritic() = default;

std::vector<double> ActorCritic::probabilities(const State& state,
                                               const LogWeights& weights) const {
  const base::FlushDenormals mode;
  const auto log_policy = impl_->log_probabilities(rows_of({state}), {weights});
  const auto probabilities = exponential(log_policy.front());
  return {probabilities.begin(), probabilities.end()};
}

std::vector<double> ActorCritic::values(const std::vector<State>& states) const {
  const base::FlushDenormals mode;
  return impl_->state_values(rows_of(states));
}

double ActorCritic::entropy(const std::vector<State>& states,
                            const std::vector<LogWeights>& weights) const {
  const base::FlushDenormals mode;
  double sum = 0.0;
  for (const LogWeights& logarithms : impl_->log_probabilities(rows_of(states), weights)) {
    sum += entropy_of(logarithms, exponential(logarithms));
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
