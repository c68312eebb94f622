#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "sim/macro.h"
#include "sim/witness.h"

namespace kirchhoff::sim {

namespace {

constexpr double kExact = 1e-9;

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
    double tops;
  };
  constexpr Row kRows[] = {{3, 1, 2.122}, {4, 2, 1.793}, {5, 3, 1.165}, {6, 4, 0.744},
                           {7, 5, 0.525}, {8, 6, 0.418}, {9, 7, 0.344}, {10, 8, 0.264}};
  double distances = 0;
  for (const Row& row : kRows) {
    hw::ChipConfig chip = preset;
    hw::AdcConfig& adc = chip.tile.pe.adc;
    adc.cycles = adc.cycles / adc.bits * row.outputs;
    adc.bits = row.outputs;
    const MacroProduct product{128, 256, 1, 4, std::max(1, row.inputs - 1)};
    const double tops = 48 * product.operations() / measure_macro(chip, product).latency_ns / 1e3;
    distances += std::abs(tops / row.tops - 1) / std::size(kRows);
    all.push_back({"NeuRRAM, Nature 2022",
                   fmt::format("peak, {}-bit inputs, {}-bit outputs", row.inputs, row.outputs),
                   "TOPS", row.tops, tops, 0.09 * row.tops});
  }
  all.push_back({"NeuRRAM, Nature 2022", "mean distance of the eight", "%", 0, 100 * distances, 5});
  return all;
}

Witnesses puma_witnesses(const hw::ChipConfig& preset) {
  const MacroCost cost = measure_macro(preset, {128, 128, 1, 16, 16});
  return {{"PUMA, ASPLOS 2019", "a product after the other, 128 x 128 of 16 bits", "ns", 2304,
           cost.interval_ns, kExact},
          {"PUMA, ASPLOS 2019", "energy of a product", "nJ", 43.97, cost.total_pj() / 1e3,
           0.1 * 43.97}};
}

}  // namespace kirchhoff::sim
