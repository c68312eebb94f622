#pragma once

#include <string>

namespace kirchhoff::report::html {

/// What gnuplot's SVG terminal wrote, as an element of a page: named `title` for people who cannot
/// see it, as wide as there is room, black and the palette as the page's variables, so that it
/// follows the page into the dark. `label_id` must be unique on the page; `behind`: id of shapes
/// that lie behind it, empty for none.
/// RunError when it is no such file.
std::string inline_svg(const std::string& file, const std::string& title,
                       const std::string& label_id, const std::string& behind = "");

/// The shapes of the markers, once per page; inline_svg() refers to them.
std::string marker_shapes();

}  // namespace kirchhoff::report::html
