#include "agent/actor_critic.h"

#include <cfenv>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>

#include <dlfcn.h>
#include <torch/torch.h>

#include "agent/binary_stream.h"

namespace kirchhoff::agent {
namespace {

// Makes LibTorch round the same way whatever else the process computes: one thread, because a
// matrix product that is divided differently rounds differently (and networks as small as these
// gain nothing from more), and denormal floats flushed to zero. Every use of LibTorch in this file
// is in such a scope, which leaves everything as it was.
class TorchScope {
 public:
  TorchScope() : threads_before_(torch::get_num_threads()) {
    std::fegetenv(&float_mode_before_);
    at::globalContext().setFlushDenormal(true);
    torch::set_num_threads(1);
    // LibTorch does not reach the threads of OpenBLAS, if that is the BLAS behind it.
    static const auto set_blas_threads =
        reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
    static const auto blas_threads =
        reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
    if (set_blas_threads != nullptr && blas_threads != nullptr) {
      restore_blas_ = set_blas_threads;
      blas_before_ = blas_threads();
      set_blas_threads(1);
    }
  }
  ~TorchScope() {
    torch::set_num_threads(threads_before_);
    std::fesetenv(&float_mode_before_);
    if (restore_blas_ != nullptr) restore_blas_(blas_before_);
  }
  TorchScope(const TorchScope&) = delete;
  TorchScope& operator=(const TorchScope&) = delete;

 private:
  const int threads_before_;
  std::fenv_t float_mode_before_{};
  void (*restore_blas_)(int) = nullptr;
  int blas_before_ = 0;
};

torch::nn::Sequential perceptron(int hidden, int outputs, Rng& rng) {
  constexpr auto kInputs = static_cast<std::int64_t>(kStateSize);
  torch::nn::Sequential network(torch::nn::Linear(kInputs, hidden), torch::nn::Tanh(),
                                torch::nn::Linear(hidden, hidden), torch::nn::Tanh(),
                                torch::nn::Linear(hidden, outputs));
  torch::NoGradGuard no_grad;
  for (const auto& module : network->children()) {
    auto* linear = module->as<torch::nn::Linear>();
    if (linear == nullptr) continue;
    const double bound = 1.0 / std::sqrt(static_cast<double>(linear->weight.size(1)));
    for (torch::Tensor parameter : {linear->weight, linear->bias}) {
      float* const values = parameter.data_ptr<float>();
      for (std::int64_t i = 0; i < parameter.numel(); ++i) {
        values[i] = static_cast<float>(bound * (2.0 * rng.uniform() - 1.0));
      }
    }
  }
  return network;
}

torch::optim::Adam adam(torch::nn::Sequential& network, double learning_rate) {
  return torch::optim::Adam(
      network->parameters(),
      torch::optim::AdamOptions(learning_rate).betas(std::make_tuple(0.9, 0.999)));
}

torch::Tensor tensor(const std::vector<State>& states) {
  const torch::Tensor result = torch::empty(
      {static_cast<std::int64_t>(states.size()), static_cast<std::int64_t>(kStateSize)});
  float* next = result.data_ptr<float>();
  for (const State& state : states) {
    for (const double feature : state) *next++ = static_cast<float>(feature);
  }
  return result;
}

torch::Tensor tensor(const std::vector<double>& values) {
  const torch::Tensor result = torch::empty({static_cast<std::int64_t>(values.size())});
  float* next = result.data_ptr<float>();
  for (const double value : values) *next++ = static_cast<float>(value);
  return result;
}

}  // namespace

class ActorCritic::Impl {
 public:
  Impl(const PpoOptions& options, Rng& rng)
      : options_(options),
        actor_(perceptron(options.hidden_size, kActions, rng)),
        critic_(perceptron(options.hidden_size, 1, rng)),
        actor_adam_(adam(actor_, options.policy_learning_rate)),
        critic_adam_(adam(critic_, options.value_learning_rate)) {}

  torch::Tensor log_probabilities(const torch::Tensor& states) {
    return torch::log_softmax(actor_->forward(states), 1);
  }

  torch::Tensor state_values(const torch::Tensor& states) {
    return critic_->forward(states).squeeze(1);
  }

  PolicyUpdate update_policy(const PpoBatch& batch) {
    const torch::Tensor states = tensor(batch.states);
    const torch::Tensor advantages = tensor(batch.advantages);
    const torch::Tensor actions =
        torch::tensor(std::vector<std::int64_t>(batch.actions.begin(), batch.actions.end()))
            .unsqueeze(1);
    torch::Tensor before;
    PolicyUpdate update;
    for (int i = 0; i < options_.policy_iterations; ++i) {
      const torch::Tensor log_policy = log_probabilities(states);
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
    torch::serialize::OutputArchive root;
    const auto add = [&](const char* key, const auto& part) {
      torch::serialize::OutputArchive archive(root.compilation_unit());
      part.save(archive);
      root.write(key, archive);
    };
    add("actor", *actor_);
    add("critic", *critic_);
    add("actor_adam", actor_adam_);
    add("critic_adam", critic_adam_);
    std::ostringstream bytes;
    root.save_to(bytes);
    return bytes.str();
  }

  void load(const std::string& bytes) {
    std::istringstream stream(bytes);
    torch::serialize::InputArchive root;
    root.load_from(stream);
    const auto get = [&](const char* key, auto& part) {
      torch::serialize::InputArchive archive;
      root.read(key, archive);
      part.load(archive);
    };
    get("actor", *actor_);
    get("critic", *critic_);
    get("actor_adam", actor_adam_);
    get("critic_adam", critic_adam_);
  }

 private:
  const PpoOptions options_;
  torch::nn::Sequential actor_, critic_;
  torch::optim::Adam actor_adam_, critic_adam_;
};

ActorCritic::ActorCritic(const PpoOptions& options, Rng& rng) {
  const TorchScope scope;
  impl_ = std::make_unique<Impl>(options, rng);
}

ActorCritic::~ActorCritic() = default;

std::vector<double> ActorCritic::probabilities(const State& state) const {
  const TorchScope scope;
  torch::NoGradGuard no_grad;
  const torch::Tensor log_policy = impl_->log_probabilities(tensor(std::vector<State>{state}));
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

double ActorCritic::entropy(const std::vector<State>& states) const {
  const TorchScope scope;
  torch::NoGradGuard no_grad;
  const torch::Tensor log_policy = impl_->log_probabilities(tensor(states));
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
  const std::string bytes = read_string(in);
  try {
    impl_->load(bytes);
  } catch (const c10::Error&) {
    throw InputError("the networks' parameters are unreadable");
  }
}

}  // namespace kirchhoff::agent
