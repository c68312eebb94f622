#include "hw/controller/complete_sequence.h"

#include <memory>
#include <optional>
#include <utility>

namespace kirchhoff::hw {

CompleteSequence::CompleteSequence(const SequenceContext& context, NodeId node,
                                   const RegisterFile& registers, ControllerSockets& bus,
                                   ControllerSockets& edram, sc_core::sc_port<TileAdderIf>& adder,
                                   sc_core::sc_port<SfuIf>& sfu,
                                   sc_core::sc_port<NetworkIf>& network, SumsSlot& sums,
                                   PartialSums& partials, PartialCredits& partial_credits,
                                   RowCredits& row_credits, InputMap& residual,
                                   WindowCount& completed, Observer* observer)
    : Sequence(context, context.account.complete),
      node_(node),
      registers_(registers),
      adder_(adder),
      sfu_(sfu),
      sums_(sums),
      partials_(partials),
      partial_credits_(partial_credits),
      row_credits_(row_credits),
      residual_(residual),
      completed_(completed),
      observer_(observer),
      bus_(bus, BusUser::kComplete, account_),
      edram_(edram, EdramUser::kComplete, account_),
      network_(network, context.stage, context.counters.commands, account_) {}

void CompleteSequence::run() {
  for (int n = 0; n < windows(); ++n) {
    for (int done = 0; done < layer().groups; ++done) {
      account_.work_on(n);
      GroupSums sums = next_sums();
      const Group& group = program().groups[sums.group];
      if (group.registers.aggregator != index(node_)) {
        send_partial(sums, group);
      } else {
        complete(sums, group);
      }
      context_.stage.align();
    }
    const Window window = walk().window(n);
    if (program().has_residual() && walk().ends_row(window))
      free_residual(walk().image_of(n), window);
    ++context_.counters.windows;
    context_.counters.end = context_.clock.now();
    completed_.advance();
    window_done(n);
  }
  context_.account.end();
  context_.state.running = false;
}

GroupSums CompleteSequence::next_sums() {
  if (!sums_.full()) {
    account_.enter(Activity::kWaitSums, &context_.account.drain);
    sums_.wait_for_sums();
  }
  GroupSums sums = sums_.take();
  context_.stage.align();
  return sums;
}

void CompleteSequence::complete(GroupSums& sums, const Group& group) {
  if (group.registers.partials > 0) take_partials(sums, group);
  if (program().has_products()) adder_->take(group.registers.channels, layer().sum_bits);
  const int image = walk().image_of(sums.window);
  const Window window = walk().window(sums.window);
  if (observer_ && program().functional()) {
    observer_->accumulators(image, program().label(), group.registers.channel_begin, window.y,
                            walk().column_of(window), sums.values);
  }
  if (layer().output_bits == 0) {
    deliver_result(sums, group, image * walk().output_pixels() + window.out_pixel);
  } else {
    activate(sums, group, image, window);
  }
}

void CompleteSequence::send_partial(GroupSums& sums, const Group& group) {
  if (!partial_credits_.any(sums.group)) {
    account_.enter(Activity::kWaitPartialCredit);
    partial_credits_.wait_for(sums.group);
    context_.stage.align();
  }
  partial_credits_.use(sums.group);
  adder_->take(group.registers.channels, layer().sum_bits);
  auto packet = make_packet();
  packet->kind = PacketKind::kPartialSum;
  packet->destination = NodeId{group.registers.aggregator};
  packet->layer = program().label();
  packet->stream = group.registers.slot;
  packet->index = sums.window;
  packet->channels = group.registers.channels;
  packet->payload_bits = static_cast<long long>(group.registers.channels) * layer().sum_bits;
  packet->sums = std::move(sums.values);
  bus_.move(packet->payload_bits);
  network_.send(std::move(packet));
}

// The group is whole when every tile that holds row blocks of it has sent its part.
void CompleteSequence::take_partials(GroupSums& sums, const Group& group) {
  const PartialSum& partial = partials_.at(sums.group, sums.window);
  if (partial.arrived < group.registers.partials) {
    account_.enter(Activity::kWaitPartials);
    const std::uint64_t begin = now_ps();
    partials_.wait_for(partial, group.registers.partials);
    context_.account.explain_complete(partials_.last_arrival(), begin);
    context_.stage.align();
  }
  PartialSum whole = partials_.take(sums.group, sums.window);
  sums.values = std::move(whole.sum);
  for (const NodeId sender : whole.senders) {
    auto credit = make_packet();
    credit->kind = PacketKind::kCredit;
    credit->destination = sender;
    credit->layer = program().label();
    credit->channel_begin = group.registers.channel_begin;
    credit->index = sums.window;
    network_.send(std::move(credit));
  }
}

void CompleteSequence::deliver_result(const GroupSums& sums, const Group& group, int pixel) {
  const long long bits = static_cast<long long>(group.registers.channels) * layer().sum_bits;
  bus_.move(bits);
  for (const HopRegisters& hop : group.hops) {
    auto packet = make_packet();
    packet->kind = PacketKind::kResult;
    packet->destination = NodeId{hop.node};
    packet->layer = program().label();
    packet->index = pixel;
    packet->channel_begin = group.registers.channel_begin;
    packet->channels = group.registers.channels;
    packet->payload_bits = bits;
    packet->sums = sums.values;
    network_.send(std::move(packet));
  }
}

void CompleteSequence::activate(GroupSums& sums, const Group& group, int image,
                                const Window& window) {
  if (program().has_residual()) take_residual(group, image, window);
  ++context_.counters.commands;
  account_.enter(Activity::kSfu);
  sfu_->process(sums.values, group.registers.channels, operands_of(group, window), window.first,
                maxima_[sums.group]);
  context_.stage.align();
  if (window.last) send_outputs(sums.group, group, image, window);
}

SfuOperands CompleteSequence::operands_of(const Group& group, const Window& window) const {
  SfuOperands operands;
  if (!program().functional()) return operands;
  const auto constants = static_cast<Constants>(layer().constants);
  int first = 0;
  if (constants == Constants::kByChannel) first = group.registers.channel_begin;
  if (constants == Constants::kByPixels || constants == Constants::kByPaddedPixels)
    first = walk().pixels_under(window, constants == Constants::kByPaddedPixels) - 1;
  operands.multiplier = registers_.multipliers().data() + first;
  operands.bias = registers_.biases().data() + first;
  operands.by_channel = constants == Constants::kByChannel;
  if (program().has_residual()) operands.second = second_.data();
  return operands;
}

// The second operand waits in the eDRAM buffer for the sums that it is added to.
void CompleteSequence::take_residual(const Group& group, int image, const Window& window) {
  const int pixel = image * walk().residual_pixels() + walk().residual_pixel(window);
  if (residual_.complete() <= pixel) {
    account_.enter(Activity::kWaitBranch);
    const std::uint64_t begin = now_ps();
    residual_.wait_for(pixel + 1);
    context_.account.explain_complete(residual_.last_arrival(), begin);
    context_.stage.align();
  }
  ++context_.counters.commands;
  const int channels = layer().residual_channels, count = group.registers.channels;
  const long long row = static_cast<long long>(layer().residual_width) * channels;
  TransferExtension& burst = edram_.burst();
  burst.segments = 1;
  burst.segment_elements = count;
  burst.base = program().input_elements();
  burst.wrap = row * layer().residual_rows;
  burst.element_bits = layer().residual_bits;
  if (program().functional()) second_.resize(static_cast<std::size_t>(count));
  const long long y = pixel / layer().residual_width, x = pixel % layer().residual_width;
  edram_.read(y % layer().residual_rows * row + x * channels + group.registers.channel_begin -
                  layer().residual_channel_begin,
              program().functional() ? second_.data() : nullptr, second_.size());
  bus_.move(static_cast<long long>(count) * layer().residual_bits);
}

void CompleteSequence::free_residual(int image, const Window& window) {
  const long long rows = static_cast<long long>(image) * layer().residual_height +
                         walk().residual_rows_done_after(window);
  const std::optional<int> allowed = residual_.free_rows_before(rows);
  if (allowed) network_.send_credits(program().residual_producers, program().label(), 1, *allowed);
}

// Over the bus once; the network interface sends what every consumer needs of it.
void CompleteSequence::send_outputs(GroupId g, const Group& group, int image,
                                    const Window& window) {
  const Sums& outputs = maxima_[g];
  const int y = window.out_pixel / layer().map_width(), x = window.out_pixel % layer().map_width();
  if (observer_ && program().functional())
    observer_->outputs(image, program().label(), group.registers.channel_begin, y, x, outputs);
  wait_for_room(g, group, image, y, x);
  bus_.move(static_cast<long long>(group.registers.channels) * layer().output_bits);
  for (const HopRegisters& hop : group.hops) {
    if (!travels(hop, y, x)) continue;
    const int width = hop.columns > 0 ? hop.columns : layer().map_width();
    auto packet = make_packet();
    packet->kind = PacketKind::kActivation;
    packet->destination = NodeId{hop.node};
    packet->layer = program().label();
    packet->stream = hop.stream;
    packet->index = (image * layer().output_height + y) * width + x - hop.column_begin;
    packet->operand = hop.operand;
    packet->channel_begin = hop.first_there;
    packet->channels = hop.channels;
    packet->payload_bits = static_cast<long long>(packet->channels) * layer().output_bits;
    if (program().functional()) {
      const auto begin = outputs.begin() + (hop.channel_begin - group.registers.channel_begin);
      packet->values.assign(begin, begin + packet->channels);
    }
    network_.send(std::move(packet));
  }
}

bool CompleteSequence::travels(const HopRegisters& hop, int y, int x) {
  const bool in_columns =
      hop.columns == 0 || (x >= hop.column_begin && x < hop.column_begin + hop.columns);
  return in_columns && reg::rows_of(hop).takes(y);
}

/// Until every next hop that gets pixel (y, x) takes its row.
void CompleteSequence::wait_for_room(GroupId g, const Group& group, int image, int y, int x) {
  const long long row = static_cast<long long>(image) * layer().output_height + y;
  for (std::size_t h = 0; h < group.hops.size(); ++h) {
    if (!travels(group.hops[h], y, x)) continue;
    if (row_credits_.takes(program(), g, h, row)) continue;
    account_.enter(Activity::kWaitNextLayer);
    row_credits_.wait_for(program(), g, h, row);
    context_.stage.align();
  }
}

}  // namespace kirchhoff::hw
