#include "sim/cost_table.h"

#include <stdexcept>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"
#include "quant/network/tensors.h"
#include "sim/measured_cost_table.h"
#include "sim/simulator.h"
#include "tests/sim/random_networks.h"
#include "tests/support/small_graphs.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class CostTableTest : public SystemCTest {
 protected:
  CostTableTest() : network_(quant::lenet5()), simulator_(network_, {}) {}
  sim::CostTable measured(int lowest, int highest) {
    return sim::measure_cost_table(network_, lowest, highest,
                                   [&](const quant::Policy& p) { return simulator_.cost(p); });
  }
  const quant::Network network_;
  sim::Simulator simulator_;
};

TEST_F(CostTableTest, IsExactWhereOneLayerDiffersFromW8A8) {
  const sim::CostTable table = measured(3, 5);
  EXPECT_EQ(table.mismatch(network_, 3, 5), "");
  for (const quant::LayerId l : network_.layers.ids()) {
    auto policy = quant::Policy::uniform(network_, 8, 8);
    for (const quant::LayerBits bits : {quant::LayerBits{3, 5}, {8, 8}, {5, 4}}) {
      policy.layers[l] = bits;
      const sim::CostTotals expected = simulator_.cost(policy).totals(), found = table.cost(policy);
      EXPECT_NEAR(found.latency_ns, expected.latency_ns, 1e-9 * expected.latency_ns);
      EXPECT_NEAR(found.energy_pj, expected.energy_pj, 1e-9 * expected.energy_pj);
      EXPECT_NEAR(found.power_rated_mw, expected.power_rated_mw, 1e-9 * expected.power_rated_mw);
    }
  }
}

TEST_F(CostTableTest, OfABatchIsExactWhereOneLayerDiffersFromW8A8) {
  constexpr int kBatch = 3;
  const auto batch = [&](const quant::Policy& p) { return simulator_.cost(p, kBatch); };
  const sim::CostTable table = sim::measure_cost_table(network_, 5, 6, batch);
  auto policy = quant::Policy::uniform(network_, 8, 8);
  const double one = simulator_.cost(policy).totals().latency_ns;
  for (const quant::LayerBits bits : {quant::LayerBits{8, 8}, {5, 6}}) {
    policy.layers[quant::LayerId{1}] = bits;
    const sim::CostTotals expected = batch(policy).batch_totals(), found = table.cost(policy);
    EXPECT_GT(expected.latency_ns, 2 * one);
    EXPECT_NEAR(found.latency_ns, expected.latency_ns, 1e-9 * expected.latency_ns);
    EXPECT_NEAR(found.energy_pj, expected.energy_pj, 1e-9 * expected.energy_pj);
    EXPECT_NEAR(found.power_rated_mw, expected.power_rated_mw, 1e-9 * expected.power_rated_mw);
  }
}

TEST_F(CostTableTest, OrdersRandomPoliciesAsTheSimulatorDoes) {
  const sim::CostTable table = measured(2, 8);
  RandomNetworks random(5);
  std::vector<double> latency[2], energy[2], power[2];
  for (int i = 0; i < 30; ++i) {
    quant::Policy policy = random.policy(network_);
    const sim::CostTotals t = table.cost(policy), s = simulator_.cost(policy).totals();
    latency[0].push_back(t.latency_ns);
    latency[1].push_back(s.latency_ns);
    energy[0].push_back(t.energy_pj);
    energy[1].push_back(s.energy_pj);
    power[0].push_back(t.power_rated_mw);
    power[1].push_back(s.power_rated_mw);
  }
  for (const auto* pair : {&latency, &energy, &power}) {
    const sim::TableError error = sim::table_error((*pair)[0], (*pair)[1]);
    EXPECT_GT(error.rank_correlation, 0.99);
    EXPECT_LT(error.max, 0.01);
  }
}

TEST_F(CostTableTest, ReadsBackWhatItWrites) {
  sim::CostTable table = measured(7, 8);
  table.header["hardware"] = "0123";
  table.names[quant::LayerId{1}] = "a \"b\", c";
  const sim::CostTable again = sim::CostTable::parse(table.to_csv(), "t.csv");
  EXPECT_EQ(again.to_csv(), table.to_csv());
  EXPECT_EQ(again.header.at("hardware"), "0123");
  EXPECT_TRUE(again.split_energy);
  const auto policy = quant::Policy::uniform(network_, 7, 8);
  EXPECT_EQ(again.cost(policy).energy_pj, table.cost(policy).energy_pj);
}

