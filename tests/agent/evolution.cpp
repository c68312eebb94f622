// Tests have pagmo in the program.
#include "agent/evolution/evolution.h"

namespace kirchhoff::agent {
namespace {

[[maybe_unused]] const bool kLinked = [] {
  set_evolution([] { return evolve; });
  return true;
}();

}  // namespace
}  // namespace kirchhoff::agent
