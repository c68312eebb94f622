#pragma once

#include <cstdint>
#include <vector>

#include <systemc>

#include "hw/common/sums.h"
#include "hw/config/pe_config.h"
#include "hw/config/read_steps.h"
#include "hw/ports/analogue_chain.h"
#include "hw/ports/pe_ports.h"

namespace kirchhoff::hw {

/// Word lines of a block that are read at once.
struct RowGroup {
  int first = 0, rows = 0;
};

/// What the word lines of a group carry for one digit of the values.
void digit_of_rows(const std::vector<std::int32_t>& values, const PeSetup& setup,
                   const DacConfig& dac, const InputDigit& digit, const RowGroup& group,
                   WordLines& lines);

/// The inputs of a PE's blocks, double-buffered: one window is loaded while the other is read bit
/// by bit. Slot s of block b is slot 2 b + s.
class InputRegister final : public sc_core::sc_module {
 public:
  InputRegister(const sc_core::sc_module_name& name, const RegisterConfig& config, int blocks = 1)
      : sc_module(name), config_(config), slots_(static_cast<std::size_t>(kInputSlots * blocks)) {}
  void reset() { reads_ = writes_ = 0; }
  std::uint64_t reads() const { return reads_; }    ///< words
  std::uint64_t writes() const { return writes_; }  ///< words

  /// Loads `rows` activations of `bits` bits; `values` is null when only sizes flow.
  void load(int slot, const std::int32_t* values, int rows, int bits);
  /// One digit of every row of a group, as the DACs need it. The digits of all rows are read with
  /// the first group, and latched for the others.
  void read_digit(int slot, const PeSetup& setup, const DacConfig& dac, const InputDigit& digit,
                  const RowGroup& group, WordLines& lines);
  /// The values of a slot, without counting an access.
  const std::vector<std::int32_t>& values(int slot) const {
    return slots_[static_cast<std::size_t>(slot)];
  }
  /// Counts the reads of a whole product at once.
  void count_reads(int rows, int bits) {
    reads_ += words(config_, rows) * static_cast<unsigned>(bits);
  }

 private:
  const RegisterConfig config_;
  std::vector<std::vector<std::int32_t>> slots_;
  std::uint64_t reads_ = 0, writes_ = 0;
};

/// The running sums of the blocks' columns, one slot per window in flight. Slot s of block b is
/// slot 2 b + s.
class OutputRegister final : public sc_core::sc_module, public AccumulateIf {
 public:
  static constexpr int kSumBits = 32;  ///< of a sum that no program widens
  sc_core::sc_export<AccumulateIf> sums{"sums"};

  OutputRegister(const sc_core::sc_module_name& name, const RegisterConfig& config, int blocks = 1)
      : sc_module(name), config_(config), slots_(static_cast<std::size_t>(kOutputSlots * blocks)) {
    sums.bind(*this);
  }
  void reset() { reads_ = writes_ = 0; }
  std::uint64_t reads() const { return reads_; }    ///< words
  std::uint64_t writes() const { return writes_; }  ///< words

  void begin(int slot, int columns) {
    this->slot(slot).assign(static_cast<std::size_t>(columns), 0);
  }
  void accumulate(int slot, std::int32_t factor, const Columns& codes) override;
  /// Counts the read-modify-write of all columns, `bits` bits each, after `reads` reads of a block;
  /// the shift-adders of a PE merge their codes first.
  void count_reads(int columns, int bits, int reads);
  /// Reads the sums of a slot.
  const Sums& drain(int slot, int columns, int bits = kSumBits);
  Sums& slot(int slot) { return slots_[static_cast<std::size_t>(slot)]; }

 private:
  const RegisterConfig config_;
  std::vector<Sums> slots_;
  std::uint64_t reads_ = 0, writes_ = 0;
};

}  // namespace kirchhoff::hw
