#include "agent/methods/ddpg/ddpg_networks.h"

#include "agent/learning/adam.h"
#include "agent/learning/perceptron.h"
#include "base/float_mode.h"
#include "base/portable_math.h"

namespace kirchhoff::agent {
namespace {

Perceptron actor_network(int inputs, int hidden, Rng& rng) {
  Perceptron network({inputs, hidden, hidden, 1}, Activation::kRelu);
  for (std::size_t l = 0; l < network.layers(); ++l) network.initialise_uniform(l, rng);
  return network;
}

/// HAQ's critic adds two dense layers, of the state and of the action, each with biases: one layer
/// of state, action, and a constant 1, whose weights are the second biases.
Perceptron critic_network(int inputs, int hidden, Rng& rng) {
  const auto state = static_cast<std::size_t>(inputs);
  Perceptron network({inputs + 2, hidden, hidden, 1}, Activation::kRelu);
  network.initialise_uniform(0, 0, state, true, rng);
  network.initialise_uniform(0, state, 1, false, rng);
  network.initialise_uniform(0, state + 1, 1, false, rng);
  for (std::size_t l = 1; l < network.layers(); ++l) network.initialise_uniform(l, rng);
  return network;
}

Rows critic_inputs(const Rows& states, const std::vector<double>& actions) {
  const Eigen::Index inputs = states.cols();
  Rows result(states.rows(), inputs + 2);
  result.leftCols(inputs) = states;
  for (std::size_t r = 0; r < actions.size(); ++r) {
    const auto row = static_cast<Eigen::Index>(r);
    result(row, inputs) = static_cast<float>(actions[r]);
    result(row, inputs + 1) = 1.0f;
  }
  return result;
}

double sigmoid(double x) { return 1.0 / (1.0 + base::portable_exp(-x)); }

std::vector<double> actions_of(Perceptron& actor, const Rows& states) {
  const Rows& outputs = actor.forward(states);
  std::vector<double> actions;
  for (Eigen::Index r = 0; r < outputs.rows(); ++r) actions.push_back(sigmoid(outputs(r, 0)));
  return actions;
}

void follow(Perceptron& target, const Perceptron& source, double rate) {
  const auto keep = static_cast<float>(1.0 - rate), take = static_cast<float>(rate);
  for (std::size_t p = 0; p < target.parameters().size(); ++p) {
    float& value = target.parameters()[p];
    value = keep * value + take * source.parameters()[p];
  }
}

}  // namespace

class DdpgNetworks::Impl {
 public:
  Impl(const DdpgOptions& options, Rng& rng)
      : options_(options),
        actor_(actor_network(static_cast<int>(options.state_size()), options.hidden_size, rng)),
        critic_(critic_network(static_cast<int>(options.state_size()), options.hidden_size, rng)),
        actor_target_(actor_),
        critic_target_(critic_),
        actor_adam_(actor_.parameters().size(), options.actor_learning_rate),
        critic_adam_(critic_.parameters().size(), options.critic_learning_rate) {}

  double action(const State& state) { return actions_of(actor_, rows_of({state})).front(); }

  double value(const State& state, double action) {
    return critic_.forward(critic_inputs(rows_of({state}), {action}))(0, 0);
  }

  DdpgUpdate update(const std::vector<const Transition*>& batch, double baseline) {
    std::vector<State> states, nexts;
    std::vector<double> actions;
    for (const Transition* step : batch) {
      states.push_back(step->state);
      nexts.push_back(step->last ? step->state : step->next);
      actions.push_back(step->action);
    }
    const Rows state = rows_of(states), next = rows_of(nexts);
    const Rows& ahead =
        critic_target_.forward(critic_inputs(next, actions_of(actor_target_, next)));
    const auto count = static_cast<double>(batch.size());
    DdpgUpdate update;

    Rows gradients = critic_.forward(critic_inputs(state, actions));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const double later = batch[i]->last ? 0.0 : options_.discount * ahead.data()[i];
      const double error = gradients.data()[i] - (batch[i]->reward - baseline + later);
      update.critic_loss += error * error / count;
      gradients.data()[i] = static_cast<float>(2.0 * error / count);
    }
    critic_.backward(std::move(gradients));
    critic_adam_.step(critic_.parameters(), critic_.gradients());

    const std::vector<double> own = actions_of(actor_, state);
    const Rows& values = critic_.forward(critic_inputs(state, own));
    for (Eigen::Index i = 0; i < values.rows(); ++i) update.mean_value += values(i, 0) / count;
    // Of minus the mean value: through the critic to its action, through the sigmoid to the actor.
    Rows inputs;
    critic_.backward(Rows::Constant(values.rows(), 1, static_cast<float>(-1.0 / count)), &inputs);
    Rows heads(values.rows(), 1);
    for (std::size_t i = 0; i < own.size(); ++i) {
      const auto row = static_cast<Eigen::Index>(i);
      heads(row, 0) = static_cast<float>(inputs(row, state.cols()) * own[i] * (1.0 - own[i]));
    }
    actor_.backward(std::move(heads));
    actor_adam_.step(actor_.parameters(), actor_.gradients());

    follow(actor_target_, actor_, options_.target_rate);
    follow(critic_target_, critic_, options_.target_rate);
    return update;
  }

  void save(std::ostream& out) const {
    for (const Perceptron* network : {&actor_, &critic_, &actor_target_, &critic_target_}) {
      save_floats(out, network->parameters());
    }
    actor_adam_.save(out);
    critic_adam_.save(out);
  }

  void load(std::istream& in) {
    for (Perceptron* network : {&actor_, &critic_, &actor_target_, &critic_target_}) {
      load_floats(in, network->parameters());
    }
    actor_adam_.load(in);
    critic_adam_.load(in);
  }

 private:
  const DdpgOptions options_;
  Perceptron actor_, critic_, actor_target_, critic_target_;
  Adam actor_adam_, critic_adam_;
};

DdpgNetworks::DdpgNetworks(const DdpgOptions& options, Rng& rng)
    : impl_(std::make_unique<Impl>(options, rng)) {}

DdpgNetworks::~DdpgNetworks() = default;

double DdpgNetworks::action(const State& state) const {
  const base::FlushDenormals mode;
  return impl_->action(state);
}

double DdpgNetworks::value(const State& state, double action) const {
  const base::FlushDenormals mode;
  return impl_->value(state, action);
}

DdpgUpdate DdpgNetworks::update(const std::vector<const Transition*>& batch, double baseline) {
  const base::FlushDenormals mode;
  return impl_->update(batch, baseline);
}

void DdpgNetworks::save(std::ostream& out) const { impl_->save(out); }
void DdpgNetworks::load(std::istream& in) { impl_->load(in); }

}  // namespace kirchhoff::agent
