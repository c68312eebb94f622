#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include "hw/controller/channels.h"
#include "hw/controller/input_map.h"
#include "hw/controller/sequence.h"
#include "hw/ports/line_buffer_port.h"
#include "hw/ports/pe_ports.h"
#include "hw/ports/sfu_port.h"
#include "hw/ports/tile_adder_port.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {

/// A bus or a buffer without rivals: remembers every transfer, gives and takes its data, and is
/// busy for a while.
struct FakeTarget : sc_core::sc_module {
  tlm_utils::multi_passthrough_target_socket<FakeTarget> ports{"ports"};

  /// What one transfer was, when it was granted.
  struct Transfer {
    int user;
    bool write;
    std::uint64_t address, at_ps;
    TransferExtension wires;
  };
  std::vector<Transfer> transfers;
  std::uint64_t busy_ps = 2000;
  /// Delivers or takes the data of a transfer that it is given, which may be null.
  std::function<void(const Transfer&, std::int32_t*)> move;

  explicit FakeTarget(const sc_core::sc_module_name& name) : sc_module(name) {
    ports.register_b_transport(this, &FakeTarget::b_transport);
  }
  void b_transport(int user, tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    const Transfer transfer{user, trans.is_write(), trans.get_address(), now_ps(),
                            TransferExtension::of(trans)};
    transfers.push_back(transfer);
    transfer.wires.listener->granted(now_ps());
    if (busy_ps > 0) wait_until(now_ps() + busy_ps);
    if (move) move(transfer, reinterpret_cast<std::int32_t*>(trans.get_data_ptr()));
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

struct FakeLineBuffer : LineBufferIf {
  bool holds(long long) const override { return true; }
  void write(long long bits) override { written += bits; }
  void read(long long bits) override { read_bits += bits; }
  long long written = 0, read_bits = 0;
};

/// Eight sums per cycle.
struct FakeAdder : TileAdderIf {
  Cycle cycles_for(int count) const override { return static_cast<Cycle>(count + 7) / 8; }
  void add(Sums& sum, const Sums& addend, int count, int bits, bool first) override {
    added += count;
    sum_bits = bits;
    if (first) {
      sum = addend;
    } else {
      for (std::size_t i = 0; i < addend.size(); ++i) sum[i] += addend[i];
    }
  }
  void take(int count, int) override { taken += count; }
  int added = 0, taken = 0, sum_bits = 0;
};

/// Its max-pool register takes the larger of what comes, in no time.
struct FakeSfu : SfuIf {
  void program(const SfuProgram&) override {}
  void process(Sums& values, int count, const SfuOperands& operands, bool first,
               Sums& maximum) override {
    counts.push_back(count);
    if (operands.multiplier) multipliers.push_back(*operands.multiplier);
    if (operands.second) seconds.emplace_back(operands.second, operands.second + count);
    if (first) maximum = values;
    for (std::size_t i = 0; i < values.size(); ++i) maximum[i] = std::max(maximum[i], values[i]);
  }
  /// Sums, in as many picoseconds as there are values.
  void reduce(const WindowReduction& reduction, const std::vector<std::int32_t>& window,
              Sums& result) override {
    result.clear();
    for (auto first = window.begin(); first != window.end(); first += reduction.pixels)
      result.push_back(std::accumulate(first, first + reduction.pixels, Sum{0}));
    wait_until(now_ps() + static_cast<std::uint64_t>(reduction.channels * reduction.pixels));
  }
  std::vector<int> counts;
  std::vector<std::vector<std::int32_t>> seconds;  ///< operands of the calls that had some
  std::vector<std::int32_t> multipliers;           ///< of the first channel of a call
};

/// Keeps what is sent, and delivers what the test gives it.
struct FakeNetwork : NetworkIf {
  explicit FakeNetwork(Agenda& agenda) : event(agenda) {}
  void send(PacketPtr packet) override {
    packet->sent_ps = now_ps();
    sent.push_back(std::move(packet));
    if (on_send) on_send(*sent.back());
  }
  PacketPtr receive() override {
    if (waiting.empty()) return nullptr;
    PacketPtr packet = waiting.front();
    waiting.pop_front();
    return packet;
  }
  Event& received() override { return event; }
  /// `packet` arrives now.
  void deliver(const Packet& packet) {
    waiting.push_back(std::make_shared<Packet>(packet));
    waiting.back()->sent_ps = waiting.back()->arrived_ps = now_ps();
    event.notify();
  }

  Event event;
  std::deque<PacketPtr> waiting;
  std::vector<PacketPtr> sent;
  std::function<void(const Packet&)> on_send;
};

/// The tile around one sequence of a controller, played by a test: a clock of 1 GHz, the channels,
/// and a fake behind every port. The test writes `program` and calls start().
struct SequenceBench : sc_core::sc_module {
  explicit SequenceBench(const sc_core::sc_module_name& name, Cycle beat = 1)
      : sc_module(name), stage(clock, beat) {
    for (std::size_t i = 0; i < kBusUsers; ++i) bus_sockets.bind(bus.ports);
    for (std::size_t i = 0; i < kEdramUsers; ++i) edram_sockets.bind(edram.ports);
    line_buffer_port(line_buffer);
    adder_port(adder);
    sfu_port(sfu);
    network_port(network);
  }

  /// As START does it: every channel is empty.
  void start() {
    program.walk = WindowWalk(program.layer);
    account.reset();
    const LayerRegisters& layer = program.layer;
    input.reset({layer.sources, layer.images, layer.input_height, layer.input_width,
                 layer.buffer_rows, reg::input_rows(layer), program.walk.rows_before()});
    residual.reset({layer.residual_sources, layer.images, layer.residual_height,
                    layer.residual_width, layer.residual_rows, reg::residual_rows(layer),
                    program.walk.residual_rows_before()});
    input_slots.reset();
    output_slots.reset();
    sums.reset();
    partials.reset(program);
    partial_credits.reset(program);
    row_credits.reset(program);
    completed.reset();
    state.running = state.accepting = true;
    state.started.notify();
    state.accepts.notify();
  }
  /// Until nothing happens any more.
  static void run() { sc_core::sc_start(); }

  const std::shared_ptr<Agenda> agenda = Agenda::of_kernel();
  ChipConfig config;
  Clock clock{1000};
  StageClock stage;
  TileProgram program;
  RunState state{*agenda};
  ControllerCounters counters;
  TileAccount account{nullptr, *this, 1000};

  InputMap input{*agenda, nullptr, *this, "buffered_rows"};
  InputMap residual{*agenda, nullptr, *this, "residual_rows"};
  WindowSlots input_slots{*agenda, kInputSlots}, output_slots{*agenda, kOutputSlots};
  ReducedWindows reduced{kInputSlots, kOutputSlots};
  SumsSlot sums{*agenda};
  PartialSums partials{*agenda};
  PartialCredits partial_credits{*agenda};
  RowCredits row_credits{*agenda};
  WindowCount completed{*agenda};

  ControllerSockets bus_sockets{"bus_sockets"}, edram_sockets{"edram_sockets"};
  sc_core::sc_port<LineBufferIf> line_buffer_port{"line_buffer_port"};
  sc_core::sc_port<TileAdderIf> adder_port{"adder_port"};
  sc_core::sc_port<SfuIf> sfu_port{"sfu_port"};
  sc_core::sc_port<NetworkIf> network_port{"network_port"};
  FakeTarget bus{"bus"}, edram{"edram"};
  FakeLineBuffer line_buffer;
  FakeAdder adder;
  FakeSfu sfu;
  FakeNetwork network{*agenda};

  const SequenceContext context{*agenda, config,   clock,   stage,  program,
                                state,   counters, account, nullptr};
};

}  // namespace kirchhoff::hw
