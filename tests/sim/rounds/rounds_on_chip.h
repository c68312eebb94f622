#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "mapping/mapping.h"
#include "sim/own_kernel.h"
#include "sim/simulator.h"
#include "tests/sim/small_chip.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {

/// Networks on chips that are smaller than they, each of a kernel of its own.
class RoundsOnChip : public SystemCTest {
 protected:
  static int tiles_of(const quant::Network& network, const quant::Policy& policy,
                      hw::ChipConfig config) {
    config.tiles = 0;
    return mapping::map_network(network, policy, config).tiles.size();
  }

  /// The chip with so many tiles, if the network can be divided that far.
  static std::optional<hw::ChipConfig> with_tiles(const quant::Network& network,
                                                  const quant::Policy& policy,
                                                  hw::ChipConfig config, int tiles) {
    config.tiles = tiles;
    try {
      mapping::map_network(network, policy, config);
    } catch (const InputError&) {
      return std::nullopt;
    }
    return config;
  }

  static sim::CostReport cost(const quant::Network& network, const quant::Policy& policy,
                              const hw::ChipConfig& config, int images = 1) {
    return sim::on_own_kernel([&] {
      sim::Simulator simulator(network, config);
      return simulator.cost(policy, images);
    });
  }

  /// A stream of random images, compared with the golden inference layer by layer.
  static sim::CostReport run(const quant::IntegerNetwork& integers, const hw::ChipConfig& config,
                             hw::Fidelity fidelity, int images, std::uint64_t seed) {
    return sim::on_own_kernel([&] {
      sim::Simulator simulator(integers.network, config, {fidelity, nullptr});
      simulator.load(integers);
      std::vector<std::vector<std::uint8_t>> stream;
      for (int i = 0; i < images; ++i) {
        stream.push_back(
            quant::random_image(integers.network.image, seed + static_cast<std::uint64_t>(i)));
      }
      const auto results = simulator.run_stream(stream);
      for (const sim::FunctionalResult& result : results) {
        EXPECT_TRUE(result.bit_exactness.exact()) << result.bit_exactness.text(integers.network);
      }
      return results.front().report;
    });
  }
};

}  // namespace kirchhoff
