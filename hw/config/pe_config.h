#pragma once

#include <cstdint>
#include <string>

#include "hw/config/cells_config.h"
#include "hw/config/converter_errors.h"
#include "hw/config/encoding.h"
#include "hw/config/units.h"

namespace kirchhoff::hw {

using namespace literals;

// Every struct has visit(c, v): it calls v(key, member, [low, high,] unit-free meaning, source) for
// each member, in the order in which the configuration is printed. The type of the member is its
// unit: Energy pJ, Power mW, Area um2, Duration ns. Rated power is what a block burns at full
// activity (what the paper's tables add up); energy per event and leakage are what the simulated
// energy is made of.

/// What the energy of a read depends on: sizes, or the bits that are driven and stored.
enum class CrossbarEnergy { kNominal, kData };
inline constexpr const char* kCrossbarEnergyNames[] = {"nominal", "data"};

struct CrossbarConfig {
  int rows = 128;
  int cols = 128;
  int rows_per_read = 0;
  int cell_bits = 1;
  CrossbarEnergy energy = CrossbarEnergy::kNominal;
  Duration read = 3.16_ns;
  Energy lrs_read = 0.00711_pj;
  Energy hrs_read = 0.000071_pj;
  double nominal_driven = 0.5;
  double nominal_lrs = 0.5;
  Power rated = 0.3_mw;
  Area area = 25.0_um2;
  Duration write = 10.0_ns;
  Energy write_pulse = 0.6_pj;
  int write_pulses = 1;
  double endurance = 1e6;
};

template <typename Config, typename Visitor>
void visit_crossbar(Config& c, Visitor& v) {
  v("crossbar.rows", c.rows, 32, 1024, "word lines of an array", "paper Table 4");
  v("crossbar.cols", c.cols, 32, 512, "bit lines of an array", "paper Table 4");
  v("crossbar.rows_per_read", c.rows_per_read, 0, 1024,
    "word lines that are driven at once, one group of rows after the other in every bit step; "
    "0 = all",
    "paper Table 4: all; measured macros read 4 to 16 of up to 1,024");
  v("crossbar.cell_bits", c.cell_bits, 1, 4, "bits that a cell stores: 1, 2 or 4",
    "paper Table 4; ISAAC stores 2");
  v("crossbar.energy", c.energy, kCrossbarEnergyNames,
    "energy of a read: from sizes and nominal activity, or from the driven rows and stored bits "
    "(fidelity = bit with integers)",
    "nominal keeps costs independent of data");
  v("crossbar.read_ns", c.read, 0.0, 1e4, "read pulse until the bit-line currents are settled",
    "MNSIM 2.0 device set (NTHU, ISSCC 2019)");
  v("crossbar.lrs_read_pj", c.lrs_read, 0.0, 1e3,
    "one driven cell in the low-resistance state, per read: V^2 t/R, 0.15 V, 10 kOhm",
    "MNSIM 2.0 device set");
  v("crossbar.hrs_read_pj", c.hrs_read, 0.0, 1e3,
    "one driven cell in the high-resistance state, per read: 1 MOhm", "MNSIM 2.0 device set");
  v("crossbar.nominal_driven", c.nominal_driven, 0.0, 1.0,
    "share of word lines driven, for energy that does not depend on data",
    "assumption: uniform bits; 29.4 pJ per array against ISAAC's 30 pJ");
  v("crossbar.nominal_lrs", c.nominal_lrs, 0.0, 1.0,
    "share of cells in the low-resistance state, likewise",
    "assumption: uniform bits; 29.4 pJ per array against ISAAC's 30 pJ");
  v("crossbar.rated_mw", c.rated, 0.0, 1e4, "one array", "ISAAC Table I: 2.4 mW / 8 arrays");
  v("crossbar.area_um2", c.area, 0.0, 1e7, "one array", "ISAAC Table I: 0.0002 mm2 / 8 arrays");
  v("crossbar.write_ns", c.write, 0.0, 1e9, "one write pulse, the cells of a row at once",
    "NVSim sample RRAM cell; MNSIM 2.0 device set (PipeLayer 50.88 ns)");
  v("crossbar.write_pj", c.write_pulse, 0.0, 1e6, "one write pulse on one cell, SET or RESET",
    "NVSim sample RRAM cell; an array 9.8 nJ (PUMA 22.6 nJ)");
  v("crossbar.write_pulses", c.write_pulses, 1, 1000, "pulses that write a cell",
    "assumption: one bit per cell needs no verification");
  v("crossbar.endurance", c.endurance, 1.0, 1e15, "pulses that a cell survives",
    "HfOx arrays 1e6 to 1e9, the careful end (PRIME cites up to 1e12)");
}

/// How a DAC of several bits tells the values of a digit apart: by voltage, in one read; by the
/// number of read pulses; or bit by bit, where the column's integrator takes a bit of weight 2^n
/// 2^n times before the digit is converted. Or not at all (near-memory mode): word lines only
/// select rows, one at a time, and what the cells of a row hold is multiplied by the row's digit
/// behind the converters.
enum class DacLevels { kVoltage, kPulses, kIntegrated, kDigital };
inline constexpr const char* kDacLevelsNames[] = {"voltage", "pulses", "integrated", "digital"};

struct DacConfig {
  int bits = 1;
  DacLevels levels = DacLevels::kVoltage;
  Duration drive = 1.0_ns;
  Energy drive_energy = 0.351_pj;
  Power leak = 0.00039_mw;
  Power rated = 0.003906_mw;
  Area area = 0.166_um2;
};

template <typename Config, typename Visitor>
void visit_dac(Config& c, Visitor& v) {
  v("dac.bits", c.bits, 1, 8,
    "most input bits per bit step; the bits of an input are shared out evenly over its steps",
    "paper Table 4: 1; Xue et al., ISSCC 2021: 8 bits as 2 + 3 + 3");
  v("dac.levels", c.levels, kDacLevelsNames,
    "how several bits are driven before one conversion: as voltages in one read, as up to "
    "2^bits - 1 read pulses, or bit after bit, the sample-and-hold integrating bit n 2^n times; "
    "digital: near-memory mode, rows are read one at a time and multiplied behind the ADCs",
    "Xue et al.: voltages; NeuRRAM (Nature 2022) integrates; Huang et al. (ISSCC 2023) have a "
    "near-memory mode");
  v("dac.drive_ns", c.drive, 0.0, 1e4, "word lines settled after a bit step begins",
    "MNSIM 2.0: 1 GS/s");
  v("dac.drive_pj", c.drive_energy, 0.0, 1e3,
    "one DAC, per bit step; with levels as pulses per pulse",
    "ISAAC Table I (0.391 pJ per 100 ns) less 10 % leakage (PUMA's split)");
  v("dac.leak_mw", c.leak, 0.0, 1e3, "one DAC", "10 % of nominal: PUMA's split");
  v("dac.rated_mw", c.rated, 0.0, 1e3, "one DAC", "ISAAC Table I: 4 mW / 1024");
  v("dac.area_um2", c.area, 0.0, 1e6, "one DAC", "ISAAC Table I: 0.00017 mm2 / 1024");
}

struct SampleHoldConfig {
  bool present = true;
  Duration acquire{};
  Energy sample = 0.00088_pj;
  Power leak = 0.00000098_mw;
  Power rated = 0.00000977_mw;
  Area area = 0.039_um2;
};

template <typename Config, typename Visitor>
void visit_sample_hold(Config& c, Visitor& v) {
  v("sample_hold.present", c.present,
    "a capacitor per column; false: the ADCs convert the bit lines themselves, so that word lines "
    "are driven and columns read again for every round of conversions",
    "paper Table 4; MNSIM 2.0 has none");
  v("sample_hold.acquire_ns", c.acquire, 0.0, 1e4,
    "time after the read during which the word lines must stay driven",
    "ISAAC: latched at the end of the read");
  v("sample_hold.sample_pj", c.sample, 0.0, 1e3, "one column, per bit step",
    "ISAAC Table I (0.98 fJ per 100 ns) less 10 % leakage");
  v("sample_hold.leak_mw", c.leak, 0.0, 1e3, "one column", "10 % of nominal: PUMA's split");
  v("sample_hold.rated_mw", c.rated, 0.0, 1e3, "one column", "ISAAC Table I: 10 uW / 1024");
  v("sample_hold.area_um2", c.area, 0.0, 1e6, "one column", "ISAAC Table I: 0.00004 mm2 / 1024");
}

struct SubtractorConfig {
  Energy subtract = 0.0368_pj;
  Power rated = 0.0442_mw;
  Area area = 40.0_um2;
};

template <typename Config, typename Visitor>
void visit_subtractor(Config& c, Visitor& v) {
  v("subtractor.subtract_pj", c.subtract, 0.0, 1e3, "one column pair, per bit step",
    "proxy: TIMELY's analogue adder, 36.8 fJ at 65 nm");
  v("subtractor.rated_mw", c.rated, 0.0, 1e3, "subtractor of one crossbar pair",
    "proxy: 36.8 fJ at 1.2 GS/s");
  v("subtractor.area_um2", c.area, 0.0, 1e6, "subtractor of one crossbar pair",
    "proxy: TIMELY's analogue adder, 40 um2");
}

/// What converts a column, and how its time follows its bits: successive approximation, all at
/// once, a bit per step, a step per level of a ramp; or no ADC but an integrate-and-fire circuit
/// and a counter of its spikes, while the column is read.
enum class AdcKind { kSar, kFlash, kSerial, kRamp, kIntegrateFire };
inline constexpr const char* kAdcKindNames[] = {"sar", "flash", "serial", "ramp", "integrate_fire"};

struct AdcConfig {
  AdcKind kind = AdcKind::kSar;
  int bits = 8;
  int lsb = 1;
  int per_pair = 1;
  int cycles = 1;
  Energy conversion = Energy::picojoules(-1.0);
  Power leak = Power::milliwatts(-1.0);
  Power rated = Power::milliwatts(-1.0);
  Area area = Area::square_micrometres(-1.0);
  ConverterErrors errors;

