#pragma once

#include <string>

namespace kirchhoff::report::html {

/// CSS of a page: one column on a phone, plots side by side on a screen, light or dark as the
/// reader's system says, and always light on paper.
std::string stylesheet();

}  // namespace kirchhoff::report::html
