#include "hw/tile/edram_buffer.h"

#include <gtest/gtest.h>

#include "tests/hw/scripts.h"

namespace kirchhoff::hw {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

class EdramBufferTest : public SystemCTest {
 protected:
  Clock clock_{1000};
};

// Rows of a ring: the burst goes on at the beginning.
TEST_F(EdramBufferTest, EdramBurstsWrapRoundTheRing) {
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

TEST_F(EdramBufferTest, EdramReadsBackTwoDimensionalBurstsAndCountsWords) {
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

}  // namespace
}  // namespace kirchhoff::hw
