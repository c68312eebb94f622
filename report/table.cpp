#include "report/table.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/printable.h"
#include "report/csv.h"

namespace kirchhoff::report {
namespace {

constexpr char kNothing[] = "–";

/// Without the minus sign of a zero.
std::string digits(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", value, decimals);
  if (text.front() == '-' && text.find_first_of("123456789") == std::string::npos) text.erase(0, 1);
  return text;
}

Cell number(std::string text, double value, std::optional<double> error) {
  Cell cell(std::move(text));
  cell.value = value;
  cell.error = error;
  return cell;
}

/// A text that stays in its cell whatever it holds.
std::string markdown_cell(const std::string& text) {
  std::string cell;
  for (const char c : printable(text)) {
    if (c == '|') cell += '\\';
    cell += c == '\n' ? ' ' : c;
  }
  return cell;
}

}  // namespace

bool Cell::empty() const { return text.empty() || text == kNothing; }

Cell fixed(std::optional<double> value, int decimals) {
  return value ? number(digits(*value, decimals), *value, std::nullopt) : Cell(kNothing);
}

Cell fixed(const Mean& mean, int decimals) {
  if (mean.count == 0) return kNothing;
  std::string text = digits(mean.value, decimals);
  if (mean.error) text += " ± " + digits(*mean.error, decimals);
  return number(std::move(text), mean.value, mean.error);
}

Cell significant(const Mean& mean, int wanted) {
  if (mean.count == 0) return kNothing;
  // The place of the last of so many digits of a number, as a count of decimals.
  const auto last_place = [](double value, int count) {
    return count - 1 - static_cast<int>(std::floor(std::log10(std::abs(value))));
  };
  int decimals = mean.value == 0.0 ? wanted - 1 : last_place(mean.value, wanted);
  // Nothing beyond the second digit of the error says anything.
  const bool uncertain = mean.error && *mean.error > 0.0;
  if (uncertain) decimals = std::min(decimals, last_place(*mean.error, 2));
  decimals = std::max(decimals, 0);
  std::string text = digits(mean.value, decimals);
  if (mean.error) {
    const std::string error = digits(*mean.error, decimals);
    text += " ± " + (error.find_first_of("123456789") == std::string::npos ? "0" : error);
  }
  return number(std::move(text), mean.value, mean.error);
}

Cell printed(double value) { return number(fmt::format("{}", value), value, std::nullopt); }

Cell whole(std::optional<double> value) { return fixed(value, 0); }

std::string Table::markdown() const {
  std::string text = fmt::format("### {}\n\n", title);
  if (!rows.empty()) {
    const auto line = [](const auto& cells, const auto& show) {
      std::string row = "|";
      for (const auto& cell : cells) row += " " + show(cell) + " |";
      return row + "\n";
    };
    text += line(columns, markdown_cell);
    text += line(columns, [](const std::string&) { return std::string("---"); });
    for (const auto& row : rows)
      text += line(row, [](const Cell& cell) { return markdown_cell(cell.text); });
    text += "\n";
  }
  for (const std::string& note : notes) text += printable(note) + "\n\n";
  return text;
}

std::string Table::csv() const {
  std::vector<bool> has_error(columns.size());
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) has_error[c] = has_error[c] || row[c].error;
  }
  std::vector<std::string> names;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    names.push_back(columns[c]);
    if (has_error[c]) names.push_back(columns[c] + "_se");
  }
  Csv csv(names);
  for (const auto& row : rows) {
    std::vector<std::string> cells;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const Cell& cell = row[c];
      cells.push_back(cell.value     ? fmt::format("{}", *cell.value)
                      : cell.empty() ? std::string()
                                     : cell.text);
      if (has_error[c]) cells.push_back(cell.error ? fmt::format("{}", *cell.error) : "");
    }
    csv.add(std::move(cells));
  }
  return csv.to_text();
}

}  // namespace kirchhoff::report
