#include "mapping/rounds.h"

#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff::mapping {
namespace {

hw::ChipConfig small_chip(int pes, int tiles) {
  hw::ChipConfig config;
  config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = 32;
  config.tile.pes = pes;
  config.tiles = tiles;
  return config;
}

void expect_rounds(const Mapping& mapping, int room) {
  LogicalTile next{};
  for (const RoundId r : mapping.rounds.ids()) {
    EXPECT_EQ(*mapping.rounds[r].begin(), next);
    EXPECT_LE(mapping.rounds[r].size(), room);
    EXPECT_FALSE(mapping.rounds[r].empty());
    std::set<hw::TileId> places;
    for (const LogicalTile t : mapping.rounds[r]) {
      EXPECT_EQ(mapping.tiles[t].round, r);
      EXPECT_TRUE(places.insert(mapping.position[t]).second);
      EXPECT_LT(index(mapping.position[t]), mapping.mesh_width * mapping.mesh_height);
      next = following(t);
    }
  }
  EXPECT_EQ(next, mapping.tiles.end_id());
}

/// A layer is divided only if it is larger than the chip, and then between column blocks.
void expect_whole_columns(const Mapping& mapping, int room) {
  for (const LayerMapping& layer : mapping.layers) {
    EXPECT_EQ(layer.part_tiles.size() > 1, layer.tiles > room);
    std::map<ColumnBlock, std::set<RoundId>> rounds;
    std::set<RoundId> of_layer;
    for (const Block& block : layer.blocks) {
      rounds[block.column_block].insert(mapping.tiles[block.tile].round);
      of_layer.insert(mapping.tiles[block.tile].round);
    }
    for (const auto& [column, of_column] : rounds) EXPECT_EQ(of_column.size(), 1u);
    if (layer.part_tiles.size() == 1) {
      EXPECT_LE(of_layer.size(), 1u);
    }
  }
}

TEST(Rounds, HoldTheLayersOfRandomGraphsInTheirOrder) {
  int divided = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    RandomGraphs random(seed);
    const quant::Network network = quant::lower(random.graph()).network;
    const quant::Policy policy = random.policy(network);
    const int room = random.pick({1, 2, 3, 5, 8});
    try {
      const Mapping mapping =
          map_network(network, policy, small_chip(random.pick({1, 2, 3}), room));
      expect_rounds(mapping, room);
      expect_whole_columns(mapping, room);
      divided += mapping.rounds.size() > 1;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("chip.tiles"), std::string::npos) << error.what();
    }
  }
  EXPECT_GT(divided, 20);
}

TEST(Rounds, ThereIsOneWhereTheNetworkFits) {
  const quant::Network network = quant::lenet5();
  const auto policy = quant::Policy::uniform(network, 8, 8);
  const Mapping uncapped = map_network(network, policy, {});
  hw::ChipConfig config;
  config.tiles = uncapped.tiles.size();
  const Mapping mapping = map_network(network, policy, config);
  EXPECT_EQ(uncapped.rounds.size(), 1);
  EXPECT_EQ(mapping.rounds.size(), 1);
  EXPECT_EQ(mapping.position, uncapped.position);
}

TEST(Rounds, WhatIsTooSmallForAColumnBlockSaysSo) {
  const quant::Network network = quant::vgg13();
  hw::ChipConfig config;
  config.tiles = 2;
  try {
    map_network(network, quant::Policy::uniform(network, 8, 8), config);
    ADD_FAILURE() << "not refused";
  } catch (const InputError& error) {
    // Nine row blocks, whose rows of the input map do not fit two buffers.
    EXPECT_STREQ(error.what(),
                 "layer CONV2: 128 output channels need 3 tiles at the same time, chip.tiles = 2; "
                 "enlarge it, tile.pes or edram.kb, or set mapping.pack = on");
  }
}

TEST(Rounds, CopiesAreOnTheChipTogether) {
  const quant::Network network = quant::lenet5();
  hw::ChipConfig config;
  config.tiles = 2;
  config.mapping.replicate.copies = {4};
  try {
    map_network(network, quant::Policy::uniform(network, 8, 8), config);
    ADD_FAILURE() << "not refused";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("4 copies"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace kirchhoff::mapping
