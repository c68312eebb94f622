#include "hw/pe/column_mux.h"

namespace kirchhoff::hw {

ColumnMux::ColumnMux(const sc_core::sc_module_name& name, int pair, const Clock& clock)
    : sc_module(name), pair_(pair), clock_(clock) {
  difference.bind(*this);
  SC_HAS_PROCESS(ColumnMux);
  SC_METHOD(converted);
  sensitive << converted_event_;
  dont_initialize();
}

void ColumnMux::offer(const BitStep& step, const Columns& differences) {
  step_ = step;
  const Cycle burst = adc->convert(step, differences);
  if (leads(step)) converted_event_.notify(clock_.delay(burst));
}

void ColumnMux::converted() {
  each_lane(step_, [](ColumnMux& lane) { lane.sequencer->sampled(lane.pair_); });
}

}  // namespace kirchhoff::hw
