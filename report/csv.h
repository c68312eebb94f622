#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace kirchhoff::report {

/// A table of text with named columns, as a file of comma-separated values holds it
/// (base/csv_cell.h).
class Csv {
 public:
  Csv() = default;
  explicit Csv(std::vector<std::string> columns) : columns_(std::move(columns)) {}
  /// InputError naming `where` and the line when a row has other columns than the first.
  static Csv parse(const std::string& text, const std::string& where);
  /// The same for a file; InputError when it cannot be read.
  static Csv load(const std::string& path);

  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t size() const { return rows_.size(); }
  bool empty() const { return rows_.empty(); }
  void add(std::vector<std::string> row);
  /// Appends the rows of a table with the same columns; InputError naming `where` otherwise.
  void append(const Csv& other, const std::string& where);

  /// A cell by row and column; empty text when there is no such column.
  const std::string& text(std::size_t row, const std::string& column) const;
  /// A cell as a number; empty when it is none.
  std::optional<double> number(std::size_t row, const std::string& column) const;

  std::string to_text() const;

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace kirchhoff::report
