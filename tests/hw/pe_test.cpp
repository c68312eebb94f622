#include "hw/pe/pe.h"

#include <array>
#include <map>
#include <random>
#include <vector>

#include <Eigen/Core>
#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>

#include "hw/config/components.h"
#include "hw/config/read_steps.h"
#include "hw/config/register_map.h"
#include "hw/config/scaling.h"
#include "hw/pe/conversion.h"
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

/// One block of a PE with random weights: its cells, and what it should compute.
struct BlockStimulus {
  PeSetup setup;
  Eigen::MatrixXi weights;  ///< columns x rows
  std::vector<std::int32_t> inputs;
  std::map<int, std::vector<std::uint8_t>> cells;  ///< bytes by array
  std::map<int, std::vector<std::uint8_t>> flips;  ///< bytes by array, offset encoding only

  BlockStimulus(const PeConfig& config, const PeSetup& block, std::mt19937_64& engine)
      : setup(block) {
    const int cell_bits = config.crossbar.cell_bits, top = top_level(cell_bits);
    const bool offset = config.encoding == Encoding::kOffset;
    const int limit = (1 << (setup.weight_bits - 1)) - 1;
    weights.setZero(setup.columns, setup.rows);
    for (int r = 0; r < setup.rows; ++r) {
      for (int c = 0; c < setup.columns; ++c) {
        weights(c, r) = static_cast<int>(engine() % static_cast<unsigned>(2 * limit + 1)) - limit;
      }
    }
    // A column at each end, where flips and saturation are.
    if (engine() % 2) weights.row(0).setConstant(limit);
    if (engine() % 2) weights.row(setup.columns - 1).setConstant(-limit);
    const auto row_bytes = static_cast<std::size_t>((config.crossbar.cols * cell_bits + 7) / 8);
    for (int s = 0; s < setup.slices; ++s) {
      const int array = 2 * (setup.first_pair + s);
      auto& positive = cells[array];
      positive.assign(row_bytes * static_cast<std::size_t>(setup.rows), 0);
      if (!offset) cells[array + 1] = positive;
      if (offset) flips[array].assign(static_cast<std::size_t>((config.crossbar.cols + 7) / 8), 0);
      for (int c = 0; c < setup.columns; ++c) {
        const auto level = [&](int r) {
          const int w = weights(c, r);
          return (offset ? w + limit + 1 : std::abs(w)) >> (s * cell_bits) & top;
        };
        int sum = 0;
        for (int r = 0; r < setup.rows; ++r) sum += level(r);
        const bool flipped = offset && sum >= flip_threshold(config.crossbar.rows, cell_bits);
        if (flipped)
          flips[array][static_cast<std::size_t>(c / 8)] |= static_cast<std::uint8_t>(1u << (c % 8));
        for (int r = 0; r < setup.rows; ++r) {
          auto& bytes = !offset && weights(c, r) < 0 ? cells[array + 1] : positive;
          const int bit = c * cell_bits;
          bytes[static_cast<std::size_t>(r) * row_bytes + static_cast<std::size_t>(bit / 8)] |=
              static_cast<std::uint8_t>((flipped ? top - level(r) : level(r)) << (bit % 8));
        }
      }
    }
    inputs.resize(static_cast<std::size_t>(setup.rows));
    const int below_zero = setup.input_signed ? 1 << (setup.activation_bits - 1) : 0;
    for (auto& x : inputs)
      x = static_cast<std::int32_t>(engine() % (1u << setup.activation_bits)) - below_zero;
  }

  Sums expected() const {
    Sums sums(static_cast<std::size_t>(setup.columns), 0);
    for (int c = 0; c < setup.columns; ++c) {
      for (int r = 0; r < setup.rows; ++r)
        sums[static_cast<std::size_t>(c)] +=
            Sum{weights(c, r)} * inputs[static_cast<std::size_t>(r)];
    }
    return sums;
  }
};

