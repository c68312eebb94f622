#pragma once

#include <optional>

#include <systemc>

#include "hw/common/clock.h"
#include "hw/config/pe_config.h"
#include "hw/pe/block_table.h"
#include "hw/pe/pe_cells.h"
#include "hw/pe/pe_counters.h"
#include "hw/pe/registers.h"
#include "hw/ports/conversion_watch.h"
#include "hw/ports/pe_ports.h"
#include "traces/tracer.h"

namespace kirchhoff::hw {

/// The PE around a datapath, which outlives it.
struct PeParts {
  const sc_core::sc_object& pe;  ///< whose name its probes and timelines carry
  const PeId id;
  sc_core::sc_port<PeListenerIf>& listener;  ///< hears of products that have no times in advance
  const PeConfig& config;
  const Clock& clock;
  const BlockTable& blocks;
  const PeCells& cells;
  InputRegister& input_register;
  OutputRegister& output_register;
  const Tracer* tracer;
};

/// The window of a product, by which its noise is named.
struct NamedWindow {
  std::uint32_t image = 0;
  int y = 0, x = 0;
};

/// What lies between the input and the output register of a PE: DACs, crossbars, ADCs,
/// shift-adders. There is a class for either fidelity (bit_datapath.h, mvm_datapath.h), and both
/// agree in cycles, counters and sums.
class Datapath {
 public:
  virtual ~Datapath() = default;
  virtual void reset() = 0;
  /// The setup of `block` is another one than before.
  virtual void configure(int block) = 0;
  /// Some cells have been written.
  virtual void cells_changed() = 0;
  /// As PeControlIf::start; the output slots are cleared. An image goes by its name
  /// (Pe::name_images).
  virtual std::optional<ProductTimes> start(int input, int output, const NamedWindow& window) = 0;
  /// As PeControlIf::can_follow.
  virtual bool can_follow() const = 0;
  /// Adds what it did since reset(): all but `products`, `bit_steps` and the accesses to registers.
  virtual void count(PeCounters& counters) const = 0;
  /// As Pe::watch.
  virtual void watch(const ConversionWatch& watch) = 0;
};

}  // namespace kirchhoff::hw
