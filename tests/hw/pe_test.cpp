#include "hw/pe/pe.h"

#include <random>

#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>

#include "hw/config/register_map.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

struct Driver : sc_core::sc_module, PeListenerIf {
  tlm_utils::simple_initiator_socket<Driver> bus{"bus"}, cells{"cells"};
  sc_core::sc_export<PeListenerIf> listener{"listener"};
  std::vector<std::uint64_t> ready_ps, done_ps;

  explicit Driver(const sc_core::sc_module_name& name) : sc_module(name) { listener.bind(*this); }
  void pe_ready(PeId) override { ready_ps.push_back(sc_core::sc_time_stamp().value()); }
  void pe_done(PeId) override { done_ps.push_back(sc_core::sc_time_stamp().value()); }
};

/// A PE with random cells and what it should compute.
class PeBench {
 public:
  PeBench(const PeConfig& config, Fidelity fidelity, const PeSetup& setup, std::uint64_t seed)
      : clock(1200), pe("pe", PeId{0}, config, clock, fidelity), driver("driver"), setup_(setup) {
    pe.listener(driver.listener);
    driver.bus.bind(pe.bus_socket);
    driver.cells.bind(pe.cell_socket);
    sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_,
                                            sc_core::SC_DO_NOTHING);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    clock.restart();
    std::mt19937_64 engine(seed);
    weights.setZero(setup.columns, setup.rows);
    const int limit = (1 << (setup.slices - 1)) - 1;
    const auto row_bytes = static_cast<std::size_t>((config.crossbar.cols + 7) / 8);
    for (int r = 0; r < setup.rows; ++r) {
      for (int c = 0; c < setup.columns; ++c) {
        weights(c, r) = static_cast<int>(engine() % static_cast<unsigned>(2 * limit + 1)) - limit;
      }
    }
    for (int pair = 0; pair < setup.slices; ++pair) {
      for (int sign = 0; sign < 2; ++sign) {
        std::vector<std::uint8_t> bytes(row_bytes * static_cast<std::size_t>(setup.rows), 0);
        for (int r = 0; r < setup.rows; ++r) {
          for (int c = 0; c < setup.columns; ++c) {
            const int w = weights(c, r);
            if ((w < 0) != (sign == 1) || ((std::abs(w) >> pair) & 1) == 0) continue;
            bytes[static_cast<std::size_t>(r) * row_bytes + static_cast<std::size_t>(c / 8)] |=
                static_cast<std::uint8_t>(1u << (c % 8));
          }
        }
        transport(driver.cells, tlm::TLM_WRITE_COMMAND,
                  reg::kCellArrayStride * static_cast<unsigned>(2 * pair + sign), bytes.data(),
                  bytes.size());
      }
    }
    pe.configure(0, setup);
    inputs.resize(static_cast<std::size_t>(setup.rows));
    for (auto& x : inputs) x = static_cast<std::int32_t>(engine() % (1u << setup.activation_bits));
  }

  void load(int slot) {
    transport(driver.bus, tlm::TLM_WRITE_COMMAND, static_cast<std::uint64_t>(slot), inputs.data(),
              4 * inputs.size());
  }
  /// Starts a product; at fidelity=mvm the driver's records come from the returned times.
  void start(int input, int output) {
    if (const auto times = pe.start(input, output)) {
      driver.ready_ps.push_back(times->ready.value());
      driver.done_ps.push_back(times->done.value());
    }
  }
  void run_until_ready() {
    while (driver.ready_ps.empty()) sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_PS));
    // One picosecond on, as in the loop above, which stops after the event has run.
    const sc_core::sc_time ready = sc_core::sc_time::from_value(driver.ready_ps.front() + 1);
    if (ready > sc_core::sc_time_stamp()) sc_core::sc_start(ready - sc_core::sc_time_stamp());
  }
  Sums drain(int slot) {
    Sums sums(static_cast<std::size_t>(setup_.columns));
    transport(driver.bus, tlm::TLM_READ_COMMAND, static_cast<std::uint64_t>(slot), sums.data(),
              sizeof(Sum) * sums.size());
    return sums;
  }
  Sums expected() const {
    const Eigen::VectorXi y =
        weights * Eigen::Map<const Eigen::VectorXi>(inputs.data(), setup_.rows);
    return {y.data(), y.data() + y.size()};
  }
  template <typename Socket>
  tlm::tlm_response_status transport(Socket& socket, tlm::tlm_command command,
                                     std::uint64_t address, void* data, std::size_t length) {
    tlm::tlm_generic_payload trans;
    trans.set_command(command);
    trans.set_address(address);
    trans.set_data_ptr(static_cast<unsigned char*>(data));
    trans.set_data_length(static_cast<unsigned>(length));
    sc_core::sc_time delay;
    socket->b_transport(trans, delay);
    return trans.get_response_status();
  }

  Clock clock;
  Pe pe;
  Driver driver;
  Eigen::MatrixXi weights;
  std::vector<std::int32_t> inputs;

 private:
  const PeSetup setup_;
};

