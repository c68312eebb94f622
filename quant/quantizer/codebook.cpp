#include "quant/quantizer/codebook.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace kirchhoff::quant {
namespace {

/// Bin j holds the values in ((j-1)/2 - largest, j/2 - largest]; the first and the last one what
/// lies beyond.
std::size_t bins(int largest) { return static_cast<std::size_t>(4 * largest + 2); }

std::size_t bin_of(double value, int largest) {
  const double half_steps = std::ceil(2.0 * (value + largest));
  // Clamped first: a steep value may exceed every integer type.
  return static_cast<std::size_t>(std::clamp(half_steps, 0.0, 4.0 * largest + 1.0));
}

}  // namespace

Codebook::Codebook(std::vector<int> entries, int largest)
    : entries_(std::move(entries)), largest_(largest) {
  std::size_t at = 0;
  for (std::size_t bin = 0; bin < bins(largest); ++bin) {
    // Up to the middle between two entries values go to the smaller one.
    const auto ends = [&](std::size_t e) {
      return static_cast<std::size_t>(entries_[e] + entries_[e + 1] + 2 * largest);
    };
    while (at + 1 < entries_.size() && ends(at) < bin) ++at;
    of_bin_.push_back(entries_[at]);
  }
}

int Codebook::nearest(double value) const { return of_bin_[bin_of(value, largest_)]; }

CodebookSearch::CodebookSearch(int largest) : largest_(largest), bins_(bins(largest)) {}

void CodebookSearch::add(double value, double weight) {
  Moments& bin = bins_[bin_of(value, largest_)];
  bin.count += weight;
  bin.sum += weight * value;
  bin.squares += weight * value * value;
}

double CodebookSearch::error(const Moments& from, const Moments& to, int entry) {
  const double squares = to.squares - from.squares, sum = to.sum - from.sum;
  return std::max(0.0, squares - entry * (2.0 * sum - entry * (to.count - from.count)));
}

Codebook CodebookSearch::best(int entries) const {
  // Of all bins below bin j.
  std::vector<Moments> below(bins_.size() + 1);
  for (std::size_t j = 0; j < bins_.size(); ++j) {
    below[j + 1] = {below[j].count + bins_[j].count, below[j].sum + bins_[j].sum,
                    below[j].squares + bins_[j].squares};
  }
  // Candidate i is the integer i - largest: it ends bin 2i, and the middle between two ends bin
  // i + k.
  const auto candidates = static_cast<std::size_t>(2 * largest_ + 1);
  const auto value = [&](std::size_t i) { return static_cast<int>(i) - largest_; };
  std::vector<double> between(candidates * candidates);
  for (std::size_t i = 0; i < candidates; ++i) {
    for (std::size_t k = i + 1; k < candidates; ++k) {
      const Moments& middle = below[i + k + 1];
      between[i * candidates + k] =
          error(below[2 * i + 1], middle, value(i)) + error(middle, below[2 * k + 1], value(k));
    }
  }

  constexpr double kNone = std::numeric_limits<double>::infinity();
  // Least error of the values up to candidate k where it is the last entry of so many.
  std::vector<double> least(candidates);
  for (std::size_t k = 0; k < candidates; ++k)
    least[k] = error(below.front(), below[2 * k + 1], value(k));
  std::vector<std::vector<std::size_t>> before;  // the entry before it, by the number of entries
  for (int count = 1; count < entries; ++count) {
    std::vector<double> longer(candidates, kNone);
    before.emplace_back(candidates, 0);
    for (std::size_t i = 0; i < candidates; ++i) {
      if (least[i] == kNone) continue;
      for (std::size_t k = i + 1; k < candidates; ++k) {
        const double error = least[i] + between[i * candidates + k];
        if (error >= longer[k]) continue;
        longer[k] = error;
        before.back()[k] = i;
      }
    }
    least = std::move(longer);
  }

  double least_of_all = kNone;
  std::size_t last = 0;
  for (std::size_t k = 0; k < candidates; ++k) {
    const double error = least[k] + CodebookSearch::error(below[2 * k + 1], below.back(), value(k));
    if (error >= least_of_all) continue;
    least_of_all = error;
    last = k;
  }
  std::vector<int> chosen{value(last)};
  for (auto step = before.rbegin(); step != before.rend(); ++step) {
    last = (*step)[last];
    chosen.push_back(value(last));
  }
  std::reverse(chosen.begin(), chosen.end());
  return {std::move(chosen), largest_};
}

}  // namespace kirchhoff::quant
