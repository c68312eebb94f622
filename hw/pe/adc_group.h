#pragma once

#include <functional>

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/config/pe_config.h"
#include "hw/crossbar/lane_cells.h"
#include "hw/pe/conversion.h"
#include "hw/ports/analogue_chain.h"
#include "hw/ports/lockstep.h"

namespace kirchhoff::hw {

/// The ADCs that share the columns of one crossbar pair: ADC k converts columns k, k + n, k + 2n, …
/// in turn. One burst converts all used columns of one bit step, the unit column last.
class AdcGroup final : public sc_core::sc_module, public ConvertIf, public LockstepLane<AdcGroup> {
 public:
  sc_core::sc_export<ConvertIf> held{"held"};
  sc_core::sc_port<CodeIf> codes{"codes"};

  /// `lane` has the ADCs' errors and must outlive the group; null: they have none.
  AdcGroup(const sc_core::sc_module_name& name, const AdcConfig& config, const Clock& clock,
           const Tracer* tracer = nullptr, Encoding encoding = Encoding::kDifferential,
           int fraction_bits = 0, const LaneCells* lane = nullptr);
  void reset();
  /// Sees the codes of every burst of integers, when it begins.
  using Watch = std::function<void(const BitStep& step, const Columns& codes)>;
  void watch(const Watch& watch) { watch_ = watch; }
  std::uint64_t conversions() const { return conversions_; }
  std::uint64_t clipped() const { return clipped_; }
  Cycle busy_cycles() const { return busy_cycles_; }

  bool busy() const override { return busy_; }
  const sc_core::sc_event& idle_event() const override { return idle_event_; }
  Cycle convert(const BitStep& step, const Columns& held) override;

 private:
  void finished();
  void trace_burst(Cycle begin) const;

  const AdcConfig config_;
  const Converter converter_;
  const LaneCells* const lane_;
  const Clock& clock_;
  sc_core::sc_event finished_event_, idle_event_;
  BitStep step_;
  Columns values_, codes_;
  Watch watch_;
  bool busy_ = false;
  std::uint64_t conversions_ = 0, clipped_ = 0;
  Cycle busy_cycles_ = 0;
  Probe channel_, code_, busy_probe_;
};

}  // namespace kirchhoff::hw
