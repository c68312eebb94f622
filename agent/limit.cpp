#include "agent/limit.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/quote.h"

namespace kirchhoff::agent {

const std::vector<std::string>& limit_names() {
  static const std::vector<std::string> names = {kUsualLimit, "latency", "energy", "size"};
  return names;
}

Limit limit_of(const std::string& name) {
  const std::vector<std::string>& names = limit_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw InputError(
        fmt::format("limit = {}: must be one of {}", quote(name), fmt::join(names, ", ")));
  }
  return static_cast<Limit>(found - names.begin());
}

}  // namespace kirchhoff::agent
