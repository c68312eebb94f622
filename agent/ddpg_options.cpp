#include "agent/ddpg_options.h"

#include <fmt/format.h>

#include "traces/error.h"

namespace kirchhoff::agent {

void DdpgOptions::validate() const {
  visit_ddpg_options(*this, [](const char* key, auto value, auto min, auto max, const char*) {
    if (!(value >= min && value <= max)) {
      throw InputError(fmt::format("{} = {}: must be in [{}, {}]", key, value, min, max));
    }
  });
  if (wall != "joint" && wall != "haq") {
    throw InputError(fmt::format("ddpg.wall = {}: must be one of joint, haq", wall));
  }
}

}  // namespace kirchhoff::agent
