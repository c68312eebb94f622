#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace kirchhoff::report {

/// Mean of some values and its standard error (of the sample; needs two values).
struct Mean {
  std::size_t count = 0;
  double value = 0.0;
  std::optional<double> error;
};
Mean mean_of(const std::vector<double>& values);

/// Standard errors to either side that hold a normal value with 95 %.
inline constexpr double kNormal95 = 1.96;
/// Half of the interval around the mean of a few values that holds the true mean with 95 %, by
/// Student's t. `mean` must be of two values at least.
double half_interval(const Mean& mean);

/// What a policy offers: more accuracy is better, less cost is.
struct Offer {
  double accuracy = 0.0, cost = 0.0;
};
/// For each offer, whether no other is at least as good in both and better in one.
std::vector<bool> pareto_front(const std::vector<Offer>& offers);
/// Share of the rectangle between `worst` and (`best_accuracy`, cost 0) that the offers dominate.
double hypervolume(std::vector<Offer> offers, const Offer& worst, double best_accuracy);

}  // namespace kirchhoff::report
