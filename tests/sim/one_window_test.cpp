#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>

#include "sim/simulator.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

// A fully connected layer on one tile has one window, so nothing competes with it and docs/costs.md
// says its cycles in closed form. This is that page again, in plain arithmetic, without any of the
// model's code.

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Edge k of a clock in picoseconds, and the first edge at or after a time.
std::int64_t edge_ps(std::int64_t k, int mhz) { return (k * 1000000 + mhz / 2) / mhz; }
std::int64_t edge_at(std::int64_t ps, int mhz) {
  std::int64_t k = std::max<std::int64_t>(0, ps * mhz / 1000000 - 2);
  while (edge_ps(k, mhz) < ps) ++k;
  return k;
}
std::int64_t cycles(hw::Duration time, int mhz) {
  return static_cast<std::int64_t>(std::ceil(time.nanoseconds() * mhz / 1000 - 1e-9));
}

/// Cycles of the PE clock from the first bit driven to the sums in the output register.
std::int64_t product_cycles(const hw::ChipConfig& c, int columns, int bits) {
  const hw::PeConfig& pe = c.tile.pe;
  const std::int64_t drive = cycles(pe.dac.drive, c.clock.pe_mhz),
                     read = cycles(pe.crossbar.read, c.clock.pe_mhz),
                     acquire = cycles(pe.sample_hold.acquire, c.clock.pe_mhz),
                     rounds = ceil_div(columns, pe.adc.per_pair), add = pe.shift_adder.cycles,
                     conversion = rounds * pe.adc.cycles;
  if (!pe.sample_hold.present) {
    // A round drives, reads and converts; without overlap every one of them adds, too.
    const std::int64_t all = bits * rounds;
    return all * (drive + read + pe.adc.cycles) + (pe.overlap ? add : all * add);
  }
  if (!pe.overlap) return bits * (drive + read + acquire + conversion + add);
  return drive + read + acquire + (bits - 1) * (std::max(drive + read, conversion) + acquire) +
         conversion + add;
}

struct Shape {
  int channels, height, width, outputs, weight_bits, activation_bits;
  int rows() const { return channels * height * width; }
};

/// From the edge in which the window is fetched to that in which its sums are handed on.
std::int64_t end_cycle(const hw::ChipConfig& c, const Shape& s, std::int64_t begin) {
  const hw::TileConfig& tile = c.tile;
  const int block = tile.pe.crossbar.rows, width = tile.bus.width_bits;
  const std::int64_t sum_bits =
      hw::sum_bits(s.weight_bits, s.activation_bits, s.rows());  // 32 unless rows are many
  std::int64_t now = begin;
  // Every shared resource sees a request one edge after it was made, also one that takes no time.
  const std::int64_t words =
      s.height * ceil_div(static_cast<std::int64_t>(s.width) * s.channels * s.activation_bits,
                          tile.edram.word_bits);
  now += 1 + ceil_div(words, tile.edram.banks) * cycles(tile.edram.access, c.clock.tile_mhz);
  std::int64_t in = 0, out = 0;
  for (int row = 0; row < s.rows(); row += block) {
    in += ceil_div(static_cast<std::int64_t>(std::min(block, s.rows() - row)) * s.activation_bits,
                   width);
    // The tile's shift-adder takes the sums off the bus: it is held for whichever is longer.
    out += std::max(ceil_div(s.outputs * sum_bits, width), ceil_div(s.outputs, tile.adder.lanes));
  }
  now += 1 + in;
  // The controller starts a product on an edge of its own clock, the PE on the next one of its.
  const std::int64_t driven = edge_at(edge_ps(now, c.clock.tile_mhz), c.clock.pe_mhz);
  const std::int64_t added = driven + product_cycles(c, s.outputs, s.activation_bits);
  now = edge_at(edge_ps(added, c.clock.pe_mhz), c.clock.tile_mhz);
  now += 1 + out;
  return now + 1 + ceil_div(s.outputs * sum_bits, width);
}

class OneWindowTest : public SystemCTest {};

TEST_F(OneWindowTest, TakesTheCyclesOfTheClosedForm) {
  std::mt19937 engine(5);
  const auto pick = [&](std::initializer_list<int> values) {
    return *(values.begin() + static_cast<std::ptrdiff_t>(engine() % values.size()));
  };
  sc_core::sc_simcontext* const outer = sc_core::sc_curr_simcontext;
  for (int i = 0; i < 60; ++i) {
    hw::ChipConfig c;
    c.clock.pe_mhz = pick({1200, 1000, 700, 333});
    c.clock.tile_mhz = pick({1200, 500, 1000, 277});
    hw::PeConfig& pe = c.tile.pe;
    pe.crossbar.rows = pe.crossbar.cols = pick({32, 64, 128});
    pe.overlap = pick({0, 1}) == 1;
    pe.sample_hold.present = pick({0, 1}) == 1;
    pe.sample_hold.acquire = hw::Duration::nanoseconds(pick({0, 3}));
    pe.crossbar.read = hw::Duration::nanoseconds(pick({1, 3, 20}));
    pe.dac.drive = hw::Duration::nanoseconds(pick({0, 1, 5}));
    pe.adc.per_pair = pick({1, 3, 8, 32});
    pe.adc.cycles = pick({1, 2, 10});
    pe.shift_adder.cycles = pick({0, 1, 9});
    c.tile.edram.access = hw::Duration::nanoseconds(pick({0, 2, 20}));
    c.tile.edram.banks = pick({1, 2, 4});
    c.tile.edram.word_bits = pick({64, 256});
    c.tile.bus.width_bits = pick({64, 256, 2048});
    c.tile.adder.lanes = pick({1, 8, 64});
    c.noc.flit_bits = 1024;
    const Shape s{pick({1, 3, 17}),  pick({1, 2, 5}), pick({1, 4}),
                  pick({1, 10, 32}), pick({2, 5, 8}), pick({2, 4, 8})};
    quant::Network network;
    network.name = "one";
    network.image = {s.channels, s.height, s.width};
    quant::Layer layer;
    layer.name = "FC";
    layer.kind = quant::LayerKind::kFullyConnected;
    layer.input = network.image;
    layer.out_channels = s.outputs;
    layer.kernel_height = s.height;
    layer.kernel_width = s.width;
    layer.function = quant::Function::none();
    network.layers.push_back(layer);
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    {
      sim::Simulator simulator(network, c);
      const auto report =
          simulator.cost(quant::Policy::uniform(network, s.weight_bits, s.activation_bits));
      ASSERT_EQ(report.layers[quant::LayerId{0}].tiles, 1);
      const auto& counters = report.layers[quant::LayerId{0}].counters;
      EXPECT_EQ(static_cast<std::int64_t>(counters.at("end_cycle")),
                end_cycle(c, s, static_cast<std::int64_t>(counters.at("begin_cycle"))))
          << "setting " << i;
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
  }
}

}  // namespace
}  // namespace kirchhoff
