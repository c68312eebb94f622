#include "hw/pe/pe.h"

#include <algorithm>
#include <string>
#include <utility>

#include "hw/config/register_map.h"

namespace kirchhoff::hw {

Pe::Pe(const sc_core::sc_module_name& name, PeId id, const PeConfig& config, const Clock& clock,
       Fidelity fidelity, const Tracer* tracer)
    : sc_module(name),
      id_(id),
      config_(config),
      clock_(clock),
      fidelity_(fidelity),
      traced_(tracer != nullptr),
      converter_(config.adc, config.encoding),
      input_register_("input_register", config.input_register, config.pairs),
      output_register_("output_register", config.output_register, config.pairs),
      flips_(static_cast<std::size_t>(config.pairs),
             std::vector<std::uint8_t>(static_cast<std::size_t>(config.crossbar.cols), 0)),
      blocks_(static_cast<std::size_t>(config.pairs), Block(BitStepPipeline(config, clock))),
      block_of_pair_(static_cast<std::size_t>(config.pairs), -1),
      state_(Probe::text(tracer, *this, "state")),
      slot_(Probe::bits(tracer, *this, "output_slot", 1)),
      trace_(tracer, *this, config, clock, fidelity) {
  bus_socket.register_b_transport(this, &Pe::bus_transport);
  cell_socket.register_b_transport(this, &Pe::cell_transport);
  cell_socket.register_transport_dbg(this, &Pe::cell_debug);
  control.bind(*this);

  for (int p = 0; p < config.pairs; ++p) {
    const std::string index = std::to_string(p);
    pairs_.push_back(std::make_unique<CrossbarPair>(("crossbar" + index).c_str(), config.crossbar,
                                                    clock, config.encoding,
                                                    fidelity == Fidelity::kBit ? tracer : nullptr));
    if (fidelity == Fidelity::kMvm) continue;
    dacs_.push_back(std::make_unique<DacGroup>(("dac" + index).c_str(), config.dac, clock, tracer));
    subtractors_.push_back(
        std::make_unique<Subtractor>(("subtractor" + index).c_str(), config.encoding));
    if (config.sample_hold.present) {
      sample_holds_.push_back(std::make_unique<SampleHold>(("sample_hold" + index).c_str(),
                                                           config.sample_hold, p, clock, tracer));
    } else {
      column_muxes_.push_back(
          std::make_unique<ColumnMux>(("column_mux" + index).c_str(), p, clock));
    }
    adcs_.push_back(std::make_unique<AdcGroup>(("adc" + index).c_str(), config.adc, clock, tracer,
                                               config.encoding));
    shift_adders_.push_back(std::make_unique<ShiftAdder>(("shift_adder" + index).c_str(),
                                                         config.shift_adder, p, clock, tracer));

    const auto i = static_cast<std::size_t>(p);
    dacs_[i]->word_lines(pairs_[i]->word_lines);
    pairs_[i]->bit_lines(subtractors_[i]->bit_lines);
    const auto lead_to_adc = [&](auto& stage) {
      subtractors_[i]->difference(stage.difference);
      stage.adc(adcs_[i]->held);
      stage.sequencer(*this);
    };
    if (config.sample_hold.present) {
      lead_to_adc(*sample_holds_[i]);
    } else {
      lead_to_adc(*column_muxes_[i]);
    }
    adcs_[i]->codes(shift_adders_[i]->codes);
    shift_adders_[i]->sums(output_register_.sums);
    shift_adders_[i]->sequencer(*this);
  }

  join(pairs_, pair_lanes_);
  join(dacs_, dac_lanes_);
  join(sample_holds_, sample_hold_lanes_);
  join(column_muxes_, column_mux_lanes_);
  join(adcs_, adc_lanes_);
  join(shift_adders_, shift_adder_lanes_);

  SC_HAS_PROCESS(Pe);
  if (fidelity == Fidelity::kMvm) return;
  SC_METHOD(begin_product);
  sensitive << begin_event_;
  dont_initialize();
  SC_METHOD(drive_steps);
  sensitive << drive_event_;
  dont_initialize();
}

// Last made, first gone: see Chip.
Pe::~Pe() {
  for (; !pairs_.empty(); pairs_.pop_back()) {
    if (fidelity_ == Fidelity::kMvm) continue;
    shift_adders_.pop_back();
    adcs_.pop_back();
    if (config_.sample_hold.present) {
      sample_holds_.pop_back();
    } else {
      column_muxes_.pop_back();
    }
    subtractors_.pop_back();
    dacs_.pop_back();
  }
}

template <typename Stage>
void Pe::join(std::vector<std::unique_ptr<Stage>>& stages, std::vector<Stage*>& lanes) {
  for (const auto& stage : stages) lanes.push_back(stage.get());
  for (const auto& stage : stages) stage->join(lanes);
}

void Pe::reset() {
  begin_event_.cancel();
  drive_event_.cancel();
  input_register_.reset();
  output_register_.reset();
  if (fidelity_ == Fidelity::kBit) {
    for (auto& m : pairs_) m->reset();
  }
  for (auto& m : dacs_) m->reset();
  for (auto& m : subtractors_) m->reset();
  for (auto& m : sample_holds_) m->reset();
  for (auto& m : column_muxes_) m->reset();
  for (auto& m : adcs_) m->reset();
  for (auto& m : shift_adders_) m->reset();
  for (Block& block : blocks_) {
    block.pipeline.reset();
    block.drive_pending = false;
    block.pairs_sampled = block.pairs_accumulated = 0;
    block.done = 0;
  }
  blocks_ready_ = 0;
  done_ = 0;
  totals_ = {};
  leader_ = nullptr;
  trace_.reset();
}

void Pe::erase() {
  // Most PEs of a chip are never written between two programs.
  if (!std::exchange(written_, false)) return;
  for (auto& pair : pairs_) {
    pair->positive().clear();
    if (pair->negative()) pair->negative()->clear();
  }
  for (auto& flips : flips_) std::fill(flips.begin(), flips.end(), std::uint8_t{0});
  for (Block& block : blocks_) {
    block.weights_valid = false;
    block.slices.clear();
  }
}

PeCounters Pe::counters() const {
  if (leader_) return leader_->counters();
  PeCounters c = totals_;
  c.input_reads = input_register_.reads();
  c.input_writes = input_register_.writes();
  c.output_reads = output_register_.reads();
  c.output_writes = output_register_.writes();
  if (fidelity_ == Fidelity::kMvm) return c;
  for (const auto& m : pairs_) {
    c.cell_reads += m->cell_reads();
    c.lrs_reads += m->lrs_reads();
    c.hrs_reads += m->hrs_reads();
    c.read_cycles += m->busy_cycles();
  }
  for (const auto& m : dacs_) {
    c.dac_drives += m->drives();
    c.drive_cycles += m->busy_cycles();
  }
  for (const auto& m : subtractors_) c.subtractions += m->subtractions();
  for (const auto& m : sample_holds_) {
    c.samples += m->samples();
    c.adc_wait_cycles += m->stall_cycles();
  }
  for (const auto& m : adcs_) {
    c.conversions += m->conversions();
    c.clipped += m->clipped();
    c.convert_cycles += m->busy_cycles();
  }
  for (const auto& m : shift_adders_) {
    c.shift_adds += m->adds();
    c.add_cycles += m->busy_cycles();
  }
  return c;
}

void Pe::configure(int block, const PeSetup& setup) {
  const auto b = static_cast<std::size_t>(block);
  sc_assert(b < pairs_.size() && setup.first_pair + setup.slices <= config_.pairs);
  leader_ = nullptr;
  if (blocks_[b].setup == setup) return;
  blocks_[b].setup = setup;
  blocks_[b].weights_valid = false;
  blocks_[b].slices.clear();
  active_.clear();
  std::fill(block_of_pair_.begin(), block_of_pair_.end(), -1);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const PeSetup& one = blocks_[i].setup;
    if (one.rows == 0) continue;
    active_.push_back(static_cast<int>(i));
    for (int p = one.first_pair; p < one.first_pair + one.slices; ++p)
      block_of_pair_[static_cast<std::size_t>(p)] = static_cast<int>(i);
  }
  trace_.configure(block, setup);
}

