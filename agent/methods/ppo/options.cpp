#include "agent/methods/ppo/options.h"

#include <cstddef>
#include <utility>
#include <vector>

namespace kirchhoff::agent {
namespace {

/// The numbers of one options struct, in the order in which it describes them.
struct Fields final : OptionVisitor {
  explicit Fields(PpoOptions& options) { options.visit(*this); }
  void integer(const char* key, int& field, int, int, const char*) override {
    integers.emplace_back(key, &field);
  }
  void number(const char* key, double& field, double, double, const char*) override {
    numbers.emplace_back(key, &field);
  }
  void choice(const char*, std::string&, const std::vector<std::string>&, const char*) override {}

  std::vector<std::pair<const char*, int*>> integers;
  std::vector<std::pair<const char*, double*>> numbers;
};

}  // namespace

PpoOptions PpoOptions::of_preset(const std::string& name) {
  PpoOptions options;
  if (name == kTunedPpo) {
    options.discount = 1.0;
    options.target_kl = 0.03;
    options.policy_iterations = 20;
    options.value_iterations = 40;
    options.orthogonal = 1;
    options.project = 1;
  } else if (name == kMaskedPpo) {
    options.mask = 1;
    options.prior = 1;
  }
  return options;
}

void PpoOptions::visit(OptionVisitor& visitor) {
  visitor.preset("ppo.preset", preset, {kPaperPpo, kTunedPpo, kMaskedPpo},
                 "values of the keys below that are not given: the paper's; what suits short "
                 "episodes better, with policies lowered to th; the paper's with mask and prior");
  visitor.integer("ppo.episodes_per_update", episodes_per_update, 1, 10000,
                  "whole episodes collected for one update");
  visitor.number("ppo.discount", discount, 0.0, 1.0, "gamma of the returns and advantages");
  visitor.number("ppo.gae_lambda", gae_lambda, 0.0, 1.0, "lambda of the advantage estimation");
  visitor.number("ppo.clip_ratio", clip_ratio, 0.001, 10.0,
                 "epsilon: how far the probability ratio may leave 1 with a gain");
  visitor.number("ppo.target_kl", target_kl, 0.0, 1000.0,
                 "mean KL divergence that an update aims to stay below");
  visitor.number("ppo.kl_stop_factor", kl_stop_factor, 0.0, 1000.0,
                 "policy iterations stop when the KL divergence exceeds this times the target");
  visitor.integer("ppo.policy_iterations", policy_iterations, 0, 10000,
                  "full-batch gradient steps of the actor per update, at most");
  visitor.integer("ppo.value_iterations", value_iterations, 0, 10000,
                  "full-batch gradient steps of the critic per update");
  visitor.number("ppo.policy_learning_rate", policy_learning_rate, 0.0, 1.0,
                 "learning rate of the actor's Adam");
  visitor.number("ppo.value_learning_rate", value_learning_rate, 0.0, 1.0,
                 "learning rate of the critic's Adam");
  visitor.integer("ppo.hidden_size", hidden_size, 1, 1024,
                  "width of each of the two hidden layers of actor and critic");
  visitor.number("ppo.entropy_bonus", entropy_bonus, 0.0, 100.0,
                 "weight of the policy's entropy in the actor's objective");
  visitor.integer(
      "ppo.orthogonal", orthogonal, 0, 1,
      "1: orthogonal initial weights and a small actor head; 0: uniform in +-1/sqrt(inputs)");
  visitor.integer(
      "ppo.project", project, 0, 1,
      "1: policies beyond th lose bits (the joint wall) until they are within it; 0: they get -1");
  visitor.integer(
      "ppo.mask", mask, 0, 1,
      "1: no step may take an action after which even the cheapest rest would exceed th");
  visitor.integer(
      "ppo.budget_state", budget_state, 0, 1,
      "1: states also tell the cost so far (with the cheapest rest) and the mean bits so far");
  visitor.integer("ppo.prior", prior, 0, 1,
                  "1: every slot is probed alone first, and choices are weighed by the "
                  "least divergence that is predicted within th");
  visitor.number("ppo.prior_temperature", prior_temperature, 0.001, 1000.0,
                 "by how much of the least predicted divergence a choice may lose more");
}

void PpoOptions::settle(const std::string& preset_of_method,
                        const std::function<bool(const std::string& key)>& given) {
  const std::string& name = preset == kPaperPpo ? preset_of_method : preset;
  if (name.empty() || name == kPaperPpo) return;
  PpoOptions preset_options = of_preset(name);
  const Fields from(preset_options), to(*this);
  const auto fill = [&](const auto& fields, const auto& values) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto& [key, field] = fields[i];
      if (!given(key)) *field = *values[i].second;
    }
  };
  fill(to.integers, from.integers);
  fill(to.numbers, from.numbers);
}

}  // namespace kirchhoff::agent
