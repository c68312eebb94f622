#include "hw/controller/controller.h"

#include <algorithm>
#include <climits>
#include <cstring>

#include <fmt/core.h>

namespace kirchhoff::hw {

Controller::Controller(const sc_core::sc_module_name& name, NodeId node, const ChipConfig& config,
                       const Clock& clock, const Tracer* tracer, Observer* observer)
    : sc_module(name),
      node_(node),
      config_(config),
      clock_(clock),
      stage_(std::max<Cycle>(1, clock.cycles_for(config.tile.stage.nanoseconds()))),
      observer_(observer),
      registers_(index(node), config.tile.pes),
      fetch_(tracer, *this, "fetch"),
      compute_(tracer, *this, "compute"),
      drain_(tracer, *this, "drain"),
      complete_(tracer, *this, "complete"),
      receive_(tracer, *this, "receive"),
      layer_probe_(Probe::bits(tracer, *this, "layer", 8)),
      weight_bits_(Probe::bits(tracer, *this, "weight_bits", 5)),
      activation_bits_(Probe::bits(tracer, *this, "activation_bits", 5)),
      output_bits_(Probe::bits(tracer, *this, "output_bits", 5)),
      window_probe_(Probe::bits(tracer, *this, "window", 24)),
      rows_probe_(Probe::bits(tracer, *this, "buffered_rows", 16)),
      rows_gauge_(tracer, *this, "buffered_rows", "rows") {
  config_socket.register_b_transport(this, &Controller::config_transport);
  config_socket.register_transport_dbg(this, &Controller::config_debug);
  pe_listener.bind(*this);
}

void Controller::reset() {
  registers_.clear();
  groups_.clear();
  slices_.clear();
  active_pes_.clear();
  leading_pes_.clear();
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
  mvm_done_alarm_.cancel();
  for (Group& group : groups_) {
    group.partials.clear();
    group.credits = group.registers.windows;
    group.maximum.clear();
    for (Hop& hop : group.hops) hop.allowed = hop.registers.rows;
  }
  allowed_rows_ = layer_.buffer_rows;
  freed_rows_ = newest_row_ = 0;
  patch_image_ = -1;
  input_.reset(layer_.sources, layer_.images * map_pixels());
  for (Sequence* sequence : sequences_) sequence->reset();
  at_begin_ = at_first_product_ = at_last_ready_ = complete_at_last_ready_ = complete_at_end_ = {};
}

TileTimes Controller::times() const {
  TileTimes times;
  for (std::size_t i = 0; i < kActivities; ++i) {
    const std::uint64_t head = at_first_product_[i] - at_begin_[i];
    const std::uint64_t tail = complete_at_end_[i] - complete_at_last_ready_[i];
    const auto activity = static_cast<Activity>(i);
    // The last product's conversions are the end of the pipeline, no matter who waits for them.
    (is_service(activity) ? times.fill : times.by[i]) += head;
    (is_service(activity) || activity == Activity::kWaitProducts ? times.fill : times.by[i]) +=
        tail;
    times.by[i] += at_last_ready_[i] - at_first_product_[i];
  }
  return times;
}

Controller::Arrival Controller::arrival_of(const Packet& packet) const {
  const auto noc_ps = [&](Cycle cycles) {
    return cycles * 1000000u / static_cast<unsigned>(config_.clock.noc_mhz);
  };
  Arrival arrival;
  arrival.sent_ps = packet.sent_ps;
  arrival.arrived_ps = packet.arrived_ps;
  arrival.serialisation_ps = noc_ps(static_cast<Cycle>(packet.flits - 1));
  arrival.contention_ps = noc_ps(packet.contention_cycles);
  arrival.before = receive_.blame();
  return arrival;
}

// The wait that a packet has ended, from its end backwards: what `receive` did with the packet, and
// with those before it; the flits behind the first head, which come last; contention; the head's
// way. Before that the packet did not exist.
Hindsight Controller::account_for(Sequence& waiter, const Arrival& arrival) {
  const std::uint64_t now = now_ps();
  const std::uint64_t transit = arrival.arrived_ps - arrival.sent_ps;
  const std::uint64_t serialisation = std::min(arrival.serialisation_ps, transit);
  const std::uint64_t contention = std::min(arrival.contention_ps, transit - serialisation);
  std::uint64_t queued = now - arrival.arrived_ps;
  std::vector<Sequence::WaitPart> taking;
  const ActivityTimes after = receive_.blame();
  for (const Activity activity :
       {Activity::kWaitBus, Activity::kBus, Activity::kWaitEdram, Activity::kEdram}) {
    const auto i = static_cast<std::size_t>(activity);
    taking.push_back({activity, after[i] - arrival.before[i]});
    queued -= taking.back().ps;
  }
  std::vector<Sequence::WaitPart> parts = {
      {Activity::kNocLatency, transit - serialisation - contention},
      {Activity::kNocContention, contention},
      {Activity::kNocSerialisation, serialisation},
      {Activity::kWaitReceive, queued}};
  parts.insert(parts.end(), taking.begin(), taking.end());
  return waiter.explain_wait(parts, sequences_);
}

// What no single register's range can say: descriptors must fit each other and the tile.
bool Controller::descriptors_fit() const {
  const LayerRegisters layer = registers_.layer();
  if (!reg::programmed(layer)) return false;
  if (!windows_fit(layer) || !blocks_fit(layer)) return false;
  // Windows and pixels of a stream are counted in one integer.
  const long long pixels = static_cast<long long>(layer.input_height) * layer.input_width;
  if (std::max<long long>(layer.windows(), pixels) * layer.images > INT_MAX) return false;
  const int rows =
      config_.schedule == Schedule::kSequential
          ? layer.input_height
          : rows_at_once(layer.kernel_height, layer.stride, layer.pool, layer.input_height);
  if (layer.buffer_rows < rows) return false;
  const int tiles = config_.mesh_width * config_.mesh_height;
  for (int i = 0; i < layer.producers; ++i) {
    if (registers_.producer(i) > tiles) return false;
  }
  for (int g = 0; g < layer.groups; ++g) {
    const GroupRegisters group = registers_.group(g);
    if (group.aggregator >= tiles) return false;
    const auto end = static_cast<std::size_t>(group.channel_begin + group.channels);
    const bool needs_constants = layer.functional != 0 && layer.output_bits > 0;
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
  return true;
}

/// At least one block, every block within its PE, its layer and its group, on pairs of its own, and
/// the blocks of a PE within its registers.
bool Controller::blocks_fit(const LayerRegisters& layer) const {
  const PeConfig& pe = config_.tile.pe;
  const int area = layer.kernel_height * layer.kernel_width;
  bool used = false;
  for (int p = 0; p < config_.tile.pes; ++p) {
    std::vector<bool> taken(static_cast<std::size_t>(pe.pairs), false);
    long long input_bits = 0, output_bits = 0;
    for (int b = 0; b < reg::kMaxBlocks; ++b) {
      const BlockRegisters block = registers_.block(p, b);
      if (block.rows == 0) continue;
      used = true;
      if (block.rows > pe.crossbar.rows || block.columns < 1 || block.columns > pe.crossbar.cols ||
          block.first_pair + layer.slices > pe.pairs || block.group >= layer.groups ||
          block.row_begin / area < layer.channel_begin ||
          (block.row_begin + block.rows - 1) / area >= layer.channel_begin + layer.channels ||
          registers_.group(block.group).channels != block.columns) {
        return false;
      }
      for (int pair = block.first_pair; pair < block.first_pair + layer.slices; ++pair) {
        if (taken[static_cast<std::size_t>(pair)]) return false;
        taken[static_cast<std::size_t>(pair)] = true;
      }
      input_bits += pe.input_register_bits(block.rows, layer.activation_bits);
      output_bits += pe.output_register_bits(block.columns, layer.sum_bits);
    }
    if (input_bits > 8LL * pe.input_register_bytes || output_bits > 8LL * pe.output_register_bytes)
      return false;
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
    groups_[static_cast<std::size_t>(hop.group)].hops.push_back({hop, 0});
  }
  decode_blocks();
  const long long band =
      rows_at_once(layer_.kernel_height, layer_.stride, layer_.pool, layer_.input_height);
  const long long columns =
      rows_at_once(layer_.kernel_width, layer_.stride, layer_.pool, layer_.input_width);
  const long long bits = band * columns * layer_.channels * layer_.activation_bits;
  reuse_ = line_buffer->holds(bits);
  if (layer_.output_bits > 0) sfu->program(layer_.output_bits);
  rewind();
  running_ = accepting_ = true;
  layer_probe_.set(std::int64_t{layer_.layer});
  weight_bits_.set(std::int64_t{layer_.weight_bits});
  activation_bits_.set(std::int64_t{layer_.activation_bits});
  output_bits_.set(std::int64_t{layer_.output_bits});
  start_signal_.notify();
}

void Controller::decode_blocks() {
  active_pes_.clear();
  leading_pes_.clear();
  slices_.clear();
  window_bits_ = 0;
  const int blocks = std::min(reg::kMaxBlocks, config_.tile.pe.pairs);
  for (int p = 0; p < config_.tile.pes; ++p) {
    bool active = false;
    for (int b = 0; b < blocks; ++b) {
      const BlockRegisters block = registers_.block(p, b);
      pes[p]->configure(
          b, {block.rows, block.columns, layer_.slices, layer_.activation_bits,
              layer_.functional != 0, block.first_pair, layer_.weight_bits, layer_.sum_bits});
      active = active || block.rows > 0;
    }
    if (!active) continue;
    active_pes_.push_back(p);
    const int leader = leader_of(p);
    if (leader == p) {
      leading_pes_.push_back(p);
    } else {
      pes[p]->follow(*pes[leader]);
    }
    for (int b = 0; b < blocks; ++b) {
      if (registers_.block(p, b).rows > 0) decode_block(p, b, leader == p);
    }
  }
}

void Controller::decode_block(int pe, int b, bool leads) {
  const BlockRegisters block = registers_.block(pe, b);
  std::vector<BusTarget> target;
  if (leads) target.push_back({pe, static_cast<std::uint64_t>(2 * b)});
  groups_[static_cast<std::size_t>(block.group)].units.push_back({pe, b, block.columns, target});
  auto slice = std::find_if(slices_.begin(), slices_.end(), [&](const RowSlice& s) {
    return s.row_begin == block.row_begin && s.rows == block.rows;
  });
  if (slice == slices_.end()) {
    slice = slices_.insert(slices_.end(), {block.row_begin, block.rows, {}, {}});
    window_bits_ += static_cast<long long>(block.rows) * layer_.activation_bits;
  }
  slice->targets.insert(slice->targets.end(), target.begin(), target.end());
}

// The PEs of a tile run in step, so that those with blocks of equal sizes do the same: the first of
// them stands for all while only sizes flow.
int Controller::leader_of(int pe) const {
  if (layer_.functional || !pes[pe]->can_follow()) return pe;
  const auto equal = [&](int other) {
    for (int b = 0; b < std::min(reg::kMaxBlocks, config_.tile.pe.pairs); ++b) {
      const BlockRegisters one = registers_.block(pe, b), two = registers_.block(other, b);
      if (one.rows != two.rows || (one.rows > 0 && one.columns != two.columns)) return false;
    }
    return true;
  };
  const auto leader = std::find_if(leading_pes_.begin(), leading_pes_.end(), equal);
  return leader == leading_pes_.end() ? pe : *leader;
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
        const auto response = control(value);
        if (response != tlm::TLM_OK_RESPONSE) return response;
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

tlm::tlm_response_status Controller::control(std::uint32_t value) {
  if (value == reg::kClear) {
    tile->rewind_datapath();
    reset();
    return tlm::TLM_OK_RESPONSE;
  }
  if (value != reg::kStart || !descriptors_fit()) return tlm::TLM_GENERIC_ERROR_RESPONSE;
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
  ready_signal_.notify();
}

void Controller::pe_done(PeId pe) {
  const auto position =
      std::find(active_pes_.begin(), active_pes_.end(), index(pe)) - active_pes_.begin();
  ++done_of_pe_[static_cast<std::size_t>(position)];
  done_ = *std::min_element(done_of_pe_.begin(), done_of_pe_.end());
  done_signal_.notify();
}

void Controller::mvm_done() {
  mvm_done_.pop_front();
  if (!mvm_done_.empty()) mvm_done_alarm_.at(mvm_done_.front());
  ++done_;
  done_signal_.notify();
}

// Sequences act on edges of the tile clock, whatever domain woke them, or on beats of a synchronous
// pipeline.
void Controller::align() {
  if (stage_ == 1) {
    align_to_clock();
    return;
  }
  const std::uint64_t beat = clock_.edge_ps((clock_.now() + stage_ - 1) / stage_ * stage_);
  if (beat != now_ps()) wait_until(beat);
}

void Controller::align_to_clock() {
  const std::uint64_t edge = clock_.next_edge_ps();
  if (edge != now_ps()) wait_until(edge);
}

/// Occupies the bus for data between components that are not bus targets; `adds` sums pass the
/// tile's shift-adder on their way.
void Controller::move(Sequence& sequence, Transfer& transfer, BusUser user, long long bits,
                      int adds) {
  TransferExtension& wires = transfer.wires();
  wires.listener = &sequence;
  wires.beats.resize(1);
  wires.beats.front().wire_bits = bits;
  wires.beats.front().at_least = adds > 0 ? adder->cycles_for(adds) : 0;
  sequence.enter(Activity::kWaitBus);
  sc_core::sc_time delay;
  bus_sockets[static_cast<int>(user)]->b_transport(transfer.prepare(tlm::TLM_WRITE_COMMAND), delay);
}

void Controller::send(Sequence& sequence, PacketPtr packet) {
  ++counters_.commands;
  sequence.enter(Activity::kWaitNetwork);
  const PacketPtr sent = sequence.traced() ? packet : nullptr;
  network->send(std::move(packet));
  if (sent) sequence.sent(*sent);
  align();  // a full queue is left on an edge of the NoC clock
}

void Controller::report_waiting(std::vector<std::string>& lines) const {
  if (!running_) return;
  lines.push_back(fmt::format(
      "tile {} (layer {}): {} of {} windows completed; {} fetched, {} multiplied, {} drained; "
      "input "
      "pixels {} of {}; fetch: {}, compute: {}, drain: {}, complete: {}",
      index(node_), layer_.layer, completed_, total_windows(), fetched_, done_, drained_,
      input_.complete(), layer_.images * map_pixels(), name_of(fetch_.activity()),
      name_of(compute_.activity()), name_of(drain_.activity()), name_of(complete_.activity())));
}

}  // namespace kirchhoff::hw