std::optional<ProductTimes> Pe::start(int input, int output) {
  for (const int b : active_) {
    Block& block = blocks_[static_cast<std::size_t>(b)];
    if (block.slices.empty()) prepare(block);
    ++totals_.products;
    totals_.bit_steps += static_cast<unsigned>(block.setup.activation_bits);
    output_register_.begin(OutputRegister::kSlots * b + output,
                           block.setup.functional ? block.setup.columns : 0);
    output_register_.count_steps(block.setup.columns, block.setup.sum_bits,
                                 block.setup.activation_bits);
  }
  if (fidelity_ == Fidelity::kBit) {
    next_input_ = input;
    next_output_ = output;
    begin_event_.notify(clock_.delay(0));
    return std::nullopt;
  }
  // fidelity=mvm: counts, sums and times of whole products at once.
  const Cycle begin = clock_.now();
  MvmTimes times;
  times.ready = times.done = begin;
  for (const int b : active_) {
    const MvmTimes one = run_product(static_cast<std::size_t>(b), begin, input, output);
    times.ready = std::max(times.ready, one.ready);
    times.done = std::max(times.done, one.done);
  }
  state_.set_at(clock_.edge_ps(begin), "busy");
  slot_.set_at(clock_.edge_ps(begin), output);
  state_.set_at(clock_.edge_ps(times.ready), "ready");
  return ProductTimes{clock_.edge(times.ready), clock_.edge(times.done)};
}

