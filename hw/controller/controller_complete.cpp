// The complete and receive sequences of a tile: remote partial sums, SFU, next hops, arriving
// packets.

#include <algorithm>
#include <memory>

#include "hw/controller/controller.h"

namespace kirchhoff::hw {

void Controller::complete_thread() {
  while (true) {
    sum_state_.set("idle");
    wait(start_event_);
    const int total = layer_.windows() * layer_.groups;
    for (int k = 0; k < total; ++k) {
      sum_state_.set("wait_sums");
      while (sums_.empty()) wait(sums_event_);
      GroupSums sums = std::move(sums_.front());
      sums_.pop_front();
      space_event_.notify(sc_core::SC_ZERO_TIME);
      align();
      Group& group = groups_[static_cast<std::size_t>(sums.group)];
      adder->take(group.registers.channels);
      if (group.registers.aggregator != index(node_)) {
        send_partial(sums, group);
      } else {
        if (group.registers.partials > 0) add_remote(sums, group);
        const Window window = Window::at(layer_, sums.window);
        if (observer_ && layer_.functional) {
          observer_->accumulators(layer_.layer, group.registers.channel_begin, window.y, window.x,
                                  sums.values);
        }
        if (layer_.output_bits == 0) {
          deliver_result(sums, group, window);
        } else {
          activate(sums, group, window);
        }
      }
      if (k % layer_.groups == layer_.groups - 1) {
        ++completed_;
        ++counters_.windows;
        counters_.end = clock_.now();
      }
    }
    running_ = false;
  }
}

void Controller::send_partial(GroupSums& sums, Group& group) {
  sum_state_.set("wait_credit");
  const Cycle before = clock_.now();
  while (group.credits == 0) wait(partial_event_);
  counters_.wait_partials += clock_.now() - before;
  --group.credits;
  align();
  sum_state_.set("send_partial");
  auto packet = std::make_shared<Packet>();
  packet->kind = PacketKind::kPartialSum;
  packet->destination = static_cast<NodeId>(group.registers.aggregator);
  packet->layer = layer_.layer;
  packet->stream = group.registers.slot;
  packet->index = sums.window;
  packet->channels = group.registers.channels;
  packet->payload_bits =
      static_cast<long long>(group.registers.channels) * OutputRegister::kSumBits;
  packet->values = std::move(sums.values);
  ++counters_.commands;
  move(BusUser::kComplete, packet->payload_bits);
  network->send(std::move(packet));
}

// The group is whole when every tile that holds row blocks of it has sent its part.
void Controller::add_remote(GroupSums& sums, Group& group) {
  sum_state_.set("wait_partials");
  const Cycle before = clock_.now();
  Partial& partial = group.partials[sums.window];
  while (partial.arrived < group.registers.partials) wait(partial_event_);
  counters_.wait_partials += clock_.now() - before;
  align();
  sum_state_.set("add_partials");
  ++counters_.commands;
  adder->add(AdderUser::kComplete, sums.values, partial.sum, group.registers.channels, false);
  for (const NodeId sender : partial.senders) {
    auto credit = std::make_shared<Packet>();
    credit->kind = PacketKind::kCredit;
    credit->destination = sender;
    credit->layer = layer_.layer;
    credit->channel_begin = group.registers.channel_begin;
    credit->index = sums.window;
    network->send(std::move(credit));
  }
  group.partials.erase(sums.window);
}

void Controller::deliver_result(const GroupSums& sums, const Group& group, const Window& window) {
  sum_state_.set("deliver");
  for (const HopRegisters& hop : group.hops) {
    auto packet = std::make_shared<Packet>();
    packet->kind = PacketKind::kResult;
    packet->destination = static_cast<NodeId>(hop.node);
    packet->layer = layer_.layer;
    packet->index = window.out_pixel;
    packet->channel_begin = group.registers.channel_begin;
    packet->channels = group.registers.channels;
    packet->payload_bits = static_cast<long long>(packet->channels) * OutputRegister::kSumBits;
    packet->values = sums.values;
    ++counters_.commands;
    move(BusUser::kComplete, packet->payload_bits);
    network->send(std::move(packet));
  }
}

void Controller::activate(GroupSums& sums, Group& group, const Window& window) {
  sum_state_.set("sfu");
  ++counters_.commands;
  const auto first = static_cast<std::size_t>(group.registers.channel_begin);
  SfuConstants constants;
  if (layer_.functional) {
    constants.multiplier = registers_.multipliers().data() + first;
    constants.bias = registers_.biases().data() + first;
  }
  constants.shift = layer_.shift;
  constants.output_bits = layer_.output_bits;
  sfu->process(sums.values, group.registers.channels, constants, window.first, group.maximum);
  if (!window.last) return;
  if (observer_ && layer_.functional) {
    observer_->outputs(layer_.layer, group.registers.channel_begin,
                       window.out_pixel / layer_.output_width,
                       window.out_pixel % layer_.output_width, group.maximum);
  }
  sum_state_.set("send");
  for (const HopRegisters& hop : group.hops) {
    auto packet = std::make_shared<Packet>();
    packet->kind = PacketKind::kActivation;
    packet->destination = static_cast<NodeId>(hop.node);
    packet->layer = layer_.layer;
    packet->stream = hop.stream;
    packet->index = window.out_pixel;
    packet->channel_begin = hop.channel_begin;
    packet->channels = hop.channels;
    packet->payload_bits = static_cast<long long>(hop.channels) * layer_.output_bits;
    if (layer_.functional) {
      const auto begin =
          group.maximum.begin() + (hop.channel_begin - group.registers.channel_begin);
      packet->values.assign(begin, begin + hop.channels);
    }
    ++counters_.commands;
    move(BusUser::kComplete, packet->payload_bits);
    network->send(std::move(packet));
  }
}

void Controller::receive_thread() {
  while (true) {
    // Before START the registers say nothing about packets: they wait in the network interface.
    while (!accepting_) wait(start_event_);
    const PacketPtr packet = network->receive();
    if (!packet) {
      receive_state_.set("idle");
      wait(network->received_event());
      continue;
    }
    align();
    receive_state_.set(name_of(packet->kind));
    switch (packet->kind) {
      case PacketKind::kActivation:
        receive_activation(*packet);
        break;
      case PacketKind::kPartialSum:
        receive_partial(*packet);
        break;
      case PacketKind::kCredit:
        for (Group& group : groups_) {
          if (group.registers.channel_begin == packet->channel_begin) ++group.credits;
        }
        partial_event_.notify(sc_core::SC_ZERO_TIME);
        break;
      case PacketKind::kResult:
        sc_assert(false);
        break;
    }
  }
}

// Packet data are pixel after pixel, the packet's channels inside.
void Controller::receive_activation(const Packet& packet) {
  ++counters_.commands;
  TransferExtension& transfer = receive_bus_.wires();
  transfer.wire_bits = packet.payload_bits;
  transfer.devices.assign(1, config_.tile.pes);  // the eDRAM follows the PEs on the bus
  transfer.segments = packet.count;
  transfer.segment_elements = packet.channels;
  transfer.pitch = layer_.channels;
  transfer.element_bits = layer_.activation_bits;
  if (packet.channels == layer_.channels) {
    // Whole pixels are contiguous.
    transfer.segments = 1;
    transfer.segment_elements = packet.channels * packet.count;
  }
  pixel_values_.assign(packet.values.begin(), packet.values.end());
  const auto address =
      static_cast<std::uint64_t>(packet.index) * static_cast<unsigned>(layer_.channels) +
      static_cast<unsigned>(packet.channel_begin - layer_.channel_begin);
  sc_core::sc_time delay;
  bus_sockets[static_cast<int>(BusUser::kReceive)]->b_transport(
      receive_bus_.prepare(tlm::TLM_WRITE_COMMAND, address,
                           pixel_values_.empty() ? nullptr : pixel_values_.data(),
                           pixel_values_.size()),
      delay);
  input_.mark(packet.stream, packet.index, packet.count);
  input_event_.notify(sc_core::SC_ZERO_TIME);
}

void Controller::receive_partial(const Packet& packet) {
  ++counters_.commands;
  Group& group = groups_[static_cast<std::size_t>(packet.stream)];
  Partial& partial = group.partials[packet.index];
  move(BusUser::kReceive, packet.payload_bits);
  adder->add(AdderUser::kReceive, partial.sum, packet.values, packet.channels,
             partial.senders.empty());
  partial.senders.push_back(packet.source);
  ++partial.arrived;
  partial_event_.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace kirchhoff::hw
