#include "report/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace kirchhoff::report {

Mean mean_of(const std::vector<double>& values) {
  Mean mean;
  mean.count = values.size();
  if (values.empty()) return mean;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) mean.value += value / n;
  if (values.size() < 2) return mean;
  double squares = 0.0;
  for (const double value : values) squares += (value - mean.value) * (value - mean.value);
  mean.error = std::sqrt(squares / (n - 1.0) / n);
  return mean;
}

double half_interval(const Mean& mean) {
  // The 97.5 % quantiles of Student's t for 1, 2, … degrees of freedom.
  constexpr std::array<double, 14> kQuantiles = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
                                                 2.306,  2.262, 2.228, 2.201, 2.179, 2.160, 2.145};
  const std::size_t degrees = mean.count - 1;
  // Beyond them by the first terms of its expansion, good to 0.1 %.
  const double quantile = degrees <= kQuantiles.size()
                              ? kQuantiles[degrees - 1]
                              : kNormal95 + 2.37 / static_cast<double>(degrees) +
                                    2.82 / static_cast<double>(degrees * degrees);
  return quantile * mean.error.value_or(0.0);
}

std::vector<bool> pareto_front(const std::vector<Offer>& offers) {
  std::vector<std::size_t> order(offers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(offers[a].cost, -offers[a].accuracy) <
           std::pair(offers[b].cost, -offers[b].accuracy);
  });
  // From the cheapest on, the most accurate of equal cost first: an offer is on the front if it is
  // more accurate than all before it, or equal to the last one that was.
  std::vector<bool> on_front(offers.size(), false);
  const Offer* last = nullptr;
  for (const std::size_t i : order) {
    const Offer& offer = offers[i];
    const bool same =
        last != nullptr && offer.cost == last->cost && offer.accuracy == last->accuracy;
    if (last != nullptr && !same && offer.accuracy <= last->accuracy) continue;
    on_front[i] = true;
    last = &offer;
  }
  return on_front;
}

double hypervolume(std::vector<Offer> offers, const Offer& worst, double best_accuracy) {
  std::sort(offers.begin(), offers.end(),
            [](const Offer& a, const Offer& b) { return a.cost < b.cost; });
  // From the cheapest on: each offer adds a bar up to the worst cost, where it is more accurate
  // than all cheaper ones.
  double area = 0.0, level = worst.accuracy;
  for (const Offer& offer : offers) {
    const double accuracy = std::min(offer.accuracy, best_accuracy);
    if (accuracy <= level || offer.cost >= worst.cost) continue;
    area += (accuracy - level) * (worst.cost - offer.cost);
    level = accuracy;
  }
  return area / ((best_accuracy - worst.accuracy) * worst.cost);
}

}  // namespace kirchhoff::report
