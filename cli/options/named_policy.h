#pragma once

#include <string>

#include "cli/options/options.h"
#include "quant/network/network.h"
#include "quant/network/weight_quantizer.h"

namespace kirchhoff::cli {

/// A network under a policy as commands name it that need no images: --network, --policy,
/// --weights and --weight-quantizer.
struct NamedPolicy {
  std::string network = "lenet5", policy = "W8A8";
  std::string weights;  ///< whose policy `model` is; empty: those of the network
  quant::WeightQuantizer quantizer = quant::WeightQuantizer::kLinear;

  void declare(Options& options);
  /// As the chip has it. After parsing; InputError when it is wrong or does not fit the network.
  quant::Policy stored(const quant::Network& found) const;
};

/// Declares --weights where only the policy `model` asks for them.
void declare_weights_of_policy(Options& options, std::string& weights);

/// The policy that `text` names for a network that is called `name`, with these weights.
quant::Policy read_named_policy(const std::string& text, const quant::Network& network,
                                const std::string& name, const std::string& weights);

}  // namespace kirchhoff::cli
