#include "hw/pe/pe.h"

#include <string>

#include "hw/config/register_map.h"
#include "hw/pe/conversion.h"

namespace kirchhoff::hw {

Pe::Pe(const sc_core::sc_module_name& name, PeId id, const PeConfig& config, const Clock& clock,
       Fidelity fidelity, const Tracer* tracer)
    : sc_module(name),
      id_(id),
      config_(config),
      clock_(clock),
      fidelity_(fidelity),
      input_register_("input_register", config.input_register),
      output_register_("output_register", config.output_register),
      pipeline_(config, clock),
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
                                                    clock,
                                                    fidelity == Fidelity::kBit ? tracer : nullptr));
    if (fidelity == Fidelity::kMvm) continue;
    dacs_.push_back(std::make_unique<DacGroup>(("dac" + index).c_str(), config.dac, clock, tracer));
    subtractors_.push_back(std::make_unique<Subtractor>(("subtractor" + index).c_str()));
    sample_holds_.push_back(std::make_unique<SampleHold>(("sample_hold" + index).c_str(),
                                                         config.sample_hold, p, clock, tracer));
    adcs_.push_back(std::make_unique<AdcGroup>(("adc" + index).c_str(), config.adc, clock, tracer));
    shift_adders_.push_back(std::make_unique<ShiftAdder>(("shift_adder" + index).c_str(),
                                                         config.shift_adder, p, clock, tracer));

    const auto i = static_cast<std::size_t>(p);
    dacs_[i]->word_lines(pairs_[i]->word_lines);
    pairs_[i]->bit_lines(subtractors_[i]->bit_lines);
    subtractors_[i]->difference(sample_holds_[i]->difference);
    sample_holds_[i]->adc(adcs_[i]->held);
    sample_holds_[i]->sequencer(*this);
    adcs_[i]->codes(shift_adders_[i]->codes);
    shift_adders_[i]->sums(output_register_.sums);
    shift_adders_[i]->sequencer(*this);
  }

  SC_HAS_PROCESS(Pe);
  if (fidelity == Fidelity::kMvm) return;
  SC_METHOD(begin_product);
  sensitive << begin_event_;
  dont_initialize();
  SC_METHOD(drive_step);
  sensitive << drive_event_;
  dont_initialize();
}

void Pe::reset() {
  begin_event_.cancel();
  drive_event_.cancel();
  input_register_.reset();
  output_register_.reset();
  for (auto& m : pairs_) m->reset();
  for (auto& m : dacs_) m->reset();
  for (auto& m : subtractors_) m->reset();
  for (auto& m : sample_holds_) m->reset();
  for (auto& m : adcs_) m->reset();
  for (auto& m : shift_adders_) m->reset();
  pipeline_.reset();
  pairs_sampled_ = pairs_accumulated_ = 0;
  totals_ = {};
  trace_.reset();
}

void Pe::erase() {
  for (auto& pair : pairs_) {
    pair->positive().clear();
    pair->negative().clear();
  }
  weights_valid_ = false;
}

