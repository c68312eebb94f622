#include "cosim/policy_text.h"

#include <fmt/format.h>

#include "base/error.h"

namespace kirchhoff::cosim {

bool is_policy_of_model(const std::string& text) { return text == "model"; }

quant::Policy policy_of(const quant::Model& model) {
  if (!model.clips) {
    throw InputError(fmt::format(
        "policy model: the weights of {} are not quantised: only a QONNX or QDQ file and "
        "what `kirchhoff finetune` writes have a policy of their own",
        model.network.name));
  }
  return quant::policy_from_text(model.clips->policy, model.network);
}

quant::Policy read_policy(const std::string& text, const quant::Model& model) {
  return is_policy_of_model(text) ? policy_of(model) : quant::parse_policy(text, model.network);
}

quant::Policy read_policy(const std::string& text, const quant::Network& network,
                          const WorkloadOptions& options) {
  if (!is_policy_of_model(text)) return quant::parse_policy(text, network);
  return policy_of(load_trained_model(options).model);
}

}  // namespace kirchhoff::cosim
