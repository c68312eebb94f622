#pragma once

#include <cstddef>

namespace kirchhoff::agent {

/// Standard error, in points, of an accuracy that was counted on so many images drawn by chance.
double accuracy_error_points(double accuracy_pct, std::size_t images);

/// The most that the standard error of the difference of two such accuracies on the same images can
/// be, unless the two networks err on different images more often than chance would have it.
double difference_error_points(double one_pct, double other_pct, std::size_t images);

}  // namespace kirchhoff::agent
