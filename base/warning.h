#pragma once

#include <string>

namespace kirchhoff {

/// Says on standard error, in a line that begins with "kirchhoff: warning: ", what a user should
/// know although the work goes on.
void warn(const std::string& message);

}  // namespace kirchhoff
