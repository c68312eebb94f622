// The complete sequence of a tile: remote partial sums, SFU, next hops.

#include <algorithm>
#include <memory>

#include "hw/controller/controller.h"

namespace kirchhoff::hw {

void Controller::complete_sequence() {
  while (true) {
    start_signal_.wait();
    const long long total = total_windows() * layer_.groups;
    for (long long k = 0; k < total; ++k) {
      complete_.work_on(k / layer_.groups);
      if (sums_.empty()) {
        complete_.enter(Activity::kWaitSums, &drain_);
        while (sums_.empty()) sums_signal_.wait();
      }
      GroupSums sums = std::move(sums_.front());
      sums_.pop_front();
      space_signal_.notify();
      align();
      Group& group = groups_[static_cast<std::size_t>(sums.group)];
      if (group.registers.aggregator != index(node_)) {
        send_partial(sums, group);
      } else {
        if (group.registers.partials > 0) take_partials(sums, group);
        adder->take(group.registers.channels, layer_.sum_bits);
        const int image = sums.window / layer_.windows();
        const Window window = Window::at(layer_, sums.window % layer_.windows());
        if (observer_ && layer_.functional) {
          observer_->accumulators(image, layer_.layer, group.registers.channel_begin, window.y,
                                  window.x, sums.values);
        }
        if (layer_.output_bits == 0) {
          const int pixels = layer_.output_height * layer_.output_width;
          deliver_result(sums, group, image * pixels + window.out_pixel);
        } else {
          activate(sums, group, image, window);
        }
      }
      align();
      if (k % layer_.groups == layer_.groups - 1) {
        ++completed_;
        ++counters_.windows;
        counters_.end = clock_.now();
        completed_signal_.notify();
      }
    }
    complete_at_end_ = complete_.blame();
    complete_.enter(Activity::kIdle);
    running_ = false;
  }
}

void Controller::send_partial(GroupSums& sums, Group& group) {
  if (group.credits == 0) {
    complete_.enter(Activity::kWaitPartialCredit);
    while (group.credits == 0) partial_signal_.wait();
    align();
  }
  --group.credits;
  adder->take(group.registers.channels, layer_.sum_bits);
  auto packet = std::make_shared<Packet>();
  packet->kind = PacketKind::kPartialSum;
  packet->destination = static_cast<NodeId>(group.registers.aggregator);
  packet->layer = layer_.layer;
  packet->stream = group.registers.slot;
  packet->index = sums.window;
  packet->channels = group.registers.channels;
  packet->payload_bits = static_cast<long long>(group.registers.channels) * layer_.sum_bits;
  packet->sums = std::move(sums.values);
  move(complete_, complete_bus_, BusUser::kComplete, packet->payload_bits);
  send(complete_, std::move(packet));
}

// The group is whole when every tile that holds row blocks of it has sent its part.
void Controller::take_partials(GroupSums& sums, Group& group) {
  const auto at = group.partials.try_emplace(sums.window).first;
  Partial& partial = at->second;
  if (partial.arrived < group.registers.partials) {
    complete_.enter(Activity::kWaitPartials);
    const std::uint64_t begin = now_ps();
    while (partial.arrived < group.registers.partials) partial_signal_.wait();
    const Hindsight hindsight = account_for(complete_, partial_arrival_);
    // The account of the last product's end may lie within this wait.
    if (ready_ == total_windows())
      hindsight.correct(begin, last_ready_ps_, complete_at_last_ready_);
    align();
  }
  sums.values = std::move(partial.sum);
  const std::vector<NodeId> senders = std::move(partial.senders);
  group.partials.erase(at);
  for (const NodeId sender : senders) {
    auto credit = std::make_shared<Packet>();
    credit->kind = PacketKind::kCredit;
    credit->destination = sender;
    credit->layer = layer_.layer;
    credit->channel_begin = group.registers.channel_begin;
    credit->index = sums.window;
    send(complete_, std::move(credit));
  }
}

void Controller::deliver_result(const GroupSums& sums, const Group& group, int pixel) {
  const long long bits = static_cast<long long>(group.registers.channels) * layer_.sum_bits;
  move(complete_, complete_bus_, BusUser::kComplete, bits);
  for (const Hop& hop : group.hops) {
    auto packet = std::make_shared<Packet>();
    packet->kind = PacketKind::kResult;
    packet->destination = static_cast<NodeId>(hop.registers.node);
    packet->layer = layer_.layer;
    packet->index = pixel;
    packet->channel_begin = group.registers.channel_begin;
    packet->channels = group.registers.channels;
    packet->payload_bits = bits;
    packet->sums = sums.values;
    send(complete_, std::move(packet));
  }
}

void Controller::activate(GroupSums& sums, Group& group, int image, const Window& window) {
  ++counters_.commands;
  const auto first = static_cast<std::size_t>(group.registers.channel_begin);
  SfuConstants constants;
  if (layer_.functional) {
    constants.multiplier = registers_.multipliers().data() + first;
    constants.bias = registers_.biases().data() + first;
  }
  constants.shift = layer_.shift;
  constants.output_bits = layer_.output_bits;
  complete_.enter(Activity::kSfu);
  sfu->process(sums.values, group.registers.channels, constants, window.first, group.maximum);
  align();
  if (window.last) send_outputs(group, image, window);
}

// Over the bus once; the network interface sends what every consumer needs of it.
void Controller::send_outputs(Group& group, int image, const Window& window) {
  const int y = window.out_pixel / layer_.output_width, x = window.out_pixel % layer_.output_width;
  if (observer_ && layer_.functional)
    observer_->outputs(image, layer_.layer, group.registers.channel_begin, y, x, group.maximum);
  const long long row = static_cast<long long>(image) * layer_.output_height + y;
  for (const Hop& hop : group.hops) {
    if (hop.registers.rows == 0 || row < hop.allowed) continue;
    complete_.enter(Activity::kWaitNextLayer);
    while (row >= hop.allowed) next_layer_signal_.wait();
    align();
  }
  move(complete_, complete_bus_, BusUser::kComplete,
       static_cast<long long>(group.registers.channels) * layer_.output_bits);
  for (const Hop& hop : group.hops) {
    auto packet = std::make_shared<Packet>();
    packet->kind = PacketKind::kActivation;
    packet->destination = static_cast<NodeId>(hop.registers.node);
    packet->layer = layer_.layer;
    packet->stream = hop.registers.stream;
    packet->index = image * layer_.output_height * layer_.output_width + window.out_pixel;
    packet->channel_begin = hop.registers.channel_begin;
    packet->channels = hop.registers.channels;
    packet->payload_bits = static_cast<long long>(packet->channels) * layer_.output_bits;
    if (layer_.functional) {
      const auto begin =
          group.maximum.begin() + (packet->channel_begin - group.registers.channel_begin);
      packet->values.assign(begin, begin + packet->channels);
    }
    send(complete_, std::move(packet));
  }
}

}  // namespace kirchhoff::hw
