// The receive sequence of a tile: arriving packets.

#include <algorithm>

#include "hw/controller/controller.h"

namespace kirchhoff::hw {

void Controller::receive_sequence() {
  while (true) {
    // Before START the registers say nothing about packets: they wait in the network interface.
    while (!accepting_) start_signal_.wait();
    const PacketPtr packet = network->receive();
    if (!packet) {
      receive_.enter(Activity::kIdle);
      network->received().wait();
      continue;
    }
    receive_.took(*packet);
    align_to_clock();  // packets know no beat
    switch (packet->kind) {
      case PacketKind::kActivation:
        receive_activation(*packet);
        break;
      case PacketKind::kPartialSum:
        receive_partial(*packet);
        break;
      case PacketKind::kCredit:
      case PacketKind::kBufferCredit:
        receive_credit(*packet);
        break;
      case PacketKind::kResult:
        sc_assert(false);
        break;
    }
  }
}

// Packet data are pixel after pixel, the packet's channels inside; a packet keeps to one row.
void Controller::receive_activation(const Packet& packet) {
  counters_.commands += 2;
  const Arrival arrival = arrival_of(packet);
  move(receive_, receive_bus_, BusUser::kReceive, packet.payload_bits);
  const long long row = static_cast<long long>(layer_.input_width) * layer_.channels;
  TransferExtension& burst = receive_write_.wires();
  burst.listener = &receive_;
  burst.segments = packet.count;
  burst.segment_elements = packet.channels;
  burst.pitch = layer_.channels;
  burst.wrap = row * layer_.buffer_rows;
  burst.element_bits = layer_.activation_bits;
  if (packet.channels == layer_.channels) {
    // Whole pixels are contiguous.
    burst.segments = 1;
    burst.segment_elements = packet.channels * packet.count;
  }
  const int y = packet.index / layer_.input_width, x = packet.index % layer_.input_width;
  pixel_values_ = packet.values;
  const auto address = static_cast<std::uint64_t>(y % layer_.buffer_rows * row +
                                                  static_cast<long long>(x) * layer_.channels +
                                                  packet.channel_begin - layer_.channel_begin);
  receive_.enter(Activity::kWaitEdram);
  sc_core::sc_time delay;
  edram_sockets[static_cast<int>(EdramUser::kReceive)]->b_transport(
      receive_write_.prepare(tlm::TLM_WRITE_COMMAND, address,
                             pixel_values_.empty() ? nullptr : pixel_values_.data(),
                             sizeof(std::int32_t) * pixel_values_.size()),
      delay);
  input_.mark(packet.stream, packet.index, packet.count);
  input_arrival_ = arrival;
  const int rows = y + 1 - static_cast<int>(freed_rows_);
  sc_assert(rows <= layer_.buffer_rows);  // credits see to it
  counters_.buffer_rows = std::max(counters_.buffer_rows, rows);
  rows_probe_.set(std::int64_t{rows});
  newest_row_ = std::max(newest_row_, y + 1LL);
  rows_gauge_.set(static_cast<double>(newest_row_ - freed_rows_));
  input_signal_.notify();
}

void Controller::receive_partial(const Packet& packet) {
  ++counters_.commands;
  const Arrival arrival = arrival_of(packet);
  Group& group = groups_[static_cast<std::size_t>(packet.stream)];
  move(receive_, receive_bus_, BusUser::kReceive, packet.payload_bits, packet.channels);
  Partial& partial = group.partials[packet.index];
  adder->add(partial.sum, packet.sums, packet.channels, layer_.sum_bits, !partial.loaded);
  partial.loaded = true;
  partial.senders.push_back(packet.source);
  ++partial.arrived;
  partial_arrival_ = arrival;
  counters_.partial_windows =
      std::max(counters_.partial_windows, static_cast<int>(group.partials.size()));
  partial_signal_.notify();
}

void Controller::receive_credit(const Packet& packet) {
  for (Group& group : groups_) {
    if (packet.kind == PacketKind::kCredit) {
      if (group.registers.channel_begin == packet.channel_begin) ++group.credits;
      continue;
    }
    for (Hop& hop : group.hops) {
      if (hop.registers.node == index(packet.source))
        hop.allowed = std::max(hop.allowed, static_cast<long long>(packet.index));
    }
  }
  (packet.kind == PacketKind::kCredit ? partial_signal_ : next_layer_signal_).notify();
}

}  // namespace kirchhoff::hw
