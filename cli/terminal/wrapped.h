#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace kirchhoff::cli {

/// Columns that a text takes on a terminal, for characters of one column each.
std::size_t columns_of(std::string_view text);

/// A text in lines of at most `width` columns, broken at its spaces; a longer word has a line of
/// its own. At least one line.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

}  // namespace kirchhoff::cli
