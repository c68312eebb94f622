#include "report/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/csv_cell.h"
#include "base/error.h"
#include "base/file_text.h"
#include "base/quote.h"

namespace kirchhoff::report {
namespace {

std::string line(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& cell : cells)
    text += (&cell == &cells.front() ? "" : ",") + csv_cell(cell);
  return text + "\n";
}

}  // namespace

Csv Csv::parse(const std::string& text, const std::string& where) {
  std::size_t next = 0;
  Csv csv(csv_line(text, next));
  for (std::size_t number = 2; next < text.size(); ++number) {
    std::vector<std::string> row = csv_line(text, next);
    if (row.size() != csv.columns_.size()) {
      throw InputError(fmt::format("{}:{}: {} columns: must be {}", where, number, row.size(),
                                   csv.columns_.size()));
    }
    csv.rows_.push_back(std::move(row));
  }
  return csv;
}

Csv Csv::load(const std::string& path) { return parse(stored_text(path), path); }

void Csv::add(std::vector<std::string> row) {
  row.resize(columns_.size());
  rows_.push_back(std::move(row));
}

void Csv::append(const Csv& other, const std::string& where) {
  if (columns_.empty()) columns_ = other.columns_;
  if (columns_ != other.columns_) {
    throw InputError(fmt::format("{}: columns {}: must be {} as in the other runs", where,
                                 quote(fmt::format("{}", fmt::join(other.columns_, ","))),
                                 quote(fmt::format("{}", fmt::join(columns_, ",")))));
  }
  rows_.insert(rows_.end(), other.rows_.begin(), other.rows_.end());
}

const std::string& Csv::text(std::size_t row, const std::string& column) const {
  static const std::string kNothing;
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  if (found == columns_.end()) return kNothing;
  return rows_.at(row)[static_cast<std::size_t>(found - columns_.begin())];
}

std::optional<double> Csv::number(std::size_t row, const std::string& column) const {
  const std::string& cell = text(row, column);
  double value = 0.0;
  const char* const end = cell.data() + cell.size();
  const auto [stop, error] = std::from_chars(cell.data(), end, value);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string Csv::to_text() const {
  std::string text = line(columns_);
  for (const auto& row : rows_) text += line(row);
  return text;
}

}  // namespace kirchhoff::report
