#include "traces/warning.h"

#include <cstdio>

#include "traces/printable.h"

namespace kirchhoff {

void warn(const std::string& message) {
  std::fprintf(stderr, "kirchhoff: warning: %s\n", printable(message).c_str());
}

}  // namespace kirchhoff
