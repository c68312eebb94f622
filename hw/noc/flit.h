#pragma once

#include <memory>
#include <vector>

#include <systemc>
#include <tlm>

#include "hw/noc/packet.h"

namespace kirchhoff::hw {

DECLARE_EXTENDED_PHASE(FLIT);  ///< forward path: a flit begins to cross a link
DECLARE_EXTENDED_PHASE(
    CREDIT);  ///< backward path: one buffer place of a virtual channel is free again

enum class FlitKind : std::uint8_t { kHead, kBody, kTail, kHeadTail };

/// Sideband of every NoC transaction. On the forward path the network interface that injects a flit
/// sets all fields; each router rewrites `vc`. On the backward path only `vc` has a meaning.
struct FlitExtension final : tlm::tlm_extension<FlitExtension> {
  std::shared_ptr<Packet> packet;
  FlitKind kind = FlitKind::kHead;
  int vc = 0;  ///< virtual channel of the link that the flit crosses, over all virtual networks

  bool is_head() const { return kind == FlitKind::kHead || kind == FlitKind::kHeadTail; }
  bool is_tail() const { return kind == FlitKind::kTail || kind == FlitKind::kHeadTail; }

  static FlitExtension& of(const tlm::tlm_generic_payload& trans) {
    auto* extension = trans.get_extension<FlitExtension>();
    sc_assert(extension != nullptr);
    return *extension;
  }
  tlm_extension_base* clone() const override { return new FlitExtension(*this); }
  void copy_from(const tlm_extension_base& other) override {
    *this = static_cast<const FlitExtension&>(other);
  }
};

/// Payloads of flits, used again and again.
class FlitPool final : public tlm::tlm_mm_interface {
 public:
  FlitPool() = default;
  ~FlitPool() override;
  FlitPool(const FlitPool&) = delete;
  FlitPool& operator=(const FlitPool&) = delete;

  tlm::tlm_generic_payload* acquire();
  void free(tlm::tlm_generic_payload* trans) override;

 private:
  std::vector<tlm::tlm_generic_payload*> all_, idle_;
};

}  // namespace kirchhoff::hw
