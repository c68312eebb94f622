#include "hw/crossbar/crossbar_pair.h"

namespace kirchhoff::hw {

CrossbarPair::CrossbarPair(const sc_core::sc_module_name& name, const CrossbarConfig& config,
                           const Clock& clock, const Tracer* tracer)
    : sc_module(name),
      clock_(clock),
      read_cycles_(clock.cycles_for(config.read.nanoseconds())),
      positive_(config.rows, config.cols),
      negative_(config.rows, config.cols),
      reading_(Probe::bits(tracer, *this, "reading", 1)) {
  word_lines.bind(*this);
  SC_HAS_PROCESS(CrossbarPair);
  SC_METHOD(settled);
  sensitive << settled_event_;
  dont_initialize();
}

void CrossbarPair::reset() {
  settled_event_.cancel();
  array_reads_ = cell_reads_ = 0;
}

void CrossbarPair::apply(const BitStep& step, const WordLines& lines) {
  step_ = step;
  array_reads_ += 2;
  cell_reads_ += 2u * static_cast<unsigned>(step.rows) * static_cast<unsigned>(step.columns);
  positive_counts_.clear();
  negative_counts_.clear();
  if (step.functional) {
    for (int c = 0; c < step.columns; ++c) {
      positive_counts_.push_back(positive_.count(c, lines));
      negative_counts_.push_back(negative_.count(c, lines));
    }
  }
  reading_.set(1);
  settled_event_.notify(clock_.delay(read_cycles_));
}

void CrossbarPair::settled() {
  reading_.set(std::int64_t{0});
  bit_lines->sense(step_, positive_counts_, negative_counts_);
}

}  // namespace kirchhoff::hw
