#include "hw/crossbar/crossbar_pair.h"

#include <numeric>

namespace kirchhoff::hw {

CrossbarPair::CrossbarPair(const sc_core::sc_module_name& name, const CrossbarConfig& config,
                           const Clock& clock, const LaneCells& cells, const Tracer* tracer)
    : sc_module(name),
      clock_(clock),
      read_cycles_(clock.cycles_for(config.read.nanoseconds())),
      count_levels_(config.energy == CrossbarEnergy::kData),
      cells_(cells),
      reading_(Probe::bits(tracer, *this, "reading", 1)) {
  word_lines.bind(*this);
  SC_HAS_PROCESS(CrossbarPair);
  SC_METHOD(settled);
  sensitive << settled_event_;
  dont_initialize();
}

void CrossbarPair::reset() {
  settled_event_.cancel();
  pulses_ = cell_reads_ = lrs_reads_ = hrs_reads_ = 0;
}

void CrossbarPair::apply(const BitStep& step, const WordLines& lines) {
  step_ = step;
  pulses_ += static_cast<unsigned>(step.pulses);
  cell_reads_ += std::uint64_t{arrays()} * static_cast<unsigned>(step.drives) *
                 static_cast<unsigned>(step.rows) * static_cast<unsigned>(step.columns);
  if (step.functional) {
    read(cells_.positive, lines, positive_sums_);
    if (cells_.negative) read(*cells_.negative, lines, negative_sums_);
    // What counts is the difference.
    cells_.add_current_noise(lines, noise_event(step), step.first_column, step.unit_column,
                             positive_sums_);
  } else {
    positive_sums_.clear();
    negative_sums_.clear();
  }
  reading_.set(1);
  if (leads(step))
    settled_event_.notify(clock_.delay(static_cast<unsigned>(step.pulses) * read_cycles_));
}

void CrossbarPair::read(const CrossbarArray& array, const WordLines& lines, Columns& sums) {
  sums.resize(static_cast<std::size_t>(step_.columns));
  array.sum(lines, step_.unit_column ? step_.columns - 1 : step_.columns, sums.data(),
            step_.first_column);
  if (step_.unit_column) sums.back() = array.unit_sum(lines, step_.driven);
  if (!count_levels_) return;
  levels_.assign(sums.size(), step_.driven);  // as the unit column's
  array.sum_levels(lines, step_.unit_column ? step_.columns - 1 : step_.columns, levels_.data(),
                   step_.first_column);
  const auto levels = std::accumulate(levels_.begin(), levels_.end(), std::int64_t{0});
  const auto driven = static_cast<std::int64_t>(step_.driven) * step_.columns;
  lrs_reads_ += static_cast<std::uint64_t>(levels);
  hrs_reads_ += static_cast<std::uint64_t>(driven * top_level(array.cell_bits()) - levels);
}

void CrossbarPair::settled() {
  each_lane(step_, [](CrossbarPair& lane) {
    lane.reading_.set(std::int64_t{0});
    lane.bit_lines->sense(lane.step_, lane.positive_sums_, lane.negative_sums_);
  });
}

}  // namespace kirchhoff::hw
