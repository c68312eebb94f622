#pragma once

#include <string>

#include "agent/option_group.h"

namespace kirchhoff::agent {

/// Of the methods that probe every slot first.
struct SensitivityOptions final : OptionGroupOf<SensitivityOptions> {
  std::string measure = "divergence";  ///< what the list is made of; or "accuracy"

  std::string name() const override { return "plan"; }
  std::string section() const override { return "Other methods"; }
  void visit(OptionVisitor& visitor) override {
    visitor.choice("plan.sensitivity", measure, {"divergence", "accuracy"},
                   "what a slot is said to lose, of methods that probe them all");
  }
};

}  // namespace kirchhoff::agent
