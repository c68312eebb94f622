#include "hw/controller/controller.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>

namespace kirchhoff::hw {

Controller::Controller(const sc_core::sc_module_name& name, NodeId node, const ChipConfig& config,
                       const Clock& clock, const Tracer* tracer, Observer* observer)
    : sc_module(name),
      node_(node),
      config_(config),
      clock_(clock),
      observer_(observer),
      registers_(index(node), config.tile.pes),
      fetch_state_(Probe::text(tracer, *this, "fetch_state")),
      compute_state_(Probe::text(tracer, *this, "compute_state")),
      drain_state_(Probe::text(tracer, *this, "drain_state")),
      sum_state_(Probe::text(tracer, *this, "complete_state")),
      receive_state_(Probe::text(tracer, *this, "receive_state")),
      layer_probe_(Probe::bits(tracer, *this, "layer", 8)),
      weight_bits_(Probe::bits(tracer, *this, "weight_bits", 5)),
      activation_bits_(Probe::bits(tracer, *this, "activation_bits", 5)),
      output_bits_(Probe::bits(tracer, *this, "output_bits", 5)),
      window_probe_(Probe::bits(tracer, *this, "window", 24)) {
  config_socket.register_b_transport(this, &Controller::config_transport);
  config_socket.register_transport_dbg(this, &Controller::config_debug);
  pe_listener.bind(*this);
  SC_HAS_PROCESS(Controller);
  SC_THREAD(fetch_thread);
  SC_THREAD(compute_thread);
  SC_THREAD(drain_thread);
  SC_THREAD(complete_thread);
  SC_THREAD(receive_thread);
  SC_METHOD(mvm_done);
  sensitive << mvm_done_event_;
  dont_initialize();
}

void Controller::reset() {
  registers_.clear();
  groups_.clear();
  slices_.clear();
  active_pes_.clear();
  blocks_.clear();
  layer_ = {};
  rewind();
}

void Controller::rewind() {
  running_ = accepting_ = false;
  counters_ = {};
  fetched_ = ready_ = done_ = drained_ = completed_ = 0;
  ready_pes_ = 0;
  done_of_pe_.assign(active_pes_.size(), 0);
  sums_.clear();
  mvm_done_.clear();
  mvm_done_event_.cancel();
  for (Group& group : groups_) {
    group.partials.clear();
    group.credits = group.registers.windows;
    group.maximum.clear();
  }
  input_.reset(layer_.sources, layer_.input_height * layer_.input_width);
}

// What no single register's range can say: descriptors must fit each other and the tile.
bool Controller::descriptors_fit() const {
  const LayerRegisters layer = registers_.layer();
  const PeConfig& pe = config_.tile.pe;
  for (const int value :
       {layer.weight_bits, layer.activation_bits, layer.slices, layer.channels, layer.input_height,
        layer.input_width, layer.kernel_height, layer.kernel_width, layer.stride,
        layer.output_height, layer.output_width, layer.pool, layer.sources, layer.groups}) {
    if (value < 1) return false;  // still at its reset value
  }
  if (layer.slices > pe.pairs || !windows_fit(layer)) return false;
  const int area = layer.kernel_height * layer.kernel_width;
  bool used = false;
  for (int p = 0; p < config_.tile.pes; ++p) {
    const BlockRegisters block = registers_.block(p);
    if (block.rows == 0) continue;
    used = true;
    if (block.rows > pe.crossbar.rows || block.columns < 1 || block.columns > pe.crossbar.cols ||
        block.group >= layer.groups || block.row_begin / area < layer.channel_begin ||
        (block.row_begin + block.rows - 1) / area >= layer.channel_begin + layer.channels ||
        registers_.group(block.group).channels != block.columns) {
      return false;
    }
  }
  const int tiles = config_.mesh_width * config_.mesh_height;
  for (int g = 0; g < layer.groups; ++g) {
    const GroupRegisters group = registers_.group(g);
    if (group.aggregator >= tiles) return false;
    const auto end = static_cast<std::size_t>(group.channel_begin + group.channels);
    const bool needs_constants = layer.functional && layer.output_bits > 0;
    if (needs_constants &&
        (registers_.multipliers().size() < end || registers_.biases().size() < end)) {
      return false;
    }
  }
  for (int h = 0; h < layer.hops; ++h) {
    const HopRegisters hop = registers_.hop(h);
    if (hop.group >= layer.groups || hop.node > tiles) return false;
    const GroupRegisters group = registers_.group(hop.group);
    if (hop.channel_begin < group.channel_begin ||
        hop.channel_begin + hop.channels > group.channel_begin + group.channels) {
      return false;
    }
  }
  return used;
}

/// The last window lies on the padded input map.
bool Controller::windows_fit(const LayerRegisters& layer) {
  const auto fits = [&](int output, int kernel, int input) {
    return (output * layer.pool - 1) * layer.stride + kernel <= input + 2 * layer.padding;
  };
  return fits(layer.output_height, layer.kernel_height, layer.input_height) &&
         fits(layer.output_width, layer.kernel_width, layer.input_width);
}

// START decodes the registers once; the sequences then run on the decoded form.
void Controller::start() {
  layer_ = registers_.layer();
  groups_.assign(static_cast<std::size_t>(layer_.groups), {});
  for (int g = 0; g < layer_.groups; ++g)
    groups_[static_cast<std::size_t>(g)].registers = registers_.group(g);
  for (int h = 0; h < layer_.hops; ++h) {
    const HopRegisters hop = registers_.hop(h);
    groups_[static_cast<std::size_t>(hop.group)].hops.push_back(hop);
  }
  active_pes_.clear();
  slices_.clear();
  blocks_.clear();
  for (int p = 0; p < config_.tile.pes; ++p) {
    const BlockRegisters block = registers_.block(p);
    blocks_.push_back(block);
    pes[p]->configure(0, {block.rows, block.columns, layer_.slices, layer_.activation_bits,
                          layer_.functional, 0, layer_.weight_bits});
    if (block.rows == 0) continue;
    active_pes_.push_back(p);
    groups_[static_cast<std::size_t>(block.group)].pes.push_back(p);
    auto slice = std::find_if(slices_.begin(), slices_.end(), [&](const RowSlice& s) {
      return s.row_begin == block.row_begin && s.rows == block.rows;
    });
    if (slice == slices_.end())
      slice = slices_.insert(slices_.end(), {block.row_begin, block.rows, {}});
    slice->pes.push_back(p);
  }
  if (layer_.output_bits > 0) sfu->program(layer_.output_bits);
  rewind();
  running_ = accepting_ = true;
  layer_probe_.set(std::int64_t{layer_.layer});
  weight_bits_.set(std::int64_t{layer_.weight_bits});
  activation_bits_.set(std::int64_t{layer_.activation_bits});
  output_bits_.set(std::int64_t{layer_.output_bits});
  start_event_.notify(sc_core::SC_ZERO_TIME);
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
  if (running_ && trans.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (address < reg::kCellBase) {
    if (address >= reg::kCounterBase) return read_counters(trans);
    return address >= reg::kMultiplierBase ? write_tables(trans) : access_words(trans);
  }
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
    auto result = RegisterFile::Result::kOk;
    if (trans.is_write()) {
      std::memcpy(&value, trans.get_data_ptr() + i, 4);
      if (address == reg::kControl) {
        if (value == reg::kClear) {
          tile->rewind_datapath();
          reset();
        } else if (value == reg::kStart) {
          if (!descriptors_fit()) return tlm::TLM_GENERIC_ERROR_RESPONSE;
          tile->rewind_datapath();
          start();
        } else {
          result = RegisterFile::Result::kRangeError;
        }
      } else {
        result = registers_.write(address, value);
      }
    } else if (address == reg::kStatus) {
      const bool done = completed_ > 0 && !running_;
      value = static_cast<std::uint32_t>(running_ ? reg::Status::kRunning
                                         : done   ? reg::Status::kDone
                                                  : reg::Status::kIdle);
      std::memcpy(trans.get_data_ptr() + i, &value, 4);
    } else {
      result = registers_.read(address, value);
      std::memcpy(trans.get_data_ptr() + i, &value, 4);
    }
    switch (result) {
      case RegisterFile::Result::kOk:
        break;
      case RegisterFile::Result::kAddressError:
        return tlm::TLM_ADDRESS_ERROR_RESPONSE;
      case RegisterFile::Result::kAccessError:
        return tlm::TLM_COMMAND_ERROR_RESPONSE;
      case RegisterFile::Result::kRangeError:
        return tlm::TLM_GENERIC_ERROR_RESPONSE;
    }
  }
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

tlm::tlm_response_status Controller::write_tables(tlm::tlm_generic_payload& trans) {
  if (!trans.is_write()) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  const bool bias = trans.get_address() >= reg::kBiasBase;
  const unsigned width = bias ? 8 : 4;
  const reg::Address offset = trans.get_address() - (bias ? reg::kBiasBase : reg::kMultiplierBase);
  if (offset % width != 0 || trans.get_data_length() % width != 0)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  for (unsigned i = 0; i < trans.get_data_length(); i += width) {
    const int channel = static_cast<int>((offset + i) / width);
    RegisterFile::Result result;
    if (bias) {
      std::int64_t value;
      std::memcpy(&value, trans.get_data_ptr() + i, 8);
      result = registers_.write_bias(channel, value);
    } else {
      std::int32_t value;
      std::memcpy(&value, trans.get_data_ptr() + i, 4);
      result = registers_.write_multiplier(channel, value);
    }
    if (result != RegisterFile::Result::kOk) return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  return tlm::TLM_OK_RESPONSE;
}

void Controller::pe_ready(PeId) {
  if (++ready_pes_ < static_cast<int>(active_pes_.size())) return;
  ready_pes_ = 0;
  ++ready_;
  ready_event_.notify(sc_core::SC_ZERO_TIME);
}

void Controller::pe_done(PeId pe) {
  const auto position =
      std::find(active_pes_.begin(), active_pes_.end(), index(pe)) - active_pes_.begin();
  ++done_of_pe_[static_cast<std::size_t>(position)];
  done_ = *std::min_element(done_of_pe_.begin(), done_of_pe_.end());
  done_event_.notify(sc_core::SC_ZERO_TIME);
}

void Controller::mvm_done() {
  mvm_done_.pop_front();
  if (!mvm_done_.empty()) mvm_done_event_.notify(mvm_done_.front() - sc_core::sc_time_stamp());
  ++done_;
  done_event_.notify(sc_core::SC_ZERO_TIME);
}

// Sequences act on edges of the tile clock, whatever domain woke them.
void Controller::align() {
  const sc_core::sc_time delay = clock_.delay(0);
  if (delay != sc_core::SC_ZERO_TIME) wait(delay);
}

/// Occupies the bus for data between components that are not bus targets.
void Controller::move(BusUser user, long long bits) {
  Transfer& transfer = user == BusUser::kReceive ? receive_bus_ : complete_bus_;
  transfer.wires().wire_bits = bits;
  transfer.wires().devices.clear();
  sc_core::sc_time delay;
  bus_sockets[static_cast<int>(user)]->b_transport(
      transfer.prepare(tlm::TLM_WRITE_COMMAND, 0, nullptr, 0), delay);
}

void Controller::report_waiting(std::vector<std::string>& lines) const {
  if (!running_) return;
  lines.push_back(
      fmt::format("tile {} (layer {}): {} of {} windows completed; {} fetched, {} multiplied, {} "
                  "drained; input pixels {} of {}",
                  index(node_), layer_.layer, completed_, layer_.windows(), fetched_, done_,
                  drained_, input_.complete(), layer_.input_height * layer_.input_width));
}

}  // namespace kirchhoff::hw
