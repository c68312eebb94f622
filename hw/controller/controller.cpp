#include "hw/controller/controller.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

namespace kirchhoff::hw {

namespace {

// Fetch and complete: the one may still tell producers of free rows when the other has finished.
constexpr int kPartsOfTurn = 2;

tlm::tlm_response_status response_of(RegisterFile::Result result) {
  switch (result) {
    case RegisterFile::Result::kOk:
      return tlm::TLM_OK_RESPONSE;
    case RegisterFile::Result::kAddressError:
      return tlm::TLM_ADDRESS_ERROR_RESPONSE;
    case RegisterFile::Result::kAccessError:
      return tlm::TLM_COMMAND_ERROR_RESPONSE;
    case RegisterFile::Result::kRangeError:
      return tlm::TLM_GENERIC_ERROR_RESPONSE;
  }
  return tlm::TLM_GENERIC_ERROR_RESPONSE;
}

/// Hands the words of a burst that begins in a table at `base` to `put`, with their numbers.
template <typename Word, typename Put>
tlm::tlm_response_status write_entries(tlm::tlm_generic_payload& trans, reg::Address base,
                                       const Put& put) {
  constexpr unsigned kWidth = sizeof(Word);
  const reg::Address offset = trans.get_address() - base;
  if (offset % kWidth != 0 || trans.get_data_length() % kWidth != 0)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  for (unsigned i = 0; i < trans.get_data_length(); i += kWidth) {
    Word value;
    std::memcpy(&value, trans.get_data_ptr() + i, kWidth);
    if (put(static_cast<int>((offset + i) / kWidth), value) != RegisterFile::Result::kOk)
      return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  return tlm::TLM_OK_RESPONSE;
}

}  // namespace

Controller::Controller(const sc_core::sc_module_name& name, TileId tile_id,
                       const ChipConfig& config, const Clock& clock, const Tracer* tracer,
                       Observer* observer, Turns* turns)
    : sc_module(name),
      tile_(tile_id),
      config_(config),
      stage_(clock, std::max<Cycle>(1, clock.cycles_for(config.tile.stage.nanoseconds()))),
      registers_(tile_id, config.tile.pes),
      account_(tracer, *this, config.clock.noc_mhz),
      layer_probe_(Probe::bits(tracer, *this, "layer", 8)),
      weight_bits_(Probe::bits(tracer, *this, "weight_bits", 5)),
      activation_bits_(Probe::bits(tracer, *this, "activation_bits", 5)),
      output_bits_(Probe::bits(tracer, *this, "output_bits", 5)),
      window_probe_(Probe::bits(tracer, *this, "window", 24)),
      input_(*agenda_, tracer, *this, "buffered_rows"),
      residual_(*agenda_, tracer, *this, "residual_rows"),
      input_slots_(*agenda_, kInputSlots),
      output_slots_(*agenda_, config.tile.pe.output_buffers),
      windows_(kInputSlots, config.tile.pe.output_buffers),
      context_{*agenda_, config_, clock, stage_, program_, state_, counters_, account_, turns},
      fetch_(context_, bus_sockets, edram_sockets, line_buffer, network, input_, input_slots_,
             windows_, completed_),
      compute_(context_, pes, sfu, input_slots_, output_slots_, windows_, window_probe_),
      drain_(context_, bus_sockets, adder, output_slots_, windows_, partials_, sums_),
      complete_(context_, node_of(tile_id), registers_, bus_sockets, edram_sockets, adder, sfu,
                network, sums_, partials_, partial_credits_, row_credits_, residual_, completed_,
                observer),
      receive_(context_, bus_sockets, edram_sockets, adder, network, input_, residual_, partials_,
               partial_credits_, row_credits_) {
  config_socket.serve(this, &Controller::config_transport, &Controller::config_debug);
  pe_listener.bind(*this);
}

void Controller::reset() {
  registers_.clear();
  program_ = {};
  rewind();
}

void Controller::rewind() {
  state_.running = state_.accepting = false;
  counters_ = {};
  account_.reset();
  const LayerRegisters& layer = program_.layer;
  input_.reset({layer.sources, layer.images, layer.input_height, layer.input_width,
                layer.buffer_rows, reg::input_rows(layer), program_.walk.rows_before()});
  residual_.reset({layer.residual_sources, layer.images, layer.residual_height,
                   layer.residual_width, layer.residual_rows, reg::residual_rows(layer),
                   program_.walk.residual_rows_before()});
  input_slots_.reset();
  output_slots_.reset();
  sums_.reset();
  partials_.reset(program_);
  partial_credits_.reset(program_);
  row_credits_.reset(program_);
  completed_.reset();
  fetch_.reset();
  compute_.reset();
  complete_.reset();
}

void Controller::assume_inputs() {
  input_.assume_complete();
  residual_.assume_complete();
}

ControllerCounters Controller::counters() const {
  ControllerCounters counters = counters_;
  counters.buffer_rows = input_.most_rows();
  counters.residual_rows = residual_.most_rows();
  return counters;
}

// START decodes the registers once; the sequences then run on the decoded form.
void Controller::start() {
  decode();
  const LayerRegisters& layer = program_.layer;
  state_.running = state_.accepting = true;
  if (context_.turns) {
    for (int part = 0; part < kPartsOfTurn; ++part) context_.turns->join(program_.label());
  }
  layer_probe_.set(std::int64_t{layer.layer});
  weight_bits_.set(std::int64_t{layer.weight_bits});
  activation_bits_.set(std::int64_t{layer.activation_bits});
  output_bits_.set(std::int64_t{layer.output_bits});
  state_.started.notify();
  state_.accepts.notify();
}

void Controller::accept() {
  tile->rewind_datapath();
  decode();
  state_.accepting = true;
  state_.accepts.notify();
}

void Controller::decode() {
  program_ = TileProgram(registers_);
  configure_pes();
  const LayerRegisters& layer = program_.layer;
  const WindowWalk& walk = program_.walk;
  program_.reuse =
      line_buffer->holds(static_cast<long long>(walk.rows_at_once()) * walk.columns_at_once() *
                         layer.channels * layer.activation_bits);
  if (!program_.sfu.steps.empty()) sfu->program(program_.sfu);
  rewind();
}

void Controller::configure_pes() {
  const LayerRegisters& layer = program_.layer;
  const int blocks = std::min(reg::kMaxBlocks, config_.tile.pe.pairs);
  for (const PeId p : ids<PeId>(config_.tile.pes)) {
    bool active = false;
    for (int b = 0; b < blocks; ++b) {
      const BlockRegisters block = registers_.block(p, b);
      PeSetup setup;  // none
      if (block.rows > 0) {
        setup = {block.rows,
                 block.columns,
                 layer.slices,
                 layer.activation_bits,
                 program_.functional(),
                 block.first_pair,
                 layer.weight_bits,
                 layer.sum_bits,
                 layer.input_signed != 0};
        if (program_.functional()) {
          setup.layer = layer.layer;
          setup.row_begin = block.row_begin;
          setup.column_begin = registers_.group(GroupId{block.group}).channel_begin;
        }
      }
      pes[index(p)]->configure(b, setup);
      active = active || block.rows > 0;
    }
    if (!active) continue;
    const PeId leader = leader_of(p);
    program_.active_pes.push_back(p);
    if (leader == p) {
      program_.leading_pes.push_back(p);
    } else {
      pes[index(p)]->follow(*pes[index(leader)]);
    }
    for (int b = 0; b < blocks; ++b) {
      const BlockRegisters block = registers_.block(p, b);
      if (block.rows > 0) program_.add_block(block, p, b, leader == p);
    }
  }
}

// The PEs of a tile run in step, so that those with blocks of equal sizes do the same: the first of
// them stands for all while only sizes flow.
PeId Controller::leader_of(PeId pe) const {
  if (program_.functional() || !pes[index(pe)]->can_follow()) return pe;
  const auto equal = [&](PeId other) {
    for (int b = 0; b < std::min(reg::kMaxBlocks, config_.tile.pe.pairs); ++b) {
      const BlockRegisters one = registers_.block(pe, b), two = registers_.block(other, b);
      if (one.rows != two.rows || (one.rows > 0 && one.columns != two.columns)) return false;
    }
    return true;
  };
  const std::vector<PeId>& leading = program_.leading_pes;
  const auto leader = std::find_if(leading.begin(), leading.end(), equal);
  return leader == leading.end() ? pe : *leader;
}

void Controller::config_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
  trans.set_response_status(access(trans));
}

unsigned Controller::config_debug(tlm::tlm_generic_payload& trans) {
  trans.set_response_status(access(trans));
  return trans.is_response_ok() ? trans.get_data_length() : 0;
}

tlm::tlm_response_status Controller::access(tlm::tlm_generic_payload& trans) {
  const reg::Address address = trans.get_address();
  if (state_.running && trans.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (address >= reg::kCellBase) return access_cells(trans);
  if (address >= reg::kWeightBase) return write_weights(trans);
  if (address >= reg::kCounterBase) return read_counters(trans);
  if (address >= reg::kMultiplierBase) return write_tables(trans);
  return access_words(trans);
}

tlm::tlm_response_status Controller::access_cells(tlm::tlm_generic_payload& trans) {
  const reg::Address address = trans.get_address();
  const std::uint64_t pe = (address - reg::kCellBase) / reg::kCellPeStride;
  if (pe >= static_cast<std::uint64_t>(config_.tile.pes)) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  trans.set_address((address - reg::kCellBase) % reg::kCellPeStride);
  sc_core::sc_time delay;
  cell_sockets[static_cast<int>(pe)]->b_transport(trans, delay);
  trans.set_address(address);
  return trans.get_response_status();
}

// Burst access to consecutive 32-bit registers.
tlm::tlm_response_status Controller::access_words(tlm::tlm_generic_payload& trans) {
  if (trans.get_data_length() % 4 != 0) return tlm::TLM_BURST_ERROR_RESPONSE;
  for (unsigned i = 0; i < trans.get_data_length(); i += 4) {
    const reg::Address address = trans.get_address() + i;
    std::uint32_t value = 0;
    auto response = tlm::TLM_OK_RESPONSE;
    if (trans.is_write()) {
      std::memcpy(&value, trans.get_data_ptr() + i, 4);
      response = write_word(address, value);
    } else {
      response = read_word(address, value);
      std::memcpy(trans.get_data_ptr() + i, &value, 4);
    }
    if (response != tlm::TLM_OK_RESPONSE) return response;
  }
  return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status Controller::read_word(reg::Address address, std::uint32_t& value) const {
  if (address != reg::kStatus) return response_of(registers_.read(address, value));
  const bool done = completed_.count() > 0 && !state_.running;
  value = static_cast<std::uint32_t>(state_.running ? reg::Status::kRunning
                                     : done         ? reg::Status::kDone
                                                    : reg::Status::kIdle);
  return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status Controller::write_word(reg::Address address, std::uint32_t value) {
  return address == reg::kControl ? control(value) : response_of(registers_.write(address, value));
}

tlm::tlm_response_status Controller::control(std::uint32_t value) {
  if (value == reg::kClear) {
    tile->rewind_datapath();
    reset();
    return tlm::TLM_OK_RESPONSE;
  }
  if (value != reg::kStart || !fits(registers_, tile_, config_))
    return tlm::TLM_GENERIC_ERROR_RESPONSE;
  tile->rewind_datapath();
  start();
  return tlm::TLM_OK_RESPONSE;
}

// 64-bit counters, in the order of TileCounters::visit.
tlm::tlm_response_status Controller::read_counters(tlm::tlm_generic_payload& trans) {
  if (trans.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  const reg::Address offset = trans.get_address() - reg::kCounterBase;
  if (offset % 8 != 0 || trans.get_data_length() % 8 != 0) return tlm::TLM_BURST_ERROR_RESPONSE;
  const std::vector<std::uint64_t> values = tile->counter_values();
  const std::size_t first = offset / 8, count = trans.get_data_length() / 8;
  if (first + count > values.size()) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  std::memcpy(trans.get_data_ptr(), values.data() + first, 8 * count);
  return tlm::TLM_OK_RESPONSE;
}

// Constants and table entries, each kind with words of its own.
tlm::tlm_response_status Controller::write_tables(tlm::tlm_generic_payload& trans) {
  if (!trans.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  const reg::Address address = trans.get_address();
  if (address >= reg::kTableBase) {
    return write_entries<std::int32_t>(trans, reg::kTableBase, [this](int i, std::int32_t value) {
      return registers_.write_table(i, value);
    });
  }
  if (address >= reg::kBiasBase) {
    return write_entries<std::int64_t>(trans, reg::kBiasBase, [this](int i, std::int64_t value) {
      return registers_.write_bias(i, value);
    });
  }
  return write_entries<std::int32_t>(
      trans, reg::kMultiplierBase,
      [this](int i, std::int32_t value) { return registers_.write_multiplier(i, value); });
}

tlm::tlm_response_status Controller::write_weights(tlm::tlm_generic_payload& trans) {
  if (!trans.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  return write_entries<std::int32_t>(trans, reg::kWeightBase, [this](int i, std::int32_t value) {
    return registers_.write_weight(i, value);
  });
}

void Controller::report_waiting(std::vector<std::string>& lines) const {
  if (!state_.running) return;
  lines.push_back(fmt::format(
      "tile {} (layer {}): {} of {} windows completed; {} fetched, {} multiplied, {} drained; "
      "input pixels {} of {}; fetch: {}, compute: {}, drain: {}, complete: {}",
      index(tile_), program_.layer.layer, completed_.count(), program_.walk.total(),
      input_slots_.filled.count(), output_slots_.filled.count(), output_slots_.freed.count(),
      input_.complete(), program_.layer.images * program_.walk.map_pixels(),
      name_of(account_.fetch.activity()), name_of(account_.compute.activity()),
      name_of(account_.drain.activity()), name_of(account_.complete.activity())));
}

}  // namespace kirchhoff::hw
