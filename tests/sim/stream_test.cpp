// The tile's buffers and sequences: streams of images, finite input buffers, line-buffer reuse, and
// where the time of a tile goes.

#include <gtest/gtest.h>

#include "sim/own_kernel.h"
#include "sim/simulator.h"
#include "tests/sim/random_networks.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class StreamTest : public SystemCTest {
 protected:
  struct Outcome {
    sim::CostReport report;
    std::vector<hw::Sums> logits;
  };

  /// A stream of random images; fails unless every layer of every image equals golden.
  static Outcome run(const quant::IntegerNetwork& integers, const hw::ChipConfig& config,
                     hw::Fidelity fidelity, int images, std::uint64_t seed) {
    return sim::on_own_kernel([&] {
      sim::Simulator simulator(integers.network, config, {fidelity, nullptr});
      simulator.load(integers);
      std::vector<std::vector<std::uint8_t>> stream;
      for (int i = 0; i < images; ++i) {
        stream.push_back(
            quant::random_image(integers.network.image, seed + static_cast<std::uint64_t>(i)));
      }
      Outcome outcome;
      for (const sim::FunctionalResult& result : simulator.run_stream(stream)) {
        EXPECT_TRUE(result.bit_exactness.exact());
        outcome.report = result.report;
        outcome.logits.push_back(result.logits);
      }
      return outcome;
    });
  }

  static sim::CostReport cost(const quant::Network& network, const quant::Policy& policy,
                              const hw::ChipConfig& config, int images = 1) {
    return sim::on_own_kernel([&] {
      sim::Simulator simulator(network, config);
      return simulator.cost(policy, images);
    });
  }

  static quant::Layer convolution(int index, quant::Shape input, int channels, int kernel,
                                  int padding) {
    quant::Layer layer;
    layer.name = fmt::format("CONV{}", index + 1);
    layer.inputs = {quant::TensorId{index}};
    layer.input = input;
    layer.out_channels = channels;
    layer.kernel_height = layer.kernel_width = kernel;
    layer.padding = padding;
    return layer;
  }

  /// A quick first layer that feeds a slow one.
  static quant::Network quick_then_slow() {
    quant::Network network;
    network.name = "quick-then-slow";
    network.image = {1, 12, 12};
    network.layers.push_back(convolution(0, network.image, 4, 3, 1));
    network.layers.push_back(convolution(1, {4, 12, 12}, 128, 3, 0));
    quant::Layer last;
    last.name = "FC";
    last.kind = quant::LayerKind::kFullyConnected;
    last.inputs = {quant::TensorId{2}};
    last.input = {128, 10, 10};
    last.kernel_height = last.kernel_width = 10;
    last.out_channels = 2;
    last.function = quant::Function::none();
    network.layers.push_back(last);
    network.validate();
    return network;
  }
};

TEST_F(StreamTest, StreamsEqualGoldenInBothFidelitiesWithSmallBuffers) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    RandomNetworks random(seed + 300);
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    hw::ChipConfig config;
    config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = 32;
    config.tile.pe.adc.bits = 9;
    config.tile.pes = random.pick({2, 5, 16});
    config.tile.edram.kb = random.pick({2, 64});
    config.tile.line_buffer.bytes = random.pick({0, 64, 4096});
    config.schedule = seed % 3 == 0 ? hw::Schedule::kSequential : hw::Schedule::kPipelined;
    if (config.schedule == hw::Schedule::kSequential) config.tile.edram.kb = 64;
    SCOPED_TRACE(fmt::format("seed {} policy {}", seed, policy.to_string()));
    const auto integers = quant::random_integer_network(network, policy, seed);
    const Outcome bit = run(integers, config, hw::Fidelity::kBit, 3, seed);
    const Outcome mvm = run(integers, config, hw::Fidelity::kMvm, 3, seed);
    EXPECT_EQ(bit.logits, mvm.logits);
    EXPECT_EQ(bit.report.duration_ns, mvm.report.duration_ns);
    EXPECT_EQ(bit.report.energy_pj(), mvm.report.energy_pj());
    for (const quant::LayerId l : bit.report.layers.ids())
      EXPECT_EQ(bit.report.layers[l].counters, mvm.report.layers[l].counters) << index(l);
    // Sizes alone give the same costs.
    const sim::CostReport timing = cost(network, policy, config, 3);
    EXPECT_EQ(timing.duration_ns, mvm.report.duration_ns);
    EXPECT_EQ(timing.energy_pj(), mvm.report.energy_pj());
  }
}

// Products, the pipeline's fill and everything that the PEs waited for: together the time between
// the first fetch and the last hand-over, tile by tile.
TEST_F(StreamTest, TheTimesOfATileSumToItsLatency) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    RandomNetworks random(seed + 400);
    const quant::Network network = random.network(32);
    hw::ChipConfig config;
    config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = 32;
    config.tile.pes = random.pick({2, 16});
    config.tile.pe.output_buffers = random.pick({1, 2});
    config.schedule = seed % 2 ? hw::Schedule::kSequential : hw::Schedule::kPipelined;
    const sim::CostReport report =
        cost(network, random.policy(network), config, static_cast<int>(seed % 3) + 1);
    for (const sim::LayerReport& layer : report.layers) {
      for (const sim::TileReport& tile : layer.tile_reports) {
        std::uint64_t sum = 0;
        for (const auto& [name, value] : tile.counters)
          if (name.size() > 3 && name.compare(name.size() - 3, 3, "_ps") == 0) sum += value;
        const double cycles =
            static_cast<double>(tile.counters.at("end_cycle") - tile.counters.at("begin_cycle"));
        // Edges lie on whole picoseconds.
        EXPECT_NEAR(static_cast<double>(sum), cycles * 1e6 / config.clock.tile_mhz, 1.0)
            << layer.name << " seed " << seed;
        EXPECT_GT(tile.counters.at("multiply_ps"), 0u);
        EXPECT_GT(tile.counters.at("fill_ps"), 0u);
      }
    }
  }
}

