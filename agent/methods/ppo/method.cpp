#include <functional>
#include <utility>

#include "agent/cost_limit.h"
#include "agent/methods/ppo/options.h"
#include "agent/methods/ppo/ppo.h"
#include "agent/planning/sensitivity.h"
#include "agent/planning/sensitivity_options.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> ppo_methods() {
  SearchMethodType paper;
  paper.name = "ppo";
  paper.summary = "the paper's agent: PPO with its settings";
  paper.place = 10;
  paper.published = PublishedAgent::kPpo;
  paper.options = {std::make_shared<PpoOptions>(), std::make_shared<SensitivityOptions>()};
  paper.make = [](const MethodSetup& setup) {
    const auto& options = setup.options.of<PpoOptions>();
    const auto& sensitivity = setup.options.of<SensitivityOptions>();
    std::function<Sensitivities()> predicted;
    if (options.prior == 1) {
      if (const auto loss = sensitivity.in_nats("ppo.prior = 1")) {
        predicted = [&environment = setup.environment, loss] {
          return gradient_sensitivities(environment, *loss);
        };
      }
    }
    return std::make_unique<Ppo>(setup.environment.space(), options, setup.seed,
                                 cost_limit(setup.environment), std::move(predicted));
  };
  SearchMethodType tuned = paper;
  tuned.name = "ppo-tuned";
  tuned.summary = "PPO with settings for short episodes; policies are lowered to th";
  tuned.place = 20;
  tuned.published = PublishedAgent::kNone;
  tuned.preset = kTunedPpo;
  SearchMethodType masked = tuned;
  masked.name = "ppo-masked";
  masked.summary = "the paper's agent that may not exceed th, and begins where a few probes point";
  masked.place = 15;
  masked.preset = kMaskedPpo;
  masked.recommended = 2;
  masked.supposes = Supposes::kSummedLossesAndCosts;
  return {paper, masked, tuned};
}

}  // namespace kirchhoff::agent
