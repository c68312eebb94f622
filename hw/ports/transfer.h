#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <systemc>
#include <tlm>

#include "hw/common/clock.h"
#include "hw/common/shared_resource.h"

namespace kirchhoff::hw {

/// A device on the bus and where in it.
struct BusTarget {
  int device = 0;
  std::uint64_t offset = 0;  ///< added to the address of the beat
};

/// A part of a bus transfer: data for devices that take the same words, or words that a device
/// delivers.
struct Beat {
  /// Bus targets; null: the bus only moves the bits.
  const std::vector<BusTarget>* targets = nullptr;
  std::uint64_t address = 0;
  void* data = nullptr;  ///< null when only sizes flow
  std::size_t bytes = 0;
  long long wire_bits = 0;
  Cycle at_least = 0;  ///< cycles that a slower taker needs, such as the tile's shift-adder
};

/// Sideband of transactions on the tile bus and at the eDRAM buffer. Data travel as whole values,
/// one per element, or not at all (null pointer); the fields below say what the wires carry. The
/// initiator sets every field, targets read them only.
struct TransferExtension final : tlm::tlm_extension<TransferExtension> {
  GrantListener* listener = nullptr;  ///< hears when the bus or the eDRAM is granted
  std::vector<Beat> beats;            ///< bus: one after another under one grant
  int segments = 1;                   ///< eDRAM: rows of a two-dimensional burst
  int segment_elements = 0;           ///< eDRAM: elements per row
  long long pitch = 0;                ///< eDRAM: elements from one row to the next
  long long wrap = 0;                 ///< eDRAM: elements of the ring of rows; 0: no ring
  long long base = 0;                 ///< eDRAM: element at which the ring begins
  int element_bits = 8;               ///< eDRAM: bits that an element takes in the array

  static TransferExtension& of(const tlm::tlm_generic_payload& trans) {
    auto* extension = trans.get_extension<TransferExtension>();
    sc_assert(extension != nullptr);
    return *extension;
  }
  tlm_extension_base* clone() const override { return new TransferExtension(*this); }
  void copy_from(const tlm_extension_base& other) override {
    *this = static_cast<const TransferExtension&>(other);
  }
};

/// A transaction with its extension, owned by one initiator and used again and again.
class Transfer {
 public:
  Transfer() { trans_.set_extension(&extension_); }
  ~Transfer() { trans_.clear_extension(&extension_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  TransferExtension& wires() { return extension_; }
  tlm::tlm_generic_payload& prepare(tlm::tlm_command command, std::uint64_t address = 0,
                                    void* data = nullptr, std::size_t bytes = 0) {
    trans_.set_command(command);
    trans_.set_address(address);
    trans_.set_data_ptr(static_cast<unsigned char*>(data));
    trans_.set_data_length(data ? static_cast<unsigned>(bytes) : 0);
    trans_.set_streaming_width(trans_.get_data_length());
    trans_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return trans_;
  }

  tlm::tlm_generic_payload trans_;
  TransferExtension extension_;
};

}  // namespace kirchhoff::hw
