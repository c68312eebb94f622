#include "report/html/script.h"

#include "page_script.inc"

namespace kirchhoff::report::html {

std::string script() { return kPageScript; }
std::string watch_script() { return kWatchScript; }

}  // namespace kirchhoff::report::html
