// What a PE shows: stored traces of a few products, and the timeline against the counters.

#include <memory>

#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>

#include "hw/config/components.h"
#include "hw/config/register_map.h"
#include "hw/config/scaling.h"
#include "hw/pe/pe.h"
#include "tests/base/scratch_directory.h"
#include "tests/support/systemc_test.h"
#include "tests/traces/golden.h"
#include "tests/traces/perfetto_check.h"
#include "traces/event_log.h"
#include "traces/perfetto_writer.h"
#include "traces/vcd_writer.h"

namespace kirchhoff::hw {
namespace {

struct Files {
  std::string vcd, csv, json;
  PeCounters counters;
  PeConfig config;
};

/// Drives a PE through products that follow each other as soon as the word lines are free.
class TracedPe : public sc_core::sc_module, public PeListenerIf {
 public:
  tlm_utils::simple_initiator_socket<TracedPe> bus{"bus"}, cells{"cells"};
  sc_core::sc_export<PeListenerIf> listener{"listener"};

  TracedPe(const sc_core::sc_module_name& name, const PeConfig& config, Fidelity fidelity,
           const Tracer* tracer)
      : sc_module(name), pe_("pe0", PeId{0}, config, clock_, fidelity, tracer) {
    listener.bind(*this);
    pe_.listener(listener);
    bus.bind(pe_.bus_socket);
    cells.bind(pe_.cell_socket);
  }

  void run(const PeSetup& setup, int pairs, int products) {
    // At fidelity=mvm nothing happens between the products.
    sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_,
                                            sc_core::SC_DO_NOTHING);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    clock_.restart();
    for (int array = 0; array < 2 * pairs; ++array) {
      std::vector<std::uint8_t> rows(16u * static_cast<unsigned>(setup.rows));
      // A cell conducts in one array of a pair at most.
      for (auto& byte : rows)
        byte = static_cast<std::uint8_t>(array % 2 == 0 ? next() & 0x55 : next() & 0xaa);
      transport(cells, reg::kCellArrayStride * static_cast<unsigned>(array), rows.data(),
                rows.size());
    }
    pe_.configure(0, setup);
    for (int n = 0; n < products; ++n) {
      std::vector<std::int32_t> inputs(static_cast<std::size_t>(setup.rows));
      for (auto& x : inputs) x = static_cast<std::int32_t>(next() % (1u << setup.activation_bits));
      transport(bus, static_cast<std::uint64_t>(n % 2), inputs.data(), 4 * inputs.size());
      const std::size_t before = ready_.size();
      if (const auto times = pe_.start(n % 2, n % 2, {})) ready_.push_back(times->ready);
      while (ready_.size() == before) sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_PS));
      const sc_core::sc_time next_start = ready_.back() + sc_core::sc_time(1, sc_core::SC_PS);
      if (next_start > sc_core::sc_time_stamp())
        sc_core::sc_start(next_start - sc_core::sc_time_stamp());
    }
    sc_core::sc_start();
  }
  PeCounters counters() const { return pe_.counters(); }

  void pe_ready(PeId) override { ready_.push_back(sc_core::sc_time_stamp()); }
  void pe_done(PeId) override {}

 private:
  unsigned next() { return random_ = random_ * 1664525u + 1013904223u, random_ >> 16; }
  template <typename Socket>
  static void transport(Socket& socket, std::uint64_t address, void* data, std::size_t length) {
    tlm::tlm_generic_payload trans;
    trans.set_command(tlm::TLM_WRITE_COMMAND);
    trans.set_address(address);
    trans.set_data_ptr(static_cast<unsigned char*>(data));
    trans.set_data_length(static_cast<unsigned>(length));
    sc_core::sc_time delay;
    socket->b_transport(trans, delay);
    ASSERT_TRUE(trans.is_response_ok());
  }

  Clock clock_{1200};
  Pe pe_;
  std::vector<sc_core::sc_time> ready_;
  unsigned random_ = 7;
};

Files trace(const PeConfig& config, Fidelity fidelity, int weight_bits, int activation_bits,
            int columns, int products, std::uint64_t bin_ps) {
  auto* outer = sc_core::sc_curr_simcontext;
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  const ScratchDirectory folder;
  // Two of the pairs and the PE itself are enough to see the pipeline.
  ProbeSelection selection(
      {"tile0.pe0.state", "tile0.pe0.output_slot", "tile0.pe0.*0.*", "tile0.pe0.*5.*"});
  VcdWriter vcd(folder.file("t.vcd"), {}, &selection);
  EventSink events({}, nullptr, bin_ps);
  events.add_writer(std::make_unique<EventLog>(folder.file("t.csv")));
  events.add_writer(std::make_unique<PerfettoWriter>(folder.file("t.json")));
  const Tracer tracer{&vcd, &events};
  Files files;
  {
    TracedPe dut("tile0", config, fidelity, &tracer);
    PeSetup setup;
    setup.rows = 9;
    setup.columns = columns;
    setup.slices = setup.weight_bits = weight_bits;
    setup.activation_bits = activation_bits;
    setup.functional = true;
    dut.run(setup, weight_bits, products);
    files.counters = dut.counters();
  }
  vcd.close();
  events.close();
  files.vcd = contents_of(folder.file("t.vcd"));
  files.csv = contents_of(folder.file("t.csv"));
  files.json = contents_of(folder.file("t.json"));
  files.config = config;
  delete sc_core::sc_curr_simcontext;
  sc_core::sc_curr_simcontext = outer;
  return files;
}

