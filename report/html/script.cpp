#include "report/html/script.h"

#include "page_script.inc"

namespace kirchhoff::report::html {

std::string script() { return kPageScript; }

}  // namespace kirchhoff::report::html
