#include "mapping/balance.h"

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "base/error.h"
#include "hw/config/config_loader.h"
#include "quant/network/networks.h"
#include "tests/sim/random_networks.h"
#include "tests/sim/small_chip.h"

namespace kirchhoff::mapping {
namespace {

using quant::LayerId;

hw::ChipConfig balanced(hw::ChipConfig config, int tiles) {
  config.mapping.replicate.balance = true;
  config.mapping.replicate_tiles = tiles;
  return config;
}

/// What the slowest stage takes for an image.
double slowest(const quant::Network& network, const quant::Policy& policy,
               const Partitioner& partitioner, const CopyGrids& grids,
               const hw::ChipConfig& config) {
  double ns = 0;
  for (const LayerId l : network.layers.ids()) {
    const quant::Layer& layer = network.layers[l];
    const LayerShares copy = partitioner.copy(l, policy, widest_piece(layer, grids[l], false));
    ns = std::max(
        ns, busiest_windows(layer, grids[l]) * window_ns(layer, policy.layers[l], copy, config));
  }
  return ns;
}

int tiles_of(const quant::Network& network, const quant::Policy& policy,
             const Partitioner& partitioner, const CopyGrids& grids) {
  int tiles = 0;
  for (const LayerId l : network.layers.ids())
    tiles += partitioner.layer(l, policy, LogicalTile{}, grids).layer.tiles;
  return tiles;
}

/// Calls `visit` with every choice of a grid per layer.
template <typename Visit>
void every_choice(const quant::Network& network, CopyGrids& grids, LayerId l, int most,
                  const Visit& visit) {
  if (index(l) == network.layers.size()) return visit();
  const quant::Shape out = network.layers[l].output();
  for (int rows = 1; rows <= std::min(out.height, most); ++rows) {
    for (int columns = 1; columns <= std::min(out.width, most / rows); ++columns) {
      grids[l] = {rows, columns};
      every_choice(network, grids, LayerId{index(l) + 1}, most - rows * columns + 1, visit);
    }
  }
}

// Against every choice that there is.
TEST(BalanceTest, NoOtherChoiceOfAsManyTilesHasAFasterSlowestStage) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    RandomNetworks random(seed);
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    hw::ChipConfig config = small_chip(32, random.pick({2, 16}), 9);
    config.schedule = hw::Schedule::kPipelined;
    config.tile.pe.sample_hold.present = seed % 3 != 0;
    config.tile.pe.overlap = seed % 4 != 0;
    const Partitioner single(network, config);
    const CopyGrids ones(network.layers.size());
    const int least = tiles_of(network, policy, single, ones), cap = least + random.between(0, 7);
    config = balanced(config, cap);
    const Partitioner partitioner(network, config);
    const CopyGrids found = partitioner.grids(policy);
    EXPECT_LE(tiles_of(network, policy, partitioner, found), cap);
    const double pace = slowest(network, policy, partitioner, found, config);
    double best = std::numeric_limits<double>::max();
    CopyGrids grids(network.layers.size());
    every_choice(network, grids, LayerId{0}, cap, [&] {
      const double ns = slowest(network, policy, partitioner, grids, config);
      if (ns < best && tiles_of(network, policy, partitioner, grids) <= cap) best = ns;
    });
    EXPECT_EQ(pace, best) << seed;
    EXPECT_LT(best, std::numeric_limits<double>::max());
    // No layer could do with fewer tiles at that pace.
    for (const LayerId l : network.layers.ids()) {
      const quant::Layer& layer = network.layers[l];
      const int tiles = partitioner.layer(l, policy, LogicalTile{}, found).layer.tiles;
      for (int rows = 1; rows <= layer.output().height; ++rows) {
        for (int columns = 1; columns <= layer.output().width; ++columns) {
          CopyGrids other = found;
          other[l] = {rows, columns};
          if (other[l].copies() > cap) continue;
          if (partitioner.layer(l, policy, LogicalTile{}, other).layer.tiles >= tiles) continue;
          EXPECT_GT(slowest(network, policy, partitioner, other, config), pace);
        }
      }
    }
  }
}

/// ISAAC's VGG-1: eight convolutions of 3 x 3 over 224 x 224 pixels, five maxima, and the fully
/// connected layers.
quant::Network vgg1() {
  quant::Network network;
  network.name = "vgg-1";
  network.image = {3, 224, 224};
  quant::Shape shape = network.image;
  const std::pair<int, int> convolutions[] = {{64, 2},  {128, 2}, {256, 1}, {256, 2},
                                              {512, 1}, {512, 2}, {512, 1}, {512, 2}};
  const auto add = [&](quant::Layer layer) {
    layer.name = fmt::format("L{}", network.layers.size());
    layer.inputs = {quant::TensorId{network.layers.size()}};
    layer.input = shape;
    shape = layer.output();
    network.layers.push_back(layer);
  };
  for (const auto& [channels, pool] : convolutions) {
    quant::Layer layer;
    layer.input = shape;
    layer.out_channels = channels;
    layer.kernel_height = layer.kernel_width = 3;
    layer.padding = 1;
    layer.pool = pool;
    add(layer);
  }
  for (const int channels : {4096, 4096, 1000}) {
    quant::Layer layer;
    layer.kind = quant::LayerKind::kFullyConnected;
    layer.input = shape;
    layer.out_channels = channels;
    layer.kernel_height = shape.height;
    layer.kernel_width = shape.width;
    if (channels == 1000) layer.function = quant::Function::none();
    add(layer);
  }
  network.validate();
  return network;
}

