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

std::size_t Episodes::reach() const { return last_ / 20; }

std::vector<std::vector<std::optional<double>>> Episodes::values(const std::string& column,
                                                                 Which which) const {
  std::vector<std::vector<std::optional<double>>> all;
  for (const auto& [seed, rows] : rows_) {
    auto& own = all.emplace_back(last_);
    for (const std::size_t row : rows) {
      const auto episode = csv_.number(row, "episode");
      if (!episode || *episode < 1.0) continue;
      if (which != Which::kAll && csv_.number(row, "probe") == 1.0) continue;
      if (which == Which::kNoProbesWithinTh && csv_.number(row, "feasible") != 1.0) continue;
      own[static_cast<std::size_t>(*episode) - 1] = csv_.number(row, column);
    }
  }
  return all;
}

Curve Episodes::curve(const std::string& column, bool within_th) const {
  Curve curve;
  const auto all = values(column, within_th ? Which::kNoProbesWithinTh : Which::kNoProbes);
  for (std::size_t first = 0; first < last_; first += width()) {
    const std::size_t end = std::min(last_, first + width());
    const std::size_t from = first - std::min(first, reach()), to = std::min(last_, end + reach());
    double total = 0.0;
    std::size_t count = 0;
    std::vector<double> means;  // of each seed that has any
    for (const auto& seed : all) {
      double own = 0.0;
      std::size_t number = 0;
      for (std::size_t e = from; e < to; ++e) {
        if (!seed[e]) continue;
        own += *seed[e];
        ++number;
      }
      if (number == 0) continue;
      means.push_back(own / static_cast<double>(number));
      total += own;
      count += number;
    }
    if (count == 0) continue;
    const auto [low, high] = std::minmax_element(means.begin(), means.end());
    curve.points.push_back({0.5 * static_cast<double>(first + 1 + end),
                            total / static_cast<double>(count), *low, *high, means.size()});
  }
  return curve;
}

Curve Episodes::best_so_far(const std::string& column, std::size_t until) const {
  auto all = values(column, Which::kAll);
  for (auto& seed : all) {
    for (std::size_t e = 1; e < seed.size(); ++e) {
      if (seed[e - 1] && (!seed[e] || *seed[e] < *seed[e - 1])) seed[e] = seed[e - 1];
    }
  }
  Curve curve;
  for (std::size_t first = 0; first < last_; first += width()) {
    const std::size_t end = std::min(last_, first + width());
    std::vector<double> best;
    for (const auto& seed : all) {
      if (seed[end - 1]) best.push_back(*seed[end - 1]);
    }
    if (best.empty() || best.size() < all.size()) continue;
    const auto [low, high] = std::minmax_element(best.begin(), best.end());
    curve.points.push_back(
        {static_cast<double>(end), mean_of(best).value, *low, *high, best.size()});
  }
  if (!curve.points.empty() && until > last_) {
    curve.points.push_back(curve.points.back());
    curve.points.back().episode = static_cast<double>(until);
  }
  return curve;
}

std::size_t Episodes::seeds_with(const std::string& column) const {
  const auto all = values(column, Which::kAll);
  const auto has_one = [](const auto& seed) {
    return std::any_of(seed.begin(), seed.end(),
                       [](const auto& value) { return value.has_value(); });
  };
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), has_one));
}

}  // namespace kirchhoff::report::html
