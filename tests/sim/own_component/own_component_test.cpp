// A component that nobody but this file knows: it is in ledger, explanation and JSON.

#include <gtest/gtest.h>

#include "hw/config/components.h"
#include "hw/config/quantities.h"
#include "quant/network/networks.h"
#include "sim/explain.h"
#include "sim/report_json.h"
#include "sim/simulator.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

using namespace hw;  // NOLINT(build/namespaces): literals and operators of expressions

/// An error corrector beside the crossbar pairs, two for each.
Component corrector() {
  Component c("corrector", quantity::pairs() * 2_n);
  c.events = {CostEvent("products", "syndromes").costs({"sfu.lut_pj", 0.5_n * "sfu.lut_pj"}),
              CostEvent("output_writes", "words checked").costs("controller.command_pj")};
  c.leak = Rate("controller.leak_mw", reciprocal(10_n) * "controller.leak_mw");
  c.rated = "controller.rated_mw";
  c.area = "controller.area_um2";
  return c;
}

const AddComponent kCorrector(corrector());

class OwnComponentTest : public SystemCTest {
 protected:
  OwnComponentTest()
      : network_(quant::lenet5()),
        simulator_(network_, loader_.finish()),
        report_(simulator_.cost(quant::Policy::uniform(network_, 6, 4))) {}

  hw::ConfigLoader loader_;
  const quant::Network network_;
  sim::Simulator simulator_;
  const sim::CostReport report_;
};

TEST_F(OwnComponentTest, IsChargedInTheLedger) {
  const sim::LayerReport& layer = report_.layers[quant::LayerId{1}];
  const double pairs = layer.allocation.pairs;
  const double expected = static_cast<double>(layer.counters.at("products")) * 0.5 * 0.225 +
                          static_cast<double>(layer.counters.at("output_writes")) * 0.475 +
                          2 * pairs * 0.005 * report_.duration_ns;
  EXPECT_NEAR(layer.components_pj().at("corrector"), expected, 1e-9 * expected);
  const sim::InstanceEntry& last = layer.instances.back();
  EXPECT_EQ(last.component, "corrector");
  EXPECT_DOUBLE_EQ(last.power_mw(), 2 * pairs * 0.525);
  EXPECT_DOUBLE_EQ(last.area_um2(), 2 * pairs * 1450);
}

TEST_F(OwnComponentTest, IsExplained) {
  sim::ExplainedReport explained;
  explained.report = report_;
  explained.config = loader_.entries();
  const sim::Explainer explainer(std::move(explained));
  std::size_t own = 0;
  for (const std::string& quantity : explainer.quantities()) {
    const sim::Explanation e = explainer.explain(quantity);
    EXPECT_TRUE(e.reconciles()) << quantity;
    own += quantity.find("corrector") != std::string::npos;
  }
  EXPECT_GT(own, 10u);
  const sim::Explanation e = explainer.explain("C3.energy.corrector");
  ASSERT_EQ(e.parts.size(), 3u);
  EXPECT_EQ(e.parts[0].name, "layer1.energy.corrector.products");
  ASSERT_EQ(e.constants.size(), 3u);
  EXPECT_EQ(e.constants[0].formula, "0.5 x sfu.lut_pj");
  EXPECT_EQ(e.constants[0].inputs[0].source, "CACTI 7 run, 256 B, 16-bit port");
  EXPECT_EQ(e.constants[2].formula, "controller.leak_mw / 10");
  EXPECT_EQ(e.counts.back().name, "duration");
}

TEST_F(OwnComponentTest, StandsInTheReportsJson) {
  const sim::Ledger ledger(simulator_.config());
  const auto json = sim::to_json(report_.layers[quant::LayerId{1}], ledger, report_.duration_ns);
  EXPECT_EQ(json["ledger"].back()["component"], "corrector");
  EXPECT_EQ(json["instances"].back()["area_key"], "controller.area_um2");
  EXPECT_EQ(json["components"]["corrector"],
            report_.layers[quant::LayerId{1}].components_pj().at("corrector"));
  // What is read is what was written.
  const auto document = nlohmann::json::parse(json.dump());
  const sim::LayerReport read = sim::layer_from(sim::JsonNode(document, "report.json"));
  EXPECT_EQ(sim::to_json(read, ledger, report_.duration_ns), json);
}

TEST_F(OwnComponentTest, CannotComeAfterTheFirstChip) {
  EXPECT_THROW(AddComponent late(corrector()), std::logic_error);
}

}  // namespace
}  // namespace kirchhoff
