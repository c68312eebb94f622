#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agent/planning/planned_search.h"
#include "agent/planning/sensitivity.h"

namespace kirchhoff::agent {

/// Bit reduction along a sensitivity list, as in post-training tools: every slot is probed alone
/// (or gradients tell what it loses), then bits are taken away from W8A8 where the list loses least
/// per cost that is really saved, until the cost is within the threshold. What is measured then is
/// few: the policy that this ends at, and those that another last reduction would have led to; each
/// also with the bits that the threshold has room for. Where no such reduction saves anything
/// (costs need not fall with every bit) both widths of a layer change at once, to whatever saves,
/// and where that does not either, the joint wall goes on.
class Greedy final : public PlannedSearch {
 public:
  /// `episodes`: the budget; it decides how many widths are probed, if any. InputError when too
  /// small.
  Greedy(Environment& environment, const std::string& sensitivity, int episodes);

 private:
  struct Reduction {
    Actions actions;
    double cost = 0.0;
    double lost = 0.0, saved = 0.0;
  };

  void plan(Trial& trial) override;
  /// Of every slot the shortest reduction that saves any cost: best first, empty when nothing
  /// does.
  std::vector<Reduction> reductions(const CostLimit& limit, const Sensitivities& sensitivities,
                                    const Actions& from) const;
  /// Of every layer all pairs of widths that save cost, best first.
  std::vector<Reduction> changes_of_a_layer(const CostLimit& limit,
                                            const Sensitivities& sensitivities,
                                            const Actions& from) const;
  /// Least loss per cost saved first.
  static void sort(std::vector<Reduction>& reductions);
  /// Adds bits where the list gains most, as long as the threshold allows.
  Actions filled(const CostLimit& limit, const Sensitivities& sensitivities, Actions actions) const;

  const std::string sensitivity_;
  const std::optional<quant::GradientLoss> gradient_;
  const std::vector<int> probed_;
};

}  // namespace kirchhoff::agent