class GraphCostTableTest : public SystemCTest {
 protected:
  quant::LayerId layer(const char* name) const {
    for (const quant::LayerId l : network_.layers.ids()) {
      if (network_.layers[l].name == name) return l;
    }
    throw std::logic_error(name);
  }
  const quant::Network network_ = residual_network();
  sim::Simulator simulator_{network_, {}};
  const sim::CostTable table_ = sim::measure_cost_table(
      network_, 4, 8, [&](const quant::Policy& p) { return simulator_.cost(p); });
};

TEST_F(GraphCostTableTest, IsExactWhereAMapAndTheWeightsOfOneReaderDifferFromW8A8) {
  EXPECT_EQ(table_.mismatch(network_, 4, 8), "");
  const auto expect_exact = [&](quant::Policy policy) {
    quant::fill_widths(network_, policy);
    const sim::CostTotals expected = simulator_.cost(policy).totals(), found = table_.cost(policy);
    EXPECT_NEAR(found.latency_ns, expected.latency_ns, 1e-9 * expected.latency_ns);
    EXPECT_NEAR(found.energy_pj, expected.energy_pj, 1e-9 * expected.energy_pj);
    EXPECT_NEAR(found.power_rated_mw, expected.power_rated_mw, 1e-9 * expected.power_rated_mw);
  };
  const auto w8a8 = quant::Policy::uniform(network_, 8, 8);
  expect_exact(w8a8);
  for (const char* reader : {"conv1", "short"}) {
    quant::Policy policy = w8a8;
    policy.layers[layer("conv1")].activation = policy.layers[layer("short")].activation = 5;
    expect_exact(policy);
    policy.layers[layer(reader)].weight = 4;
    expect_exact(policy);
  }
  quant::Policy policy = w8a8;
  policy.layers[layer("conv2")] = {6, 4};
  expect_exact(policy);
}

TEST_F(GraphCostTableTest, LayersWithoutWeightsHaveEntriesOfTheirMaps) {
  EXPECT_NE(table_.find(layer("pool"), {0, 8}), nullptr);
  const sim::CostTable again = sim::CostTable::parse(table_.to_csv(), "t.csv");
  EXPECT_EQ(again.to_csv(), table_.to_csv());
  EXPECT_EQ(again.mismatch(network_, 4, 8), "");
  EXPECT_EQ(table_.reference_bits(layer("pool")), (quant::LayerBits{0, 8}));
  EXPECT_EQ(table_.reference_bits(layer("fc")), (quant::LayerBits{8, 8}));
}

TEST(CostTableText, ATableOfOnesOwnNeedsSixColumnsOnly) {
  const sim::CostTable table = sim::CostTable::parse(
      "w_bits,a_bits,layer,latency_ns,power_rated_mw,energy_pj\n"
      "8,8,0,10,1,100\n8,8,1,20,2,200\n2,2,1,5,0.5,50\n",
      "mine.csv");
  quant::Policy policy;
  policy.layers = {{8, 8}, {2, 2}};
  const sim::CostTotals totals = table.cost(policy);
  EXPECT_EQ(totals.latency_ns, 15);
  EXPECT_EQ(totals.energy_pj, 150);
  EXPECT_EQ(totals.power_rated_mw, 1.5);
}

struct Wrong {
  const char* csv;
  const char* message;
};

class WrongCostTable : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongCostTable, IsRefusedWithLineColumnFoundAndAllowed) {
  try {
    sim::CostTable::parse(GetParam().csv, "t.csv");
    ADD_FAILURE() << GetParam().csv;
  } catch (const InputError& error) {
    EXPECT_EQ(std::string(error.what()).substr(0, std::string(GetParam().message).size()),
              GetParam().message);
  }
}

