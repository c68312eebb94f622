#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kirchhoff::cli {

/// True where colours are welcome: `descriptor` is a terminal that knows them and the environment
/// does not refuse them (NO_COLOR, no-color.org; TERM=dumb).
bool has_colours(int descriptor);

enum class Style { kHeading, kError, kWarning };
/// `text` in a style for a terminal with colours.
std::string styled(Style style, std::string_view text);

/// How wide a page of help may be, in characters: as wide as the terminal is, from 80 to 100; of
/// $COLUMNS where output goes elsewhere, and 80 where that is not set.
std::size_t page_width();

}  // namespace kirchhoff::cli
