#include "hw/tile/tile_bus.h"

#include <gtest/gtest.h>

#include "hw/tile/edram_buffer.h"
#include "tests/hw/scripts.h"

namespace kirchhoff::hw {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

class TileBusTest : public SystemCTest {
 protected:
  Clock clock_{1000};
};

TEST_F(TileBusTest, BusContentionDelaysTheSecondMaster) {
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
TEST_F(TileBusTest, BusHoldsItsGrantOverAllBeats) {
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

}  // namespace
}  // namespace kirchhoff::hw
