#include "cli/options/policy_option.h"

namespace kirchhoff::cli {

void declare_policy(Options& options, std::string& policy) {
  options.text(
      "policy", policy, "POLICY",
      "W6A4, a list 8/8,6/4,… (weight/activation per layer), a JSON, CSV or HAQ file, or `model`: "
      "what a quantised model was made for");
}

}  // namespace kirchhoff::cli
