#include "hw/pe/sequencer.h"

#include <algorithm>

#include "hw/config/read_steps.h"

namespace kirchhoff::hw {

Sequencer::Sequencer(const sc_core::sc_module_name& name, const PeParts& parts)
    : sc_module(name),
      parts_(parts),
      progress_(static_cast<std::size_t>(parts.blocks.size())),
      state_(Probe::text(parts.tracer, parts.pe, "state", "ready")),
      slot_(Probe::bits(parts.tracer, parts.pe, "output_slot", 1)),
      trace_(parts.tracer, parts.pe, parts.config, parts.clock) {
  SC_HAS_PROCESS(Sequencer);
  SC_METHOD(begin_product);
  sensitive << begin_event_;
  dont_initialize();
  SC_METHOD(drive_steps);
  sensitive << drive_event_;
  dont_initialize();
}

void Sequencer::reset() {
  begin_event_.cancel();
  drive_event_.cancel();
  for (Progress& block : progress_) {
    block.drive_pending = false;
    block.pairs_sampled = block.pairs_accumulated = 0;
    block.done = 0;
  }
  blocks_ready_ = 0;
  done_ = 0;
  read_wait_cycles_ = 0;
  trace_.reset();
}

void Sequencer::start(int input, int output, const NamedWindow& window) {
  next_input_ = input;
  next_output_ = output;
  next_window_ = window;
  begin_event_.notify(parts_.clock.delay(0));
}

void Sequencer::begin_product() {
  state_.set("busy");
  slot_.set(next_output_);
  for (const int b : parts_.blocks.active()) {
    const PeSetup& setup = parts_.blocks.setup(b);
    BitStep& step = progress(b).step;
    step = {};
    step.slot = kOutputSlots * b + next_output_;
    step.functional = setup.functional;
    step.image = next_window_.image;
    step.y = next_window_.y;
    step.x = next_window_.x;
    step.first_lane = setup.first_pair;
    step.lanes = setup.slices;
    select_digit(b, 0);
    progress(b).drive_pending = true;
  }
  trace_.begin();
  drive_steps();
}

void Sequencer::drive_steps() {
  for (const int b : parts_.blocks.active()) {
    Progress& block = progress(b);
    if (!block.drive_pending) continue;
    block.drive_pending = false;
    const PeSetup& setup = parts_.blocks.setup(b);
    const InputDigit digit = input_digit(parts_.config.dac, setup.activation_bits, block.number);
    parts_.input_register.read_digit(kInputSlots * b + next_input_, setup, parts_.config.dac, digit,
                                     {block.step.first_row, block.step.rows}, lines_);
    if (multiplies_digitally(parts_.config.dac)) block.step.multiplier = take_digit(lines_);
    block.step.driven = driven_of(lines_);
    block.pairs_sampled = 0;
    trace_.driven(b, block.step);
    for (int p = setup.first_pair; p < setup.first_pair + setup.slices; ++p)
      dacs[p]->drive(block.step, lines_);
  }
}

void Sequencer::next_step(int b) {
  const PeSetup& setup = parts_.blocks.setup(b);
  Progress& block = progress(b);
  const BitStep& step = block.step;
  if (!step.complete) {
    select_columns(b, step.first_column + step.columns);
  } else if (step.first_row + step.rows < setup.rows) {
    select_rows(b, step.first_row + step.rows);
  } else {
    select_digit(b, block.number + 1);
  }
  block.drive_pending = true;
  drive_event_.notify(sc_core::SC_ZERO_TIME);
}

void Sequencer::select_digit(int b, int number) {
  const DacConfig& dac = parts_.config.dac;
  Progress& block = progress(b);
  block.number = number;
  const InputDigit digit = input_digit(dac, parts_.blocks.setup(b).activation_bits, number);
  block.step.bit = digit.bit;
  block.step.pulses = pulses(dac, digit);
  block.step.drives = drives(dac, digit);
  block.step.subtractions = subtractions(dac, digit);
  block.step.samples = samples(dac, digit);
  select_rows(b, 0);
}

void Sequencer::select_rows(int b, int first) {
  BitStep& step = progress(b).step;
  step.first_row = first;
  step.rows = std::min(rows_per_read(parts_.config.crossbar), parts_.blocks.setup(b).rows - first);
  select_columns(b, 0);
}

// The columns of the next drive: all, if they can be held until the ADCs have taken them.
void Sequencer::select_columns(int b, int first) {
  const PeConfig& config = parts_.config;
  const PeSetup& setup = parts_.blocks.setup(b);
  const int left = setup.columns + config.extra_columns() - first;
  Progress& block = progress(b);
  BitStep& step = block.step;
  step.first_column = first;
  step.columns = config.sample_hold.present ? left : std::min(left, config.adc.per_pair);
  step.complete = step.columns == left;
  step.unit_column = step.complete && config.extra_columns() > 0;
  step.last = step.complete && step.first_row + step.rows == setup.rows &&
              block.number + 1 == bit_steps(config.dac, setup.activation_bits);
}

void Sequencer::sampled(int pair) {
  const int b = parts_.blocks.block_of_pair(pair);
  Progress& block = progress(b);
  if (++block.pairs_sampled < parts_.blocks.setup(b).slices) return;
  block.pairs_sampled = 0;
  trace_.sampled(b, block.step);
  block.sampled_at = parts_.clock.now();
  if (!parts_.config.overlap) return;  // the next step waits until this one is accumulated
  if (block.step.last) {
    block_ready();
  } else {
    next_step(b);
  }
}

void Sequencer::accumulated(int pair, const BitStep& step) {
  const int b = parts_.blocks.block_of_pair(pair);
  const int slices = parts_.blocks.setup(b).slices;
  Progress& block = progress(b);
  if (++block.pairs_accumulated < slices) return;
  block.pairs_accumulated = 0;
  if (step.last) {
    block_done(b);
    if (!parts_.config.overlap) block_ready();
  } else if (!parts_.config.overlap) {
    read_wait_cycles_ += static_cast<unsigned>(slices) * (parts_.clock.now() - block.sampled_at);
    next_step(b);
  }
}

// The word lines of all blocks are free.
void Sequencer::block_ready() {
  if (++blocks_ready_ < static_cast<int>(parts_.blocks.active().size())) return;
  blocks_ready_ = 0;
  state_.set("ready");
  parts_.listener->pe_ready(parts_.id);
}

// A block with few columns may finish its next product before another has finished this one.
void Sequencer::block_done(int b) {
  ++progress(b).done;
  for (const int other : parts_.blocks.active()) {
    if (progress(other).done <= done_) return;
  }
  ++done_;
  parts_.listener->pe_done(parts_.id);
}

}  // namespace kirchhoff::hw
