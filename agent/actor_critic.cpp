#include "agent/actor_critic.h"

#include <cmath>
#include <cstdint>
#include <string>

#include "agent/binary_stream.h"
#include "agent/perceptron.h"
#include "agent/torch_scope.h"

namespace kirchhoff::agent {
namespace {

torch::nn::Sequential perceptron(std::size_t inputs, int outputs, double head_gain,
                                 const PpoOptions& options, Rng& rng) {
  const int hidden = options.hidden_size;
  torch::nn::Linear layers[] = {torch::nn::Linear(static_cast<std::int64_t>(inputs), hidden),
                                torch::nn::Linear(hidden, hidden),
                                torch::nn::Linear(hidden, outputs)};
  const double gains[] = {std::sqrt(2.0), std::sqrt(2.0), head_gain};
  for (std::size_t l = 0; l < 3; ++l) {
    if (options.orthogonal == 1) {
      initialise_orthogonal(layers[l], gains[l], rng);
    } else {
      initialise_uniform(layers[l], rng);
    }
  }
  return torch::nn::Sequential(layers[0], torch::nn::Tanh(), layers[1], torch::nn::Tanh(),
                               layers[2]);
}

/// 0 for the actions that a step may take, far below 0 for those beyond its highest.
torch::Tensor mask(const std::vector<int>& highest) {
  const torch::Tensor result = torch::zeros({static_cast<std::int64_t>(highest.size()), kActions});
  float* row = result.data_ptr<float>();
  for (const int last : highest) {
    for (int a = last + 1; a < kActions; ++a) row[a] = -1e9f;
    row += kActions;
  }
  return result;
}

}  // namespace

class ActorCritic::Impl {
 public:
  Impl(std::size_t inputs, const PpoOptions& options, Rng& rng)
      : options_(options),
        // A small head makes the first choices uniform.
        actor_(perceptron(inputs, kActions, 0.01, options, rng)),
        critic_(perceptron(inputs, 1, 1.0, options, rng)),
        actor_adam_(adam(actor_->parameters(), options.policy_learning_rate)),
        critic_adam_(adam(critic_->parameters(), options.value_learning_rate)) {}

  torch::Tensor log_probabilities(const torch::Tensor& states, const torch::Tensor& masked) {
    return torch::log_softmax(actor_->forward(states) + masked, 1);
  }

  torch::Tensor state_values(const torch::Tensor& states) {
    return critic_->forward(states).squeeze(1);
  }

  PolicyUpdate update_policy(const PpoBatch& batch) {
    const torch::Tensor states = tensor(batch.states);
    const torch::Tensor masked = mask(batch.highest);
    const torch::Tensor advantages = tensor(batch.advantages);
    const torch::Tensor actions =
        torch::tensor(std::vector<std::int64_t>(batch.actions.begin(), batch.actions.end()))
            .unsqueeze(1);
    torch::Tensor before;
    PolicyUpdate update;
    for (int i = 0; i < options_.policy_iterations; ++i) {
      const torch::Tensor log_policy = log_probabilities(states, masked);
      const torch::Tensor taken = log_policy.gather(1, actions).squeeze(1);
      if (i == 0) before = taken.detach();
      const torch::Tensor ratio = torch::exp(taken - before);
      const torch::Tensor clipped =
          torch::clamp(ratio, 1.0 - options_.clip_ratio, 1.0 + options_.clip_ratio);
      update.kl = (before - taken.detach()).mean().item<double>();
      update.clip_fraction = (ratio.detach() - 1.0)
                                 .abs()
                                 .gt(options_.clip_ratio)
                                 .to(torch::kFloat)
                                 .mean()
                                 .item<double>();
      if (update.kl > options_.kl_stop_factor * options_.target_kl) break;

      torch::Tensor objective = torch::min(ratio * advantages, clipped * advantages).mean();
      if (options_.entropy_bonus > 0.0) {
        const torch::Tensor entropy = -(log_policy.exp() * log_policy).sum(1).mean();
        objective = objective + options_.entropy_bonus * entropy;
      }
      actor_adam_.zero_grad();
      (-objective).backward();
      actor_adam_.step();
      ++update.iterations;
    }
    return update;
  }

  void update_values(const PpoBatch& batch) {
    const torch::Tensor states = tensor(batch.states);
    const torch::Tensor returns = tensor(batch.returns);
    for (int i = 0; i < options_.value_iterations; ++i) {
      const torch::Tensor loss = (state_values(states) - returns).square().mean();
      critic_adam_.zero_grad();
      loss.backward();
      critic_adam_.step();
    }
  }

  std::string save() const {
    TorchArchive archive;
    archive.add("actor", *actor_);
    archive.add("critic", *critic_);
    archive.add("actor_adam", actor_adam_);
    archive.add("critic_adam", critic_adam_);
    return archive.bytes();
  }

  void load(const std::string& bytes) {
    TorchArchiveReader archive(bytes);
    archive.get("actor", *actor_);
    archive.get("critic", *critic_);
    archive.get("actor_adam", actor_adam_);
    archive.get("critic_adam", critic_adam_);
  }

 private:
  const PpoOptions options_;
  torch::nn::Sequential actor_, critic_;
  torch::optim::Adam actor_adam_, critic_adam_;
};

ActorCritic::ActorCritic(std::size_t inputs, const PpoOptions& options, Rng& rng) {
  const TorchScope scope;
  impl_ = std::make_unique<Impl>(inputs, options, rng);
}

ActorCritic::~ActorCritic() = default;

std::vector<double> ActorCritic::probabilities(const State& state, int highest) const {
  const TorchScope scope;
  torch::NoGradGuard no_grad;
  const torch::Tensor log_policy =
      impl_->log_probabilities(tensor(std::vector<State>{state}), mask({highest}));
  std::vector<double> probabilities(kActions);
  for (int a = 0; a < kActions; ++a) {
    probabilities[a] = std::exp(static_cast<double>(log_policy.data_ptr<float>()[a]));
  }
  return probabilities;
}

std::vector<double> ActorCritic::values(const std::vector<State>& states) const {
  const TorchScope scope;
  torch::NoGradGuard no_grad;
  const torch::Tensor values = impl_->state_values(tensor(states)).contiguous();
  const float* const first = values.data_ptr<float>();
  return {first, first + values.numel()};
}

double ActorCritic::entropy(const std::vector<State>& states,
                            const std::vector<int>& highest) const {
  const TorchScope scope;
  torch::NoGradGuard no_grad;
  const torch::Tensor log_policy = impl_->log_probabilities(tensor(states), mask(highest));
  return -(log_policy.exp() * log_policy).sum(1).mean().item<double>();
}

PolicyUpdate ActorCritic::update_policy(const PpoBatch& batch) {
  const TorchScope scope;
  return impl_->update_policy(batch);
}

void ActorCritic::update_values(const PpoBatch& batch) {
  const TorchScope scope;
  impl_->update_values(batch);
}

void ActorCritic::save(std::ostream& out) const { write_string(out, impl_->save()); }

void ActorCritic::load(std::istream& in) {
  const TorchScope scope;
  load_networks(in, *impl_);
}

}  // namespace kirchhoff::agent
