#include "sim/explain.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"
#include "sim/simulator.h"
#include "tests/sim/random_networks.h"
#include "tests/support/small_graphs.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class ExplainTest : public SystemCTest {
 protected:
  static sim::ExplainedReport explained(sim::Simulator& simulator, const quant::Network& network,
                                        const quant::Policy& policy,
                                        const hw::ConfigLoader& loader) {
    sim::ExplainedReport e;
    e.report = simulator.cost(policy);
    e.config = loader.entries();
    e.reference = simulator.cost(quant::Policy::uniform(network, 8, 8)).totals();
    return e;
  }
};

// Every quantity of a report is recomputed from counts and printed constants; closed forms, parts
// and second ways to a total agree with the simulation.
TEST_F(ExplainTest, EveryQuantityOfRandomNetworksReconciles) {
  RandomNetworks random(11);
  hw::ConfigLoader loader;
  loader.set_from_flag("crossbar.rows", "32");
  loader.set_from_flag("crossbar.cols", "32");
  loader.set_from_flag("tile.pes", "3");
  loader.set_from_flag("adc.per_pair", "3");
  for (int i = 0; i < 10; ++i) {
    // Offset encoding, cells of two bits, several blocks on a PE, hardware that leaks unused.
    loader.set_from_flag("mapping.encoding", i % 5 == 4 ? "offset" : "differential");
    loader.set_from_flag("crossbar.cell_bits", i % 4 == 3 ? "2" : "1");
    loader.set_from_flag("mapping.pack", i % 3 == 1 ? "on" : "off");
    // Cells that are written until they are near enough.
    loader.set_from_flag("cells.spread", i % 3 == 0 ? "normal" : "none");
    loader.set_from_flag("cells.sigma", "0.1");
    loader.set_from_flag("cells.verify_tolerance", "0.2");
    loader.set_from_flag("chip.unused", i % 4 == 2   ? "idle"
                                        : i % 4 == 3 ? "gated_layers"
                                                     : "gated");
    // Constants that follow sizes.
    loader.set_from_flag("noc.flit_bits", i % 2 == 0 ? "32" : "48");
    loader.set_from_flag("edram.kb", i % 3 == 0 ? "64" : "100");
    loader.set_from_flag("clock.tile_mhz", i % 3 == 1 ? "900" : "1200");
    loader.set_from_flag("bus.width_bits", i % 4 == 0 ? "64" : "256");
    loader.set_from_flag("adc.bits", i % 2 == 0 ? "8" : "12");
    loader.set_from_flag("chip.schedule", i % 2 == 0 ? "sequential" : "pipelined");
    loader.set_from_flag("adc.conversion_pj", i % 3 == 0 ? "-1" : "2.25");
    loader.set_from_flag("sample_hold.present", i % 5 > 2 ? "false" : "true");
    loader.set_from_flag("tile.overlap", i % 4 == 1 ? "false" : "true");
    // Rows in groups, several input bits a step.
    loader.set_from_flag("crossbar.rows_per_read", i % 4 == 2 ? "8" : i % 4 == 3 ? "7" : "0");
    loader.set_from_flag("dac.bits", i % 3 == 1 ? "3" : i % 3 == 2 ? "2" : "1");
    loader.set_from_flag("dac.levels", i % 5 == 1   ? "integrated"
                                       : i % 5 == 2 ? "pulses"
                                                    : "voltage");
    if (i % 7 == 5) {  // near-memory mode
      loader.set_from_flag("crossbar.rows_per_read", "1");
      loader.set_from_flag("dac.levels", "digital");
    }
    loader.set_from_flag("adc.kind", i % 4 == 1 ? "integrate_fire" : "sar");
    // Windows that copies of weights share out, evenly or not.
    loader.set_from_flag("mapping.replicate", i % 3 == 2 ? "3" : i % 3 == 1 ? "balance" : "1");
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    sc_core::sc_simcontext* const outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    {
      sim::Simulator simulator(network, loader.finish());
      const sim::Explainer explainer(explained(simulator, network, policy, loader));
      std::size_t closed_forms = 0;
      for (const std::string& quantity : explainer.quantities()) {
        const sim::Explanation e = explainer.explain(quantity);
        EXPECT_TRUE(e.reconciles()) << quantity << " of " << policy.to_string() << ": " << e.result
                                    << " against " << (e.reported ? *e.reported : -1.0);
        EXPECT_FALSE(e.formula.empty()) << quantity;
        for (const sim::Count& count : e.counts) closed_forms += count.closed_form.has_value();
      }
      EXPECT_GT(closed_forms, 100u);
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
  }
}

// Layers on no crossbars, with weights and without, in every way to lay depthwise ones.
TEST_F(ExplainTest, EveryQuantityOfAGraphReconciles) {
  hw::ConfigLoader loader;
  loader.set_from_flag("multiplier.bits", "3");
  loader.set_from_flag("multiplier.lanes", "5");
  const quant::Network network = depthwise_network();
  const quant::Policy policy = quant::Policy::uniform(network, 5, 4);
  for (const char* depthwise : {"diagonal", "dense", "digital"}) {
    loader.set_from_flag("mapping.depthwise", depthwise);
    loader.set_from_flag("chip.unused",
                         depthwise == std::string("dense") ? "idle" : "gated_layers");
    sc_core::sc_simcontext* const outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    {
      sim::Simulator simulator(network, loader.finish());
      const sim::Explainer explainer(explained(simulator, network, policy, loader));
      for (const std::string& quantity : explainer.quantities()) {
        const sim::Explanation e = explainer.explain(quantity);
        EXPECT_TRUE(e.reconciles())
            << quantity << ": " << e.result << " against " << (e.reported ? *e.reported : -1.0);
      }
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
  }
}

// Whatever layers are called, the report's own names mean what they say, and every layer is found
// under its own.
TEST_F(ExplainTest, NamesOfLayersHideNoQuantity) {
  RandomNetworks random(12);
  hw::ConfigLoader loader;
  loader.set_from_flag("crossbar.rows", "32");
  loader.set_from_flag("crossbar.cols", "32");
  loader.set_from_flag("chip.unused", "idle");
  const std::vector<std::vector<std::string>> nasty = {
      {"layer1", "layer0", "layer2.energy"},  {"energy", "power", "area"},
      {"tile0", "unused", "latency"},         {"programming", "ratio", "cost"},
      {"energy.adc", "power.rated", "tile1"}, {"total", "3", "layer0.energy"},
      {"conversions", "layer", "..."}};
  for (const std::vector<std::string>& names : nasty) {
    quant::Network network = random.network(32);
    std::size_t given = 0;
    for (quant::Layer& layer : network.layers) layer.name = names[given++];
    network.validate();
    const quant::Policy policy = random.policy(network);
    sc_core::sc_simcontext* const outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    {
      sim::Simulator simulator(network, loader.finish());
      const sim::Explainer explainer(explained(simulator, network, policy, loader));
      for (const std::string& quantity : explainer.quantities()) {
        const sim::Explanation e = explainer.explain(quantity);
        EXPECT_EQ(e.quantity, quantity);
        EXPECT_TRUE(e.reconciles()) << quantity << " with a layer called " << names[0];
      }
      for (const quant::LayerId l : network.layers.ids()) {
        const std::string asked = network.layers[l].name + ".bit_steps";
        const auto& known = explainer.quantities();
        const bool means_itself = std::find(known.begin(), known.end(), asked) != known.end();
        EXPECT_EQ(explainer.explain(asked).quantity,
                  means_itself ? asked : fmt::format("layer{}.bit_steps", index(l)));
      }
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
  }
}

class LenetExplainTest : public ExplainTest {
 protected:
  LenetExplainTest()
      : network_(quant::lenet5()),
        simulator_(network_, loader_.finish()),
        explained_(
            explained(simulator_, network_, quant::parse_policy("W6A4", network_), loader_)) {}
  hw::ConfigLoader loader_;
  const quant::Network network_;
  sim::Simulator simulator_;
  const sim::ExplainedReport explained_;
};

TEST_F(LenetExplainTest, SaysHowACounterComesAbout) {
  const sim::Explainer explainer(explained_);
  const auto e = explainer.explain("C1.conversions");
  EXPECT_EQ(e.quantity, "layer0.conversions");
  EXPECT_EQ(e.formula, "784 windows x 4 bit steps x 6 slices x 6 columns (sum over 1 blocks)");
  EXPECT_EQ(e.result, 112896);
  EXPECT_EQ(e.reported, 112896);
  // What waits for data has no closed form.
  EXPECT_EQ(explainer.explain("layer1.wait_input_ps").counts.front().how.substr(0, 8), "measured");
}

TEST_F(LenetExplainTest, NamesConstantsWithSourceAndOrigin) {
  const sim::Explainer explainer(explained_);
  const auto e = explainer.explain("layer0.energy.adc");
  ASSERT_EQ(e.parts.size(), 2u);
  EXPECT_NEAR(e.parts[0].value, 112896 * 1.49991552, 1e-6);
  ASSERT_EQ(e.constants.size(), 2u);
  EXPECT_EQ(e.constants[0].name, "adc.conversion_pj");
  EXPECT_NE(e.constants[0].formula.find("2^adc.bits"), std::string::npos);
  ASSERT_EQ(e.constants[0].inputs.size(), 2u);
  EXPECT_EQ(e.constants[0].inputs[1].key, "adc.bits");
  EXPECT_EQ(e.constants[0].inputs[1].source, "paper Table 4");
  EXPECT_EQ(e.constants[0].inputs[1].origin, "default");
}

// A constant that follows the chip's sizes is scaled again from what it was given as.
TEST_F(ExplainTest, ShowsHowAConstantWasScaled) {
  hw::ConfigLoader loader;
  loader.load_text("[edram]\nread_pj = 20 ; a survey\nkb = 128\n", "chip.ini");
  loader.set_from_flag("edram.kb", "512");
  loader.set_from_flag("noc.flit_bits", "64");
  const quant::Network network = quant::lenet5();
  sim::Simulator simulator(network, loader.finish());
  auto report = explained(simulator, network, quant::parse_policy("W6A4", network), loader);
  const sim::Explainer explainer(report);
  const auto edram = explainer.explain("C1.energy.edram");
  ASSERT_FALSE(edram.constants.empty());
  EXPECT_EQ(edram.constants[0].name, "edram.read_pj");
  EXPECT_EQ(edram.constants[0].formula, "20 x (edram.kb / 128)^0.5");
  EXPECT_DOUBLE_EQ(edram.constants[0].value, 40);
  EXPECT_EQ(edram.constants[0].inputs[0].source, "a survey; scaled: 20 x (edram.kb / 128)^0.5");
  const auto router = explainer.explain("C1.power.rated.router");
  EXPECT_EQ(router.constants[0].formula,
            "(14.55 - 1.3 leakage) x (noc.flit_bits / 32) + 1.3 x (noc.flit_bits / 32)");
  EXPECT_TRUE(edram.reconciles());
  EXPECT_TRUE(router.reconciles());
  // A scaled constant that was changed by hand is noticed.
  for (auto& entry : report.config) {
    if (entry.key == "edram.read_pj") entry.given->value = 20.001;
  }
  EXPECT_FALSE(sim::Explainer(report).explain("C1.energy.edram").reconciles());
}

TEST_F(LenetExplainTest, LatencyIsIdealPlusWhatWaits) {
  auto changed = explained_;
  auto& layer = changed.report.layers[quant::LayerId{0}];
  EXPECT_NEAR(layer.ideal.latency_ns, 784 * 4 * 6 / 1.2, 1e-6);
  EXPECT_GT(layer.latency_ns, layer.ideal.latency_ns);
  const double rest = layer.latency_ns - layer.ideal.latency_ns;
  layer.causes = {{"pipeline fill", 0.25 * rest}, {"bus", 0.75 * rest}};
  const auto e = sim::Explainer(changed).explain("C1.latency");
  EXPECT_TRUE(e.reconciles());
  ASSERT_EQ(e.parts.size(), 3u);
  EXPECT_EQ(e.parts[2].name, "bus");
  // Causes that do not add up are noticed.
  layer.causes[1].ns *= 1.01;
  EXPECT_FALSE(sim::Explainer(changed).explain("C1.latency").reconciles());
}

TEST_F(LenetExplainTest, NoticesAReportThatWasChanged) {
  auto changed = explained_;
  changed.report.layers[quant::LayerId{2}].counters.at("conversions") += 1;
  const sim::Explainer explainer(changed);
  EXPECT_FALSE(explainer.explain("C5.energy.adc").reconciles());
  EXPECT_FALSE(explainer.explain("C5.energy").reconciles());
  EXPECT_FALSE(explainer.explain("energy").reconciles());
  EXPECT_TRUE(explainer.explain("C3.energy").reconciles());
}

TEST_F(LenetExplainTest, RefusesWhatIsNotThereAndNamesWhatIsNear) {
  const sim::Explainer explainer(explained_);
  for (const auto& [wrong, near] :
       {std::pair("layer3.enrgy", "layer3.energy"), std::pair("latencyy", "latency"),
        std::pair("layer0.energy.adcs", "layer0.energy.adc"),
        std::pair("F6.conversion", "layer3.conversions")}) {
    try {
      explainer.explain(wrong);
      ADD_FAILURE() << wrong;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(near), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(explainer.explain("layer9.energy"), InputError);
  EXPECT_THROW(explainer.explain(""), InputError);
}

}  // namespace
}  // namespace kirchhoff
