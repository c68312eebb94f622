#pragma once

#include <systemc>

namespace kirchhoff {

/// Runs `body` on a SystemC kernel of its own, so that one test can elaborate several chips.
template <typename Body>
auto on_own_kernel(Body&& body) {
  auto* outer = sc_core::sc_curr_simcontext;
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  auto result = body();
  delete sc_core::sc_curr_simcontext;
  sc_core::sc_curr_simcontext = outer;
  return result;
}

}  // namespace kirchhoff
