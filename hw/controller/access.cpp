#include "hw/controller/access.h"

#include <memory>
#include <utility>

namespace kirchhoff::hw {

void BusAccess::move(long long bits, Cycle at_least) {
  // Whatever these beats carried before, for whom: now they only move bits.
  Beat beat;
  beat.wire_bits = bits;
  beat.at_least = at_least;
  beats().resize(1);
  beats().front() = beat;
  write();
}

void BusAccess::transport(tlm::tlm_command command) {
  account_.enter(Activity::kWaitBus);
  sc_core::sc_time delay;
  sockets_[user_]->b_transport(transfer_.prepare(command), delay);
}

void EdramAccess::transport(tlm::tlm_command command, long long address, std::int32_t* values,
                            std::size_t count) {
  account_.enter(Activity::kWaitEdram);
  sc_core::sc_time delay;
  sockets_[user_]->b_transport(transfer_.prepare(command, static_cast<std::uint64_t>(address),
                                                 values, sizeof(std::int32_t) * count),
                               delay);
}

void NetworkAccess::send_credits(const std::vector<NodeId>& producers, LayerLabel layer,
                                 int operand, int rows) {
  for (const NodeId node : producers) {
    auto packet = make_packet();
    packet->kind = PacketKind::kBufferCredit;
    packet->destination = node;
    packet->layer = layer;
    packet->operand = operand;
    packet->index = rows;
    send(std::move(packet));
  }
}

void NetworkAccess::send(PacketPtr packet) {
  ++commands_;
  account_.enter(Activity::kWaitNetwork);
  const PacketPtr sent = account_.traced() ? packet : nullptr;
  network_->send(std::move(packet));
  if (sent) account_.sent(*sent);
  stage_.align();  // a full queue is left on an edge of the NoC clock
}

}  // namespace kirchhoff::hw