/// A PE with blocks of random weights.
class PeBench {
 public:
  PeBench(const PeConfig& config, Fidelity fidelity, const PeSetup& setup, std::uint64_t seed)
      : PeBench(config, fidelity, std::vector<PeSetup>{setup}, seed) {}
  PeBench(const PeConfig& config, Fidelity fidelity, const std::vector<PeSetup>& setups,
          std::uint64_t seed)
      : clock(1200), pe("pe", PeId{0}, config, clock, fidelity), driver("driver") {
    pe.listener(driver.listener);
    driver.bus.bind(pe.bus_socket);
    driver.cells.bind(pe.cell_socket);
    sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_,
                                            sc_core::SC_DO_NOTHING);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    clock.restart();
    std::mt19937_64 engine(seed);
    for (const PeSetup& setup : setups) {
      BlockStimulus& block = blocks.emplace_back(config, setup, engine);
      for (auto& [array, bytes] : block.cells) {
        transport(driver.cells, tlm::TLM_WRITE_COMMAND,
                  reg::kCellArrayStride * static_cast<unsigned>(array), bytes.data(), bytes.size());
      }
      for (auto& [array, bytes] : block.flips) {
        transport(driver.cells, tlm::TLM_WRITE_COMMAND,
                  reg::kCellArrayStride * static_cast<unsigned>(array) + reg::kFlipOffset,
                  bytes.data(), bytes.size());
      }
      pe.configure(static_cast<int>(blocks.size()) - 1, setup);
    }
  }

  void load(int slot) {
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      transport(driver.bus, tlm::TLM_WRITE_COMMAND, 2 * b + static_cast<unsigned>(slot),
                blocks[b].inputs.data(), 4 * blocks[b].inputs.size());
    }
  }
  /// Starts a product; at fidelity=mvm the driver's records come from the returned times.
  void start(int input, int output, const WindowPlace& window = {}) {
    if (const auto times = pe.start(input, output, window)) {
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
  Sums drain(int slot, std::size_t block = 0) {
    Sums sums(static_cast<std::size_t>(blocks[block].setup.columns));
    transport(driver.bus, tlm::TLM_READ_COMMAND, 2 * block + static_cast<unsigned>(slot),
              sums.data(), sizeof(Sum) * sums.size());
    return sums;
  }
  Sums expected(std::size_t block = 0) const { return blocks[block].expected(); }
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
  std::vector<BlockStimulus> blocks;
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

// Without sample-and-holds every round of columns takes drive + read + conversion, and without
// overlap the addition too; the word lines are driven again for each.
TEST_F(PeTest, WithoutSampleHoldsEveryRoundOfColumnsIsDrivenAndReadAgain) {
  for (const bool overlap : {true, false}) {
    PeConfig config;
    config.sample_hold.present = false;
    config.overlap = overlap;
    config.adc.per_pair = 8;
    config.adc.cycles = 10;
    config.shift_adder.cycles = 3;
    PeBench bench(config, Fidelity::kMvm, {100, 20, 6, 4, false}, 1);
    bench.load(0);
    bench.start(0, 0);
    const Cycle rounds = 4 * 3, round = 2 + 4 + 10 + (overlap ? 0 : 3);
    EXPECT_EQ(bench.driver.ready_ps.front(), bench.clock.offset_ps(rounds * round));
    EXPECT_EQ(bench.driver.done_ps.front(),
              bench.clock.offset_ps(rounds * round + (overlap ? 3 : 0)));
    const PeCounters counters = bench.pe.counters();
    EXPECT_EQ(counters.dac_drives, 6u * rounds * 100);
    EXPECT_EQ(counters.input_reads, rounds);
    EXPECT_EQ(counters.drive_cycles, 6u * rounds * 2);
    EXPECT_EQ(counters.read_cycles, 6u * rounds * 4);
    EXPECT_EQ(counters.convert_cycles, 6u * rounds * 10);
    EXPECT_EQ(counters.add_cycles, 6u * rounds * 3);
    EXPECT_EQ(counters.read_wait_cycles, overlap ? 0 : 6u * (rounds - 1) * 3);
    // Every column is still read and converted once per bit step.
    EXPECT_EQ(counters.cell_reads, 2u * 4 * 6 * 100 * 20);
    EXPECT_EQ(counters.conversions, 4u * 6 * 20);
    EXPECT_EQ(counters.samples, 0u);
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
}

/// What a PE did with two products in a row, the second begun in the very cycle in which the word
/// lines became free.
struct Trial {
  std::vector<std::uint64_t> ready, done, counters;
  std::vector<Sums> sums;      ///< by block
  std::vector<Sums> expected;  ///< by block
  /// Of both products one after the other, by block, slice and bit.
  std::map<std::array<int, 3>, Columns> codes;
};

Trial run_trial(const PeConfig& config, Fidelity fidelity, const std::vector<PeSetup>& setups,
                std::uint64_t seed, bool watched = false) {
  Trial trial;
  {
    PeBench bench(config, fidelity, setups, seed);
    if (watched) {
      bench.pe.watch([&](const Conversions& c) {
        Columns& codes = trial.codes[{c.block, c.slice, c.bit}];
        codes.insert(codes.end(), c.codes.begin(), c.codes.end());
      });
    }
    bench.load(0);
    bench.load(1);
    bench.start(0, 0);
    bench.run_until_ready();
    bench.start(1, 1);
    sc_core::sc_start();
    trial.ready = bench.driver.ready_ps;
    trial.done = bench.driver.done_ps;
    for (std::size_t b = 0; b < setups.size(); ++b) {
      EXPECT_EQ(bench.drain(0, b), bench.drain(1, b));
      trial.sums.push_back(bench.drain(1, b));
      trial.expected.push_back(bench.expected(b));
    }
    bench.pe.counters().visit(
        [&](const char*, std::uint64_t v, const char*) { trial.counters.push_back(v); });
  }
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  return trial;
}

/// The closed form and the chain of modules agree.
Trial expect_fidelities_agree(const PeConfig& config, const std::vector<PeSetup>& setups,
                              std::uint64_t seed) {
  const Trial bit = run_trial(config, Fidelity::kBit, setups, seed);
  const Trial mvm = run_trial(config, Fidelity::kMvm, setups, seed);
  EXPECT_EQ(bit.ready, mvm.ready) << seed;
  EXPECT_EQ(bit.done, mvm.done) << seed;
  EXPECT_EQ(bit.sums, mvm.sums) << seed;
  EXPECT_EQ(bit.counters, mvm.counters) << seed;
  return bit;
}

class RandomPe {
 public:
  explicit RandomPe(std::uint64_t seed) : engine_(seed) {}
  int pick(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1));
  }
  /// Every stage's timing, every encoding.
  PeConfig config() {
    PeConfig config;
    config.overlap = pick(0, 3) > 0;
    config.adc.per_pair = pick(0, 1) ? 8 : 1;
    config.adc.cycles = pick(1, 3);
    config.shift_adder.cycles = pick(0, 3) > 0 ? pick(0, 3) : pick(4, 40);
    config.sample_hold.present = pick(0, 3) > 0;
    config.sample_hold.acquire = Duration::nanoseconds(pick(0, 2));
    config.dac.drive = Duration::nanoseconds(pick(0, 3));
    config.crossbar.rows = pick(32, pick(0, 3) ? 128 : 512);
    config.crossbar.cols = pick(32, pick(0, 3) ? 128 : 512);
    config.crossbar.cell_bits = 1 << pick(0, 2);
    if (pick(0, 2) == 0) config.crossbar.rows_per_read = pick(1, config.crossbar.rows + 8);
    if (pick(0, 2) == 0) config.dac.bits = pick(2, 8);
    config.dac.levels = static_cast<DacLevels>(pick(0, config.sample_hold.present ? 2 : 1));
    if (pick(0, 5) == 0) near_memory(config);
    config.pairs = 16;
    if (pick(0, 1)) {
      config.encoding = Encoding::kOffset;
      config.input_sum = pick(0, 1) ? InputSum::kUnitColumn : InputSum::kDigital;
    }
    // A lossless ADC, one that saturates, and a coarse one.
    const int kind = pick(0, 3);
    config.adc.bits = kind < 2 ? 14 : pick(4, 9);
    config.adc.lsb = kind == 3 ? 4 : 1;
    if (pick(0, 3) == 0) config.adc.kind = AdcKind::kIntegrateFire;
    return config;
  }
  /// Row by row: few rows.
  void near_memory(PeConfig& config) {
    config.dac.levels = DacLevels::kDigital;
    config.crossbar.rows_per_read = 1;
    config.crossbar.rows = pick(32, 40);
    config.crossbar.cols = pick(32, 64);
  }
  /// A block of up to 16-bit widths from pair `first` on.
  PeSetup setup(const PeConfig& config, int first, int widest) {
    PeSetup setup;
    setup.rows = pick(1, config.crossbar.rows);
    setup.columns = pick(1, config.crossbar.cols);
    setup.weight_bits = pick(2, widest);
    setup.activation_bits = pick(1, 16);
    setup.slices = weight_slices(config.encoding, SliceRule::kEq7, setup.weight_bits,
                                 config.crossbar.cell_bits);
    setup.functional = true;
    setup.first_pair = first;
    setup.input_signed =
        pick(0, 3) == 0 && (config.encoding == Encoding::kDifferential || config.dac.bits == 1);
    setup.sum_bits = sum_bits(setup.weight_bits, setup.activation_bits, setup.rows);
    return setup;
  }

 private:
  std::mt19937_64 engine_;
};

// Any size, encoding, width, ADC and timing; exact integers wherever the ADC loses nothing.
TEST_F(PeTest, FidelitiesAgreeAndLosslessProductsAreExact) {
  RandomPe random(11);
  int exact = 0, lossy = 0;
  for (std::uint64_t trial = 0; trial < 60; ++trial) {
    const PeConfig config = random.config();
    const PeSetup setup = random.setup(config, 0, 16);
    const Trial outcome = expect_fidelities_agree(config, {setup}, trial);
    if (lossless(config, setup.rows)) {
      ++exact;
      EXPECT_EQ(outcome.sums, outcome.expected) << trial;
    } else {
      lossy += outcome.sums != outcome.expected;
    }
  }
  EXPECT_GT(exact, 20);
  EXPECT_GT(lossy, 5);
}

// What a converter of one bit reads of a row is exact, however wide the digit is that multiplies
// it.
TEST_F(PeTest, NearMemoryProductsAreExactWithAConverterOfACellsBits) {
  RandomPe random(15);
  int signed_inputs = 0;
  for (std::uint64_t trial = 0; trial < 24; ++trial) {
    PeConfig config = random.config();
    random.near_memory(config);
    config.adc.lsb = 1;
    // A sign of a difference, or none.
    config.adc.bits =
        config.crossbar.cell_bits + (config.encoding == Encoding::kDifferential ? 1 : 0);
    const PeSetup setup = random.setup(config, 0, 16);
    signed_inputs += setup.input_signed ? 1 : 0;
    ASSERT_TRUE(lossless(config, setup.rows));
    const Trial outcome = expect_fidelities_agree(config, {setup}, trial);
    EXPECT_EQ(outcome.sums, outcome.expected) << trial;
    // Watched products go through the converters one by one.
    EXPECT_EQ(run_trial(config, Fidelity::kMvm, {setup}, trial, true).sums, outcome.sums) << trial;
  }
  EXPECT_GT(signed_inputs, 0);
}

// Several blocks of different shapes on one PE: all run at once, the slowest counts.
TEST_F(PeTest, PackedBlocksRunAtTheSameTime) {
  RandomPe random(12);
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    const PeConfig config = random.config();
    std::vector<PeSetup> setups;
    int pair = 0;
    while (setups.size() < 4) {
      const PeSetup setup = random.setup(config, pair, 4);
      if (pair + setup.slices > config.pairs) break;
      pair += setup.slices;
      setups.push_back(setup);
    }
    const Trial all = expect_fidelities_agree(config, setups, trial);
    for (std::size_t b = 0; b < setups.size(); ++b) {
      if (lossless(config, setups[b].rows)) {
        EXPECT_EQ(all.sums[b], all.expected[b]) << trial;
      }
    }
    std::uint64_t slowest = 0;
    for (PeSetup setup : setups) {
      const Trial alone = run_trial(config, Fidelity::kMvm, {setup}, trial);
      slowest = std::max(slowest, alone.done.front());
    }
    EXPECT_EQ(all.done.front(), slowest) << trial;
  }
}

