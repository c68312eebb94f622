#pragma once

#include <optional>
#include <string>
#include <vector>

#include "report/statistics.h"

namespace kirchhoff::report {

/// A cell of a table: text for people, and the number behind it.
struct Cell {
  std::string text;
  std::optional<double> value, error;  ///< error: standard error of the mean

  Cell() = default;
  Cell(const char* words) : text(words) {}             // NOLINT: cells are written as text
  Cell(std::string words) : text(std::move(words)) {}  // NOLINT
  /// There is nothing to tell.
  bool empty() const;
};

/// A number with so many decimals; "–" when there is none.
Cell fixed(std::optional<double> value, int decimals);
/// "12.34 ± 0.05"; without the error when there is one value only.
Cell fixed(const Mean& mean, int decimals);
/// With so many significant digits, for values of unlike sizes, but not more than two of the error;
/// the error has the same decimals, "0" where it does not reach them.
Cell significant(const Mean& mean, int wanted);
/// A published number with the digits that it was printed with.
Cell printed(double value);
Cell whole(std::optional<double> value);

struct Table {
  std::string name;  ///< of its files: "table5"
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;
  std::vector<std::string> notes;  ///< lines below it; all there is when it has no rows

  std::string markdown() const;
  /// The numbers in full, with a column NAME_se beside each column that has standard errors.
  std::string csv() const;
};

}  // namespace kirchhoff::report
