#pragma once

#include <string>

namespace kirchhoff::report::html {

/// JavaScript of a page: page.js, which the build puts into the program.
std::string script();
/// What a page that is served has besides: watch.js.
std::string watch_script();

}  // namespace kirchhoff::report::html
