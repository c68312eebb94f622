#include "agent/plan_options.h"

#include <fmt/format.h>

#include "traces/error.h"

namespace kirchhoff::agent {

void PlanOptions::validate() const {
  visit_plan_options(*this, [](const char* key, auto value, auto min, auto max, const char*) {
    if (!(value >= min && value <= max)) {
      throw InputError(fmt::format("{} = {}: must be in [{}, {}]", key, value, min, max));
    }
  });
  if (population % 4 != 0) {
    throw InputError(fmt::format("nsga2.population = {}: must be a multiple of 4", population));
  }
  if (sensitivity != "divergence" && sensitivity != "accuracy") {
    throw InputError(
        fmt::format("plan.sensitivity = {}: must be one of divergence, accuracy", sensitivity));
  }
}

bool plan_option_matters(std::string_view key, std::string_view method) {
  return key.substr(0, key.find('.')) == method;
}

}  // namespace kirchhoff::agent
