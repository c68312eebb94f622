#include "mapping/mapping.h"

#include <map>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "mapping/program.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/network/ops/convolution.h"
#include "quant/network/zoo/builder.h"

namespace kirchhoff::mapping {
namespace {

std::string error_of(const quant::Network& network, const quant::Policy& policy,
                     const hw::ChipConfig& config) {
  try {
    map_network(network, policy, config);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(MappingTest, Lenet5AtW8A8TakesTheCrossbarsOfEq7) {
  const auto network = quant::lenet5();
  const Mapping mapping = map_network(network, quant::Policy::uniform(network, 8, 8), {});
  std::vector<int> crossbars;
  for (const LayerMapping& layer : mapping.layers) crossbars.push_back(layer.crossbars);
  EXPECT_EQ(crossbars, (std::vector<int>{16, 32, 64, 16, 16}));
  EXPECT_EQ(mapping.crossbars(), 144);
  EXPECT_EQ(mapping.pes(), 9);
  EXPECT_EQ(mapping.tiles.size(), 5);
}

TEST(MappingTest, Vgg13AtW8A8TakesTheCrossbarsAndCyclesOfEq7And8) {
  const auto network = quant::vgg13();
  const Mapping mapping = map_network(network, quant::Policy::uniform(network, 8, 8), {});
  EXPECT_EQ(mapping.crossbars(), 9216);
  EXPECT_EQ(mapping.pes(), 576);
  long long cycles = 0;
  for (const LayerMapping& layer : mapping.layers) cycles += layer.bit_cycles;
  EXPECT_EQ(cycles, 21544);
}

TEST(MappingTest, CrossbarsFollowEq7ForEveryPolicy) {
  const auto network = quant::vgg13();
  std::mt19937_64 engine(7);
  for (int trial = 0; trial < 20; ++trial) {
    quant::Policy policy;
    int expected = 0;
    for (const quant::Layer& layer : network.layers) {
      const quant::LayerBits bits{2 + static_cast<int>(engine() % 7),
                                  2 + static_cast<int>(engine() % 7)};
      policy.layers.push_back(bits);
      expected +=
          2 * bits.weight * ((layer.rows() + 127) / 128) * ((layer.out_channels + 127) / 128);
    }
    EXPECT_EQ(map_network(network, policy, {}).crossbars(), expected) << policy.to_string();
  }
}

TEST(MappingTest, MagnitudeRuleSparesTheSignSlice) {
  const auto network = quant::lenet5();
  hw::ChipConfig config;
  config.mapping.slices = hw::SliceRule::kMagnitude;
  EXPECT_EQ(map_network(network, quant::Policy::uniform(network, 8, 8), config).crossbars(),
            144 / 8 * 7);
}

TEST(MappingTest, SlicesOfWiderCellsAndOffsetArrays) {
  const auto network = quant::lenet5();  // nine blocks
  hw::ChipConfig config;
  config.tile.pe.crossbar.cell_bits = 2;
  const auto crossbars = [&](int weight_bits) {
    return map_network(network, quant::Policy::uniform(network, weight_bits, 8), config)
        .crossbars();
  };
  EXPECT_EQ(crossbars(8), 9 * 2 * 4);
  EXPECT_EQ(crossbars(5), 9 * 2 * 3);
  EXPECT_EQ(crossbars(16), 9 * 2 * 8);
  config.mapping.slices = hw::SliceRule::kMagnitude;
  EXPECT_EQ(crossbars(8), 9 * 2 * 4);  // seven bits take four cells, too
  EXPECT_EQ(crossbars(5), 9 * 2 * 2);
  // ISAAC: eight 2-bit cells of one array each, and all bits whatever the rule says.
  config.tile.pe.encoding = hw::Encoding::kOffset;
  EXPECT_EQ(crossbars(16), 9 * 8);
  EXPECT_EQ(crossbars(5), 9 * 3);
}

TEST(MappingTest, PackedBlocksShareAPeOnPairsOfTheirOwn) {
  const auto network = quant::vgg13();
  hw::ChipConfig config;
  config.mapping.pack = hw::Pack::kOn;
  for (const int bits : {2, 3, 4, 5, 8}) {
    const auto policy = quant::Policy::uniform(network, bits, bits);
    const Mapping mapping = map_network(network, policy, config);
    const int per_pe = 8 / bits;
    int pes = 0;
    for (const LayerMapping& layer : mapping.layers) {
      EXPECT_EQ(layer.blocks_per_pe, per_pe);
      std::map<std::pair<LogicalTile, hw::PeId>, std::vector<bool>>
          pairs;  // in use, by tile and PE
      for (const Block& block : layer.blocks) {
        auto& used = pairs[{block.tile, block.pe}];
        used.resize(8, false);
        EXPECT_LT(block.pe, hw::PeId{16});
        for (int p = block.first_pair; p < block.first_pair + layer.slices; ++p) {
          ASSERT_LT(p, 8);
          EXPECT_FALSE(used[static_cast<std::size_t>(p)]);
          used[static_cast<std::size_t>(p)] = true;
        }
      }
      EXPECT_EQ(static_cast<int>(pairs.size()), layer.pes);
      pes += layer.pes;
    }
    EXPECT_EQ(mapping.pes(), pes);
    // Packing moves blocks together; the crossbars stay those of eq. (7).
    EXPECT_EQ(mapping.crossbars(), map_network(network, policy, {}).crossbars());
    if (per_pe > 1) {
      EXPECT_LE(mapping.pes(), map_network(network, policy, {}).pes() * 6 / 10);
    }
  }
}

// Two windows of 128 inputs of two bits take 64 bytes, two of 128 sums of 32 bits 1 KiB.
TEST(MappingTest, PackingStopsWhereTheRegistersOfAPeAreFull) {
  const auto network = quant::vgg13();
  const auto policy = quant::Policy::uniform(network, 2, 2);
  const auto per_pe = [&](int input_bytes, int output_bytes) {
    hw::ChipConfig config;
    config.mapping.pack = hw::Pack::kOn;
    config.mesh_width = config.mesh_height = 20;
    config.tile.pe.input_register_bytes = input_bytes;
    config.tile.pe.output_register_bytes = output_bytes;
    return map_network(network, policy, config).layers[quant::LayerId{3}].blocks_per_pe;
  };
  EXPECT_EQ(per_pe(2048, 8192), 4);
  EXPECT_EQ(per_pe(192, 8192), 3);
  EXPECT_EQ(per_pe(2048, 2047), 1);
  EXPECT_EQ(per_pe(64, 1024), 1);
}

TEST(MappingTest, RegistersThatHoldNoBlockAreRefusedByName) {
  const auto network = quant::vgg13();
  const auto refusal = [&](int bits, const auto& change) -> std::string {
    hw::ChipConfig config;
    config.mesh_width = config.mesh_height = 20;
    config.tile.pe.pairs = 16;
    change(config.tile);
    const auto policy = quant::Policy::uniform(network, bits, bits);
    try {
      assemble(network, policy, map_network(network, policy, config), config);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal(8, [](hw::TileConfig& tile) { tile.pe.input_register_bytes = 255; }),
            "layer CONV2: input_register.bytes = 255: a block needs 256 bytes for two windows of "
            "128 inputs of 8 bits");
  EXPECT_EQ(refusal(8, [](hw::TileConfig& tile) { tile.pe.output_register_bytes = 1000; }),
            "layer CONV1: output_register.bytes = 1000: a block needs 1024 bytes for 2 x 128 sums "
            "of 32 bits");
  // Sums of 48 bits: 128 of a tile's own, and 128 that wait for those of other tiles.
  EXPECT_EQ(refusal(16, [](hw::TileConfig& tile) { tile.tile_register_bytes = 1536; }), "");
  EXPECT_EQ(refusal(16, [](hw::TileConfig& tile) { tile.tile_register_bytes = 1535; }),
            "layer CONV2: tile_register.bytes = 1535: must be at least 1536, sums of 6 bytes for "
            "128 columns and 128 partial ones");
}

TEST(MappingTest, BlocksCoverTheMatrixOnceAndPesHoldOneBlock) {
  const auto network = quant::vgg13();
  const Mapping mapping = map_network(network, quant::Policy::uniform(network, 8, 8), {});
  for (const quant::LayerId l : network.layers.ids()) {
    long long cells = 0;
    std::vector<std::pair<LogicalTile, hw::PeId>> places;
    for (const Block& b : mapping.layers[l].blocks) {
      cells += static_cast<long long>(b.rows) * b.columns;
      places.emplace_back(b.tile, b.pe);
      EXPECT_LE(b.rows, 128);
      EXPECT_LE(b.columns, 128);
      EXPECT_LT(b.pe, hw::PeId{16});
      const TileShare& share = mapping.tiles[b.tile];
      const int area = network.layers[l].kernel_height * network.layers[l].kernel_width;
      EXPECT_GE(b.row_begin / area, share.channel_begin);
      EXPECT_LE((b.row_begin + b.rows - 1) / area, share.channel_begin + share.channels - 1);
    }
    std::sort(places.begin(), places.end());
    EXPECT_EQ(std::adjacent_find(places.begin(), places.end()), places.end());
    EXPECT_EQ(cells,
              static_cast<long long>(network.layers[l].rows()) * network.layers[l].out_channels);
  }
}

TEST(MappingTest, MapsThatOverflowTheBufferSpreadOverMoreTiles) {
  const auto network = quant::vgg13();
  const Mapping mapping = map_network(network, quant::Policy::uniform(network, 8, 8), {});
  for (const TileShare& share : mapping.tiles) EXPECT_LE(share.buffer_bits, 64LL * 1024 * 8);
  EXPECT_GT(mapping.layers[quant::LayerId{1}].tiles,
            1);  // 32x32x128 activations of 8 bits are 128 KiB
  hw::ChipConfig large;
  large.tile.edram.kb = 128;
  EXPECT_EQ(map_network(network, quant::Policy::uniform(network, 8, 8), large)
                .layers[quant::LayerId{1}]
                .tiles,
            1);
}

TEST(MappingTest, NeighbouringTilesAreNeighboursOnTheMesh) {
  const auto network = quant::vgg13();
  const Mapping mapping = map_network(network, quant::Policy::uniform(network, 8, 8), {});
  const int w = mapping.mesh_width;
  for (const LogicalTile t : IdRange(LogicalTile{1}, mapping.position.end_id())) {
    const int a = index(mapping.position[preceding(t)]), b = index(mapping.position[t]);
    EXPECT_EQ(std::abs(a % w - b % w) + std::abs(a / w - b / w), 1);
  }
}

TEST(MappingTest, TheMeshDoesNotDependOnThePolicy) {
  const auto network = quant::lenet5();
  const Mapping low = map_network(network, quant::Policy::uniform(network, 2, 2), {});
  const Mapping high = map_network(network, quant::Policy::uniform(network, 8, 8), {});
  EXPECT_EQ(low.mesh_width, high.mesh_width);
  EXPECT_EQ(low.mesh_height, high.mesh_height);
}

TEST(MappingTest, ErrorsNameTheLayerAndTheLimit) {
  const auto network = quant::lenet5();
  const auto w8 = quant::Policy::uniform(network, 8, 8);
  hw::ChipConfig config;
  config.tile.pe.pairs = 4;
  EXPECT_EQ(error_of(network, w8, config),
            "layer C1: 8 weight bits need 8 crossbar pairs, pe.pairs = 4");
  config = {};
  config.mesh_width = config.mesh_height = 2;
  EXPECT_EQ(error_of(network, w8, config),
            "network lenet5 needs 5 tiles, chip.mesh_width x chip.mesh_height = 2 x 2 has 4");
  config = {};
  config.tile.edram.kb = 1;
  EXPECT_NE(error_of(quant::vgg13(), quant::Policy::uniform(quant::vgg13(), 8, 8), config)
                .find("edram.kb = 1"),
            std::string::npos);
}

// 20 channels of two outputs of 3 x 3 weights behind a convolution.
quant::Network depthwise_network() {
  quant::Builder b("depthwise", {3, 6, 6});
  b.convolution("first", 20, 3, 1).relu();
  quant::ConvolutionAttributes twice;
  twice.out_channels = 40;
  twice.groups = 20;
  twice.sweep = {3, 1, 1, 1};
  b.node("twice", quant::convolution(twice)).relu();
  b.convolution("last", 5, 1);
  return quant::lower(b.take()).network;
}

TEST(MappingTest, DigitalDepthwiseLayersTakeTilesButNoBlocks) {
  const quant::Network network = depthwise_network();
  const quant::Policy policy = quant::Policy::uniform(network, 6, 4);
  hw::ChipConfig config;
  config.mapping.depthwise = hw::Depthwise::kDigital;
  config.tile.pe.crossbar.cols = 33;  // the two outputs of a channel stay together
  const Mapping mapping = map_network(network, policy, config);
  const LayerMapping& twice = mapping.layers[quant::LayerId{1}];
  EXPECT_EQ(twice.crossbars, 0);
  EXPECT_EQ(twice.bit_cycles, 0);
  EXPECT_EQ(twice.tiles, 1);
  ASSERT_EQ(twice.columns.size(), 2);
  EXPECT_EQ(twice.columns[ColumnBlock{0}].count, 32);
  EXPECT_EQ(twice.columns[ColumnBlock{1}].end(), 40);
  const TileShare& share = mapping.tiles[twice.tile_begin];
  EXPECT_TRUE(share.multiplies);
  EXPECT_EQ(share.channels, 20);
  EXPECT_FALSE(mapping.tiles[LogicalTile{0}].multiplies);
  EXPECT_GT(mapping.layers[quant::LayerId{0}].crossbars, 0);
}

TEST(MappingTest, WeightRegistersDivideDigitalLayersOverTiles) {
  const quant::Network network = depthwise_network();
  const quant::Policy policy = quant::Policy::uniform(network, 6, 4);
  hw::ChipConfig config;
  config.mapping.depthwise = hw::Depthwise::kDigital;
  config.tile.multiplier.weights.bytes = 100;  // 7 channels of 108 bits
  const Mapping mapping = map_network(network, policy, config);
  const LayerMapping& twice = mapping.layers[quant::LayerId{1}];
  EXPECT_EQ(twice.tiles, 3);
  EXPECT_EQ(mapping.tiles[twice.tile_begin].channels, 7);
  // 17 channels would fit: five groups of four, three on a tile and two on the other.
  config.tile.pe.crossbar.cols = 8;
  config.tile.multiplier.weights.bytes = 230;
  const Mapping even = map_network(network, policy, config);
  ASSERT_EQ(even.layers[quant::LayerId{1}].tiles, 2);
  EXPECT_EQ(even.tiles[even.layers[quant::LayerId{1}].tile_begin].channels, 12);
  config.tile.multiplier.weights.bytes = 17;  // the mesh is for eight bits
  EXPECT_EQ(
      error_of(network, policy, config),
      "layer twice: weight_register.bytes = 17: must be at least 18, the weights of a channel");
}

}  // namespace
}  // namespace kirchhoff::mapping
