#pragma once

#include <string>
#include <string_view>

namespace kirchhoff::agent {

/// Settings of the methods that are written as plans.
struct PlanOptions {
  /// What the sensitivity list is made of: "divergence" or "accuracy".
  std::string sensitivity = "divergence";
  double band_width = 0.04;  ///< of cost below the threshold, for random-band
  int population = 20;       ///< of nsga2
  double crossover = 0.95;   ///< probability that two parents are mixed
  double mutation = 0.0;     ///< probability per slot; 0 = one slot per policy on average

  /// Throws InputError naming the key, the value and what is allowed.
  void validate() const;
};

/// Calls visit(key, field, min, max, meaning) for every numeric option: the one list behind flags,
/// the resolved configuration and the range checks.
template <typename Options, typename Visitor>
void visit_plan_options(Options& o, Visitor&& visit) {
  visit("random-band.width", o.band_width, 0.0001, 1.0,
        "costs from th less this up to th are drawn");
  visit("nsga2.population", o.population, 8, 10000, "policies of a generation, a multiple of 4");
  visit("nsga2.crossover", o.crossover, 0.0, 0.999, "probability that two parents are mixed");
  visit("nsga2.mutation", o.mutation, 0.0, 1.0,
        "probability that a slot is drawn anew; 0 = one slot per policy on average");
}

/// Whether a numeric option can change what a method does.
bool plan_option_matters(std::string_view key, std::string_view method);

}  // namespace kirchhoff::agent
