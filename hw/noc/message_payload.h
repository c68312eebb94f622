#pragma once

#include <systemc>
#include <tlm>

#include "hw/noc/packet.h"

namespace kirchhoff::hw {

// Between a network interface and the network, `nb_transport` carries whole messages:
//   MESSAGE  interface -> network, forward. The network takes the message into the send queue and
//            returns TLM_COMPLETED, or leaves it and returns TLM_ACCEPTED when the queue is full.
//   ROOM     network -> interface, backward: a queue that had been found full has a place.
//   ARRIVED  network -> interface, forward: the last flit of a message has arrived.
//   TAKEN    interface -> network, backward: the end point took a message that had arrived, and its
//            place in the receive queue is free.
// All are annotated with no delay: they happen at the time of the call.
DECLARE_EXTENDED_PHASE(MESSAGE);
DECLARE_EXTENDED_PHASE(ROOM);
DECLARE_EXTENDED_PHASE(ARRIVED);
DECLARE_EXTENDED_PHASE(TAKEN);

/// Sideband of these transactions, set by who calls. A callee that keeps a packet moves it out
/// during the call; the payload itself is the caller's again when the call returns.
struct MessageExtension final : tlm::tlm_extension<MessageExtension> {
  PacketPtr packet;  ///< MESSAGE, ARRIVED
  VirtualNetwork network = VirtualNetwork::kActivations;

  static MessageExtension& of(const tlm::tlm_generic_payload& trans) {
    auto* extension = trans.get_extension<MessageExtension>();
    sc_assert(extension != nullptr);
    return *extension;
  }
  tlm_extension_base* clone() const override { return new MessageExtension(*this); }
  void copy_from(const tlm_extension_base& other) override {
    *this = static_cast<const MessageExtension&>(other);
  }
};

/// A payload with the extension attached, for one caller to use again and again.
class MessagePayload {
 public:
  MessagePayload() {
    trans_.set_command(tlm::TLM_IGNORE_COMMAND);
    trans_.set_extension(&extension_);
  }
  ~MessagePayload() { trans_.clear_extension(&extension_); }
  MessagePayload(const MessagePayload&) = delete;
  MessagePayload& operator=(const MessagePayload&) = delete;

  tlm::tlm_generic_payload& with(PacketPtr packet, VirtualNetwork network) {
    extension_.packet = std::move(packet);
    extension_.network = network;
    return trans_;
  }
  /// The packet, when nobody took it.
  PacketPtr take_back() { return std::move(extension_.packet); }

 private:
  tlm::tlm_generic_payload trans_;
  MessageExtension extension_;
};

}  // namespace kirchhoff::hw
