#include "agent/ppo_options.h"

#include <fmt/format.h>

#include "traces/error.h"

namespace kirchhoff::agent {

void PpoOptions::validate() const {
  visit_ppo_options(*this, [](const char* key, auto value, auto min, auto max, const char*) {
    if (!(value >= min && value <= max)) {
      throw InputError(fmt::format("{} = {}: must be in [{}, {}]", key, value, min, max));
    }
  });
}

}  // namespace kirchhoff::agent