// Who looks at the conversions sees the same codes in both fidelities, rounds or not, and changes
// nothing. With the differential encoding the codes add up to the sums.
TEST_F(PeTest, WatchedConversionsAreTheSameInBothFidelities) {
  RandomPe random(13);
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    const PeConfig config = random.config();
    const PeSetup first = random.setup(config, 0, 4);
    const std::vector<PeSetup> setups = {first, random.setup(config, first.slices, 4)};
    const Trial bit = run_trial(config, Fidelity::kBit, setups, trial, true);
    const Trial mvm = run_trial(config, Fidelity::kMvm, setups, trial, true);
    EXPECT_EQ(bit.codes, mvm.codes) << trial;
    const Trial unseen = run_trial(config, Fidelity::kMvm, setups, trial);
    EXPECT_TRUE(unseen.codes.empty());
    EXPECT_EQ(unseen.sums, mvm.sums) << trial;
    EXPECT_EQ(unseen.counters, mvm.counters) << trial;
    EXPECT_EQ(unseen.done, mvm.done) << trial;
    for (int b = 0; b < 2; ++b) {
      const PeSetup& setup = setups[static_cast<std::size_t>(b)];
      const auto columns = static_cast<std::size_t>(setup.columns);
      Sums sums(columns, 0);
      for (int slice = 0; slice < setup.slices; ++slice) {
        for (int step = 0; step < bit_steps(config.dac, setup.activation_bits); ++step) {
          const int lowest = input_digit(config.dac, setup.activation_bits, step).bit;
          const Columns& codes = mvm.codes.at({b, slice, lowest});
          const std::size_t read = columns + static_cast<std::size_t>(config.extra_columns()),
                            groups =
                                static_cast<std::size_t>(row_groups(config.crossbar, setup.rows));
          ASSERT_EQ(codes.size(), 2 * groups * read);
          const bool subtracted = config.dac.bits == 1 && lowest == setup.top_bit();
          for (std::size_t g = 0; g < groups; ++g) {
            for (std::size_t c = 0; c < columns; ++c)
              sums[c] += Sum{codes[g * read + c]} * (subtracted ? -1 : 1) *
                         (Sum{1} << (slice * config.crossbar.cell_bits + lowest));
          }
        }
      }
      // In near-memory mode codes are multiplied by their digits behind the converters.
      const bool multiplied = multiplies_digitally(config.dac) && config.dac.bits > 1;
      if (config.encoding == Encoding::kDifferential && !multiplied) {
        EXPECT_EQ(sums, mvm.sums[static_cast<std::size_t>(b)]) << trial;
      }
    }
  }
}