MvmTimes Pe::run_product(std::size_t b, Cycle begin, int input, int output) {
  Block& block = blocks_[b];
  const PeSetup& setup = block.setup;
  const auto steps =
      static_cast<std::uint64_t>(setup.activation_bits) * static_cast<unsigned>(setup.slices);
  const int read = setup.columns + config_.extra_columns();
  const auto rows = static_cast<std::uint64_t>(setup.rows),
             columns = static_cast<std::uint64_t>(read);
  const int drives = drives_of_step(config_, read);
  const std::uint64_t driven = steps * static_cast<unsigned>(drives);
  totals_.dac_drives += driven * rows;
  totals_.cell_reads +=
      static_cast<unsigned>(arrays_per_lane(config_.encoding)) * steps * rows * columns;
  if (config_.encoding == Encoding::kDifferential) totals_.subtractions += steps * columns;
  if (config_.sample_hold.present) totals_.samples += steps * columns;
  totals_.conversions += steps * columns;
  totals_.shift_adds +=
      steps * (columns + static_cast<unsigned>(block.slices.front().extra_adds()));
  input_register_.count_reads(setup.rows, setup.activation_bits * drives);
  const MvmTimes times = block.pipeline.run(begin, setup.activation_bits, read);
  const auto pairs = static_cast<unsigned>(setup.slices);
  const StageCycles& stages = block.pipeline.stages();
  totals_.drive_cycles += driven * stages.drive;
  totals_.read_cycles += driven * stages.read;
  totals_.adc_wait_cycles += pairs * times.adc_wait;
  totals_.convert_cycles += steps * stages.conversion(read);
  totals_.add_cycles += driven * stages.add;
  totals_.read_wait_cycles += pairs * times.read_wait;
  trace_.product(static_cast<int>(b), begin, times);
  if (setup.functional) multiply(b, input, output);
  return times;
}

