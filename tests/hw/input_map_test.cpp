#include "hw/controller/input_map.h"

#include <gtest/gtest.h>

#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

struct Owner : sc_core::sc_module {
  explicit Owner(const sc_core::sc_module_name& name) : sc_module(name) {}
};

/// Two images of 4 x 5 pixels through a ring of three rows.
class InputMapTest : public SystemCTest {
 protected:
  InputMapTest() {
    LayerRegisters layer;
    layer.input_height = 4;
    layer.input_width = 5;
    layer.output_height = layer.output_width = layer.pool = 1;
    layer.sources = 1;
    layer.images = 2;
    layer.buffer_rows = 3;
    program_.layer = layer;
    program_.walk = WindowWalk(layer);
    input_.reset({1, 2, layer.input_height, 5, 3, {}, 0});
  }
  void row(int y) { input_.arrive(0, 5 * y, 5, y, {}); }

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  Owner owner_{"owner"};
  TileProgram program_;
  InputMap input_{*agenda_, nullptr, owner_, "rows"};
};

TEST_F(InputMapTest, FreedRowsLetTheProducersSendAsManyMore) {
  row(0);
  row(1);
  EXPECT_EQ(input_.complete(), 10);
  EXPECT_EQ(input_.free_rows_before(2), 5);
  EXPECT_EQ(input_.free_rows_before(2), std::nullopt);  // nothing new
  EXPECT_EQ(input_.free_rows_before(8), 8);             // the stream has no more
}

TEST_F(InputMapTest, KnowsTheMostRowsThatLayInTheBuffer) {
  row(0);
  row(1);
  row(2);
  input_.free_rows_before(2);
  row(3);
  EXPECT_EQ(input_.most_rows(), 3);
}

// Rows 1 and 3 of each image come: nobody waits for the others, and credits begin behind the first.
TEST_F(InputMapTest, RowsThatNeverComeAreNotWaitedFor) {
  input_.reset({1, 2, 4, 5, 2, {0, 1, 2, 1, 2}, 1});
  EXPECT_EQ(input_.complete(), 5);
  row(1);
  EXPECT_EQ(input_.complete(), 15);
  EXPECT_EQ(input_.free_rows_before(1), std::nullopt);
  EXPECT_EQ(input_.free_rows_before(3), 5);
  row(3);
  EXPECT_EQ(input_.complete(), 25) << "up to the next image's row 1";
}

TEST_F(InputMapTest, WakesWhoeverWaitsForPixels) {
  std::uint64_t woken = 0;
  Thread fetch(*agenda_, [&] {
    input_.wait_for(10);
    woken = now_ps();
  });
  Thread receive(*agenda_, [&] {
    wait_until(100);
    row(0);
    wait_until(200);
    row(1);
  });
  sc_core::sc_start();
  EXPECT_EQ(woken, 200u);
}

}  // namespace
}  // namespace kirchhoff::hw
