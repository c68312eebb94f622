#include "cli/options/named_policy.h"

#include "cli/options/policy_option.h"
#include "cli/options/workload_options.h"
#include "cosim/policy_text.h"
#include "quant/data/dataset.h"

namespace kirchhoff::cli {

void NamedPolicy::declare(Options& options) {
  declare_network(options, network);
  declare_policy(options, policy);
  declare_weights_of_policy(options, weights);
  declare_weight_quantizer(options, quantizer);
}

quant::Policy NamedPolicy::stored(const quant::Network& found) const {
  return stored_policy(quantizer, read_named_policy(policy, found, network, weights));
}

void declare_weights_of_policy(Options& options, std::string& weights) {
  options.text("weights", weights, "FILE", "model file that the policy `model` is of");
  options.advanced("weights");
}

quant::Policy read_named_policy(const std::string& text, const quant::Network& network,
                                const std::string& name, const std::string& weights) {
  cosim::WorkloadOptions workload;
  workload.network = name;
  workload.dataset = quant::default_dataset(network);
  workload.weights = weights;
  return cosim::read_policy(text, network, workload);
}

}  // namespace kirchhoff::cli
