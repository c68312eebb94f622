#include "agent/diagnosis/accuracy_error.h"

#include <cmath>

namespace kirchhoff::agent {

double accuracy_error_points(double accuracy_pct, std::size_t images) {
  return std::sqrt(accuracy_pct * (100.0 - accuracy_pct) / static_cast<double>(images));
}

double difference_error_points(double one_pct, double other_pct, std::size_t images) {
  const double one = accuracy_error_points(one_pct, images);
  const double other = accuracy_error_points(other_pct, images);
  return std::sqrt(one * one + other * other);
}

}  // namespace kirchhoff::agent