  /// Checks relations between keys. InputError naming them.
  void validate() const;
};

template <typename Config, typename Visitor>
void visit_adc(Config& c, Visitor& v) {
  v("adc.kind", c.kind, kAdcKindNames,
    "how adc.cycles follow adc.bits: successive approximation bits + 2, serial bits, ramp 2^bits, "
    "flash not at all; integrate_fire: no ADC, spikes are counted during the read, charge below a "
    "spike is lost",
    "ISAAC's ADC (Kull et al., ISSCC 2013) approximates successively; NeuRRAM's finds a bit per "
    "step, PRIME's follows a ramp, PipeLayer integrates and fires");
  v("adc.bits", c.bits, 1, 16, "resolution: two's complement, or unsigned for the offset encoding",
    "paper Table 4");
  v("adc.lsb", c.lsb, 1, 256, "difference of bit-line counts per code step, or per spike",
    "1 keeps integers exact");
  v("adc.per_pair", c.per_pair, 1, 512, "ADCs that share the columns of a crossbar pair",
    "paper Table 4: 8 ADCs per PE of 8 pairs");
  v("adc.cycles", c.cycles, 1, 1024,
    "cycles of the PE clock per conversion; follow adc.bits unless given with them",
    "paper Table 4: 1.2 GS/s at a PE clock of 1.2 GHz");
  v("adc.conversion_pj", c.conversion, -1.0, 1e4,
    "one conversion, dynamic; -1 = by resolution, 1.5 pJ at 8 bits",
    "ISAAC Table I (1.667 pJ) less 10 % leakage; its resolution scaling; spikes: TIMELY, Aladdin");
  v("adc.leak_mw", c.leak, -1.0, 1e4, "one ADC; -1 = by resolution, 0.2 mW at 8 bits",
    "10 % of ISAAC's 2 mW: PUMA's split");
  v("adc.rated_mw", c.rated, -1.0, 1e4, "one ADC; -1 = by resolution, 2 mW at 8 bits",
    "ISAAC Table I: 16 mW / 8");
  v("adc.area_um2", c.area, -1.0, 1e7, "one ADC; -1 = by resolution, 1200 um2 at 8 bits",
    "ISAAC Table I: 0.0096 mm2 / 8; spikes: TIMELY, Aladdin");
  visit_converter_errors(c.errors, v);
}

struct ShiftAdderConfig {
  int cycles = 1;
  Energy add = 0.0189_pj;
  Power leak = 0.005_mw;
  Power rated = 0.05_mw;
  Area area = 60.0_um2;
};

template <typename Config, typename Visitor>
void visit_shift_adder(Config& c, Visitor& v) {
  v("shift_adder.cycles", c.cycles, 0, 1024,
    "cycles of the PE clock from the last code of a burst to the accumulated sum",
    "ISAAC pipeline: one stage");
  v("shift_adder.add_pj", c.add, 0.0, 1e3, "one code shifted and added",
    "ISAAC Table I as tabulated by Accelergy (21 fJ) less 10 % leakage");
  v("shift_adder.leak_mw", c.leak, 0.0, 1e3, "shift-adder of one crossbar pair",
    "10 % of nominal: PUMA's split");
  v("shift_adder.rated_mw", c.rated, 0.0, 1e3, "shift-adder of one crossbar pair",
    "ISAAC Table I: 0.2 mW / 4");
  v("shift_adder.area_um2", c.area, 0.0, 1e6, "shift-adder of one crossbar pair",
    "ISAAC Table I: 0.00024 mm2 / 4");
}

/// A register file or buffer: energy per access of one word.
struct RegisterConfig {
  int word_bits = 128;
  Energy read{};
  Energy write{};
  Power leak{};
  Power rated{};
  Area area{};
};

/// Words that `bits` take in a register of this width.
inline std::uint64_t words(const RegisterConfig& config, long long bits) {
  return static_cast<std::uint64_t>((bits + config.word_bits - 1) / config.word_bits);
}

struct PeConfig {
  int pairs = 8;
  Encoding encoding = Encoding::kDifferential;  ///< key mapping.encoding
  InputSum input_sum = InputSum::kUnitColumn;   ///< key mapping.input_sum
  bool overlap = true;
  int output_buffers = 2;
  CrossbarConfig crossbar;
  CellsConfig cells;
  DacConfig dac;
  SampleHoldConfig sample_hold;
  SubtractorConfig subtractor;
  AdcConfig adc;
  ShiftAdderConfig shift_adder;
  RegisterConfig input_register{128, 1.65_pj, 3.23_pj, 0.743_mw, 1.24_mw, 2100.0_um2};
  RegisterConfig output_register{64, 0.57_pj, 0.73_pj, 0.092_mw, 0.23_mw, 770.0_um2};
  int input_register_bytes = 2048;
  int output_register_bytes = 8192;

