#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kirchhoff::hw {

/// What a PE did since its last reset. Counts are the same in both fidelities and in both data
/// modes.
struct PeCounters {
  std::uint64_t products = 0, bit_steps = 0;
  std::uint64_t input_reads = 0, input_writes = 0, output_reads = 0, output_writes = 0;
  std::uint64_t dac_drives = 0, cell_reads = 0, subtractions = 0, samples = 0, conversions = 0,
                shift_adds = 0;
  std::uint64_t clipped = 0;  ///< saturated conversions; 0 unless integers flow
  /// Driven cells in levels (CrossbarPair); 0 unless `crossbar.energy = data`.
  std::uint64_t lrs_reads = 0, hrs_reads = 0;
  /// Cycles of the PE clock that the stages of the bit-step pipeline were busy or waited, summed
  /// over the pairs in use.
  std::uint64_t drive_cycles = 0, read_cycles = 0, adc_wait_cycles = 0, convert_cycles = 0,
                add_cycles = 0, read_wait_cycles = 0;

  template <typename Visitor>
  void visit(Visitor&& v) {
    v("products", products, "matrix-vector products");
    v("bit_steps", bit_steps, "bit steps");
    v("input_reads", input_reads, "words read from input registers");
    v("input_writes", input_writes, "words written to input registers");
    v("output_reads", output_reads, "words read from output registers");
    v("output_writes", output_writes, "words written to output registers");
    visit_pairs(v);
  }

  /// What the crossbar pairs do. Every slice of a block has a pair, and while only sizes flow all
  /// pairs of a block do the same: these counters are multiples of the slices, the others do not
  /// depend on them, and neither does time.
  template <typename Visitor>
  void visit_pairs(Visitor&& v) {
    v("dac_drives", dac_drives, "word lines driven");
    v("cell_reads", cell_reads, "cells read, all arrays");
    v("subtractions", subtractions, "column pairs subtracted");
    v("samples", samples, "columns sampled");
    v("conversions", conversions, "conversions");
    v("shift_adds", shift_adds, "codes shifted and added");
    v("clipped", clipped, "conversions that saturated");
    v("lrs_reads", lrs_reads, "levels of driven cells in the low-resistance state");
    v("hrs_reads", hrs_reads, "levels of driven cells in the high-resistance state");
    v("drive_cycles", drive_cycles, "pair cycles in which DACs drove a new bit");
    v("read_cycles", read_cycles, "pair cycles in which crossbars were read");
    v("adc_wait_cycles", adc_wait_cycles, "pair cycles that read columns waited for the ADC");
    v("convert_cycles", convert_cycles, "pair cycles in which ADCs converted");
    v("add_cycles", add_cycles, "pair cycles in which shift-adders added");
    v("read_wait_cycles", read_wait_cycles,
      "pair cycles that a bit step waited for the sums of the one before");
  }

  PeCounters& operator+=(PeCounters other) {
    std::vector<std::uint64_t> values;
    other.visit([&](const char*, std::uint64_t value, const char*) { values.push_back(value); });
    std::size_t i = 0;
    visit([&](const char*, std::uint64_t& sum, const char*) { sum += values[i++]; });
    return *this;
  }
};

}  // namespace kirchhoff::hw