// ISAAC: 128 rows, 2-bit cells, 16-bit weights and inputs. Flipping makes 8 bits enough.
TEST_F(PeTest, IsaacsOffsetEncodingIsExactWithEightBits) {
  PeConfig config;
  config.encoding = Encoding::kOffset;
  config.crossbar.cell_bits = 2;
  PeSetup setup{128, 16, 8, 16, true, 0, 16, 48};
  EXPECT_TRUE(lossless(config, 128));
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const Trial outcome = expect_fidelities_agree(config, {setup}, seed);
    EXPECT_EQ(outcome.sums, outcome.expected) << seed;
  }
  PeBench bench(config, Fidelity::kMvm, setup, 1);
  bench.load(0);
  bench.start(0, 0);
  // The unit column is one more conversion per array and bit step.
  EXPECT_EQ(bench.pe.counters().conversions, 16u * 8 * (16 + 1));
  EXPECT_EQ(bench.pe.counters().cell_reads, 16u * 8 * 128 * (16 + 1));
  EXPECT_EQ(bench.pe.counters().subtractions, 0u);
  EXPECT_EQ(bench.pe.counters().clipped, 0u);
}

// One column, two driven rows of three, by hand.
TEST_F(PeTest, DataEnergyCountsTheLevelsOfDrivenCells) {
  PeConfig config;
  config.crossbar.cell_bits = 2;
  config.crossbar.energy = CrossbarEnergy::kData;
  PeSetup setup{3, 1, 1, 1, true, 0, 3, 32};
  PeBench bench(config, Fidelity::kBit, setup, 1);
  const auto row_bytes = static_cast<std::size_t>(128 * 2 / 8);
  std::vector<std::uint8_t> positive(3 * row_bytes, 0), negative(3 * row_bytes, 0);
  positive[0] = 3;              // driven, of level 3
  positive[2 * row_bytes] = 2;  // not driven
  negative[row_bytes] = 1;      // driven, of level 1
  bench.transport(bench.driver.cells, tlm::TLM_WRITE_COMMAND, 0, positive.data(), positive.size());
  bench.transport(bench.driver.cells, tlm::TLM_WRITE_COMMAND, reg::kCellArrayStride,
                  negative.data(), negative.size());
  bench.blocks[0].inputs = {1, 1, 0};
  bench.load(0);
  bench.start(0, 0);
  sc_core::sc_start();
  EXPECT_EQ(bench.drain(0), (Sums{2}));
  // Four driven cells of largest level 3, levels 3, 0, 0 and 1.
  EXPECT_EQ(bench.pe.counters().lrs_reads, 4u);
  EXPECT_EQ(bench.pe.counters().hrs_reads, 8u);
}

