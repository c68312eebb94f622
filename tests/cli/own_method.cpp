// The program with one more search method, as somebody would add it who links its libraries.
#include "agent/search_methods.h"
#include "tests/agent/staircase_method.h"

namespace {

const bool known = [] {
  kirchhoff::agent::add_search_method(kirchhoff::agent::staircase_method());
  return true;
}();

}  // namespace