  /// Cells or converters are not ideal: columns count in parts of a level (CellsConfig).
  bool real() const { return !cells.ideal() || !adc.errors.ideal(); }
  /// A conversion of the same current is not always the same.
  bool noisy() const { return cells.read_noise > 0 || adc.errors.noise_lsb > 0; }
  /// The keys that say how, with the seed of the chip; empty where all is ideal.
  std::string deviations() const;
  int extra_columns() const { return hw::extra_columns(encoding, input_sum); }
  /// Bit lines of an array, those included.
  int columns() const { return crossbar.cols + extra_columns(); }
  /// What a block takes of the input register, two windows, and of the output register.
  long long input_register_bits(int block_rows, int activation_bits) const {
    return 2LL * block_rows * activation_bits;
  }
  long long output_register_bits(int columns, int sum_bits) const {
    return static_cast<long long>(output_buffers) * columns * sum_bits;
  }
};

template <typename Config, typename Visitor>
void visit_pe(Config& c, Visitor& v) {
  v("pe.pairs", c.pairs, 1, 64,
    "crossbar pairs (positive and negative) of a PE; arrays with the offset encoding",
    "paper Table 4: 16 crossbars");
  v("pe.overlap", c.overlap, "the next bit step is read while this one is converted",
    "ISAAC pipeline");
  v("pe.output_buffers", c.output_buffers, 1, 2, "windows whose sums the output register holds",
    "ISAAC pipeline: drained while the next window accumulates");
  visit_crossbar(c.crossbar, v);
  visit_cells(c.cells, v);
  visit_dac(c.dac, v);
  visit_sample_hold(c.sample_hold, v);
  visit_subtractor(c.subtractor, v);
  visit_adc(c.adc, v);
  visit_shift_adder(c.shift_adder, v);
  auto& in = c.input_register;
  v("input_register.bytes", c.input_register_bytes, 16, 1 << 24,
    "capacity: two windows of inputs per block of a PE", "ISAAC Table I: 2 KB");
  v("input_register.word_bits", in.word_bits, 8, 4096, "width of an access", "CACTI 7 run, 2 KB");
  v("input_register.read_pj", in.read, 0.0, 1e3, "one word", "CACTI 7 run, 2 KB, 32 nm");
  v("input_register.write_pj", in.write, 0.0, 1e3, "one word", "CACTI 7 run, 2 KB, 32 nm");
  v("input_register.leak_mw", in.leak, 0.0, 1e3, "one PE", "CACTI 7 run, 2 KB, 32 nm");
  v("input_register.rated_mw", in.rated, 0.0, 1e3, "one PE", "ISAAC Table I");
  v("input_register.area_um2", in.area, 0.0, 1e7, "one PE", "ISAAC Table I");
  auto& out = c.output_register;
  v("output_register.bytes", c.output_register_bytes, 64, 1 << 24,
    "capacity: pe.output_buffers windows of sums per block of a PE",
    "8 blocks of 128 sums of 32 bits, twice; ISAAC Table I has 256 B for 128 sums of 16 bits");
  v("output_register.word_bits", out.word_bits, 32, 4096,
    "width of an access; holds accumulators of 32 bits", "CACTI 7 run, 256 B");
  v("output_register.read_pj", out.read, 0.0, 1e3, "one word", "CACTI 7 run, 256 B, 32 nm");
  v("output_register.write_pj", out.write, 0.0, 1e3, "one word", "CACTI 7 run, 256 B, 32 nm");
  v("output_register.leak_mw", out.leak, 0.0, 1e3, "one PE", "CACTI 7 run, 256 B, 32 nm");
  v("output_register.rated_mw", out.rated, 0.0, 1e3, "one PE", "ISAAC Table I");
  v("output_register.area_um2", out.area, 0.0, 1e7, "one PE", "ISAAC Table I");
}

}  // namespace kirchhoff::hw