void Pe::begin_product() {
  state_.set("busy");
  slot_.set(next_output_);
  for (const int b : active_) {
    Block& block = blocks_[static_cast<std::size_t>(b)];
    const PeSetup& setup = block.setup;
    block.step = {};
    block.step.slot = OutputRegister::kSlots * b + next_output_;
    block.step.rows = setup.rows;
    block.step.functional = setup.functional;
    block.step.first_lane = setup.first_pair;
    block.step.lanes = setup.slices;
    select_columns(block, 0);
    block.drive_pending = true;
  }
  trace_.begin();
  drive_steps();
}

// fidelity=bit: every pair of a block gets the same activation bit at the same edge.
void Pe::drive_steps() {
  for (const int b : active_) {
    Block& block = blocks_[static_cast<std::size_t>(b)];
    if (!block.drive_pending) continue;
    block.drive_pending = false;
    const PeSetup& setup = block.setup;
    const WordLines lines = input_register_.read_bit(InputRegister::kSlots * b + next_input_,
                                                     block.step.bit, setup.rows, setup.functional);
    block.step.driven = 0;
    for (const std::uint64_t word : lines) block.step.driven += __builtin_popcountll(word);
    block.pairs_sampled = 0;
    trace_.driven(b, block.step);
    for (int p = setup.first_pair; p < setup.first_pair + setup.slices; ++p)
      dacs_[static_cast<std::size_t>(p)]->input->drive(block.step, lines);
  }
}

void Pe::next_step(Block& block) {
  const int next = block.step.first_column + block.step.columns;
  if (block.step.complete) ++block.step.bit;
  select_columns(block, block.step.complete ? 0 : next);
  block.drive_pending = true;
  drive_event_.notify(sc_core::SC_ZERO_TIME);
}

// The columns of the next drive: all, if they can be held until the ADCs have taken them.
void Pe::select_columns(Block& block, int first) const {
  const int left = block.setup.columns + config_.extra_columns() - first;
  BitStep& step = block.step;
  step.first_column = first;
  step.columns = config_.sample_hold.present ? left : std::min(left, config_.adc.per_pair);
  step.complete = step.columns == left;
  step.unit_column = step.complete && config_.extra_columns() > 0;
  step.last = step.complete && step.bit + 1 == block.setup.activation_bits;
}

void Pe::sampled(int pair) {
  Block& block = block_of(pair);
  if (++block.pairs_sampled < block.setup.slices) return;
  block.pairs_sampled = 0;
  trace_.sampled(block_of_pair_[static_cast<std::size_t>(pair)], block.step);
  block.sampled_at = clock_.now();
  if (!config_.overlap) return;  // the next step waits until this one is accumulated
  if (block.step.last) {
    block_ready();
  } else {
    next_step(block);
  }
}

void Pe::accumulated(int pair, const BitStep& step) {
  Block& block = block_of(pair);
  if (++block.pairs_accumulated < block.setup.slices) return;
  block.pairs_accumulated = 0;
  if (step.last) {
    block_done(block);
    if (!config_.overlap) block_ready();
  } else if (!config_.overlap) {
    totals_.read_wait_cycles +=
        static_cast<unsigned>(block.setup.slices) * (clock_.now() - block.sampled_at);
    next_step(block);
  }
}

// The word lines of all blocks are free.
void Pe::block_ready() {
  if (++blocks_ready_ < static_cast<int>(active_.size())) return;
  blocks_ready_ = 0;
  state_.set("ready");
  listener->pe_ready(id_);
}

// A block with few columns may finish its next product before another has finished this one.
void Pe::block_done(Block& block) {
  ++block.done;
  for (const int b : active_) {
    if (blocks_[static_cast<std::size_t>(b)].done <= done_) return;
  }
  ++done_;
  listener->pe_done(id_);
}

