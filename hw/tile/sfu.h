#pragma once

#include <cstdint>
#include <vector>

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/sums.h"
#include "hw/config/tile_config.h"
#include "hw/ports/sfu_port.h"
#include "hw/tile/multiplier.h"

namespace kirchhoff::hw {

/// Accumulator to activation, before the table: (acc*M + R*r + B) >> S, clamped to o+1 signed bits.
std::int32_t requantised_index(std::int64_t accumulator, std::int32_t multiplier, std::int64_t bias,
                               int shift, int output_bits, std::int64_t second = 0);

/// The look-up table: entry v of o+1 signed bits holds what becomes of v.
class LookUpTable {
 public:
  void program(const SfuProgram& program) {
    entries_ = program.table;
    offset_ = 1 << program.output_bits;
  }
  std::int32_t read(std::int32_t value) const {
    return entries_[static_cast<std::size_t>(value + offset_)];
  }

 private:
  std::vector<std::int32_t> entries_;
  std::int32_t offset_ = 0;
};

/// Special function unit: requantiser, look-up table, max-pool register, in the order that its
/// program says, and a reducer of windows with its multipliers before them.
class Sfu final : public sc_core::sc_module, public SfuIf {
 public:
  sc_core::sc_export<SfuIf> port{"port"};

  Sfu(const sc_core::sc_module_name& name, const SfuConfig& config,
      const MultiplierConfig& multiplier, const Clock& clock, const Tracer* tracer = nullptr);
  void reset();
  std::uint64_t requantised() const { return requantised_; }
  std::uint64_t table_reads() const { return table_reads_; }
  std::uint64_t comparisons() const { return comparisons_; }
  std::uint64_t reductions() const {
    return reductions_;
  }  ///< values of windows and operands added
  const Multiplier& multiplier() const { return multiplier_; }

  void program(const SfuProgram& program) override;
  void process(Sums& values, int count, const SfuOperands& operands, bool first,
               Sums& maximum) override;
  void reduce(const WindowReduction& reduction, const std::vector<std::int32_t>& window,
              Sums& result) override;

 private:
  void requantise(Sums& values, int count, const SfuOperands& operands);
  void look_up(Sums& values, int count);
  void take_maximum(const Sums& values, int count, bool first, Sums& maximum);

  const SfuConfig config_;
  const Clock& clock_;
  Multiplier multiplier_;
  SfuProgram program_;
  LookUpTable table_;
  std::uint64_t requantised_ = 0, table_reads_ = 0, comparisons_ = 0, reductions_ = 0;
  Probe state_, output_;
};

}  // namespace kirchhoff::hw
