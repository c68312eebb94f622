#include "report/html/axis.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace kirchhoff::report::html {

Axis linear_axis(const std::string& title, double low, double high, int count) {
  if (!(high > low)) {
    const double room = std::max(0.5, 0.01 * std::abs(low));
    low -= room;
    high += room;
  }
  const double raw = (high - low) / count;
  const double unit = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10.0 * unit;
  for (const double nice : {1.0, 2.0, 2.5, 5.0}) {
    if (nice * unit >= raw * (1 - 1e-9)) {
      step = nice * unit;
      break;
    }
  }
  Axis axis{title, low, high, {}};
  const double room = 1e-9 * (high - low);
  for (double k = std::ceil((low - room) / step); k * step <= high + room; ++k) {
    axis.tics.push_back({k * step, fmt::format("{:.6g}", k == 0.0 ? 0.0 : k * step)});
  }
  return axis;
}

Axis decades(const std::string& title, double low, double high) {
  Axis axis{title, std::log10(low), std::log10(high), {}};
  const double whole = std::floor(axis.low);
  // Where there are few decades, two more numbers in each.
  const bool few = axis.high - axis.low < 2.5;
  for (double decade = whole; decade <= axis.high; ++decade) {
    for (const double part : {1.0, 2.0, 5.0}) {
      const double at = decade + std::log10(part);
      if ((part > 1.0 && !few) || at < axis.low - 1e-9 || at > axis.high + 1e-9) continue;
      axis.tics.push_back({at, fmt::format("{:g}", part * std::pow(10.0, decade))});
    }
  }
  return axis;
}

Axis named_axis(const std::string& title, const std::vector<std::string>& names) {
  // Letters that find room below a panel.
  constexpr std::size_t kLetters = 22, kNumbers = 10;
  std::size_t letters = 0;
  for (const std::string& name : names) letters += name.size() + 1;
  const bool fit = letters <= kLetters;
  const std::size_t every = fit ? 1 : (names.size() + kNumbers - 1) / kNumbers;
  Axis axis{title, 0.4, static_cast<double>(names.size()) + 0.6, {}};
  for (std::size_t i = 0; i < names.size(); i += every) {
    axis.tics.push_back({static_cast<double>(i + 1), fit ? names[i] : std::to_string(i + 1)});
  }
  return axis;
}

std::pair<double, double> core_of(std::vector<double> numbers) {
  if (numbers.empty()) return {0.0, 1.0};
  std::sort(numbers.begin(), numbers.end());
  const std::size_t left_out = numbers.size() / 100;
  return {numbers[left_out], numbers[numbers.size() - 1 - left_out]};
}

}  // namespace kirchhoff::report::html
