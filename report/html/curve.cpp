#include "report/html/curve.h"

#include <algorithm>

namespace kirchhoff::report::html {
namespace {

/// More would not show on a phone, and makes the page large.
constexpr std::size_t kMostPoints = 60;

}  // namespace

Episodes::Episodes(const Group& group) : csv_(group.study->episodes) {
  for (std::size_t row = 0; row < csv_.size(); ++row) {
    if (csv_.text(row, "method") != group.method || csv_.number(row, "th") != group.th) continue;
    rows_[csv_.text(row, "seed")].push_back(row);
    last_ = std::max(last_, static_cast<std::size_t>(csv_.number(row, "episode").value_or(0.0)));
  }
}

std::size_t Episodes::width() const { return (last_ + kMostPoints - 1) / kMostPoints; }

Curve Episodes::curve(const std::string& column, bool within_th) const {
  Curve curve;
  if (last_ == 0) return curve;
  struct Sum {
    double total = 0.0;
    std::size_t count = 0;
  };
  const std::size_t bins = (last_ + width() - 1) / width();
  std::vector<std::vector<double>> means(bins);  // of each seed that has any
  for (const auto& [seed, rows] : rows_) {
    std::vector<Sum> sums(bins);
    for (const std::size_t row : rows) {
      const auto value = csv_.number(row, column), episode = csv_.number(row, "episode");
      if (!value || !episode || *episode < 1.0) continue;
      if (within_th && csv_.number(row, "feasible") != 1.0) continue;
      Sum& sum = sums[(static_cast<std::size_t>(*episode) - 1) / width()];
      sum.total += *value;
      ++sum.count;
    }
    for (std::size_t bin = 0; bin < bins; ++bin) {
      if (sums[bin].count == 0) continue;
      means[bin].push_back(sums[bin].total / static_cast<double>(sums[bin].count));
    }
  }
  for (std::size_t bin = 0; bin < bins; ++bin) {
    if (means[bin].empty()) continue;
    const std::size_t first = bin * width() + 1, last = std::min(last_, (bin + 1) * width());
    const auto [low, high] = std::minmax_element(means[bin].begin(), means[bin].end());
    curve.points.push_back({0.5 * static_cast<double>(first + last), mean_of(means[bin]).value,
                            *low, *high, means[bin].size()});
  }
  return curve;
}

}  // namespace kirchhoff::report::html
