#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <systemc>
#include <tlm>

#include "hw/common/sums.h"

namespace kirchhoff::hw {

/// Sideband of transactions on the tile bus and at the eDRAM buffer. Data travel as 32-bit values,
/// one per element (accumulators as Sum), or not at all (null data pointer); the fields below say
/// what the wires carry. The initiator sets every field, targets read them only.
struct TransferExtension final : tlm::tlm_extension<TransferExtension> {
  long long wire_bits = 0;  ///< bits on the bus; default 0
  std::vector<int>
      devices;       ///< bus targets that take the same data; empty = the initiator's own port
  int segments = 1;  ///< eDRAM: rows of a two-dimensional burst
  int segment_elements = 0;  ///< eDRAM: elements per row
  int pitch = 0;             ///< eDRAM: elements from one row to the next
  int element_bits = 8;      ///< eDRAM: bits that an element takes in the array

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
  tlm::tlm_generic_payload& prepare(tlm::tlm_command command, std::uint64_t address,
                                    std::int32_t* values, std::size_t count) {
    return prepare_bytes(command, address, reinterpret_cast<unsigned char*>(values),
                         values ? sizeof(std::int32_t) * count : 0);
  }
  /// Only sizes flow.
  tlm::tlm_generic_payload& prepare(tlm::tlm_command command, std::uint64_t address, std::nullptr_t,
                                    std::size_t) {
    return prepare_bytes(command, address, nullptr, 0);
  }
  tlm::tlm_generic_payload& prepare(tlm::tlm_command command, std::uint64_t address, Sum* sums,
                                    std::size_t count) {
    return prepare_bytes(command, address, reinterpret_cast<unsigned char*>(sums),
                         sums ? sizeof(Sum) * count : 0);
  }

 private:
  tlm::tlm_generic_payload& prepare_bytes(tlm::tlm_command command, std::uint64_t address,
                                          unsigned char* bytes, std::size_t length) {
    trans_.set_command(command);
    trans_.set_address(address);
    trans_.set_data_ptr(bytes);
    trans_.set_data_length(static_cast<unsigned>(length));
    trans_.set_streaming_width(trans_.get_data_length());
    trans_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    return trans_;
  }

  tlm::tlm_generic_payload trans_;
  TransferExtension extension_;
};

}  // namespace kirchhoff::hw
