#pragma once

#include <vector>

#include "hw/config/component.h"
#include "hw/config/quantities.h"

/// Parts of closed forms and laws that several components share.
namespace kirchhoff::hw::counting {

inline Expression per_window(const Expression& amount) { return quantity::windows() * amount; }
inline Expression per_bit_step(const Expression& amount) {
  return quantity::windows() * quantity::bit_steps() * amount;
}
/// The same for every bit of the inputs: where bit steps have one, bit steps.
inline Expression per_input_bit(const Expression& amount) {
  const auto one = [](bool is) {
    return [is](const Bindings& names) { return (names.keys.number("dac.bits") == 1) == is; };
  };
  return quantity::windows() * quantity::bit_steps().only_if(one(true)) *
         quantity::activation_bits().only_if(one(false)) * amount;
}
/// The same for every drive of the word lines in a bit step (hw/config/read_steps.h).
inline Expression per_drive(const Expression& amount) {
  const auto once = [](const Bindings& names) {
    return names.keys.is("dac.levels", "voltage") || names.keys.is("dac.levels", "digital");
  };
  return quantity::windows() * quantity::bit_steps().only_if(once) *
         quantity::pulses().only_if(key_is("dac.levels", "pulses")) *
         quantity::activation_bits().only_if(key_is("dac.levels", "integrated")) * amount;
}

/// Reads of a bit step of a block, where not all of its rows are read at once.
inline Expression reads() {
  const Expression groups =
      rounded_up(quantity::rows() / Expression("crossbar.rows_per_read").as("rows"));
  return named("reads", groups).only_if([](const Bindings& names) {
    return names.keys.number("crossbar.rows_per_read") > 0;
  });
}

/// How often a read drives the word lines of a block: once where columns are held, else for every
/// round of conversions.
inline Expression drives() {
  const Expression rounds =
      rounded_up(quantity::read_columns() / Expression("adc.per_pair").as("ADCs"));
  return named("drives", rounds).only_if(key_is("sample_hold.present", "false"));
}

/// Every column of every slice, in every group of rows.
inline Expression columns_of_groups() {
  return per_block(quantity::slices() * shown_summed(quantity::read_columns()) * reads());
}
/// Once per read.
inline Expression columns_of_slices() { return per_bit_step(columns_of_groups()); }
/// Once per read, but what is integrated `times`.
inline Expression columns_integrated(const Expression& times) {
  const auto integrated = [](bool is) {
    return [is](const Bindings& names) { return names.keys.is("dac.levels", "integrated") == is; };
  };
  return quantity::windows() * quantity::bit_steps().only_if(integrated(false)) *
         times.only_if(integrated(true)) * columns_of_groups();
}

inline Condition both(const Condition& a, const Condition& b) {
  return [a, b](const Bindings& names) { return a(names) && b(names); };
}

inline std::vector<Factor> with(std::vector<Factor> factors, const std::vector<Factor>& more) {
  factors.insert(factors.end(), more.begin(), more.end());
  return factors;
}

// Sources of laws.
inline constexpr char kPerConversion[] = "one for every ADC: MNSIM 2.0";
inline constexpr char kFullRate[] = "an event per cycle at full activity";
inline constexpr char kWires[] = "wires: Noxim, Accelergy; as long as the tile's side";
inline constexpr char kLanes[] = "lanes side by side";
inline constexpr char kCellArray[] = "lanes side by side, each a square of cells";
inline constexpr char kSettling[] = "how longer lines settle is not modelled";

}  // namespace kirchhoff::hw::counting
