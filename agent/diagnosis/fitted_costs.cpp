#include "agent/diagnosis/fitted_costs.h"

#include <algorithm>
#include <cmath>

#include "agent/planning/width_choices.h"

namespace kirchhoff::agent {
namespace {

/// Makes the equations solvable where pairs of widths only ever come together. Far below the number
/// of policies that an entry is fitted to, far above what rounding leaves.
constexpr double kRidge = 1e-6;
constexpr double kMostLeverage = 0.5;

/// The inverse of a positive definite matrix of `n` columns: Cholesky's factors, then a solution
/// for every unit vector. Sums have a fixed order.
std::vector<double> inverse_of(std::vector<double> matrix, std::size_t n) {
  const auto at = [&](std::size_t r, std::size_t c) -> double& { return matrix[r * n + c]; };
  for (std::size_t c = 0; c < n; ++c) {
    for (std::size_t k = 0; k < c; ++k) {
      const double factor = at(c, k);
      if (factor == 0.0) continue;
      for (std::size_t r = c; r < n; ++r) at(r, c) -= at(r, k) * factor;
    }
    const double pivot = std::sqrt(at(c, c));
    for (std::size_t r = c; r < n; ++r) at(r, c) /= pivot;
  }
  std::vector<double> inverse(n * n);
  std::vector<double> x(n);
  for (std::size_t unit = 0; unit < n; ++unit) {
    std::fill(x.begin(), x.end(), 0.0);
    x[unit] = 1.0;
    for (std::size_t r = unit; r < n; ++r) {
      for (std::size_t c = unit; c < r; ++c) x[r] -= at(r, c) * x[c];
      x[r] /= at(r, r);
    }
    for (std::size_t r = n; r-- > 0;) {
      for (std::size_t below = r + 1; below < n; ++below) x[r] -= at(below, r) * x[below];
      x[r] /= at(r, r);
    }
    std::copy(x.begin(), x.end(), inverse.begin() + static_cast<std::ptrdiff_t>(unit * n));
  }
  return inverse;
}

}  // namespace

FittedCosts::FittedCosts(const PolicySpace& space, const std::vector<TriedPolicy>& policies)
    : policies_(policies) {
  const std::vector<WidthChoice> layers = width_choices(space);
  for (const TriedPolicy& policy : policies_) {
    std::vector<std::size_t> row;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const std::size_t widths = layers[l].pair(policy.actions);
      if (widths == kWidthPairs - 1) continue;  // what W8A8 has adds nothing
      row.push_back(columns_.emplace(Pair{l, widths}, columns_.size()).first->second);
    }
    rows_.push_back(std::move(row));
  }
  fit();
}

void FittedCosts::fit() {
  const std::size_t n = columns_.size();
  std::vector<double> normal(n * n, 0.0), right(n, 0.0);
  for (std::size_t c = 0; c < n; ++c) normal[c * n + c] = kRidge;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    for (const std::size_t r : rows_[i]) {
      right[r] += policies_[i].cost - 1.0;
      for (const std::size_t c : rows_[i]) normal[r * n + c] += 1.0;
    }
  }
  inverse_ = inverse_of(std::move(normal), n);
  costs_.assign(n, 0.0);
  for (std::size_t r = 0; r < n; ++r) {
    for (std::size_t c = 0; c < n; ++c) costs_[r] += inverse_[r * n + c] * right[c];
  }
}

std::optional<CostResidual> FittedCosts::residual_of(const std::vector<std::size_t>& picked) const {
  const std::size_t n = columns_.size();
  CostResidual residual;
  double squares = 0.0;
  for (const std::size_t i : picked) {
    double leverage = 0.0, error = 1.0 - policies_[i].cost;
    for (const std::size_t r : rows_[i]) {
      error += costs_[r];
      for (const std::size_t c : rows_[i]) leverage += inverse_[r * n + c];
    }
    if (leverage > kMostLeverage) continue;
    error = std::abs(error / (1.0 - leverage));
    ++residual.policies;
    squares += error * error;
    residual.largest = std::max(residual.largest, error);
  }
  if (residual.policies == 0) return std::nullopt;
  residual.rms = std::sqrt(squares / static_cast<double>(residual.policies));
  return residual;
}

}  // namespace kirchhoff::agent
