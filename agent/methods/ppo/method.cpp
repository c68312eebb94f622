#include "agent/cost_limit.h"
#include "agent/methods/ppo/options.h"
#include "agent/methods/ppo/ppo.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> ppo_methods() {
  SearchMethodType paper;
  paper.name = "ppo";
  paper.summary = "the paper's agent: PPO with its settings";
  paper.place = 10;
  paper.published = PublishedAgent::kPpo;
  paper.options = {std::make_shared<PpoOptions>()};
  paper.make = [](const MethodSetup& setup) {
    return std::make_unique<Ppo>(setup.environment.space(), setup.options.of<PpoOptions>(),
                                 setup.seed, cost_limit(setup.environment));
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
