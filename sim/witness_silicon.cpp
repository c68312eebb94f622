#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "sim/macro.h"
#include "sim/witness.h"

namespace kirchhoff::sim {

namespace {

/// Of ratios of times: edges of a clock lie on whole picoseconds.
constexpr double kWholePs = 1e-3;

}  // namespace

Witnesses hung_witnesses(const hw::ChipConfig& preset) {
  Witnesses all;
  // What is read at once, in all banks: as many weights as their bits leave room for.
  const auto measure = [&](int bits) {
    return measure_macro(preset, {8, 32, 32 / bits, bits, bits});
  };
  for (const int bits : {1, 2, 4, 8}) {
    const std::string figure = fmt::format("access with inputs of {} bits", bits);
    all.push_back({"Hung, ISSCC 2022", figure, "ns", (bits + 1) * 16 / 10.0,
                   measure(bits).latency_ns, kExact});
  }
  const MacroCost one = measure(1), eight = measure(8);
  const auto gops = [](int bits, const MacroCost& cost) {
    return MacroProduct{8, 32, 32 / bits, bits, bits}.operations() / cost.latency_ns;
  };
  // Published to four digits.
  all.push_back(
      {"Hung, ISSCC 2022", "peak, 8-bit inputs and weights", "GOPS", 142.2, gops(8, eight), 0.05});
  all.push_back(
      {"Hung, ISSCC 2022", "peak, 1-bit inputs and weights", "GOPS", 5120, gops(1, one), 0.5});
  // 2,048 operations at 21.6 TOPS/W by 16,384 at 416.5 TOPS/W; docs/presets.md says why not.
  all.push_back({"Hung, ISSCC 2022",
                 "energy of an access with 8 bits by one with 1 bit",
                 "",
                 2.41,
                 eight.total_pj() / one.total_pj(),
                 {}});
  return all;
}

Witnesses xue_witnesses(const hw::ChipConfig& preset) {
  Witnesses all;
  struct Row {
    int inputs, weights, blocks;
    double ns;
  };
  constexpr Row kRows[] = {{1, 2, 4, 4.9}, {4, 4, 2, 10.3}, {8, 8, 1, 14.8}};
  for (const Row& row : kRows) {
    const MacroCost cost = measure_macro(preset, {4, 64, row.blocks, row.weights, row.inputs});
    all.push_back({"Xue, ISSCC 2021",
                   fmt::format("access, {}-bit inputs, {}-bit weights", row.inputs, row.weights),
                   "ns", row.ns, cost.latency_ns, 0.05 * row.ns});
  }
  return all;
}

Witnesses neurram_witnesses(const hw::ChipConfig& preset) {
  Witnesses all;
  struct Row {
    int outputs, inputs;  ///< bits; an input's sign is the sign of its pulses
    double tops, tops_per_watt;
  };
  constexpr Row kRows[] = {{3, 1, 2.122, 43.08}, {4, 2, 1.793, 40.33}, {5, 3, 1.165, 23.09},
                           {6, 4, 0.744, 15.95}, {7, 5, 0.525, 11.03}, {8, 6, 0.418, 8.257},
                           {9, 7, 0.344, 7.750}, {10, 8, 0.264, 6.437}};
  double distances = 0, efficiencies = 0;
  for (const Row& row : kRows) {
    hw::ChipConfig chip = preset;
    hw::AdcConfig& adc = chip.tile.pe.adc;
    const double longer = 1.0 * row.outputs / adc.bits;
    adc.cycles = static_cast<int>(std::lround(adc.cycles * longer));
    adc.conversion = longer * adc.conversion;
    chip.tile.pe.shift_adder.add = longer * chip.tile.pe.shift_adder.add;
    adc.bits = row.outputs;
    const MacroProduct product{128, 256, 1, 4, std::max(1, row.inputs - 1)};
    const MacroCost cost = measure_macro(chip, product);
    const double tops = 48 * product.operations() / cost.latency_ns / 1e3,
                 tops_per_watt = product.operations() / cost.total_pj();
    distances += std::abs(tops / row.tops - 1) / std::size(kRows);
    efficiencies += std::abs(tops_per_watt / row.tops_per_watt - 1) / std::size(kRows);
    const std::string bits = fmt::format("{}-bit inputs, {}-bit outputs", row.inputs, row.outputs);
    all.push_back(
        {"NeuRRAM, Nature 2022", "peak, " + bits, "TOPS", row.tops, tops, 0.09 * row.tops});
    all.push_back({"NeuRRAM, Nature 2022", "efficiency, " + bits, "TOPS/W", row.tops_per_watt,
                   tops_per_watt, 0.13 * row.tops_per_watt});
  }
  all.push_back(
      {"NeuRRAM, Nature 2022", "mean distance of the eight peaks", "%", 0, 100 * distances, 5});
  all.push_back({"NeuRRAM, Nature 2022", "mean distance of the eight efficiencies", "%", 0,
                 100 * efficiencies, 6});
  return all;
}

Witnesses yao_witnesses(const hw::ChipConfig& preset) {
  const MacroCost cost = measure_macro(preset, {512, 64, 1, 1, 4});
  return {{"Yao, 28 nm", "access, 4-bit inputs", "ns", 23.08, cost.latency_ns, 0.05 * 23.08},
          {"Yao, 28 nm", "energy of an access, without buffers", "pJ", 953.9, cost.total_pj(),
           0.2 * 953.9},
          {"Yao, 28 nm", "macro", "mm2", 0.56, cost.area_um2 / 1e6, 0.056}};
}

Witnesses wen_witnesses(const hw::ChipConfig& preset) {
  const MacroCost cost = measure_macro(preset, {1024, 16, 1, 1, 1});
  return {{"Wen, VLSI 2023", "access, a bit of the inputs, 16 columns", "ns", 12.05,
           cost.latency_ns, 0.08 * 12.05},
          {"Wen, VLSI 2023", "energy of an access", "pJ", 125.0, cost.total_pj(), 0.05 * 125.0}};
}

Witnesses pipelayer_witnesses(const hw::ChipConfig& preset) {
  constexpr double kSlot = 29.31;
  constexpr int kBits = 16, kRows = 128;
  const MacroCost cost = measure_macro(preset, {kRows, kRows, 1, kBits, kBits});
  // PipeLayer's example of a matrix, and what its outputs take in arrays of the same cells.
  constexpr int kMatrixRows = 1152, kMatrixColumns = 256;
  const double products = 1.0 * kMatrixRows * kMatrixColumns / (kRows * kRows),
               cells = 1.0 * kMatrixColumns * kBits / preset.tile.pe.crossbar.cell_bits,
               pj = products * cost.total_pj() +
                    cells * preset.tile.pe.crossbar.write_pulse.picojoules();
  return {{"PipeLayer, HPCA 2017", "a product after the other, 16 slots of 29.31 ns", "ns",
           kBits * kSlot, cost.interval_ns, 0.001 * kBits * kSlot},
          {"PipeLayer, HPCA 2017",
           "efficiency, 1,152 x 256 weights, outputs written to cells",
           "GOPS/W",
           142.9,
           1e3 * 2 * kMatrixRows * kMatrixColumns / pj,
           {}}};
}

Witnesses prime_witnesses(const hw::ChipConfig& preset) {
  constexpr int kSide = 256, kAmplifiers = 8;
  const auto measure = [&](int columns, int activation_bits) {
    return measure_macro(preset, {kSide, columns, 1, 8, activation_bits});
  };
  const MacroCost half = measure(kSide, 3), whole = measure(kSide, 6), widest = measure(kSide, 8);
  return {{"PRIME, ISCA 2016", "columns that a sense amplifier takes one after another", "", 32,
           half.interval_ns / measure(kAmplifiers, 3).interval_ns, kWholePs},
          {"PRIME, ISCA 2016", "reads of a mat for inputs of 6 bits", "", 2,
           whole.interval_ns / half.interval_ns, kWholePs},
          {"PRIME, as TIMELY quotes it",
           "efficiency, 8-bit inputs and weights",
           "TOPS/W",
           2.10,
           MacroProduct{kSide, kSide, 1, 8, 8}.operations() / widest.total_pj(),
           {}}};
}

Witnesses puma_witnesses(const hw::ChipConfig& preset) {
  const MacroCost cost = measure_macro(preset, {128, 128, 1, 16, 16});
  return {{"PUMA, ASPLOS 2019", "a product after the other, 128 x 128 of 16 bits", "ns", 2304,
           cost.interval_ns, kExact},
          {"PUMA, ASPLOS 2019", "energy of a product", "nJ", 43.97, cost.total_pj() / 1e3,
           0.1 * 43.97}};
}

}  // namespace kirchhoff::sim
