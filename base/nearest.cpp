#include "base/nearest.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace kirchhoff {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(const std::string& word, const std::vector<std::string>& candidates) {
  // What is far longer than any name is no slip of one, and comparing it would take for ever.
  constexpr std::size_t kLongestWord = 200;
  if (word.size() > kLongestWord) return "";
  std::string best;
  std::size_t least = std::max<std::size_t>(word.size() / 3, 1) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    const bool begins = word.size() >= 2 && candidate.compare(0, word.size(), word) == 0;
    if (distance < least || (begins && best.empty())) {
      best = candidate;
      least = std::min(distance, least);
    }
  }
  return best;
}

}  // namespace kirchhoff
