#pragma once

#include <systemc>
#include <tlm>

namespace kirchhoff::hw {

/// A target socket for blocking and debug transport, which functions of `Module` serve: what
/// tlm_utils::simple_target_socket has besides, for non-blocking calls, takes kilobytes and kernel
/// objects of every one of a chip's ten thousands.
template <typename Module>
class BlockingTarget final : public tlm::tlm_target_socket<>, private tlm::tlm_fw_transport_if<> {
 public:
  using Blocking = void (Module::*)(tlm::tlm_generic_payload&, sc_core::sc_time&);
  using Debug = unsigned (Module::*)(tlm::tlm_generic_payload&);

  explicit BlockingTarget(const char* name) : tlm::tlm_target_socket<>(name) {
    tlm::tlm_target_socket<>::bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
  }
  void serve(Module* module, Blocking blocking, Debug debug = nullptr) {
    module_ = module;
    blocking_ = blocking;
    debug_ = debug;
  }

 private:
  void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) override {
    (module_->*blocking_)(trans, delay);
  }
  unsigned transport_dbg(tlm::tlm_generic_payload& trans) override {
    return debug_ ? (module_->*debug_)(trans) : 0;
  }
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& trans, tlm::tlm_phase&,
                                     sc_core::sc_time& delay) override {
    b_transport(trans, delay);
    return tlm::TLM_COMPLETED;
  }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload&, tlm::tlm_dmi&) override { return false; }

  Module* module_ = nullptr;
  Blocking blocking_ = nullptr;
  Debug debug_ = nullptr;
};

}  // namespace kirchhoff::hw
