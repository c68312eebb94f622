#pragma once

#include "quant/network/policy.h"

namespace kirchhoff::agent {

/// Costs of a policy as ratios to W8A8 on the same hardware.
struct Cost {
  double latency = 1.0;
  double energy = 1.0;
  double power = 1.0;
  double cost = 1.0;  ///< alpha*latency + beta*energy + gamma*power, alpha + beta + gamma = 1
};

/// What a policy costs on the chip. A pure function of the policy.
class CostModel {
 public:
  virtual ~CostModel() = default;
  virtual Cost cost(const quant::Policy& policy) = 0;
};

/// How accurate the network is under a policy, in percent of the search split. A pure function of
/// the policy.
class AccuracyModel {
 public:
  virtual ~AccuracyModel() = default;
  virtual double accuracy_pct(const quant::Policy& policy) = 0;
};

}  // namespace kirchhoff::agent
