#include "base/warning.h"

#include <cstdio>

#include "base/printable.h"

namespace kirchhoff {

void warn(const std::string& message) {
  std::fprintf(stderr, "kirchhoff: warning: %s\n", printable(message).c_str());
}

}  // namespace kirchhoff
