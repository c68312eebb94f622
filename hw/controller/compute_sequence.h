#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <systemc>

#include "hw/common/probe.h"
#include "hw/controller/channels.h"
#include "hw/controller/sequence.h"
#include "hw/ports/pe_ports.h"
#include "hw/ports/sfu_port.h"

namespace kirchhoff::hw {

/// Matrix-vector products of all PEs, which run in step, or the SFU's reductions: from the input
/// slots to the output slots.
class ComputeSequence final : public Sequence {
 public:
  using PePorts = sc_core::sc_port<PeControlIf, 0>;

  /// `window` shows the window in waveforms.
  ComputeSequence(const SequenceContext& context, PePorts& pes, sc_core::sc_port<SfuIf>& sfu,
                  WindowSlots& input_slots, WindowSlots& output_slots, ReducedWindows& windows,
                  const Probe& window);
  void reset();

  /// As PeListenerIf, for products that had no times in advance.
  void pe_ready();
  void pe_done(PeId pe);

 private:
  void run() override;
  void wait_for_slots(int n);
  void start_products(int n);
  WindowPlace place_of(int n) const;
  void reduce(int n);
  void product_done();

  PePorts& pes_;
  sc_core::sc_port<SfuIf>& sfu_;
  WindowSlots& input_slots_;
  WindowSlots& output_slots_;
  ReducedWindows& windows_;
  int ready_pes_ = 0;
  std::vector<int> done_of_pe_;        ///< by active PE
  std::deque<std::uint64_t> done_at_;  ///< ends of the products under way that are known
  TimedMethod done_method_{context_.agenda, [this] { product_done(); }};
  Probe window_probe_;
};

}  // namespace kirchhoff::hw
