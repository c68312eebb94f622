// A trace watches and changes nothing: whatever the chip, a traced run ends, with the costs of the
// run that nobody watches.

#include <filesystem>
#include <optional>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "hw/config/config_loader.h"
#include "sim/own_kernel.h"
#include "sim/simulator.h"
#include "tests/base/scratch_directory.h"
#include "tests/sim/random_networks.h"
#include "tests/support/systemc_test.h"
#include "tests/traces/golden.h"
#include "tests/traces/perfetto_check.h"
#include "tests/traces/timeline.h"
#include "traces/event_log.h"
#include "traces/perfetto_writer.h"
#include "traces/pftrace_writer.h"
#include "traces/vcd_writer.h"

namespace kirchhoff {
namespace {

enum Kinds : unsigned { kVcd = 1, kPerfetto = 2, kEvents = 4 };

struct Job {
  quant::Network network;
  quant::Policy policy;
  hw::ChipConfig config;
  hw::Fidelity fidelity = hw::Fidelity::kMvm;
};

/// Everything that a report counts.
std::string costs_of(const sim::CostReport& report) {
  std::string text = fmt::format("{} ns, {} ns, {} pJ, {} cycles\n", report.latency_ns,
                                 report.duration_ns, report.energy_pj(), report.cycles);
  for (const sim::LayerReport& layer : report.layers) {
    text += fmt::format("{}: {} ns\n", layer.name, layer.latency_ns);
    for (const auto& [name, value] : layer.counters) text += fmt::format("  {} {}\n", name, value);
    for (const sim::TileReport& tile : layer.tile_reports) {
      for (const auto& [name, value] : tile.counters)
        text += fmt::format("  tile {}: {} {}\n", index(tile.tile), name, value);
    }
  }
  return text;
}

/// Costs of a job that is traced to files of these kinds.
std::string run(const Job& job, unsigned kinds) {
  const ScratchDirectory folder;
  return sim::on_own_kernel([&] {
    std::optional<VcdWriter> vcd;
    std::optional<EventSink> events;
    if (kinds & kVcd) vcd.emplace(folder.file("t.vcd"));
    if (kinds & (kPerfetto | kEvents)) events.emplace();
    if (kinds & kPerfetto) {
      events->add_writer(std::make_unique<PerfettoWriter>(folder.file("t.json")));
      events->add_writer(std::make_unique<PftraceWriter>(folder.file("t.pftrace")));
    }
    if (kinds & kEvents) events->add_writer(std::make_unique<EventLog>(folder.file("t.csv")));
    const Tracer tracer{vcd ? &*vcd : nullptr, events ? &*events : nullptr};
    sim::SimulatorOptions options;
    options.fidelity = job.fidelity;
    options.tracer = kinds == 0 ? nullptr : &tracer;
    sim::Simulator simulator(job.network, job.config, options);
    const std::string costs = costs_of(simulator.cost(job.policy));
    if (vcd) vcd->close();
    if (events) events->close();
    if (kinds & kPerfetto) {
      const std::string json = contents_of(folder.file("t.json"));
      check_perfetto(nlohmann::json::parse(json));
      expect_same_timeline(json, contents_of(folder.file("t.pftrace")));
    }
    return costs;
  });
}

/// False when the chip does not hold the network.
bool expect_equal_costs(Job job, const std::string& what) {
  for (const hw::Fidelity fidelity : {hw::Fidelity::kMvm, hw::Fidelity::kBit}) {
    job.fidelity = fidelity;
    std::string untraced;
    try {
      untraced = run(job, 0);
    } catch (const InputError&) {
      return false;
    }
    for (const unsigned kinds : {kVcd, kPerfetto, kEvents}) {
      EXPECT_EQ(run(job, kinds), untraced)
          << what << (fidelity == hw::Fidelity::kBit ? ", bit" : ", mvm") << ", kind " << kinds;
    }
  }
  return true;
}

class TracedCostsTest : public SystemCTest {};

TEST_F(TracedCostsTest, EveryPresetCostsTheSameWithEveryTrace) {
  int presets = 0;
  for (const auto& file : std::filesystem::directory_iterator(KIRCHHOFF_PRESETS)) {
    RandomNetworks random(5);
    hw::ConfigLoader loader;
    loader.load_file(file.path().string(), file.path().filename().string());
    // As many tiles as the network needs: SystemC takes a chip of hundreds down slowly.
    for (const char* key : {"chip.mesh_width", "chip.mesh_height"}) loader.set_from_flag(key, "0");
    Job job;
    job.network = random.network(16);
    job.policy = quant::Policy::uniform(job.network, 8, 8);
    job.config = loader.finish();
    EXPECT_TRUE(expect_equal_costs(job, file.path().filename().string()));
    ++presets;
  }
  EXPECT_GE(presets, 3);
}

/// Settings under which a chip does nothing for a long time, or acts at moments of all kinds.
void choose(hw::ConfigLoader& loader, RandomNetworks& random) {
  const auto set = [&](const char* key, std::initializer_list<const char*> values) {
    const int at = random.between(0, static_cast<int>(values.size()) - 1);
    loader.set_from_flag(key, *(values.begin() + at));
  };
  set("crossbar.rows", {"32", "64"});
  set("crossbar.cols", {"32", "64"});
  set("tile.pes", {"2", "5", "16"});
  set("adc.cycles", {"1", "2", "5", "64"});
  set("adc.per_pair", {"1", "3", "32"});
  set("clock.pe_mhz", {"1", "37", "1200", "10000"});
  set("clock.tile_mhz", {"1", "37", "500", "1200", "10000"});
  set("clock.noc_mhz", {"1", "333", "1000", "10000"});
  set("sample_hold.present", {"true", "false"});
  set("sample_hold.acquire_ns", {"0", "3.5"});
  set("crossbar.read_ns", {"0", "3.16", "5000"});
  set("edram.access_ns", {"0", "2", "333", "9000"});
  set("pe.overlap", {"true", "false"});
  set("tile.overlap", {"true", "false"});
  set("tile.stage_ns", {"0", "100", "7000"});
  set("chip.schedule", {"sequential", "pipelined"});
  set("mapping.encoding", {"differential", "offset"});
  set("noc.topology", {"mesh", "cmesh"});
  set("noc.flow_control", {"cut_through", "wormhole"});
  set("noc.link_cycles", {"1", "16"});
  set("noc.rc_cycles", {"0", "1", "8"});
}

TEST_F(TracedCostsTest, RandomChipsCostTheSameWithEveryTrace) {
  RandomNetworks random(1);
  int held = 0;
  for (int i = 0; i < 24; ++i) {
    hw::ConfigLoader loader;
    choose(loader, random);
    Job job;
    job.network = random.network(16);
    job.policy = random.policy(job.network);
    job.config = loader.finish();
    held += expect_equal_costs(job, fmt::format("chip {}", i));
  }
  EXPECT_GE(held, 18);
}

}  // namespace
}  // namespace kirchhoff