PeCounters Pe::counters() const {
  PeCounters c = totals_;
  c.input_reads = input_register_.reads();
  c.input_writes = input_register_.writes();
  c.output_reads = output_register_.reads();
  c.output_writes = output_register_.writes();
  for (const auto& m : pairs_) {
    c.cell_reads += m->cell_reads();
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
  sc_assert(block == 0 || setup.rows == 0);
  if (block > 0) return;
  setup_ = setup;
  weights_valid_ = false;
  trace_.configure(setup);
}

std::optional<ProductTimes> Pe::start(int input, int output) {
  ++totals_.products;
  totals_.bit_steps += static_cast<unsigned>(setup_.activation_bits);
  output_register_.begin(output, setup_.columns);
  output_register_.count_steps(setup_.columns, setup_.activation_bits);
  if (fidelity_ == Fidelity::kMvm) return run_product(input, output);
  next_input_ = input;
  next_output_ = output;
  begin_event_.notify(clock_.delay(0));
  return std::nullopt;
}

void Pe::begin_product() {
  state_.set("busy");
  slot_.set(next_output_);
  step_ = {next_output_,     0, setup_.activation_bits == 1, setup_.rows, setup_.columns,
           setup_.functional};
  trace_.begin();
  drive_step();
}

// fidelity=mvm: counts, sums and times of a whole product at once.
ProductTimes Pe::run_product(int input, int output) {
  const auto steps =
      static_cast<std::uint64_t>(setup_.activation_bits) * static_cast<unsigned>(setup_.slices);
  const auto rows = static_cast<std::uint64_t>(setup_.rows),
             columns = static_cast<std::uint64_t>(setup_.columns);
  totals_.dac_drives += steps * rows;
  totals_.cell_reads += 2 * steps * rows * columns;
  totals_.subtractions += steps * columns;
  totals_.samples += steps * columns;
  totals_.conversions += steps * columns;
  totals_.shift_adds += steps * columns;
  input_register_.count_reads(setup_.rows, setup_.activation_bits);
  const Cycle begin = clock_.now();
  const MvmTimes times = pipeline_.run(begin, setup_.activation_bits, setup_.columns);
  const auto pairs = static_cast<unsigned>(setup_.slices);
  const StageCycles& stages = pipeline_.stages();
  totals_.drive_cycles += steps * stages.drive;
  totals_.read_cycles += steps * stages.read;
  totals_.adc_wait_cycles += pairs * times.adc_wait;
  totals_.convert_cycles += steps * stages.conversion(setup_.columns);
  totals_.add_cycles += steps * stages.add;
  totals_.read_wait_cycles += pairs * times.read_wait;
  trace_.product(begin, times);
  if (setup_.functional) multiply(input, output);
  state_.set_at(clock_.edge(begin), "busy");
  slot_.set_at(clock_.edge(begin), output);
  state_.set_at(clock_.edge(times.ready), "ready");
  return {clock_.edge(times.ready), clock_.edge(times.done)};
}

// fidelity=bit: every pair in use gets the same activation bit at the same edge.
void Pe::drive_step() {
  const WordLines lines =
      input_register_.read_bit(next_input_, step_.bit, setup_.rows, setup_.functional);
  pairs_sampled_ = 0;
  trace_.driven(step_.bit);
  for (int p = 0; p < setup_.slices; ++p)
    dacs_[static_cast<std::size_t>(p)]->input->drive(step_, lines);
}

void Pe::sampled(int) {
  if (++pairs_sampled_ < setup_.slices) return;
  pairs_sampled_ = 0;
  trace_.sampled(step_.bit, step_.last);
  sampled_at_ = clock_.now();
  if (!config_.overlap) return;  // the next step waits until this one is accumulated
  if (step_.last) {
    state_.set("ready");
    listener->pe_ready(id_);
    return;
  }
  ++step_.bit;
  step_.last = step_.bit + 1 == setup_.activation_bits;
  drive_event_.notify(sc_core::SC_ZERO_TIME);
}

void Pe::accumulated(int, const BitStep& step) {
  if (++pairs_accumulated_ < setup_.slices) return;
  pairs_accumulated_ = 0;
  if (step.last) {
    listener->pe_done(id_);
    if (!config_.overlap) {
      state_.set("ready");
      listener->pe_ready(id_);
    }
    return;
  }
  if (config_.overlap) return;
  totals_.read_wait_cycles += static_cast<unsigned>(setup_.slices) * (clock_.now() - sampled_at_);
  ++step_.bit;
  step_.last = step_.bit + 1 == setup_.activation_bits;
  drive_event_.notify(sc_core::SC_ZERO_TIME);
}

void Pe::prepare_weights() {
  weights_valid_ = true;
  can_clip_ = config_.adc.lsb != 1;
  weights_.setZero(setup_.columns, setup_.rows);
  WordLines all{};
  for (int r = 0; r < setup_.rows; ++r)
    all[static_cast<std::size_t>(r / 64)] |= std::uint64_t{1} << (r % 64);
  const int high = (1 << (config_.adc.bits - 1)) - 1, low = 1 << (config_.adc.bits - 1);
  for (int p = 0; p < setup_.slices; ++p) {
    const CrossbarPair& pair = *pairs_[static_cast<std::size_t>(p)];
    for (int c = 0; c < setup_.columns; ++c) {
      // No input can drive a column further than its cells conduct.
      if (pair.positive().count(c, all) > high || pair.negative().count(c, all) > low)
        can_clip_ = true;
      for (int r = 0; r < setup_.rows; ++r) {
        weights_(c, r) += (static_cast<int>(pair.positive().cell(r, c)) -
                           static_cast<int>(pair.negative().cell(r, c))) *
                          (1 << p);
      }
    }
  }
}

// fidelity=mvm: one product, through the ADC's rounding and clipping only where they can matter.
void Pe::multiply(int input, int output) {
  if (!weights_valid_) prepare_weights();
  const auto& values = input_register_.values(input);
  Sums& sums = output_register_.slot(output);
  if (!can_clip_) {
    // A block of 512 rows under 8-bit inputs and weights stays within 32 bits, 16-bit ones do not.
    Eigen::Map<const Eigen::VectorXi> x(values.data(), setup_.rows);
    Eigen::Map<Eigen::Matrix<Sum, Eigen::Dynamic, 1>>(sums.data(), setup_.columns).noalias() =
        weights_.cast<Sum>() * x.cast<Sum>();
    return;
  }
  for (int bit = 0; bit < setup_.activation_bits; ++bit) {
    const WordLines lines = bit_of_rows(values, bit, setup_.rows);
    for (int p = 0; p < setup_.slices; ++p) {
      const CrossbarPair& pair = *pairs_[static_cast<std::size_t>(p)];
      for (int c = 0; c < setup_.columns; ++c) {
        const int difference = pair.positive().count(c, lines) - pair.negative().count(c, lines);
        sums[static_cast<std::size_t>(c)] +=
            Sum{convert_difference(config_.adc, difference, totals_.clipped)} *
            (Sum{1} << (bit + p));
      }
    }
  }
}

void Pe::bus_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
  const int slot = static_cast<int>(trans.get_address());
  if (slot < 0 || slot > 1) {
    trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  if (trans.is_write()) {
    input_register_.load(slot, reinterpret_cast<const std::int32_t*>(trans.get_data_ptr()),
                         setup_.rows, setup_.activation_bits);
  } else {
    const Sums& sums = output_register_.drain(slot, setup_.columns);
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

// A transaction covers whole rows of one array.
bool Pe::access_cells(tlm::tlm_generic_payload& trans) {
  const auto row_bytes = static_cast<unsigned>((config_.crossbar.cols + 7) / 8);
  const std::uint64_t array = trans.get_address() / reg::kCellArrayStride;
  const std::uint64_t offset = trans.get_address() % reg::kCellArrayStride;
  const unsigned length = trans.get_data_length();
  if (array >= 2 * pairs_.size() || offset % row_bytes != 0 || length % row_bytes != 0 ||
      (offset + length) / row_bytes > static_cast<unsigned>(config_.crossbar.rows)) {
    trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return false;
  }
  CrossbarPair& pair = *pairs_[array / 2];
  CrossbarArray& cells = array % 2 == 0 ? pair.positive() : pair.negative();
  std::uint8_t* bytes = trans.get_data_ptr();
  for (unsigned i = 0; i < length / row_bytes; ++i) {
    const int row = static_cast<int>(offset / row_bytes + i);
    if (trans.is_write()) {
      cells.write_row(row, bytes + i * row_bytes, static_cast<int>(row_bytes));
    } else {
      cells.read_row(row, bytes + i * row_bytes, static_cast<int>(row_bytes));
    }
  }
  if (trans.is_write()) weights_valid_ = false;
  return true;
}

}  // namespace kirchhoff::hw
