#pragma once

#include <systemc>

namespace kirchhoff::sim {

/// Runs `body` on a SystemC kernel of its own, so that one process can elaborate several chips, one
/// after another. The kernel that was there stays alive and comes back.
template <typename Body>
auto on_own_kernel(Body&& body) {
  auto* outer = sc_core::sc_curr_simcontext;
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  auto result = body();
  delete sc_core::sc_curr_simcontext;
  sc_core::sc_curr_simcontext = outer;
  return result;
}

}  // namespace kirchhoff::sim
