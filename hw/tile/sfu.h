#pragma once

#include <cstdint>
#include <vector>

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/config/tile_config.h"
#include "hw/tile/tile_shift_adder.h"

namespace kirchhoff::hw {

/// Accumulator to activation, before the table: (acc*M + B) >> S, clamped to a+1 signed bits.
std::int32_t requantised_index(std::int64_t accumulator, std::int32_t multiplier, std::int64_t bias,
                               int shift, int output_bits);

/// The ReLU look-up table: entry v of a+1 signed bits holds max(v, 0).
class ReluTable {
 public:
  void program(int output_bits);
  std::int32_t read(std::int32_t value) const {
    return entries_[static_cast<std::size_t>(value + offset_)];
  }

 private:
  std::vector<std::int32_t> entries_;
  std::int32_t offset_ = 0;
};

/// The constants of one column group.
struct SfuConstants {
  const std::int32_t* multiplier = nullptr;
  const std::int64_t* bias = nullptr;
  int shift = 0;
  int output_bits = 8;
};

struct SfuIf : virtual sc_core::sc_interface {
  virtual void program(int output_bits) = 0;
  /// Requantises `count` sums, applies ReLU and merges them into `maximum` (the max-pool register
  /// of the group); `first` loads the register. Vectors are empty when only sizes flow. Returns
  /// when the register is valid.
  virtual void process(const Sums& sums, int count, const SfuConstants& constants, bool first,
                       Sums& maximum) = 0;
};

/// Special function unit: requantiser, ReLU look-up table, max-pool register.
class Sfu final : public sc_core::sc_module, public SfuIf {
 public:
  sc_core::sc_export<SfuIf> port{"port"};

  Sfu(const sc_core::sc_module_name& name, const SfuConfig& config, const Clock& clock,
      const Tracer* tracer = nullptr);
  void reset();
  std::uint64_t requantised() const { return requantised_; }
  std::uint64_t table_reads() const { return requantised_; }  ///< every value passes the table once
  std::uint64_t comparisons() const { return comparisons_; }

  void program(int output_bits) override { table_.program(output_bits); }
  void process(const Sums& sums, int count, const SfuConstants& constants, bool first,
               Sums& maximum) override;

 private:
  const SfuConfig config_;
  const Clock& clock_;
  ReluTable table_;
  std::uint64_t requantised_ = 0, comparisons_ = 0;
  Probe state_, output_;
};

}  // namespace kirchhoff::hw