// Half of the rows driven and half of the cells conducting is what the nominal energy assumes.
TEST_F(PeTest, DataEnergyOfRandomBitsIsNearTheNominal) {
  PeConfig config;
  config.crossbar.energy = CrossbarEnergy::kData;
  config.encoding = Encoding::kOffset;  // every slice of a biased weight is a fair coin
  config.input_sum = InputSum::kDigital;
  PeBench bench(config, Fidelity::kBit, {128, 128, 7, 8, true, 0, 7, 32}, 3);
  bench.load(0);
  bench.start(0, 0);
  sc_core::sc_start();
  const PeCounters counters = bench.pe.counters();
  const auto& crossbar = config.crossbar;
  const double data = static_cast<double>(counters.lrs_reads) * crossbar.lrs_read.picojoules() +
                      static_cast<double>(counters.hrs_reads) * crossbar.hrs_read.picojoules();
  const double nominal =
      static_cast<double>(counters.cell_reads) * event_pj(ConfigNumbers(config), "cell_reads");
  EXPECT_NEAR(data / nominal, 1.0, 0.05);
}

TEST_F(PeTest, FlipFlagsReadBack) {
  PeConfig config;
  config.encoding = Encoding::kOffset;
  PeBench bench(config, Fidelity::kMvm, {4, 4, 2, 2, true, 0, 2}, 1);
  std::vector<std::uint8_t> flags(16, 0xa5), back(16);
  const auto address = reg::kCellArrayStride * 2 + reg::kFlipOffset;
  bench.transport(bench.driver.cells, tlm::TLM_WRITE_COMMAND, address, flags.data(), 16);
  bench.transport(bench.driver.cells, tlm::TLM_READ_COMMAND, address, back.data(), 16);
  EXPECT_EQ(back, flags);
  // The second array of a pair does not exist.
  EXPECT_EQ(bench.transport(bench.driver.cells, tlm::TLM_WRITE_COMMAND, reg::kCellArrayStride,
                            flags.data(), 16),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
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
  EXPECT_EQ(bench.transport(bench.driver.bus, tlm::TLM_READ_COMMAND, 16, nullptr, 0),
            tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

}  // namespace
}  // namespace kirchhoff::hw
