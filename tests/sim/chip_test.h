#pragma once

#include <cstdint>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sim/simulator.h"
#include "tests/sim/small_chip.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {

/// Images on chips, each of a kernel of its own, compared with the golden inference.
class ChipTest : public SystemCTest {
 protected:
  struct Outcome {
    sim::CostReport report;
    IndexedVector<quant::LayerId, quant::LayerTrace> layers;
    std::vector<std::int64_t> logits;
  };

  /// One image on a chip of its own kernel; fails unless every layer equals the golden inference.
  static Outcome run(const quant::IntegerNetwork& integers, const hw::ChipConfig& config,
                     hw::Fidelity fidelity, std::uint64_t seed) {
    auto* outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    Outcome outcome;
    {
      sim::Simulator simulator(integers.network, config, {fidelity, nullptr});
      simulator.load(integers);
      auto result = simulator.run_image(quant::random_image(integers.network.image, seed));
      EXPECT_TRUE(result.bit_exactness.exact()) << result.bit_exactness.text(integers.network);
      outcome = {result.report, result.layers, result.logits};
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
    return outcome;
  }

  void compare_fidelities(const quant::Network& network, const quant::Policy& policy,
                          const hw::ChipConfig& config, std::uint64_t seed) {
    SCOPED_TRACE(fmt::format("seed {} policy {}", seed, policy.to_string()));
    const auto integers = quant::random_integer_network(network, policy, seed);
    const Outcome bit = run(integers, config, hw::Fidelity::kBit, seed);
    const Outcome mvm = run(integers, config, hw::Fidelity::kMvm, seed);
    expect_same_costs(bit.report, mvm.report);
    EXPECT_EQ(bit.logits, mvm.logits);
  }
};

}  // namespace kirchhoff
