#include <functional>

#include <gtest/gtest.h>

#include "hw/common/round_robin.h"
#include "hw/common/shared_resource.h"
#include "hw/controller/input_tracker.h"
#include "hw/controller/register_file.h"
#include "hw/tile/edram_buffer.h"
#include "hw/tile/sfu.h"
#include "hw/tile/tile_bus.h"
#include "hw/tile/tile_shift_adder.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

/// Runs a function as a thread.
struct Script : sc_core::sc_module {
  std::function<void()> body;
  sc_time finished;
  Script(const sc_core::sc_module_name& name, std::function<void()> b)
      : sc_module(name), body(std::move(b)) {
    SC_HAS_PROCESS(Script);
    SC_THREAD(run);
  }
  void run() {
    begin_thread();
    body();
    finished = sc_core::sc_time_stamp();
  }
};

class TileComponentTest : public SystemCTest {
 protected:
  Clock clock_{1000};
};

TEST_F(TileComponentTest, ClockEdgesDoNotDrift) {
  Clock clock(1200);
  EXPECT_EQ(clock.offset_ps(6), 5000u);
  EXPECT_EQ(clock.offset_ps(6'000'000'000), 5'000'000'000'000u);
  for (Cycle k = 0; k < 100; ++k) {
    EXPECT_EQ(clock.cycle_at(clock.edge(k)), k);
    EXPECT_EQ(clock.cycle_at(clock.edge(k) + sc_time(1, sc_core::SC_PS)), k + 1);
  }
  EXPECT_EQ(clock.cycles_for(3.16), 4u);
  EXPECT_EQ(Clock(1000).cycles_for(1.0), 1u);
  EXPECT_EQ(clock.cycles_for(0.0), 0u);
}

TEST(RoundRobinTest, EveryRequesterIsServedInTurn) {
  RoundRobin arbiter(3);
  std::vector<std::size_t> winners;
  for (int i = 0; i < 6; ++i) winners.push_back(arbiter.pick([](std::size_t) { return true; }));
  EXPECT_EQ(winners, (std::vector<std::size_t>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(arbiter.pick([](std::size_t) { return false; }), 3u);
}

TEST_F(TileComponentTest, AResourceServesOneRequestAtATimeWithAnArbitrationCycle) {
  SharedResource resource("resource", clock_, {"a", "b"});
  Script a("a", [&] { resource.occupy(0, 10); });
  Script b("b", [&] { resource.occupy(1, 5); });
  sc_core::sc_start();
  EXPECT_EQ(a.finished, sc_time(11, SC_NS));
  EXPECT_EQ(b.finished, sc_time(16, SC_NS));
  EXPECT_EQ(resource.busy_cycles(), 15u);
  EXPECT_EQ(resource.stall_cycles(), 10u);
}

// Whoever runs first within an instant must not matter.
TEST_F(TileComponentTest, ProcessOrderWithinAnInstantDoesNotDecide) {
  SharedResource resource("resource", clock_, {"a", "b"});
  Script b("b", [&] { resource.occupy(1, 5); });
  Script a("a", [&] { resource.occupy(0, 10); });
  sc_core::sc_start();
  EXPECT_EQ(a.finished, sc_time(11, SC_NS));
  EXPECT_EQ(b.finished, sc_time(16, SC_NS));
}

struct BusMaster : sc_core::sc_module {
  tlm_utils::multi_passthrough_initiator_socket<BusMaster> socket{"socket"};
  Transfer transfer;
  sc_time finished;
  std::vector<std::int32_t> data;
  std::function<void(BusMaster&)> body;
  BusMaster(const sc_core::sc_module_name& name, std::function<void(BusMaster&)> b)
      : sc_module(name), body(std::move(b)) {
    SC_HAS_PROCESS(BusMaster);
    SC_THREAD(run);
  }
  void run() {
    begin_thread();
    body(*this);
    finished = sc_core::sc_time_stamp();
  }
  tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t address) {
    sc_time delay;
    socket[0]->b_transport(transfer.prepare(command, address, data.empty() ? nullptr : data.data(),
                                            sizeof(std::int32_t) * data.size()),
                           delay);
    return transfer.prepare(command, address).get_response_status();
  }
};

TEST_F(TileComponentTest, BusContentionDelaysTheSecondMaster) {
  TileBus bus("bus", BusConfig{}, clock_, {"a", "b"});
  EdramBuffer sink("sink", EdramConfig{}, clock_, {"a"});
  bus.targets.bind(sink.ports);
  const auto move = [](BusMaster& m) {
    m.transfer.wires().beats.resize(1);
    m.transfer.wires().beats[0].wire_bits = 1024;  // four cycles of 256 bits
    m.transport(tlm::TLM_WRITE_COMMAND, 0);
  };
  BusMaster a("a", move), b("b", move);
  a.socket.bind(bus.initiators);
  b.socket.bind(bus.initiators);
  sc_core::sc_start();
  EXPECT_EQ(a.finished, sc_time(5, SC_NS));
  EXPECT_EQ(b.finished, sc_time(9, SC_NS));
  EXPECT_EQ(bus.bytes(), 256u);
  EXPECT_EQ(bus.stall_cycles(), 4u);
}

// One grant carries all beats, and a slow taker stretches its own.
TEST_F(TileComponentTest, BusHoldsItsGrantOverAllBeats) {
  TileBus bus("bus", BusConfig{}, clock_, {"a", "b"});
  EdramBuffer sink("sink", EdramConfig{}, clock_, {"a"});
  bus.targets.bind(sink.ports);
  BusMaster a("a", [](BusMaster& m) {
    m.transfer.wires().beats.resize(3);
    for (Beat& beat : m.transfer.wires().beats) beat.wire_bits = 257;  // two cycles each
    m.transfer.wires().beats[1].at_least = 7;
    m.transport(tlm::TLM_WRITE_COMMAND, 0);
  });
  BusMaster b("b", [](BusMaster& m) {
    m.transfer.wires().beats.resize(1);
    m.transfer.wires().beats[0].wire_bits = 1;
    m.transport(tlm::TLM_WRITE_COMMAND, 0);
  });
  a.socket.bind(bus.initiators);
  b.socket.bind(bus.initiators);
  sc_core::sc_start();
  EXPECT_EQ(a.finished, sc_time(1 + 2 + 7 + 2, SC_NS));
  EXPECT_EQ(b.finished, sc_time(13, SC_NS));
  EXPECT_EQ(bus.bytes(), 3u * 33 + 1);
}

// Rows of a ring: the burst goes on at the beginning.
TEST_F(TileComponentTest, EdramBurstsWrapRoundTheRing) {
  EdramBuffer edram("edram", EdramConfig{}, clock_, {"a"});
  std::vector<std::int32_t> back;
  BusMaster m("m", [&](BusMaster& self) {
    auto& w = self.transfer.wires();
    w.segment_elements = 4;
    w.pitch = 4;
    w.wrap = 12;  // three rows
    for (int row = 0; row < 5; ++row) {
      self.data.assign(4, row);
      self.transport(tlm::TLM_WRITE_COMMAND, static_cast<std::uint64_t>(row % 3 * 4));
    }
    w.segments = 3;
    self.data.assign(12, -1);
    self.transport(tlm::TLM_READ_COMMAND, 8);
    back = self.data;
  });
  m.socket.bind(edram.ports);
  sc_core::sc_start();
  EXPECT_EQ(back, (std::vector<std::int32_t>{2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4}));
}

TEST_F(TileComponentTest, EdramReadsBackTwoDimensionalBurstsAndCountsWords) {
  EdramBuffer edram("edram", EdramConfig{}, clock_, {"a"});
  std::vector<std::int32_t> back;
  BusMaster m("m", [&](BusMaster& self) {
    auto& w = self.transfer.wires();
    w.element_bits = 8;
    w.segments = 1;
    w.segment_elements = 64;
    self.data.resize(64);
    for (int i = 0; i < 64; ++i) self.data[static_cast<std::size_t>(i)] = i;
    self.transport(tlm::TLM_WRITE_COMMAND, 0);  // an 8 x 8 map
    w.segments = 2;
    w.segment_elements = 3;
    w.pitch = 8;
    self.data.assign(6, -1);
    self.transport(tlm::TLM_READ_COMMAND, 9);
    back = self.data;
  });
  m.socket.bind(edram.ports);
  sc_core::sc_start();
  EXPECT_EQ(back, (std::vector<std::int32_t>{9, 10, 11, 17, 18, 19}));
  EXPECT_EQ(edram.writes(), 2u);
  EXPECT_EQ(edram.reads(), 2u);  // every row of a burst is a word of its own
  EXPECT_EQ(m.finished, sc_time(1 + 2 + 1 + 2, SC_NS));
}

TEST_F(TileComponentTest, TileShiftAdderSumsRowBlocks) {
  TileShiftAdder adder("adder", TileAdderConfig{}, RegisterConfig{128, {}, {}, {}, {}, {}});
  Sums sum;
  adder.add(sum, {1, 2, 3}, 3, 32, true);
  adder.add(sum, {10, 20, 30}, 3, 32, false);
  EXPECT_EQ(adder.cycles_for(8), 1u);
  EXPECT_EQ(adder.cycles_for(9), 2u);
  EXPECT_EQ(sum, (Sums{11, 22, 33}));
  EXPECT_EQ(adder.adds(), 3u);
  EXPECT_EQ(adder.register_writes(), 2u);
  EXPECT_EQ(adder.register_reads(), 1u);
}

TEST(ReluTableTest, EqualsTheClampForEveryIndex) {
  for (int bits = 1; bits <= 8; ++bits) {
    ReluTable table;
    table.program(bits);
    for (int v = -(1 << bits); v < 1 << bits; ++v) EXPECT_EQ(table.read(v), std::max(v, 0));
  }
}

TEST(RequantiserTest, ShiftsArithmeticallyAndSaturatesToOneBitMore) {
  EXPECT_EQ(requantised_index(100, 3, 0, 2, 8), 75);
  EXPECT_EQ(requantised_index(-1, 1, 0, 1, 8), -1);  // rounds towards minus infinity
  EXPECT_EQ(requantised_index(-1, 1, 1, 1, 8), 0);
  EXPECT_EQ(requantised_index(1'000'000, 1000, 0, 0, 4), 15);
  EXPECT_EQ(requantised_index(-1'000'000, 1000, 0, 0, 4), -16);
}

TEST_F(TileComponentTest, SfuKeepsTheMaximumOfAPoolingWindow) {
  Sfu sfu("sfu", SfuConfig{}, clock_);
  sfu.program({{SfuStep::kRequantise, SfuStep::kRelu, SfuStep::kMaximum}, 0, 4});
  const std::int32_t multiplier[2] = {1, 1};
  const std::int64_t bias[2] = {0, 0};
  const SfuConstants constants{multiplier, bias};
  Sums sums{3, -5}, more{99, -1}, maximum;
  Script s("s", [&] {
    sfu.process(sums, 2, constants, true, maximum);
    sfu.process(more, 2, constants, false, maximum);
  });
  sc_core::sc_start();
  EXPECT_EQ(maximum, (Sums{15, 0}));
  EXPECT_EQ(sfu.requantised(), 4u);
  EXPECT_EQ(sfu.comparisons(), 2u);
  EXPECT_EQ(s.finished, sc_time(8, SC_NS));  // one cycle of 8 lanes and three of latency, twice
}

TEST_F(TileComponentTest, SfuRunsTheStepsOfItsProgram) {
  Sfu sfu("sfu", SfuConfig{}, clock_);
  sfu.program({{SfuStep::kMaximum}, 0, 4});
  Sums sums{3, -5}, more{2, -1}, maximum;
  Script s("s", [&] {
    sfu.process(sums, 2, {}, true, maximum);
    sfu.process(more, 2, {}, false, maximum);
  });
  sc_core::sc_start();
  EXPECT_EQ(maximum, (Sums{3, -1}));
  EXPECT_EQ(sfu.requantised(), 0u);
  EXPECT_EQ(sfu.table_reads(), 0u);
  EXPECT_EQ(sfu.comparisons(), 2u);
}

TEST(InputTrackerTest, CompleteFollowsTheSlowestStream) {
  InputTracker tracker;
  tracker.reset(2, 4);
  tracker.mark(0, 0, 4);
  EXPECT_EQ(tracker.complete(), 0);
  tracker.mark(1, 1, 1);
  EXPECT_EQ(tracker.complete(), 0);
  tracker.mark(1, 0, 1);
  EXPECT_EQ(tracker.complete(), 2);
}

TEST(RegisterFileTest, DecodesRightsAndRanges) {
  RegisterFile file(TileId{7}, 16);
  std::uint32_t value = 0;
  EXPECT_EQ(file.read(reg::kId, value), RegisterFile::Result::kOk);
  EXPECT_EQ(value, 7u);
  EXPECT_EQ(file.write(reg::kId, 1), RegisterFile::Result::kAccessError);
  EXPECT_EQ(file.write(reg::kStatus, 1), RegisterFile::Result::kAccessError);
  EXPECT_EQ(file.read(reg::kControl, value), RegisterFile::Result::kAccessError);
  EXPECT_EQ(file.write(reg::at(&LayerRegisters::weight_bits), 6), RegisterFile::Result::kOk);
  EXPECT_EQ(file.layer().weight_bits, 6);
  EXPECT_EQ(file.write(reg::at(&LayerRegisters::weight_bits), 0),
            RegisterFile::Result::kRangeError);
  EXPECT_EQ(file.write(reg::at(&LayerRegisters::activation_bits), 17),
            RegisterFile::Result::kRangeError);
  EXPECT_EQ(file.layer().weight_bits, 6);
  EXPECT_EQ(file.write(0x0f00, 1), RegisterFile::Result::kAddressError);
  EXPECT_EQ(file.write(reg::at(&LayerRegisters::weight_bits) + 1, 1),
            RegisterFile::Result::kAddressError);
  EXPECT_EQ(file.write(reg::first_of<BlockRegisters>(reg::block_index(PeId{16}, 0)), 1),
            RegisterFile::Result::kAddressError);
  EXPECT_EQ(file.write(reg::at(&BlockRegisters::rows, reg::block_index(PeId{15}, 3)), 99),
            RegisterFile::Result::kOk);
  EXPECT_EQ(file.block(PeId{15}, 3).rows, 99);
}

}  // namespace
}  // namespace kirchhoff::hw
