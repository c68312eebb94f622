#pragma once

#include <string>

namespace kirchhoff::report::html {

/// JavaScript of a page: page.js, which the build puts into the program.
std::string script();

}  // namespace kirchhoff::report::html
