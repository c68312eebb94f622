#include "hw/noc/flit.h"

namespace kirchhoff::hw {

FlitPool::~FlitPool() {
  for (auto* trans : all_) {
    auto* extension = trans->get_extension<FlitExtension>();
    trans->clear_extension(extension);
    delete extension;
    delete trans;
  }
}

tlm::tlm_generic_payload* FlitPool::acquire() {
  if (idle_.empty()) {
    auto* trans = new tlm::tlm_generic_payload(this);
    trans->set_extension(new FlitExtension);
    trans->set_command(tlm::TLM_IGNORE_COMMAND);
    all_.push_back(trans);
    idle_.push_back(trans);
  }
  auto* trans = idle_.back();
  idle_.pop_back();
  trans->acquire();
  return trans;
}

void FlitPool::free(tlm::tlm_generic_payload* trans) {
  FlitExtension::of(*trans).packet.reset();
  idle_.push_back(trans);
}

}  // namespace kirchhoff::hw
