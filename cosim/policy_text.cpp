#include "cosim/policy_text.h"

#include <fmt/format.h>

#include "base/error.h"

namespace kirchhoff::cosim {
namespace {

constexpr const char* kOfTheModel = "model";

}  // namespace

quant::Policy read_policy(const std::string& text, const quant::Model& model) {
  if (text != kOfTheModel) return quant::parse_policy(text, model.network);
  if (!model.clips) {
    throw InputError(fmt::format(
        "policy model: the weights of {} are not quantised: only a QONNX or QDQ file and "
        "what `kirchhoff finetune` writes have a policy of their own",
        model.network.name));
  }
  return quant::policy_from_text(model.clips->policy, model.network);
}

quant::Policy read_policy(const std::string& text, const quant::Network& network,
                          const WorkloadOptions& options) {
  if (text != kOfTheModel) return quant::parse_policy(text, network);
  return read_policy(text, load_trained_model(options).model);
}

}  // namespace kirchhoff::cosim
