#include "hw/common/turns.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "hw/common/clock.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

std::uint64_t period_ps(int pe_mhz, int tile_mhz, int noc_mhz, double stage_ns = 0) {
  ClockConfig clocks;
  clocks.pe_mhz = pe_mhz;
  clocks.tile_mhz = tile_mhz;
  clocks.noc_mhz = noc_mhz;
  TileConfig tile;
  tile.stage = Duration::nanoseconds(stage_ns);
  return Turns(clocks, tile, [] {}).period_ps();
}

class TurnsTest : public SystemCTest {
 protected:
  /// A part of a tile that needs `ns` of every turn of its layer.
  Thread& add_part(LayerLabel layer, int images, std::uint64_t ns) {
    threads_.push_back(std::make_unique<Thread>(*agenda_, [this, layer, images, ns] {
      for (int image = 0; image < images; ++image) {
        turns_.wait_for(layer, image);
        log_.push_back(
            fmt::format("{} ns: layer {}, image {}", now_ps() / 1000.0, index(layer), image));
        wait_until(now_ps() + 1000 * ns);
        turns_.done();
      }
      idle_.wait();
    }));
    return *threads_.back();
  }
  Thread& add_host(int images) {
    threads_.push_back(std::make_unique<Thread>(*agenda_, [this, images] {
      for (int image = 0; image < images; ++image) {
        turns_.wait_for_host(image);
        log_.push_back(fmt::format("{} ns: host, image {}", now_ps() / 1000.0, image));
        turns_.done();
      }
      idle_.wait();
    }));
    return *threads_.back();
  }

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  Event idle_{*agenda_};
  int prepared_ = 0;
  Turns turns_{ClockConfig(), TileConfig(), [this] { ++prepared_; }};
  std::vector<std::unique_ptr<Thread>> threads_;
  std::vector<std::string> log_;
};

// The edges of all domains lie together, and so do the beats of a synchronous pipeline.
TEST_F(TurnsTest, BeginWhereAllDomainsHaveAnEdge) {
  EXPECT_EQ(period_ps(1200, 1200, 1000), 5000u);
  EXPECT_EQ(period_ps(1000, 1000, 1000), 1000u);
  EXPECT_EQ(period_ps(1200, 800, 1000), 5000u);
  EXPECT_EQ(period_ps(997, 333, 1001), 1000000u);
  EXPECT_EQ(period_ps(1200, 1200, 999), 1000000u) << "a third of a microsecond is rounded";
  EXPECT_EQ(period_ps(1200, 1200, 1000, 100), 100000u);
  EXPECT_EQ(period_ps(1200, 1200, 1000, 12), 25000u) << "15 cycles, of which two make five periods";
  for (const int mhz : {1200, 997, 333, 1000}) {
    const Clock clock(mhz);
    const std::uint64_t period = period_ps(1200, 333, mhz);
    EXPECT_EQ(clock.edge_ps(clock.cycle_at_ps(period)), period) << mhz;
  }
}

TEST_F(TurnsTest, FollowTheOrderOfLabelsImageByImage) {
  add_part(LayerLabel{3}, 2, 7);
  add_part(LayerLabel{0}, 2, 1);
  add_part(LayerLabel{0}, 2, 11);
  add_host(2);
  elaborate();
  turns_.join(LayerLabel{3});
  for (int part = 0; part < 2; ++part) turns_.join(LayerLabel{0});
  turns_.begin(2);
  sc_core::sc_start();
  EXPECT_EQ(log_, (std::vector<std::string>{"0 ns: host, image 0", "5 ns: layer 0, image 0",
                                            "5 ns: layer 0, image 0", "20 ns: layer 3, image 0",
                                            "30 ns: host, image 1", "35 ns: layer 0, image 1",
                                            "35 ns: layer 0, image 1", "50 ns: layer 3, image 1"}));
  EXPECT_TRUE(turns_.over());
  EXPECT_EQ(prepared_, 5) << "for every turn but the first";
}

// A message that nobody has handled yet keeps its turn from ending.
TEST_F(TurnsTest, LastUntilEveryMessageIsHandled) {
  add_host(1);
  add_part(LayerLabel{0}, 1, 1);
  elaborate();
  turns_.join(LayerLabel{0});
  turns_.begin(1);
  turns_.sent();
  sc_core::sc_start();
  EXPECT_EQ(log_.size(), 1u);
  turns_.done();
  sc_core::sc_start();
  EXPECT_EQ(log_.size(), 2u);
  EXPECT_TRUE(turns_.over());
}

// Who does not join is passed over, and whoever listens hears of the turns that take place.
TEST_F(TurnsTest, MayBeThoseOfSomeOnly) {
  for (const int label : {0, 1, 2}) add_part(LayerLabel{label}, 1, 3);
  add_host(1);
  elaborate();
  for (const int label : {0, 2}) turns_.join(LayerLabel{label});
  turns_.leave_out_host();
  std::vector<std::string> ended;
  turns_.on_end = [&](const Turns::Turn& turn) {
    ended.push_back(fmt::format("layer {}: {} to {} ns", index(*turn.layer), turn.begin_ps / 1000.0,
                                turn.next_ps / 1000.0));
  };
  turns_.begin(1);
  sc_core::sc_start();
  EXPECT_EQ(ended, (std::vector<std::string>{"layer 0: 0 to 5 ns", "layer 2: 5 to 10 ns"}));
  EXPECT_TRUE(turns_.over());
}

}  // namespace
}  // namespace kirchhoff::hw
