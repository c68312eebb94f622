#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "quant/network/network.h"
#include "quant/network/policy.h"
#include "quant/network/weight_quantizer.h"

namespace kirchhoff::cli {

/// A policy of a network, and what its weights are rounded to.
struct ShownPolicy {
  std::string name;  ///< as the user named it
  const quant::Network& network;
  quant::Policy policy;
  quant::WeightQuantizer quantizer;
};

/// Bits and sizes of every layer with weights, and their sums.
std::string policy_table(const ShownPolicy& shown);
nlohmann::ordered_json policy_table_json(const ShownPolicy& shown);

/// Two policies of one network side by side, with what differs marked.
std::string policies_table(const ShownPolicy& a, const ShownPolicy& b);
nlohmann::ordered_json policies_table_json(const ShownPolicy& a, const ShownPolicy& b);

}  // namespace kirchhoff::cli
