#include "hw/pe/dac_group.h"

namespace kirchhoff::hw {

namespace {

int lines_driven(const WordLines& lines) {
  int driven = 0;
  for (std::size_t word = 0; word < kLineWords; ++word) {
    std::uint64_t any = 0;
    for (const LinePlane& plane : lines.planes) any |= plane[word];
    driven += __builtin_popcountll(any);
  }
  return driven;
}

}  // namespace

DacGroup::DacGroup(const sc_core::sc_module_name& name, const DacConfig& config, const Clock& clock,
                   const Tracer* tracer)
    : sc_module(name),
      clock_(clock),
      drive_cycles_(clock.cycles_for(config.drive.nanoseconds())),
      bit_(Probe::bits(tracer, *this, "bit_step", 5)),
      driven_(Probe::bits(tracer, *this, "lines_driven", 10)),
      busy_(Probe::bits(tracer, *this, "busy", 1)) {
  input.bind(*this);
  SC_HAS_PROCESS(DacGroup);
  SC_METHOD(settled);
  sensitive << settled_event_;
  dont_initialize();
}

void DacGroup::reset() {
  settled_event_.cancel();
  drives_ = 0;
  busy_cycles_ = 0;
}

void DacGroup::drive(const BitStep& step, const WordLines& lines) {
  step_ = step;
  lines_ = lines;
  drives_ += static_cast<std::uint64_t>(step.rows) * static_cast<unsigned>(step.drives);
  busy_cycles_ += drive_cycles_;
  if (driven_) {
    bit_.set(step.bit);
    driven_.set(step.functional ? lines_driven(lines) : step.rows);
  }
  busy_.set(1);
  if (leads(step)) settled_event_.notify(clock_.delay(drive_cycles_));
}

void DacGroup::settled() {
  each_lane(step_, [](DacGroup& lane) {
    lane.busy_.set(std::int64_t{0});
    lane.word_lines->apply(lane.step_, lane.lines_);
  });
}

}  // namespace kirchhoff::hw
