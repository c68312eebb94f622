#pragma once

#include <functional>
#include <string>

#include "agent/option_group.h"

namespace kirchhoff::agent {

/// Names of presets of PpoOptions: what the paper states; what suits episodes of a dozen steps with
/// one reward at their end and policies that are lowered to the threshold before they are
/// evaluated; the paper's with choices that are masked and weighed by what a few probes say.
constexpr const char* kPaperPpo = "paper";
constexpr const char* kTunedPpo = "tuned";
constexpr const char* kMaskedPpo = "masked";

/// PPO-Clip. The defaults are the "paper" preset: what the paper states (clip ratio, learning
/// rates, hidden size) and the defaults of the implementation that it builds on for what it leaves
/// open.
struct PpoOptions final : OptionGroupOf<PpoOptions> {
  int episodes_per_update = 10;
  double discount = 0.99;
  double gae_lambda = 0.97;
  double clip_ratio = 0.2;
  double target_kl = 0.01;
  double kl_stop_factor = 1.5;
  int policy_iterations = 80;
  int value_iterations = 80;
  double policy_learning_rate = 3e-4;
  double value_learning_rate = 1e-3;
  int hidden_size = 256;
  double entropy_bonus = 0.0;
  int orthogonal = 0;
  int project = 0;
  int mask = 0;
  int budget_state = 0;
  int prior = 0;
  double prior_temperature = 0.2;
  std::string preset = kPaperPpo;  ///< of what is not given

  /// One of the presets.
  static PpoOptions of_preset(const std::string& name);

  std::string name() const override { return "ppo"; }
  std::string section() const override { return "PPO"; }
  void visit(OptionVisitor& visitor) override;
  void settle(const std::string& preset_of_method,
              const std::function<bool(const std::string& key)>& given) override;
};

}  // namespace kirchhoff::agent
