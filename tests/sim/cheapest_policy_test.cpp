#include "sim/cheapest_policy.h"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace kirchhoff::sim {
namespace {

constexpr int kLowest = 2;

/// Tables of any shape: entries of a layer may fall with more bits, and a few are negative.
class RandomTable {
 public:
  RandomTable(std::uint64_t seed, int layers, int highest, bool split)
      : random_(seed), highest_(highest) {
    table_.split_energy = split;
    for (const quant::LayerId l : ids<quant::LayerId>(layers)) {
      for (int w = kLowest; w <= 8; ++w) {
        for (int a = kLowest; a <= 8; ++a) table_.set(l, {w, a}, entry(l));
      }
    }
  }

  const CostTable& table() const { return table_; }
  double uniform() { return std::uniform_real_distribution<>(0.0, 1.0)(random_); }
  bool flip() { return uniform() < 0.5; }

  /// Calls visit(policy) for every policy that equals `base` but for its free widths.
  template <typename Visit>
  void for_each(const quant::Policy& base, const FreeWidths& free, const Visit& visit) {
    quant::Policy policy = base;
    each_layer(policy, free, quant::LayerId{0}, visit);
  }

 private:
  CostTableEntry entry(quant::LayerId layer) {
    // What the first layer burns keeps the totals above 0.
    const bool first = layer == quant::LayerId{0};
    const double base = first ? 10.0 : 0.0;
    const auto value = [&] { return base + 5.0 * uniform() - (!first && flip() ? 0.5 : 0.0); };
    CostTableEntry entry;
    entry.latency_ns = value();
    entry.energy_pj = value();
    entry.power_rated_mw = value();
    entry.event_energy_pj = value();
    entry.leakage_mw = value();
    return entry;
  }

  template <typename Visit>
  void each_layer(quant::Policy& policy, const FreeWidths& free, quant::LayerId layer,
                  const Visit& visit) {
    if (!policy.layers.has(layer)) return visit(policy);
    const quant::LayerBits base = policy.layers[layer];
    for (int w = kLowest; w <= highest_; ++w) {
      if (!free[layer].weight && w > kLowest) break;
      for (int a = kLowest; a <= highest_; ++a) {
        if (!free[layer].activation && a > kLowest) break;
        policy.layers[layer] = {free[layer].weight ? w : base.weight,
                                free[layer].activation ? a : base.activation};
        each_layer(policy, free, following(layer), visit);
      }
    }
    policy.layers[layer] = base;
  }

  std::mt19937_64 random_;
  const int highest_;
  CostTable table_;
};

class CheapestPolicyTest : public testing::TestWithParam<bool> {};

TEST_P(CheapestPolicyTest, IsThatOfAllPoliciesWhateverMayBeChosen) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    constexpr int kHighest = 5;
    RandomTable random(seed, 4, kHighest, GetParam());
    const UnitCosts costs{random.uniform(), random.uniform(), random.flip() ? 0.0 : 1.0};
    quant::Policy base;
    FreeWidths free;
    for (int l = 0; l < 4; ++l) {
      base.layers.push_back({kLowest + l, 8 - l});
      free.push_back({l > 0 && random.uniform() < 0.8, l > 0 && random.uniform() < 0.8});
    }
    double least = costs.of(random.table().cost(base));
    bool first = true;
    random.for_each(base, free, [&](const quant::Policy& policy) {
      const double cost = costs.of(random.table().cost(policy));
      if (first || cost < least) least = cost;
      first = false;
    });
    const auto found = cheapest_policy(random.table(), base, free, kLowest, kHighest, costs);
    ASSERT_TRUE(found);
    EXPECT_NEAR(costs.of(random.table().cost(*found)), least, 1e-9 * least);
    for (const quant::LayerId l : free.ids()) {
      if (!free[l].weight) {
        EXPECT_EQ(found->layers[l].weight, base.layers[l].weight);
      }
      if (!free[l].activation) {
        EXPECT_EQ(found->layers[l].activation, base.layers[l].activation);
      }
    }
  }
}

TEST_P(CheapestPolicyTest, LayersThatReadOneMapHaveOneWidth) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    constexpr int kHighest = 4;
    RandomTable random(seed, 4, kHighest, GetParam());
    const UnitCosts costs{random.uniform(), random.uniform(), random.flip() ? 0.0 : 1.0};
    const quant::TensorGroup map{1};
    const FreeWidths free = {{}, {true, true, map}, {true, true}, {true, true, map}};
    quant::Policy base;
    base.layers.assign(4, {8, 8});
    double least = HUGE_VAL;
    random.for_each(base, free, [&](const quant::Policy& policy) {
      if (policy.layers[quant::LayerId{1}].activation !=
          policy.layers[quant::LayerId{3}].activation)
        return;
      least = std::min(least, costs.of(random.table().cost(policy)));
    });
    const auto found = cheapest_policy(random.table(), base, free, kLowest, kHighest, costs);
    ASSERT_TRUE(found);
    EXPECT_NEAR(costs.of(random.table().cost(*found)), least, 1e-9 * least);
    EXPECT_EQ(found->layers[quant::LayerId{1}].activation,
              found->layers[quant::LayerId{3}].activation);
  }
}

INSTANTIATE_TEST_SUITE_P(, CheapestPolicyTest, testing::Bool(), [](const auto& split) {
  return split.param ? "EnergyInParts" : "EnergyWhole";
});

TEST(CheapestPolicy, HasTheFewestBitsAmongEqualOnes) {
  CostTable table;
  for (const quant::LayerId l : ids<quant::LayerId>(3)) {
    for (int w = 2; w <= 8; ++w) {
      for (int a = 2; a <= 8; ++a) {
        // Weights fill cells of two bits.
        const double cost = (w + 1) / 2 * a;
        table.set(l, {w, a}, {cost, cost, cost, 0, 0, 0});
      }
    }
  }
  quant::Policy base;
  base.layers.assign(3, {8, 8});
  const FreeWidths free = {{}, {true, true}, {true, false}};
  const UnitCosts costs{1, 1, 1};
  const auto found = cheapest_policy(table, base, free, 2, 8, costs);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->to_string(), "8/8,2/2,2/8");
  EXPECT_TRUE(more_bits_never_cost_less(table, free, 2, 8, costs));
  table.set(quant::LayerId{1}, {5, 5}, {11, 11, 11, 0, 0, 0});  // below the 12 of 5/4
  EXPECT_FALSE(more_bits_never_cost_less(table, free, 2, 8, costs));
  EXPECT_TRUE(more_bits_never_cost_less(table, {{}, {}, {true, true}}, 2, 8, costs));
}

}  // namespace
}  // namespace kirchhoff::sim
