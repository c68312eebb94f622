// Descriptions of networks and policies.
#include "quant/network/networks.h"
#include "quant/network/policy.h"
#include "quant/network/policy_formats.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kirchhoff;
  static const quant::Network lenet5 = quant::lenet5();
  const std::string text = fuzz::text_of(data, size);

  quant::Network network;
  if (fuzz::accepts([&] { network = quant::parse_network(text, "input"); })) {
    fuzz::demand(fuzz::accepts([&] { network.validate(); }), "a network that was read is valid");
    const quant::Policy policy = quant::Policy::uniform(network, 6, 4);
    for (const std::string& written :
         {quant::policy_json(policy, network), quant::policy_csv(policy, network),
          quant::policy_haq(policy, network)}) {
      fuzz::demand(quant::parse_policy_file(written, "own", network) == policy,
                   "the policy of a network is read as it was written");
    }
  }
  quant::Policy policy;
  if (fuzz::accepts([&] { policy = quant::parse_policy_file(text, "input", lenet5); })) {
    fuzz::demand(quant::policy_from_text(policy.to_string(), lenet5) == policy,
                 "a policy in one line is the policy");
  }
  if (fuzz::accepts([&] { policy = quant::policy_from_text(text, lenet5); })) {
    fuzz::demand(policy.layers.size() == lenet5.layers.size(), "a policy has every layer");
  }
  return 0;
}