TEST_F(StreamTest, ASlowLayerHoldsItsProducerBack) {
  const quant::Network network = quick_then_slow();
  const auto policy = quant::Policy::uniform(network, 8, 8);
  hw::ChipConfig config;
  config.schedule = hw::Schedule::kPipelined;
  const sim::CostReport roomy = cost(network, policy, config);
  // The whole map fits: nobody waits for room.
  EXPECT_EQ(roomy.layers[quant::LayerId{0}].counters.at("wait_next_layer_ps"), 0u);
  EXPECT_EQ(roomy.layers[quant::LayerId{1}].counters.at("buffer_rows"), 12u);

  // 1 KiB holds 10 KiB of FC's map no more than CONV2's: FC needs its whole map, so only CONV2's
  // buffer may shrink, by width of its pixels.
  quant::Network wide = network;
  config.tile.edram.kb = 13;
  wide.image = {32, 12, 12};
  wide.layers[quant::LayerId{0}].input = wide.image;
  wide.layers[quant::LayerId{0}].out_channels = 200;
  wide.layers[quant::LayerId{1}].input = {200, 12, 12};
  wide.validate();
  const auto wide_policy = quant::Policy::uniform(wide, 8, 8);
  const sim::CostReport tight = cost(wide, wide_policy, config);
  EXPECT_LT(tight.layers[quant::LayerId{1}].counters.at("buffer_rows"), 12u);
  EXPECT_GE(tight.layers[quant::LayerId{1}].counters.at("buffer_rows"), 3u);
}

TEST_F(StreamTest, PipelinedImagesOverlapAndSequentialOnesDoNot) {
  const quant::Network network = quick_then_slow();
  const auto policy = quant::Policy::uniform(network, 8, 8);
  hw::ChipConfig config;
  const sim::CostReport one = cost(network, policy, config);
  const sim::CostReport sequential = cost(network, policy, config, 4);
  EXPECT_EQ(sequential.latency_ns, one.latency_ns);
  EXPECT_NEAR(sequential.interval_ns, one.latency_ns, 20);
  EXPECT_EQ(sequential.layers[quant::LayerId{1}].counters.at("windows"),
            4 * one.layers[quant::LayerId{1}].counters.at("windows"));

  config.schedule = hw::Schedule::kPipelined;
  const sim::CostReport alone = cost(network, policy, config);
  const sim::CostReport stream = cost(network, policy, config, 8);
  EXPECT_EQ(stream.latency_ns, alone.latency_ns);
  EXPECT_LT(stream.interval_ns, alone.latency_ns);
  // In the steady state the slowest layer sets the pace: its products follow one another.
  const double slowest =
      static_cast<double>(stream.layers[quant::LayerId{1}].counters.at("multiply_ps")) / 8 / 1000.0;
  EXPECT_GE(stream.interval_ns, slowest * 0.999);
  EXPECT_LE(stream.interval_ns, slowest * 1.05);
}

// Every pixel of a row of windows is read once instead of once per window that covers it.
TEST_F(StreamTest, TheLineBufferSavesReadsOfOverlappingWindows) {
  const quant::Network network = quick_then_slow();
  const auto policy = quant::Policy::uniform(network, 4, 4);
  hw::ChipConfig config;
  const sim::CostReport with = cost(network, policy, config);
  config.tile.line_buffer.bytes = 0;
  const sim::CostReport without = cost(network, policy, config);
  const auto reads = [](const sim::CostReport& r) {
    return r.layers[quant::LayerId{1}].counters.at("edram_reads");
  };
  // CONV2, 10 x 10 windows of 3 x 3: three rows of one word per fresh column against three per
  // window; the first window of a row reads its three columns at once.
  EXPECT_EQ(without.layers[quant::LayerId{1}].counters.at("edram_reads"), 100u * 3);
  EXPECT_EQ(reads(with), 100u * 3);  // a word holds more than a window's row: nothing to gain
  EXPECT_EQ(without.layers[quant::LayerId{1}].counters.at("line_reads"), 0u);
  EXPECT_EQ(with.layers[quant::LayerId{1}].counters.at("line_reads"),
            100u * 2);  // 36 rows of 4 bits, 128 a word
  EXPECT_EQ(with.layers[quant::LayerId{1}].counters.at("line_writes"), 10u * (2 + 9 * 1));

  // 64 channels of 8 bit fill two words per pixel: now every pixel counts.
  quant::Network deep = network;
  deep.image = {64, 12, 12};
  deep.layers[quant::LayerId{0}].input = deep.image;
  const auto deep_policy = quant::Policy::uniform(deep, 8, 8);
  const auto first = [&](int bytes) {
    hw::ChipConfig c;
    c.tile.line_buffer.bytes = bytes;
    return cost(deep, deep_policy, c).layers[quant::LayerId{0}].counters.at("edram_reads");
  };
  // CONV1 with padding: rows of windows see 2, 3, …, 3, 2 rows of the map, 12 pixels each.
  const std::uint64_t rows = 2 + 10 * 3 + 2;
  EXPECT_EQ(first(4096), rows * 12 * 2);
  EXPECT_EQ(first(0), rows * (2 + 10 * 3 + 2) * 2);
}

}  // namespace
}  // namespace kirchhoff
