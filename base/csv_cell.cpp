#include "base/csv_cell.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace kirchhoff {
namespace {

bool is_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0.0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end;
}

bool looks_like_formula(std::string_view text) {
  return !text.empty() &&
         std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos &&
         !is_number(text);
}

/// Apostrophes do not hide a formula from the rule, or they could not be told from ours.
std::string_view behind_apostrophes(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of('\''), text.size()));
}

}  // namespace

std::string csv_cell(std::string_view text) {
  std::string cell = looks_like_formula(behind_apostrophes(text)) ? "'" : "";
  cell += text;
  if (cell.find_first_of(",\"\n\r") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string csv_text(std::string cell) {
  if (!cell.empty() && cell.front() == '\'' && looks_like_formula(behind_apostrophes(cell)))
    cell.erase(0, 1);
  return cell;
}

std::vector<std::string> csv_line(std::string_view text, std::size_t& next) {
  std::vector<std::string> cells(1);
  bool in_quotes = false;
  while (next < text.size()) {
    const char c = text[next++];
    if (in_quotes) {
      if (c != '"') {
        cells.back() += c;
      } else if (next < text.size() && text[next] == '"') {
        cells.back() += text[next++];
      } else {
        in_quotes = false;
      }
    } else if (c == '"') {
      in_quotes = true;
    } else if (c == ',') {
      cells.emplace_back();
    } else if (c == '\n') {
      break;
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  for (std::string& cell : cells) cell = csv_text(std::move(cell));
  return cells;
}

}  // namespace kirchhoff
