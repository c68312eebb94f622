#pragma once

#include <optional>
#include <string>

#include <fmt/format.h>

#include "agent/option_group.h"
#include "agent/planning/sensitivity.h"
#include "base/error.h"

namespace kirchhoff::agent {

/// Of the methods that begin with what every slot loses alone.
struct SensitivityOptions final : OptionGroupOf<SensitivityOptions> {
  /// What they take for that: a measure of probes, "divergence" or "accuracy", or what gradients
  /// predict, see gradient_loss().
  std::string measure = "divergence";
  int gradient_images = 0;  ///< that gradients are taken on; 0: all that the search looks at

  std::string name() const override { return "plan"; }
  std::string section() const override { return "Other methods"; }
  void visit(OptionVisitor& visitor) override {
    visitor.choice("plan.sensitivity", measure, {"divergence", "accuracy", "gradient", "fisher"},
                   "what a slot is said to lose: the first two measured by probes, the others "
                   "predicted by gradients, without a probe");
    visitor.integer("plan.gradient_images", gradient_images, 0, 1000000,
                    "images that gradients are taken on; 0 = all that the search looks at");
  }

  /// What gradients are taken for; empty: probes are measured. InputError for a measure that `who`,
  /// which works in nats, does not know.
  std::optional<quant::GradientLoss> in_nats(const std::string& who) const {
    if (measure == "accuracy") {
      throw InputError(fmt::format(
          "plan.sensitivity = accuracy: must be divergence, gradient or fisher for {}", who));
    }
    return gradient_loss(measure);
  }
};

}  // namespace kirchhoff::agent