class PeTest : public SystemCTest {};

TEST_F(PeTest, ProductEqualsTheMatrixVectorProduct) {
  PeBench bench(PeConfig{}, Fidelity::kBit, {127, 40, 8, 8, true}, 1);
  bench.load(0);
  bench.start(0, 1);
  sc_core::sc_start();
  EXPECT_EQ(bench.drain(1), bench.expected());
  EXPECT_EQ(bench.driver.done_ps.size(), 1u);
  EXPECT_EQ(bench.pe.counters().conversions, 8u * 8 * 40);
  EXPECT_EQ(bench.pe.counters().bit_steps, 8u);
}

// 6 columns: the read (2 + 4 cycles) bounds the bit step; 128 columns: the conversions do.
TEST_F(PeTest, BitStepTakesTheLongerOfReadAndConversion) {
  for (const int columns : {6, 128}) {
    PeBench bench(PeConfig{}, Fidelity::kMvm, {100, columns, 8, 8, false}, 1);
    bench.load(0);
    bench.start(0, 0);
    sc_core::sc_start();
    const Cycle step = std::max(6, columns);
    const Cycle done = 6 + 7 * step + static_cast<Cycle>(columns) + 1;
    EXPECT_EQ(bench.driver.done_ps.front(), bench.clock.offset_ps(done)) << columns;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
}

// The closed form and the chain of modules agree for every width, geometry and policy of overlap.
TEST_F(PeTest, FidelitiesAgreeInTimesCountersAndSums) {
  std::mt19937_64 engine(11);
  const auto pick = [&](int low, int high) {
    return low + static_cast<int>(engine() % static_cast<unsigned>(high - low + 1));
  };
  for (int trial = 0; trial < 60; ++trial) {
    PeConfig config;
    config.overlap = pick(0, 3) > 0;
    config.adc.per_pair = pick(0, 1) ? 8 : 1;
    config.adc.cycles = pick(1, 3);
    config.adc.bits = pick(5, 9);
    config.adc.lsb = pick(0, 3) ? 1 : 4;
    config.shift_adder.cycles = pick(0, 3);
    config.sample_hold.acquire = Duration::nanoseconds(pick(0, 2));
    config.dac.drive = Duration::nanoseconds(pick(0, 3));
    config.crossbar.rows = config.crossbar.cols = 128;
    const PeSetup setup{pick(1, 128), pick(1, 128), pick(2, 8), pick(1, 8), true};
    std::vector<std::uint64_t> ready[2], done[2];
    Sums sums[2];
    std::vector<std::uint64_t> counters[2];
    for (int f = 0; f < 2; ++f) {
      PeBench bench(config, f == 0 ? Fidelity::kBit : Fidelity::kMvm, setup,
                    static_cast<std::uint64_t>(trial));
      bench.load(0);
      bench.load(1);
      bench.start(0, 0);
      // The next product begins in the very cycle in which the word lines become free.
      bench.run_until_ready();
      bench.start(1, 1);
      sc_core::sc_start();
      ready[f] = bench.driver.ready_ps;
      done[f] = bench.driver.done_ps;
      EXPECT_EQ(bench.drain(0), bench.drain(1));
      sums[f] = bench.drain(1);
      if (config.adc.lsb == 1 && config.adc.bits == 9) {
        EXPECT_EQ(sums[f], bench.expected());
      }
      bench.pe.counters().visit(
          [&](const char*, std::uint64_t v, const char*) { counters[f].push_back(v); });
      sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    }
    EXPECT_EQ(ready[0], ready[1]) << trial;
    EXPECT_EQ(done[0], done[1]) << trial;
    EXPECT_EQ(sums[0], sums[1]) << trial;
    EXPECT_EQ(counters[0], counters[1]) << trial;
  }
}

TEST_F(PeTest, CellAccessesOutsideTheArraysAreRefused) {
  PeBench bench(PeConfig{}, Fidelity::kMvm, {4, 4, 2, 2, true}, 1);
  std::vector<std::uint8_t> row(16, 0xff);
  EXPECT_EQ(bench.transport(bench.driver.cells, tlm::TLM_WRITE_COMMAND, reg::kCellArrayStride * 16,
                            row.data(), 16),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(bench.transport(bench.driver.cells, tlm::TLM_WRITE_COMMAND, 128 * 16, row.data(), 16),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(bench.transport(bench.driver.cells, tlm::TLM_WRITE_COMMAND, 8, row.data(), 16),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
  EXPECT_EQ(bench.transport(bench.driver.bus, tlm::TLM_READ_COMMAND, 2, nullptr, 0),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

}  // namespace
}  // namespace kirchhoff::hw
