#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kirchhoff {

/// A text as a cell of a file of comma-separated values: in quotes where it has commas, quotes or
/// line ends. A spreadsheet would run a text that begins with an equals, plus, minus or at sign, or
/// with a tab before one, as a formula; such a cell gets an apostrophe in front, unless it is a
/// number.
std::string csv_cell(std::string_view text);

/// The text of a cell whose quotes are gone: takes that apostrophe away again.
std::string csv_text(std::string cell);

/// The texts of the line of cells that begins at `next`, which moves on to the line after it; at
/// least one, even of an empty line.
std::vector<std::string> csv_line(std::string_view text, std::size_t& next);

}  // namespace kirchhoff