// What the digital side knows of a block's slices: once per program, before its first product.
void Pe::prepare(Block& block) {
  for (int s = 0; s < block.setup.slices; ++s) {
    const auto p = static_cast<std::size_t>(block.setup.first_pair + s);
    block.slices.emplace_back(config_, block.setup, s, flips_[p]);
    if (fidelity_ == Fidelity::kBit) shift_adders_[p]->configure(block.slices.back());
  }
}

// The integers behind the levels, and whether some input could drive a column out of the ADC's
// range: no input drives it further than all its cells together.
void Pe::prepare_weights(Block& block) {
  const PeSetup& setup = block.setup;
  block.weights_valid = true;
  block.can_clip =
      !converter_.exact() || (config_.extra_columns() > 0 && setup.rows > converter_.high());
  const bool offset = config_.encoding == Encoding::kOffset;
  const int cell_bits = config_.crossbar.cell_bits;
  const int top = top_level(cell_bits);
  BlockWeights::Weights weights = BlockWeights::Weights::Constant(
      setup.columns, setup.rows, offset ? -(1 << (setup.weight_bits - 1)) : 0);
  WordLines used{};
  for (int r = 0; r < setup.rows; ++r)
    used[static_cast<std::size_t>(r / 64)] |= std::uint64_t{1} << (r % 64);
  Columns all(static_cast<std::size_t>(setup.columns));
  const auto add = [&](const CrossbarArray& array, int c, int scale) {
    for (int b = 0; b < cell_bits; ++b) {
      const std::uint64_t* plane = array.plane(c, b);
      for (int w = 0; w < array.words(); ++w) {
        for (std::uint64_t bits = plane[w] & used[static_cast<std::size_t>(w)]; bits != 0;
             bits &= bits - 1) {
          weights(c, 64 * w + __builtin_ctzll(bits)) += scale * (1 << b);
        }
      }
    }
  };
  for (int s = 0; s < setup.slices; ++s) {
    const auto p = static_cast<std::size_t>(setup.first_pair + s);
    const int scale = 1 << (s * cell_bits);
    pairs_[p]->positive().sum(used, setup.columns, all.data());
    for (int c = 0; c < setup.columns; ++c) {
      const auto at = static_cast<std::size_t>(c);
      if (all[at] > converter_.high()) block.can_clip = true;
      const bool flipped = offset && flips_[p][at] != 0;
      if (flipped) weights.row(c).array() += scale * top;
      add(pairs_[p]->positive(), c, flipped ? -scale : scale);
    }
    if (const CrossbarArray* negative = pairs_[p]->negative()) {
      negative->sum(used, setup.columns, all.data());
      for (int c = 0; c < setup.columns; ++c) {
        if (-all[static_cast<std::size_t>(c)] < converter_.low()) block.can_clip = true;
        add(*negative, c, -scale);
      }
    }
  }
  block.weights.assign(setup, weights);
}

// fidelity=mvm: one product, through the ADC's rounding and clipping only where they can matter.
void Pe::multiply(std::size_t b, int input, int output) {
  Block& block = blocks_[b];
  const PeSetup& setup = block.setup;
  if (!block.weights_valid) prepare_weights(block);
  const auto& values = input_register_.values(InputRegister::kSlots * static_cast<int>(b) + input);
  const int slot = OutputRegister::kSlots * static_cast<int>(b) + output;
  if (!block.can_clip) {
    block.weights.multiply(values.data(), output_register_.slot(slot).data());
    return;
  }
  const auto columns = static_cast<std::size_t>(setup.columns);
  Columns negative(columns);
  for (int bit = 0; bit < setup.activation_bits; ++bit) {
    const WordLines lines = bit_of_rows(values, bit, setup.rows);
    int driven = 0;
    for (const std::uint64_t word : lines) driven += __builtin_popcountll(word);
    for (int s = 0; s < setup.slices; ++s) {
      const CrossbarPair& pair = *pairs_[static_cast<std::size_t>(setup.first_pair + s)];
      columns_.resize(columns + static_cast<unsigned>(config_.extra_columns()));
      columns_.back() = driven;
      pair.positive().sum(lines, setup.columns, columns_.data());
      if (pair.negative()) {
        pair.negative()->sum(lines, setup.columns, negative.data());
        for (std::size_t c = 0; c < columns; ++c) columns_[c] -= negative[c];
      }
      Columns codes;
      converter_.convert(columns_, codes, totals_.clipped);
      const SliceDecoder& slice = block.slices[static_cast<std::size_t>(s)];
      slice.decode(driven, codes);
      output_register_.accumulate(slot, slice.shift(bit), codes);
    }
  }
}