std::string golden(const std::string& name) {
  return std::string(KIRCHHOFF_GOLDEN_DIR) + "/" + name;
}

class PeTraceTest : public SystemCTest {};

// 9 columns convert longer than a read takes, so that the columns of bit 1 wait for the ADC.
TEST_F(PeTraceTest, GoldenW6A4AtBit) {
  const Files files = trace(PeConfig{}, Fidelity::kBit, 6, 4, 9, 2, 50000);
  expect_golden(golden("pe_w6a4_bit.vcd"), files.vcd);
  expect_golden(golden("pe_w6a4_bit.csv"), files.csv);
}

TEST_F(PeTraceTest, GoldenW8A8AtBit) {
  const Files files = trace(PeConfig{}, Fidelity::kBit, 8, 8, 9, 1, 50000);
  expect_golden(golden("pe_w8a8_bit.vcd"), files.vcd);
  expect_golden(golden("pe_w8a8_bit.csv"), files.csv);
}

TEST_F(PeTraceTest, GoldenW6A4AtMvm) {
  const Files files = trace(PeConfig{}, Fidelity::kMvm, 6, 4, 9, 3, 50000);
  expect_golden(golden("pe_w6a4_mvm.csv"), files.csv);
  expect_golden(golden("pe_w6a4_mvm.json"), files.json);
}

std::vector<std::string> window_slices(const std::string& csv) {
  std::vector<std::string> lines;
  std::istringstream text(csv);
  for (std::string line; std::getline(text, line);) {
    if (line.find("slice,read,") != std::string::npos ||
        line.find("slice,convert,") != std::string::npos) {
      lines.push_back(line);
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

double energy_pj(const std::string& csv, const std::string& unit) {
  double energy = 0, power = 0, since = 0;
  std::istringstream text(csv);
  for (std::string line; std::getline(text, line);) {
    if (line.find("," + unit + ",counter,") == std::string::npos) continue;
    const double at = std::stod(line);
    energy += power * (at - since) / 1000;
    power = std::stod(line.substr(line.find("value=") + 6));
    since = at;
  }
  EXPECT_EQ(power, 0);
  return energy;
}

TEST_F(PeTraceTest, TimelinesAgreeAcrossFidelitiesAndPowerIsTheCountersEnergy) {
  for (int trial = 0; trial < 12; ++trial) {
    PeConfig config;
    config.overlap = trial % 4 != 0;
    config.sample_hold.present = trial % 6 < 4;
    config.adc.per_pair = trial % 3 == 0 ? 8 : 1;
    config.shift_adder.cycles = trial % 3;
    config.sample_hold.acquire = Duration::nanoseconds(trial % 2);
    config.dac.drive = Duration::nanoseconds(trial % 5 == 0 ? 0 : 1);
    std::vector<std::string> slices[2];
    for (const Fidelity fidelity : {Fidelity::kMvm, Fidelity::kBit}) {
      const Files files = trace(config, fidelity, 2 + trial % 7, 1 + trial % 8,
                                trial % 2 == 0 ? 4 : 30 + 5 * trial, 5, 20000);
      check_perfetto(nlohmann::ordered_json::parse(files.json));
      slices[fidelity == Fidelity::kBit] = window_slices(files.csv);
      const PeCounters& c = files.counters;
      const auto times = [](std::uint64_t n, Energy e) {
        return static_cast<double>(n) * e.picojoules();
      };
      const ConfigNumbers keys(config);
      const double adc = static_cast<double>(c.conversions) * event_pj(keys, "conversions");
      EXPECT_NEAR(energy_pj(files.csv, "power.adc"), adc, 1e-4 * adc) << trial;
      const double rest = static_cast<double>(c.cell_reads) * event_pj(keys, "cell_reads") +
                          times(c.dac_drives, config.dac.drive_energy) +
                          times(c.subtractions, config.subtractor.subtract) +
                          times(c.samples, config.sample_hold.sample) +
                          times(c.shift_adds, config.shift_adder.add) +
                          times(c.input_reads, config.input_register.read) +
                          times(c.output_reads, config.output_register.read) +
                          times(c.output_writes, config.output_register.write);
      EXPECT_NEAR(energy_pj(files.csv, "power.pe"), rest, 1e-4 * rest) << trial;
      const bool held = config.sample_hold.present;
      if (held && config.overlap && config.adc.per_pair == 1 && trial % 2 == 1) {
        EXPECT_GT(c.adc_wait_cycles, 0u) << trial;
      }
      const bool adds = held || config.shift_adder.cycles > 0;
      EXPECT_EQ(c.read_wait_cycles > 0, !config.overlap && trial % 8 > 0 && adds) << trial;
    }
    EXPECT_EQ(slices[0].size(), 10u);
    EXPECT_EQ(slices[0], slices[1]) << trial;
  }
}

}  // namespace
}  // namespace kirchhoff::hw