#define COLUMNS "layer,w_bits,a_bits,latency_ns,energy_pj,power_rated_mw\n"
INSTANTIATE_TEST_SUITE_P(
    Tables, WrongCostTable,
    ::testing::Values(
        Wrong{"", "t.csv: no line of column names"}, Wrong{COLUMNS, "t.csv: no entries"},
        Wrong{"# kirchhoff cost table 2\n", "t.csv:1: format = 2: must be 1"},
        Wrong{"layer,w_bits,a_bits,latency_us,energy_pj,power_rated_mw\n",
              "t.csv:1: column 4 = latency_us: unknown (did you mean latency_ns?)"},
        Wrong{"layer,w_bits,a_bits,latency_ns,energy_pj\n",
              "t.csv:1: column power_rated_mw is missing"},
        Wrong{"layer,layer,a_bits\n", "t.csv:1: column 2 = layer: given twice"},
        Wrong{"layer,w_bits,a_bits,latency_ns,energy_pj,power_rated_mw,leakage_mw\n",
              "t.csv:1: event_energy_pj and leakage_mw: give both or none"},
        Wrong{COLUMNS "0,8,8,1,1\n", "t.csv:2: 5 fields: the line of column names has 6"},
        Wrong{COLUMNS "\n0,8,17,1,1,1\n", "t.csv:3: a_bits = 17: must be an integer in [1, 16]"},
        Wrong{COLUMNS "0,8,8,1,nan,1\n", "t.csv:2: energy_pj = nan: must be a number"},
        Wrong{COLUMNS "0,8,8,,1,1\n", "t.csv:2: latency_ns = (nothing): must be a number"},
        Wrong{COLUMNS "0,8,8,1,1,1\n0,8,8,1,1,1\n",
              "t.csv:3: layer,w_bits,a_bits = 0,8,8: given twice"},
        Wrong{COLUMNS "0,8,8,1e21,1,1\n", "t.csv:2: latency_ns = 1e21: must be in [-1e+20, 1e+20]"},
        Wrong{COLUMNS "0,8,8,1,1e999,1\n", "t.csv:2: energy_pj = 1e999: must be a number"},
        Wrong{COLUMNS "0,8,8,1,1,\"1\n", "t.csv:2: a double quote is not closed"},
        Wrong{"layer,\"w_bits\n", "t.csv:1: a double quote is not closed"},
        Wrong{"# network: a\n# network: a\n# network: b\n",
              "t.csv:3: network = b: given twice, before as a"},
        Wrong{COLUMNS "1,8,8,1,1,1\n", "t.csv: layer 0 is missing, 1 is there"}));

std::string negative_total(const std::string& rows, const char* more_columns = "") {
  const std::string columns =
      std::string("layer,w_bits,a_bits,latency_ns,energy_pj,power_rated_mw") + more_columns + "\n";
  try {
    sim::CostTable::parse(columns + rows, "t.csv").refuse_negative_totals("t.csv");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(CostTableText, NoTotalMayBeNegative) {
  const std::string ends = "0,8,8,100,100,100\n2,8,8,100,100,100\n1,8,8,100,100,100\n";
  EXPECT_EQ(negative_total(ends + "1,2,2,-200,-200,-200\n"), "");
  EXPECT_EQ(negative_total(ends + "1,2,2,-150,-200,-200\n1,3,3,-300,1,1\n1,4,4,-250,1,1\n"),
            "t.csv:6: latency_ns = -300: the least entries of all layers sum to -100: must be at "
            "least 0");
  EXPECT_EQ(negative_total(ends + "1,2,2,1,-201,1\n"),
            "t.csv:5: energy_pj = -201: the least entries of all layers sum to -1: must be at "
            "least 0");
  EXPECT_EQ(negative_total(ends + "1,2,2,1,1,-1e6\n").substr(0, 30),
            "t.csv:5: power_rated_mw = -100");
  EXPECT_EQ(negative_total("0,8,8,1,0,1\n"),
            "t.csv: energy_pj: 8/8 of all layers sums to 0: must be at least 1e-20");
  // With the energy in its parts the whole is not used.
  EXPECT_EQ(negative_total("0,8,8,1,1,1,1,1\n0,2,2,1,-5,1,1,1\n", ",event_energy_pj,leakage_mw"),
            "");
  EXPECT_EQ(negative_total("0,8,8,1,1,1,1,1\n0,2,2,1,1,1,1,-2\n", ",event_energy_pj,leakage_mw")
                .substr(0, 25),
            "t.csv:3: leakage_mw = -2:");
}

TEST_F(CostTableTest, SaysWhatDoesNotSuitANetwork) {
  const sim::CostTable table = measured(6, 8);
  EXPECT_EQ(table.mismatch(quant::vgg13(), 6, 8), "network = lenet5: must be vgg13");
  EXPECT_EQ(table.mismatch(network_, 5, 8),
            "layer 1 (C3): w_bits,a_bits = 5,5 is missing; needed are all pairs in [5, 8]");
  sim::CostTable renamed = table;
  renamed.names[quant::LayerId{2}] = "C4";
  EXPECT_EQ(renamed.mismatch(network_, 6, 8), "layer 2: name = C4: must be C5");
  EXPECT_THROW(table.cost(quant::Policy::uniform(network_, 2, 2)), InputError);
}

TEST(TableErrorTest, MeasuresOrderAndDistance) {
  const sim::TableError same = sim::table_error({1, 2, 3}, {1, 2, 3});
  EXPECT_EQ(same.rank_correlation, 1);
  EXPECT_EQ(same.max, 0);
  const sim::TableError reversed = sim::table_error({3, 2, 1}, {1, 2, 3});
  EXPECT_DOUBLE_EQ(reversed.rank_correlation, -1);
  EXPECT_DOUBLE_EQ(reversed.max, 2);
  EXPECT_THROW(sim::table_error({1}, {1}), InputError);
}

}  // namespace
}  // namespace kirchhoff
