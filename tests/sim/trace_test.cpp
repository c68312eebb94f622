// Traces of a whole chip: a stored event log, and valid timelines.

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "sim/own_kernel.h"
#include "sim/simulator.h"
#include "tests/base/scratch_directory.h"
#include "tests/support/systemc_test.h"
#include "tests/traces/golden.h"
#include "tests/traces/perfetto_check.h"
#include "traces/event_log.h"
#include "traces/perfetto_writer.h"

namespace kirchhoff {
namespace {

/// Two layers; the second has 2 row blocks of 8 rows and more on an array of 8 x 8.
quant::Network tiny() {
  quant::Network network;
  network.name = "tiny";
  network.image = {1, 5, 5};
  quant::Layer convolution;
  convolution.name = "CONV1";
  convolution.inputs = {quant::kImage};
  convolution.input = network.image;
  convolution.out_channels = 3;
  convolution.kernel_height = convolution.kernel_width = 2;
  convolution.pool = 2;
  quant::Layer connected;
  connected.name = "FC";
  connected.inputs = {quant::TensorId{1}};
  connected.input = convolution.output();
  connected.out_channels = 4;
  connected.kernel_height = connected.input.height;
  connected.kernel_width = connected.input.width;
  connected.function = quant::Function::none();
  network.layers = {convolution, connected};
  return network;
}

struct Traces {
  std::string csv, json;
};

Traces trace(const quant::Network& network, const hw::ChipConfig& config, hw::Fidelity fidelity) {
  const ScratchDirectory folder;
  return sim::on_own_kernel([&] {
    EventSink events;
    events.add_writer(std::make_unique<EventLog>(folder.file("t.csv")));
    events.add_writer(std::make_unique<PerfettoWriter>(folder.file("t.json")));
    const Tracer tracer{nullptr, &events};
    sim::SimulatorOptions options;
    options.fidelity = fidelity;
    options.tracer = &tracer;
    sim::Simulator simulator(network, config, options);
    simulator.load(
        quant::random_integer_network(network, quant::Policy::uniform(network, 6, 4), 3));
    simulator.run_image(quant::random_image(network.image, 4));
    events.close();
    return Traces{contents_of(folder.file("t.csv")), contents_of(folder.file("t.json"))};
  });
}

class TraceTest : public SystemCTest {};

TEST_F(TraceTest, GoldenEventsOfATinyNetwork) {
  const Traces run = trace(tiny(), hw::ChipConfig{}, hw::Fidelity::kMvm);
  expect_golden(std::string(KIRCHHOFF_GOLDEN_DIR) + "/tiny_w6a4_mvm.csv", run.csv);
}

TEST_F(TraceTest, TimelinesOfSplitLayersAreValidAndPacketsHaveBothEnds) {
  hw::ChipConfig config;
  config.tile.pes = 2;  // the fully connected layer takes several tiles
  config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = 32;
  quant::Network network = tiny();
  network.image.channels = 12;
  network.layers[quant::LayerId{0}].input = network.image;
  network.layers[quant::LayerId{0}].out_channels = 40;
  network.layers[quant::LayerId{1}].input = network.layers[quant::LayerId{0}].output();
  for (const hw::Schedule schedule : {hw::Schedule::kSequential, hw::Schedule::kPipelined}) {
    config.schedule = schedule;
    for (const hw::Fidelity fidelity : {hw::Fidelity::kMvm, hw::Fidelity::kBit}) {
      const Traces run = trace(network, config, fidelity);
      const auto timeline = nlohmann::ordered_json::parse(run.json);
      check_perfetto(timeline);
      int arrows = 0;
      for (const auto& event : timeline) arrows += event["ph"] == "s";
      EXPECT_GT(arrows, 10);
      // Whatever was sent was taken: a line for each packet that the host and tiles report.
      for (const char* kind : {"activation", "partial sum", "result"})
        EXPECT_NE(run.csv.find(std::string(",packet,") + kind + ","), std::string::npos) << kind;
    }
  }
}

}  // namespace
}  // namespace kirchhoff
