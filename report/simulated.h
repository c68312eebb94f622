#pragma once

#include <map>
#include <string>
#include <vector>

#include "quant/network/network.h"
#include "report/study.h"

namespace kirchhoff::report {

/// Costs of one layer.
struct SimulatedLayer {
  std::string name;
  int weight_bits = 0, activation_bits = 0;
  double latency_ns = 0.0, energy_pj = 0.0, power_mw = 0.0;
};

/// What `kirchhoff simulate --timing-only` says about a policy.
struct SimulatedPolicy {
  double energy_pj = 0.0;
  IndexedVector<quant::LayerId, SimulatedLayer> layers;
  std::string error;  ///< why there is nothing; empty when there is
};

/// A policy on a chip.
struct SimulationRequest {
  std::string network;                ///< as --network takes it
  std::string policy;                 ///< as --policy takes it
  std::vector<std::string> hardware;  ///< words for the command line
};
/// The words for a study's own chip.
std::vector<std::string> hardware_words(const Study& study);

/// How its weights get there, where that must be said.
std::vector<std::string> quantizer_words(const Study& study);

/// Simulates each in a process of its own, several at a time. RunError when a stop was asked for.
std::vector<SimulatedPolicy> simulate_policies(const std::vector<SimulationRequest>& requests);

}  // namespace kirchhoff::report