// ISAAC replicates early layers so that all layers have the last one's throughput: a layer gets as
// many copies as it has windows for each of the last convolution's.
TEST(BalanceTest, IsaacsRuleGivesItsVggsAllocation) {
  const quant::Network network = vgg1();
  const quant::Policy policy = quant::Policy::uniform(network, 16, 16);
  hw::ConfigLoader loader;
  loader.load_file(std::string(KIRCHHOFF_PRESETS) + "/isaac.ini");
  hw::ChipConfig config = loader.finish();
  config.mesh_width = config.mesh_height = 0;
  config.schedule = hw::Schedule::kPipelined;
  const int last_convolution = network.layers[LayerId{7}].windows();
  const int rule[] = {256, 64, 16, 16, 4, 4, 1, 1, 1, 1, 1};
  CopyGrids by_rule(network.layers.size());
  for (const LayerId l : network.layers.ids()) {
    const int windows = network.layers[l].windows();
    if (index(l) < 8) EXPECT_EQ(windows / last_convolution, rule[index(l)]);
    by_rule[l] = best_grid(network.layers[l], rule[index(l)]);
    EXPECT_EQ(by_rule[l].copies(), rule[index(l)]);
  }
  const int cap = tiles_of(network, policy, Partitioner(network, config), by_rule);
  const hw::ChipConfig enough = balanced(config, cap);
  const Partitioner exactly(network, enough);
  const CopyGrids grids = exactly.grids(policy);
  for (const LayerId l : network.layers.ids()) EXPECT_EQ(grids[l].copies(), rule[index(l)]);
  EXPECT_EQ(tiles_of(network, policy, exactly, grids), cap);
  // A tile less, and the slowest stage is slower than the last convolution.
  const hw::ChipConfig less = balanced(config, cap - 1);
  const Partitioner partitioner(network, less);
  EXPECT_GT(slowest(network, policy, partitioner, partitioner.grids(policy), less),
            slowest(network, policy, exactly, grids, enough));
}

// Chips whose tiles do not suffice for one copy each take the layers as they are, and map_network()
// says what is missing.
TEST(BalanceTest, TooFewTilesGiveOneCopyOfEach) {
  const quant::Network network = quant::find_network("vgg13");
  const hw::ChipConfig config = balanced({}, 3);
  const Partitioner partitioner(network, config);
  for (const CopyGrid& grid : partitioner.grids(quant::Policy::uniform(network, 8, 8)))
    EXPECT_EQ(grid.copies(), 1);
}

// The chip is as large as W8A8 with its copies needs; every other policy balances within that.
TEST(BalanceTest, EveryPolicyFitsTheMeshOfTheReference) {
  const quant::Network network = quant::find_network("lenet5");
  RandomNetworks random(5);
  for (const int tiles : {5, 9, 23, 60}) {
    const hw::ChipConfig config = resolve_mesh(network, balanced({}, tiles));
    for (int i = 0; i < 30; ++i) {
      const Mapping mapping = map_network(network, random.policy(network), config);
      EXPECT_LE(mapping.tiles.size(), std::min(tiles, config.mesh_width * config.mesh_height));
    }
  }
  hw::ChipConfig config = balanced({}, 168);
  config.mesh_width = 4;
  config.mesh_height = 3;
  EXPECT_LE(map_network(network, quant::Policy::uniform(network, 8, 8), config).tiles.size(), 12);
}

TEST(BalanceTest, MoreCopiesThanAMeshHoldsAreRefused) {
  quant::Network network;
  network.name = "wide";
  network.image = {1, 512, 512};
  for (const int i : {0, 1}) {
    quant::Layer layer;
    layer.name = fmt::format("L{}", i);
    layer.inputs = {quant::TensorId{i}};
    layer.input = network.image;
    layer.out_channels = 1;
    if (i == 1) layer.function = quant::Function::none();
    network.layers.push_back(layer);
  }
  hw::ChipConfig config;
  config.mapping.replicate.copies = {65536};
  try {
    resolve_mesh(network, config);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("mapping.replicate = 65536: ask for fewer copies"),
              std::string::npos)
        << error.what();
  }
}

TEST(BalanceTest, NumbersAreOfLayersWithWeights) {
  const quant::Network network = quant::find_network("resnet8");
  hw::Replication two;
  two.copies = {2};
  const CopyGrids grids = given_grids(network, two);
  int layers = 0;
  for (const LayerId l : network.layers.ids()) {
    const quant::Layer& layer = network.layers[l];
    EXPECT_EQ(grids[l].copies(), layer.has_weights() && layer.windows() > 1 ? 2 : 1) << layer.name;
    layers += layer.has_weights() ? 1 : 0;
  }
  two.copies.assign(static_cast<std::size_t>(layers) + 1, 2);
  try {
    given_grids(network, two);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find(fmt::format("or {}: one for each layer", layers)),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace kirchhoff::mapping
