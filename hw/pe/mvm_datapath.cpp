#include "hw/pe/mvm_datapath.h"

#include <algorithm>

namespace kirchhoff::hw {

namespace {

LinePlane line_range(int first, int rows) {
  LinePlane lines{};
  for (int r = first; r < first + rows; ++r)
    lines[static_cast<std::size_t>(r / 64)] |= std::uint64_t{1} << (r % 64);
  return lines;
}

}  // namespace

MvmDatapath::MvmDatapath(const PeParts& parts)
    : parts_(parts),
      converter_(parts.config.adc, parts.config.encoding, fraction_bits(parts.config)),
      state_(Probe::text(parts.tracer, parts.pe, "state", "ready")),
      slot_(Probe::bits(parts.tracer, parts.pe, "output_slot", 1)),
      trace_(parts.tracer, parts.pe, parts.config, parts.clock) {}

void MvmDatapath::reset() {
  for (Block& block : blocks_) block.pipeline.reset();
  totals_ = {};
  trace_.reset();
}

void MvmDatapath::configure(int b) {
  make_block(b);
  block(b).weights_valid = false;
  block(b).slices.clear();
  trace_.configure(b, parts_.blocks.setup(b));
}

void MvmDatapath::make_block(int b) {
  while (blocks_.size() <= static_cast<std::size_t>(b))
    blocks_.emplace_back(BitStepPipeline(parts_.config, parts_.clock));
}

void MvmDatapath::cells_changed() {
  for (Block& block : blocks_) {
    block.weights_valid = false;
    block.slices.clear();
  }
}

std::optional<ProductTimes> MvmDatapath::start(int input, int output, const NamedWindow& window) {
  window_ = window;
  const Clock& clock = parts_.clock;
  const Cycle begin = clock.now();
  MvmTimes times;
  times.ready = times.done = begin;
  for (const int b : parts_.blocks.active()) {
    const MvmTimes one = run_product(b, begin);
    if (parts_.blocks.setup(b).functional) multiply(b, input, output);
    times.ready = std::max(times.ready, one.ready);
    times.done = std::max(times.done, one.done);
  }
  if (parts_.tracer) {
    state_.set_at(clock.edge_ps(begin), "busy");
    slot_.set_at(clock.edge_ps(begin), output);
    state_.set_at(clock.edge_ps(times.ready), "ready");
  }
  return ProductTimes{clock.edge(times.ready), clock.edge(times.done)};
}

MvmTimes MvmDatapath::run_product(int b, Cycle begin) {
  Block& block = this->block(b);
  const PeConfig& config = parts_.config;
  const PeSetup& setup = parts_.blocks.setup(b);
  const BlockReads& reads = parts_.blocks.reads(b);
  const int read = setup.columns + config.extra_columns();
  const int drives = drives_of_step(config, read);
  const auto rows = static_cast<std::uint64_t>(setup.rows),
             columns = static_cast<std::uint64_t>(read),
             pairs = static_cast<std::uint64_t>(setup.slices),
             all_drives = pairs * static_cast<unsigned>(reads.drives * drives),
             groups = pairs * static_cast<unsigned>(reads.groups),
             all_reads = pairs * static_cast<unsigned>(reads.reads());
  totals_.dac_drives += all_drives * rows;
  totals_.cell_reads += static_cast<unsigned>(arrays_per_lane(config.encoding)) * pairs *
                        static_cast<unsigned>(reads.drives) * rows * columns;
  if (config.encoding == Encoding::kDifferential)
    totals_.subtractions += groups * static_cast<unsigned>(reads.subtractions) * columns;
  if (config.sample_hold.present)
    totals_.samples += groups * static_cast<unsigned>(reads.samples) * columns;
  totals_.conversions += all_reads * columns;
  totals_.shift_adds += all_reads * (columns + static_cast<unsigned>(extra_adds_of_step(config)));
  parts_.input_register.count_reads(setup.rows, setup.activation_bits * drives);
  const MvmTimes times = block.pipeline.run(begin, setup.activation_bits, reads.groups, read);
  const StageCycles& stages = block.pipeline.stages();
  const std::uint64_t driven = all_reads * static_cast<unsigned>(drives);
  totals_.drive_cycles += driven * stages.drive;
  totals_.read_cycles += groups * static_cast<unsigned>(reads.pulses * drives) * stages.read;
  totals_.adc_wait_cycles += pairs * times.adc_wait;
  totals_.convert_cycles += all_reads * stages.conversion(read);
  totals_.add_cycles += driven * stages.add;
  totals_.read_wait_cycles += pairs * times.read_wait;
  trace_.product(b, begin, times);
  return times;
}

// Through the ADC's rounding and clipping only where they can matter, or are looked at.
void MvmDatapath::multiply(int b, int input, int output) {
  Block& block = this->block(b);
  if (!block.weights_valid) prepare_weights(b);
  const auto& values = parts_.input_register.values(kInputSlots * b + input);
  const int slot = kOutputSlots * b + output;
  if (block.can_clip || watch_) {
    convert_slices(b, values, slot);
  } else {
    block.weights.multiply(values.data(), parts_.output_register.slot(slot).data());
  }
}

void MvmDatapath::convert_slices(int b, const std::vector<std::int32_t>& values, int output_slot) {
  Block& block = this->block(b);
  const PeConfig& config = parts_.config;
  const PeSetup& setup = parts_.blocks.setup(b);
  if (block.slices.empty()) block.slices = slices_of(config, setup, parts_.cells);
  columns_.resize(static_cast<std::size_t>(setup.columns + config.extra_columns()));
  negative_.resize(static_cast<std::size_t>(setup.columns));
  const int at_once = rows_per_read(config.crossbar);
  for (int step = 0; step < parts_.blocks.reads(b).bit_steps; ++step) {
    const InputDigit digit = input_digit(config.dac, setup.activation_bits, step);
    for (int first = 0; first < setup.rows; first += at_once) {
      const RowGroup group{first, std::min(at_once, setup.rows - first)};
      digit_of_rows(values, setup, config.dac, digit, group, lines_);
      convert_read(b, {digit.bit, first, output_slot});
    }
  }
}

/// The conversions of what `lines_` drive.
void MvmDatapath::convert_read(int b, const Read& read) {
  const PeSetup& setup = parts_.blocks.setup(b);
  const int multiplier = multiplies_digitally(parts_.config.dac) ? take_digit(lines_) : 1;
  const int driven = driven_of(lines_);
  for (int s = 0; s < setup.slices; ++s) {
    const LaneCells& lane = parts_.cells.lane(setup.first_pair + s);
    columns_.back() = lane.positive.unit_sum(lines_, driven);
    lane.positive.sum(lines_, setup.columns, columns_.data());
    if (lane.negative) {
      lane.negative->sum(lines_, setup.columns, negative_.data());
      for (std::size_t c = 0; c < negative_.size(); ++c) columns_[c] -= negative_[c];
    }
    const base::NoiseEvent event{window_.image, window_.y, window_.x, read.bit, read.first_row};
    lane.add_current_noise(lines_, event, 0, parts_.config.extra_columns() > 0, columns_);
    lane.add_conversion_noise(event, 0, columns_);
    codes_.clear();
    converter_.convert(columns_, 0, lane.converters, codes_, totals_.clipped);
    if (watch_) watch_({b, read.bit, read.first_row, s, 0, codes_});
    const SliceDecoder& slice = this->block(b).slices[static_cast<std::size_t>(s)];
    slice.decode(driven, codes_);
    parts_.output_register.accumulate(read.output_slot, slice.factor(read.bit, multiplier), codes_);
  }
}

// The integers behind the levels, and whether some input could drive a column out of the ADC's
// range: no input drives it further than all cells of a group of rows together.
void MvmDatapath::prepare_weights(int b) {
  Block& block = this->block(b);
  const PeConfig& config = parts_.config;
  const PeSetup& setup = parts_.blocks.setup(b);
  const bool offset = config.encoding == Encoding::kOffset;
  const int top = top_level(config.crossbar.cell_bits);
  block.weights_valid = true;
  BlockWeights::Weights weights = BlockWeights::Weights::Constant(
      setup.columns, setup.rows, offset ? -(1 << (setup.weight_bits - 1)) : 0);
  for (int s = 0; s < setup.slices; ++s) {
    const LaneCells& lane = parts_.cells.lane(setup.first_pair + s);
    const int scale = 1 << (s * config.crossbar.cell_bits);
    for (int c = 0; c < setup.columns; ++c) {
      const bool flipped = offset && lane.flipped[static_cast<std::size_t>(c)] != 0;
      if (flipped) weights.row(c).array() += scale * top;
      add_cells(lane.positive, setup.rows, c, flipped ? -scale : scale, weights);
      if (lane.negative) add_cells(*lane.negative, setup.rows, c, -scale, weights);
    }
  }
  block.weights.assign(setup, weights);
  block.can_clip = can_clip(setup);
}

bool MvmDatapath::can_clip(const PeSetup& setup) const {
  if (!converter_.exact()) return true;
  const PeConfig& config = parts_.config;
  const int at_once = rows_per_read(config.crossbar);
  const int largest = largest_drive(config.dac),
            smallest = smallest_drive(config.dac, setup.input_signed);
  const auto holds = [&](int highest, int lowest) {
    return highest <= converter_.high() && lowest >= converter_.low();
  };
  const int together = std::min(at_once, setup.rows);
  if (config.extra_columns() > 0 && !holds(largest * together, smallest * together)) return true;
  Columns positive(static_cast<std::size_t>(setup.columns)), negative(positive.size(), 0);
  for (int first = 0; first < setup.rows; first += at_once) {
    const LinePlane group = line_range(first, std::min(at_once, setup.rows - first));
    for (int s = 0; s < setup.slices; ++s) {
      const LaneCells& lane = parts_.cells.lane(setup.first_pair + s);
      lane.positive.sum(group, setup.columns, positive.data());
      if (lane.negative) lane.negative->sum(group, setup.columns, negative.data());
      for (std::size_t c = 0; c < positive.size(); ++c) {
        if (!holds(positive[c] * largest - negative[c] * smallest,
                   positive[c] * smallest - negative[c] * largest))
          return true;
      }
    }
  }
  return false;
}

/// Adds `scale` times the levels of a column's first `rows` cells to its weights.
void MvmDatapath::add_cells(const CrossbarArray& array, int rows, int column, int scale,
                            BlockWeights::Weights& weights) const {
  const LinePlane used = line_range(0, rows);
  for (int p = 0; p < array.cell_bits(); ++p) {
    const std::uint64_t* plane = array.plane(column, p);
    for (int w = 0; w < array.words(); ++w) {
      for (std::uint64_t bits = plane[w] & used[static_cast<std::size_t>(w)]; bits != 0;
           bits &= bits - 1) {
        weights(column, 64 * w + __builtin_ctzll(bits)) += scale * (1 << p);
      }
    }
  }
}

}  // namespace kirchhoff::hw
