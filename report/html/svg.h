#pragma once

#include <string>

namespace kirchhoff::report::html {

/// What a page says of a drawing beside it.
struct SvgLabels {
  std::string title, description;  ///< for people who cannot see it
  std::string id;                  ///< unique on the page
  std::string behind;              ///< id of shapes that lie behind it, empty for none
  std::string attributes;          ///< more of them, with a blank before each
};

/// What gnuplot's SVG terminal wrote, as an element of a page: named and described, as wide as
/// there is room, black and the palette as the page's variables, so that it follows the page into
/// the dark. RunError when it is no such file.
std::string inline_svg(const std::string& file, const SvgLabels& labels);

/// The shapes of the markers, once per page; inline_svg() refers to them.
std::string marker_shapes();

}  // namespace kirchhoff::report::html
