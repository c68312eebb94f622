#pragma once

#include <vector>

namespace kirchhoff::quant {

/// Integers that stand for all values.
class Codebook {
 public:
  /// `entries` in [-largest, largest], ascending, at least one.
  Codebook(std::vector<int> entries, int largest);

  const std::vector<int>& entries() const { return entries_; }
  /// The entry next to a value; the smaller one of two.
  int nearest(double value) const;

 private:
  const std::vector<int> entries_;
  const int largest_;
  std::vector<int> of_bin_;
};

/// k-means in one dimension, solved exactly: the integers in [-largest, largest] that some values
/// are nearest to, in the sum of squared distances. Entries that are integers have their borders at
/// halves of integers, so a few sums per half say all about any number of values, and a dynamic
/// program over the entries does the rest: the same codebook for the same values on any machine.
class CodebookSearch {
 public:
  explicit CodebookSearch(int largest);

  /// A value that counts `weight` times.
  void add(double value, double weight = 1.0);
  /// The best one of so many entries, all different; at most 2 * largest + 1.
  Codebook best(int entries) const;

 private:
  /// Of the values in some bins: how many, their sum, the sum of their squares.
  struct Moments {
    double count = 0.0, sum = 0.0, squares = 0.0;
  };
  /// Errors of the values in bins from..to-1 that one entry stands for.
  static double error(const Moments& from, const Moments& to, int entry);

  const int largest_;
  std::vector<Moments> bins_;
};

}  // namespace kirchhoff::quant
