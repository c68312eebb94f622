#include "hw/controller/fetch_sequence.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/hw/sequence_bench.h"

namespace kirchhoff::hw {
namespace {

/// A tile with its producer, which sends row after row as far as it may, and with PEs that take the
/// windows. The eDRAM is a ring of rows that holds what was written last.
struct Bench : SequenceBench {
  explicit Bench(const sc_core::sc_module_name& name) : SequenceBench(name) {
    edram.move = [this](const FakeTarget::Transfer& transfer, std::int32_t* values) {
      const TransferExtension& burst = transfer.wires;
      elements_read += burst.segments * burst.segment_elements;
      if (!values) return;
      for (int s = 0; s < burst.segments; ++s) {
        const long long flat = static_cast<long long>(transfer.address) + s * burst.pitch;
        for (int i = 0; i < burst.segment_elements; ++i)
          *values++ = ring.at(static_cast<std::size_t>(flat % burst.wrap + i));
      }
    };
    bus.move = [this](const FakeTarget::Transfer& transfer, std::int32_t*) {
      std::vector<std::int32_t> window;
      for (const Beat& beat : transfer.wires.beats) {
        const auto* values = static_cast<const std::int32_t*>(beat.data);
        if (values) window.insert(window.end(), values, values + beat.bytes / sizeof(*values));
      }
      windows.push_back(window);
    };
    network.on_send = [this](const Packet& packet) {
      EXPECT_EQ(packet.kind, PacketKind::kBufferCredit);
      EXPECT_EQ(packet.destination, NodeId{3});
      allowed = packet.index;
      may_send.notify();
    };
  }

  static std::int32_t pixel(int row, int x, int channel) {
    return (row * 31 + x * 7 + channel * 3) % 251 + 1;  // never the zero of the padding
  }
  /// The map's rows, every `interval`.
  void produce(std::uint64_t interval) {
    const LayerRegisters& layer = program.layer;
    const int rows = layer.images * layer.input_height;
    allowed = layer.buffer_rows;
    ring.assign(static_cast<std::size_t>(layer.buffer_rows * layer.input_width * layer.channels),
                -1);
    threads.push_back(std::make_unique<Thread>(*agenda, [this, rows, interval] {
      for (int row = 0; row < rows; ++row) {
        while (row >= allowed) may_send.wait();
        if (interval > 0) wait_until(now_ps() + interval);
        const LayerRegisters& l = program.layer;
        auto to = ring.begin() + row % l.buffer_rows * l.input_width * l.channels;
        for (int x = 0; x < l.input_width; ++x) {
          for (int c = 0; c < l.channels; ++c) *to++ = pixel(row, x, c);
        }
        input.arrive(0, row * l.input_width, l.input_width, row,
                     {now_ps(), now_ps(), 0, 0, account.receive.blame()});
      }
    }));
  }
  /// Takes every window `ps` after it has come.
  void take(std::uint64_t ps) {
    threads.push_back(std::make_unique<Thread>(*agenda, [this, ps] {
      for (int n = 0;; ++n) {
        input_slots.filled.wait_past(n);
        wait_until(now_ps() + ps);
        input_slots.freed.advance();
      }
    }));
  }
  void begin() {
    fetch.reset();
    start();
  }
  /// Inputs of window `n`, row by row of the unrolled matrix.
  std::vector<std::int32_t> expected(int n) const {
    const LayerRegisters& l = program.layer;
    const int image = program.walk.image_of(n);
    const Window window = program.walk.window(n);
    std::vector<std::int32_t> values;
    for (int c = 0; c < l.channels; ++c) {
      for (int ky = 0; ky < l.kernel_height; ++ky) {
        for (int kx = 0; kx < l.kernel_width; ++kx) {
          const int y = window.y * l.stride_height + ky - l.padding_top,
                    x = window.x * l.stride_width + kx - l.padding_left;
          const bool inside = y >= 0 && y < l.input_height && x >= 0 && x < l.input_width;
          values.push_back(inside ? pixel(image * l.input_height + y, x, c) : 0);
        }
      }
    }
    return values;
  }

