#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kirchhoff {

/// What was found in a file or on a command line, fit for a message of one line: control bytes,
/// characters that steer a terminal or turn its writing direction, and bytes that are not UTF-8 are
/// escaped as C++ writes them, with a backslash and n, x1b or u202e, a NUL as x00; more than `most`
/// characters end in "...". Without quotation marks, so that what is plain looks as it was written.
std::string quote(std::string_view found, std::size_t most = 60);

/// The same between quotation marks, for text that may be empty or have spaces at its ends.
std::string quoted_text(std::string_view found, std::size_t most = 60);

/// A path in a message or a table: escaped, and long enough for every path.
std::string shown_path(std::string_view path);

}  // namespace kirchhoff
