#include "agent/ppo_options.h"

#include <fmt/format.h>

#include "traces/error.h"

namespace kirchhoff::agent {

PpoOptions PpoOptions::tuned() {
  PpoOptions options;
  options.discount = 1.0;
  options.target_kl = 0.03;
  options.policy_iterations = 20;
  options.value_iterations = 40;
  options.orthogonal = 1;
  options.project = 1;
  return options;
}

void PpoOptions::validate() const {
  visit_ppo_options(*this, [](const char* key, auto value, auto min, auto max, const char*) {
    if (!(value >= min && value <= max)) {
      throw InputError(fmt::format("{} = {}: must be in [{}, {}]", key, value, min, max));
    }
  });
}

}  // namespace kirchhoff::agent