void Pe::bus_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
  const std::uint64_t block = trans.get_address() / 2;
  if (block >= blocks_.size()) {
    trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const int slot = static_cast<int>(trans.get_address());
  const PeSetup& setup = blocks_[block].setup;
  if (trans.is_write()) {
    input_register_.load(slot, reinterpret_cast<const std::int32_t*>(trans.get_data_ptr()),
                         setup.rows, setup.activation_bits);
  } else {
    const Sums& sums = output_register_.drain(slot, setup.columns, setup.sum_bits);
    if (auto* values = reinterpret_cast<Sum*>(trans.get_data_ptr()))
      std::copy(sums.begin(), sums.end(), values);
  }
  trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

void Pe::cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
  if (access_cells(trans)) trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned Pe::cell_debug(tlm::tlm_generic_payload& trans) {
  return access_cells(trans) ? trans.get_data_length() : 0;
}

// A transaction covers whole rows of one array, or all flip flags of one array.
bool Pe::access_cells(tlm::tlm_generic_payload& trans) {
  const std::uint64_t array = trans.get_address() / reg::kCellArrayStride;
  const std::uint64_t offset = trans.get_address() % reg::kCellArrayStride;
  CrossbarArray* cells = nullptr;
  if (array / 2 < pairs_.size()) {
    CrossbarPair& pair = *pairs_[array / 2];
    cells = array % 2 == 0 ? &pair.positive() : pair.negative();
  }
  trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  if (!cells) return false;
  if (trans.is_write()) {
    written_ = true;
    for (Block& block : blocks_) {
      block.weights_valid = false;
      block.slices.clear();
    }
  }
  if (offset == reg::kFlipOffset) return access_flips(trans, array / 2);
  const auto row_bytes = static_cast<unsigned>(cells->row_bytes());
  const unsigned length = trans.get_data_length();
  if (offset % row_bytes != 0 || length % row_bytes != 0 ||
      (offset + length) / row_bytes > static_cast<unsigned>(cells->rows())) {
    return false;
  }
  std::uint8_t* bytes = trans.get_data_ptr();
  for (unsigned i = 0; i < length / row_bytes; ++i) {
    const int row = static_cast<int>(offset / row_bytes + i);
    if (trans.is_write()) {
      cells->write_row(row, bytes + i * row_bytes);
    } else {
      cells->read_row(row, bytes + i * row_bytes);
    }
  }
  return true;
}

bool Pe::access_flips(tlm::tlm_generic_payload& trans, std::size_t pair) {
  std::vector<std::uint8_t>& flips = flips_[pair];
  if (config_.encoding != Encoding::kOffset || trans.get_data_length() != (flips.size() + 7) / 8)
    return false;
  std::uint8_t* bytes = trans.get_data_ptr();
  if (trans.is_read()) std::fill(bytes, bytes + trans.get_data_length(), std::uint8_t{0});
  for (std::size_t c = 0; c < flips.size(); ++c) {
    if (trans.is_write()) {
      flips[c] = (bytes[c / 8] >> (c % 8)) & 1;
    } else {
      bytes[c / 8] = static_cast<std::uint8_t>(bytes[c / 8] | flips[c] << (c % 8));
    }
  }
  return true;
}

}  // namespace kirchhoff::hw
