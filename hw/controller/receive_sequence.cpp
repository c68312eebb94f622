#include "hw/controller/receive_sequence.h"

#include <algorithm>

namespace kirchhoff::hw {

ReceiveSequence::ReceiveSequence(const SequenceContext& context, ControllerSockets& bus,
                                 ControllerSockets& edram, sc_core::sc_port<TileAdderIf>& adder,
                                 sc_core::sc_port<NetworkIf>& network, InputMap& input,
                                 InputMap& residual, PartialSums& partials,
                                 PartialCredits& partial_credits, RowCredits& row_credits)
    : Sequence(context, context.account.receive, context.state.accepts),
      adder_(adder),
      network_(network),
      input_(input),
      residual_(residual),
      partials_(partials),
      partial_credits_(partial_credits),
      row_credits_(row_credits),
      bus_(bus, BusUser::kReceive, account_),
      edram_(edram, EdramUser::kReceive, account_) {}

void ReceiveSequence::run() {
  while (true) {
    // Before START the registers say nothing about packets: they wait in the network interface.
    while (!context_.state.accepting) context_.state.accepts.wait();
    PacketPtr packet = network_->receive();
    if (packet) {
      account_.took(*packet);
      context_.stage.align_to_clock();
    } else {
      account_.enter(Activity::kIdle);
      packet = network_->wait_for_packet(context_.clock, context_.state.accepting);
      if (!packet) continue;
    }
    handle(*packet);
    if (context_.turns) context_.turns->done();
  }
}

void ReceiveSequence::handle(const Packet& packet) {
  switch (packet.kind) {
    case PacketKind::kActivation:
      return receive_activation(packet);
    case PacketKind::kPartialSum:
      return receive_partial(packet);
    case PacketKind::kCredit:
      return partial_credits_.give(program(), packet.channel_begin);
    case PacketKind::kBufferCredit:
      return row_credits_.give(program(), packet.source, packet.operand, packet.index);
    case PacketKind::kResult:
      sc_assert(false);
  }
}

// Packet data are pixel after pixel, the packet's channels inside; a packet keeps to one row.
void ReceiveSequence::receive_activation(const Packet& packet) {
  context_.counters.commands += 2;
  const Arrival arrival = context_.account.arrival_of(packet);
  bus_.move(packet.payload_bits);
  const bool second = packet.operand != 0;
  const int width = second ? layer().residual_width : layer().input_width;
  const int channels = second ? layer().residual_channels : layer().channels;
  const int first = second ? layer().residual_channel_begin : layer().channel_begin;
  const int rows = second ? layer().residual_rows : layer().buffer_rows;
  const long long row = static_cast<long long>(width) * channels;
  TransferExtension& burst = edram_.burst();
  burst.segments = packet.count;
  burst.segment_elements = packet.channels;
  burst.pitch = channels;
  burst.base = second ? program().input_elements() : 0;
  burst.wrap = row * rows;
  burst.element_bits = second ? layer().residual_bits : layer().activation_bits;
  if (packet.channels == channels) {
    // Whole pixels are contiguous.
    burst.segments = 1;
    burst.segment_elements = packet.channels * packet.count;
  }
  const int y = packet.index / width, x = packet.index % width;
  values_ = packet.values;
  edram_.write(y % rows * row + static_cast<long long>(x) * channels + packet.channel_begin - first,
               values_.empty() ? nullptr : values_.data(), values_.size());
  (second ? residual_ : input_).arrive(packet.stream, packet.index, packet.count, y, arrival);
}

void ReceiveSequence::receive_partial(const Packet& packet) {
  ++context_.counters.commands;
  const Arrival arrival = context_.account.arrival_of(packet);
  bus_.move(packet.payload_bits, adder_->cycles_for(packet.channels));
  const GroupId group{packet.stream};
  PartialSum& partial = partials_.at(group, packet.index);
  adder_->add(partial.sum, packet.sums, packet.channels, layer().sum_bits, !partial.loaded);
  partial.loaded = true;
  partials_.arrive(partial, packet.source, arrival);
  context_.counters.partial_windows =
      std::max(context_.counters.partial_windows, partials_.windows(group));
}

}  // namespace kirchhoff::hw
