#pragma once

#include <string>

namespace kirchhoff::report::html {

/// The drawings of a page are most of its bytes. The same drawing in fewer: groups that say nothing
/// and moves that draw nothing are left out, and equal filled circles and squares that follow each
/// other are one path. Groups inherit what inline_svg() says of all of them: no filling, lines in
/// the colour of the text.
std::string compact_svg(const std::string& svg);

}  // namespace kirchhoff::report::html
