#pragma once

#include <optional>
#include <vector>

namespace kirchhoff::agent {

/// Spearman's: the correlation of the ranks of two equally long lists, equal values sharing the
/// mean of their ranks. In [-1, 1]; empty where one list is constant or has fewer than two values.
std::optional<double> rank_correlation(const std::vector<double>& one,
                                       const std::vector<double>& other);

}  // namespace kirchhoff::agent