  Event may_send{*agenda};
  int allowed = 0;
  std::vector<std::int32_t> ring;
  std::vector<std::vector<std::int32_t>> windows;
  long long elements_read = 0;
  FetchSequence fetch{context, bus_sockets, edram_sockets, line_buffer_port, network_port,
                      input,   input_slots, reduced,       completed};
  std::vector<std::unique_ptr<Thread>> threads;
};

/// Kernel, stride, padding and pooling on a map of `height` x `width`.
LayerRegisters layer_of(int height, int width, int channels, int kernel, int stride, int padding,
                        int pool) {
  LayerRegisters layer;
  layer.input_height = height;
  layer.input_width = width;
  layer.channels = channels;
  layer.channel_begin = 4;
  layer.kernel_height = layer.kernel_width = kernel;
  layer.stride_height = layer.stride_width = stride;
  layer.dilation_height = layer.dilation_width = 1;
  layer.padding_top = layer.padding_left = layer.padding_bottom = layer.padding_right = padding;
  layer.pool = pool;
  layer.output_height = ((height + 2 * padding - kernel) / stride + 1) / pool;
  layer.output_width = ((width + 2 * padding - kernel) / stride + 1) / pool;
  layer.activation_bits = 4;
  layer.sources = layer.images = layer.functional = 1;
  layer.buffer_rows = height;
  return layer;
}

/// The whole unrolled matrix in slices of at most `rows`, one for each PE.
void slice_rows(TileProgram& program, int rows) {
  const LayerRegisters& l = program.layer;
  const int area = l.kernel_height * l.kernel_width, all = l.channels * area;
  const int first = l.channel_begin * area;
  program.slices.clear();
  for (int at = 0; at < all; at += rows) {
    const int pe = static_cast<int>(program.slices.size());
    program.slices.push_back({first + at, std::min(rows, all - at), {{pe, 0}}});
  }
  program.window_bits = static_cast<long long>(all) * l.activation_bits;
  program.producers = {NodeId{3}};
}

class FetchSequenceTest : public SystemCTest {};

// Whatever the geometry, and although the ring is overwritten as soon as rows are free: every
// window gets its inputs.
TEST_F(FetchSequenceTest, EveryWindowGetsItsInputs) {
  std::mt19937_64 engine(5);
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>(engine() % static_cast<unsigned>(high - low + 1));
  };
  int rings = 0;
  for (int trial = 0; trial < 60; ++trial) {
    SCOPED_TRACE(trial);
    {
      Bench bench("bench");
      const int kernel = pick(1, 3), pool = pick(1, 2);
      LayerRegisters layer = layer_of(pick(6, 8), pick(6, 8), pick(1, 3), kernel, pick(1, 2),
                                      pick(0, kernel - 1), pool);
      layer.images = pick(1, 2);
      bench.config.schedule = Schedule::kPipelined;
      layer.buffer_rows = pick(WindowWalk(layer).rows_at_once(), layer.input_height);
      rings += layer.buffer_rows < layer.input_height;
      bench.program.layer = layer;
      bench.program.reuse = pick(0, 1) == 1;
      slice_rows(bench.program, pick(4, 12));
      elaborate();
      bench.begin();
      bench.produce(static_cast<std::uint64_t>(1000 * pick(0, 20)));
      bench.take(static_cast<std::uint64_t>(1000 * pick(0, 20)));
      bench.run();
      const int all = static_cast<int>(bench.program.walk.total());
      ASSERT_EQ(static_cast<int>(bench.windows.size()), all);
      for (int n = 0; n < all; ++n)
        EXPECT_EQ(bench.windows[static_cast<std::size_t>(n)], bench.expected(n)) << n;
      EXPECT_EQ(bench.account.fetch.activity(), Activity::kIdle);
    }
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
  EXPECT_GT(rings, 20);
}

// 3 x 3 windows of a 5 x 5 map: a row of windows needs 3 x 5 pixels, nine windows need 81.
TEST_F(FetchSequenceTest, TheLineBufferSavesWhatWindowsShare) {
  for (const bool reuse : {true, false}) {
    {
      Bench bench("bench");
      bench.program.layer = layer_of(5, 5, 2, 3, 1, 0, 1);
      bench.program.reuse = reuse;
      slice_rows(bench.program, 18);
      elaborate();
      bench.begin();
      bench.produce(0);
      bench.take(0);
      bench.run();
      EXPECT_EQ(bench.elements_read, 2 * (reuse ? 3 * 3 * 5 : 81));
      EXPECT_EQ(bench.line_buffer.written, reuse ? bench.elements_read * 4 : 0);
      EXPECT_EQ(bench.line_buffer.read_bits, reuse ? 9 * 18 * 4 : 0);
    }
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
}

TEST_F(FetchSequenceTest, AWindowTakesItsSlotAndOneBeatPerRowSlice) {
  Bench bench("bench");
  bench.program.layer = layer_of(4, 4, 2, 3, 1, 0, 1);
  bench.program.reuse = true;
  slice_rows(bench.program, 10);
  bench.program.slices[1].targets.clear();  // another PE stands for it
  elaborate();
  bench.begin();
  bench.produce(0);
  bench.take(0);
  bench.run();
  ASSERT_EQ(bench.bus.transfers.size(), 4u);
  const FakeTarget::Transfer& second = bench.bus.transfers[1];
  EXPECT_EQ(second.user, static_cast<int>(BusUser::kFetch));
  EXPECT_TRUE(second.write);
  ASSERT_EQ(second.wires.beats.size(), 2u);
  EXPECT_EQ(second.wires.beats[0].address, 1u);
  EXPECT_EQ(second.wires.beats[0].wire_bits, 10 * 4);
  EXPECT_EQ(second.wires.beats[1].wire_bits, 8 * 4);
  EXPECT_EQ(second.wires.beats[1].targets, nullptr);
}

// Rows come every 10 ns; a window of 2 x 2 pixels needs the first two of them.
TEST_F(FetchSequenceTest, AScheduledLayerWaitsForItsMapAPipelinedOneForItsPixels) {
  for (const auto schedule : {Schedule::kPipelined, Schedule::kSequential}) {
    {
      Bench bench("bench");
      bench.config.schedule = schedule;
      bench.program.layer = layer_of(4, 4, 1, 2, 2, 0, 1);
      slice_rows(bench.program, 4);
      elaborate();
      bench.begin();
      bench.produce(10000);
      bench.take(0);
      bench.run();
      const std::uint64_t first = schedule == Schedule::kPipelined ? 20000 : 40000;
      EXPECT_EQ(bench.edram.transfers.at(0).at_ps, first);
      EXPECT_EQ(bench.counters.begin, first / 1000);
      EXPECT_EQ(bench.edram.transfers.at(2).at_ps,
                schedule == Schedule::kPipelined ? 40000 : first + 2 * (2000 + 2000));
    }
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
}

TEST_F(FetchSequenceTest, TwoWindowsLieInTheInputRegister) {
  Bench bench("bench");
  bench.program.layer = layer_of(4, 4, 1, 2, 2, 0, 1);
  slice_rows(bench.program, 4);
  elaborate();
  bench.begin();
  bench.produce(0);
  bench.take(50000);
  bench.run();
  ASSERT_EQ(bench.edram.transfers.size(), 4u);
  EXPECT_EQ(bench.edram.transfers[1].at_ps, 4000u);
  EXPECT_EQ(bench.edram.transfers[2].at_ps, 4000u + 50000);  // the first one came at 4 ns
  EXPECT_EQ(bench.edram.transfers[3].at_ps, 4000u + 100000);
}

TEST_F(FetchSequenceTest, WithoutOverlapAWindowWaitsForTheOneBefore) {
  Bench bench("bench");
  bench.config.tile.overlap = false;
  bench.program.layer = layer_of(4, 4, 1, 2, 2, 0, 1);
  slice_rows(bench.program, 4);
  elaborate();
  bench.begin();
  bench.produce(0);
  bench.take(0);
  bench.threads.push_back(std::make_unique<Thread>(*bench.agenda, [&bench] {
    for (int n = 0; n < 2; ++n) {
      wait_until(30000 * (static_cast<unsigned>(n) + 1));
      bench.completed.advance();
    }
  }));
  bench.run();
  ASSERT_EQ(bench.edram.transfers.size(), 3u);
  EXPECT_EQ(bench.edram.transfers[1].at_ps, 30000u);
  EXPECT_EQ(bench.edram.transfers[2].at_ps, 60000u);
  EXPECT_EQ(bench.account.fetch.activity(), Activity::kWaitCompletion);
}

TEST_F(FetchSequenceTest, ALayerThatWasOffWakesUpForItsFirstWindowOnly) {
  Bench bench("bench");
  bench.config.unused = Unused::kGatedLayers;
  bench.config.wake = Duration::nanoseconds(25.5);
  bench.program.layer = layer_of(4, 4, 1, 2, 2, 0, 1);
  slice_rows(bench.program, 4);
  elaborate();
  bench.begin();
  bench.produce(0);
  bench.take(0);
  bench.run();
  EXPECT_EQ(bench.edram.transfers.at(0).at_ps, 26000u) << "on an edge of the tile clock";
  EXPECT_EQ(bench.edram.transfers.at(1).at_ps, 30000u);
}

}  // namespace
}  // namespace kirchhoff::hw
