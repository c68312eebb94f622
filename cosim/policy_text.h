#pragma once

#include <string>

#include "cosim/workload.h"
#include "quant/network/policy.h"

namespace kirchhoff::cosim {

/// Whether a text asks for the policy that the model was made for.
bool is_policy_of_model(const std::string& text);
/// That policy. InputError when the model has none.
quant::Policy policy_of(const quant::Model& model);

/// The policy that a user's text names: what quant::parse_policy() reads, or "model", the one that
/// the model's clips are for. InputError when it has none.
quant::Policy read_policy(const std::string& text, const quant::Model& model);

/// The same where no model is at hand: it is read when the text asks for it.
quant::Policy read_policy(const std::string& text, const quant::Network& network,
                          const WorkloadOptions& options);

}  // namespace kirchhoff::cosim
