#include "agent/plan_options.h"

#include <algorithm>
#include <type_traits>

#include <fmt/format.h>

#include "traces/error.h"

namespace kirchhoff::agent {

void PlanOptions::validate() const {
  visit_plan_options(
      *this, [](const char* key, const auto& value, const auto& limits, const char*) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
          if (std::find(limits.begin(), limits.end(), value) == limits.end()) {
            throw InputError(
                fmt::format("{} = {}: must be one of {}", key, value, fmt::join(limits, ", ")));
          }
        } else if (!(value >= limits.min && value <= limits.max)) {
          throw InputError(
              fmt::format("{} = {}: must be in [{}, {}]", key, value, limits.min, limits.max));
        }
      });
  if (population % 4 != 0) {
    throw InputError(fmt::format("nsga2.population = {}: must be a multiple of 4", population));
  }
}

bool plan_option_matters(std::string_view key, std::string_view method) {
  const std::string_view owner = key.substr(0, key.find('.'));
  return owner == "plan" ? method == "greedy" || method == "ilp" : owner == method;
}

}  // namespace kirchhoff::agent
