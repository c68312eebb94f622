#include "agent/ddpg_networks.h"

#include <string>

#include "agent/binary_stream.h"
#include "agent/perceptron.h"
#include "agent/torch_scope.h"

namespace kirchhoff::agent {
namespace {

torch::nn::Linear linear(std::int64_t inputs, std::int64_t outputs, Rng& rng) {
  torch::nn::Linear layer(inputs, outputs);
  initialise_uniform(layer, rng);
  return layer;
}

constexpr auto kInputs = static_cast<std::int64_t>(kStateSize);

struct ActorModule : torch::nn::Module {
  ActorModule(int hidden, Rng& rng)
      : first(register_module("first", linear(kInputs, hidden, rng))),
        second(register_module("second", linear(hidden, hidden, rng))),
        head(register_module("head", linear(hidden, 1, rng))) {}
  torch::Tensor forward(const torch::Tensor& states) {
    const auto map = torch::relu(second(torch::relu(first(states))));
    return torch::sigmoid(head(map)).squeeze(1);
  }
  torch::nn::Linear first, second, head;
};

struct CriticModule : torch::nn::Module {
  CriticModule(int hidden, Rng& rng)
      : of_state(register_module("of_state", linear(kInputs, hidden, rng))),
        of_action(register_module("of_action", linear(1, hidden, rng))),
        second(register_module("second", linear(hidden, hidden, rng))),
        head(register_module("head", linear(hidden, 1, rng))) {}
  torch::Tensor forward(const torch::Tensor& states, const torch::Tensor& actions) {
    const auto first = torch::relu(of_state(states) + of_action(actions.unsqueeze(1)));
    return head(torch::relu(second(first))).squeeze(1);
  }
  torch::nn::Linear of_state, of_action, second, head;
};

void follow(const torch::nn::Module& target, const torch::nn::Module& source, double rate) {
  const torch::NoGradGuard no_grad;
  const auto from = source.parameters();
  auto to = target.parameters();
  for (std::size_t p = 0; p < to.size(); ++p) to[p].mul_(1.0 - rate).add_(from[p], rate);
}

}  // namespace

class DdpgNetworks::Impl {
 public:
  Impl(const DdpgOptions& options, Rng& rng)
      : options_(options),
        actor_(options.hidden_size, rng),
        critic_(options.hidden_size, rng),
        actor_target_(options.hidden_size, rng),
        critic_target_(options.hidden_size, rng),
        actor_adam_(adam(actor_.parameters(), options.actor_learning_rate)),
        critic_adam_(adam(critic_.parameters(), options.critic_learning_rate)) {
    follow(actor_target_, actor_, 1.0);
    follow(critic_target_, critic_, 1.0);
  }

  double action(const State& state) {
    const torch::NoGradGuard no_grad;
    return actor_.forward(tensor(std::vector<State>{state})).item<double>();
  }

  double value(const State& state, double action) {
    const torch::NoGradGuard no_grad;
    return critic_.forward(tensor(std::vector<State>{state}), tensor(std::vector<double>{action}))
        .item<double>();
  }

  DdpgUpdate update(const std::vector<const Transition*>& batch, double baseline) {
    std::vector<State> states, nexts;
    std::vector<double> actions, rewards, goes_on;
    for (const Transition* step : batch) {
      states.push_back(step->state);
      nexts.push_back(step->last ? step->state : step->next);
      actions.push_back(step->action);
      rewards.push_back(step->reward - baseline);
      goes_on.push_back(step->last ? 0.0 : options_.discount);
    }
    const torch::Tensor state = tensor(states);
    torch::Tensor target;
    {
      const torch::NoGradGuard no_grad;
      const torch::Tensor next = tensor(nexts);
      target = tensor(rewards) +
               tensor(goes_on) * critic_target_.forward(next, actor_target_.forward(next));
    }
    DdpgUpdate update;
    const torch::Tensor loss = (critic_.forward(state, tensor(actions)) - target).square().mean();
    critic_adam_.zero_grad();
    loss.backward();
    critic_adam_.step();
    update.critic_loss = loss.item<double>();

    const torch::Tensor value = critic_.forward(state, actor_.forward(state)).mean();
    actor_adam_.zero_grad();
    (-value).backward();
    actor_adam_.step();
    update.mean_value = value.item<double>();

    follow(actor_target_, actor_, options_.target_rate);
    follow(critic_target_, critic_, options_.target_rate);
    return update;
  }

  std::string save() const {
    TorchArchive archive;
    archive.add("actor", actor_);
    archive.add("critic", critic_);
    archive.add("actor_target", actor_target_);
    archive.add("critic_target", critic_target_);
    archive.add("actor_adam", actor_adam_);
    archive.add("critic_adam", critic_adam_);
    return archive.bytes();
  }

  void load(const std::string& bytes) {
    TorchArchiveReader archive(bytes);
    archive.get("actor", actor_);
    archive.get("critic", critic_);
    archive.get("actor_target", actor_target_);
    archive.get("critic_target", critic_target_);
    archive.get("actor_adam", actor_adam_);
    archive.get("critic_adam", critic_adam_);
  }

 private:
  const DdpgOptions options_;
  ActorModule actor_;
  CriticModule critic_;
  ActorModule actor_target_;
  CriticModule critic_target_;
  torch::optim::Adam actor_adam_, critic_adam_;
};

DdpgNetworks::DdpgNetworks(const DdpgOptions& options, Rng& rng) {
  const TorchScope scope;
  impl_ = std::make_unique<Impl>(options, rng);
}

DdpgNetworks::~DdpgNetworks() = default;

double DdpgNetworks::action(const State& state) const {
  const TorchScope scope;
  return impl_->action(state);
}

double DdpgNetworks::value(const State& state, double action) const {
  const TorchScope scope;
  return impl_->value(state, action);
}

DdpgUpdate DdpgNetworks::update(const std::vector<const Transition*>& batch, double baseline) {
  const TorchScope scope;
  return impl_->update(batch, baseline);
}

void DdpgNetworks::save(std::ostream& out) const { write_string(out, impl_->save()); }

void DdpgNetworks::load(std::istream& in) {
  const TorchScope scope;
  load_networks(in, *impl_);
}

}  // namespace kirchhoff::agent
