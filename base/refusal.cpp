#include "base/refusal.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/quote.h"

namespace kirchhoff {

void refuse_option(const std::string& name, const std::string& value, const std::string& rule) {
  throw InputError(fmt::format("--{} {}: {}", name, value.empty() ? "''" : quote(value), rule));
}

}  // namespace kirchhoff
