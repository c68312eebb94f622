#include "hw/pe/pe.h"

#include <algorithm>
#include <utility>

#include "hw/pe/bit_datapath.h"
#include "hw/pe/mvm_datapath.h"

namespace kirchhoff::hw {

namespace {

std::unique_ptr<Datapath> make_datapath(Fidelity fidelity, const PeParts& parts) {
  if (fidelity == Fidelity::kBit) return std::make_unique<BitDatapath>(parts);
  return std::make_unique<MvmDatapath>(parts);
}

}  // namespace

Pe::Pe(const sc_core::sc_module_name& name, PeId id, const PeConfig& config, const Clock& clock,
       Fidelity fidelity, const Tracer* tracer)
    : sc_module(name),
      config_(config),
      blocks_(config_),
      cells_(config),
      input_register_("input_register", config.input_register, config.pairs),
      output_register_("output_register", config.output_register, config.pairs),
      datapath_(make_datapath(fidelity, {*this, id, listener, config_, clock, blocks_, cells_,
                                         input_register_, output_register_, tracer})) {
  bus_socket.serve(this, &Pe::bus_transport);
  cell_socket.serve(this, &Pe::cell_transport, &Pe::cell_debug);
  control.bind(*this);
}

void Pe::reset() {
  input_register_.reset();
  output_register_.reset();
  datapath_->reset();
  products_ = bit_steps_ = 0;
  leader_ = nullptr;
}

PeCounters Pe::counters() const {
  if (leader_) return leader_->counters();
  PeCounters c;
  c.products = products_;
  c.bit_steps = bit_steps_;
  c.input_reads = input_register_.reads();
  c.input_writes = input_register_.writes();
  c.output_reads = output_register_.reads();
  c.output_writes = output_register_.writes();
  datapath_->count(c);
  return c;
}

void Pe::configure(int block, const PeSetup& setup) {
  sc_assert(block < config_.pairs && setup.first_pair + setup.slices <= config_.pairs);
  leader_ = nullptr;
  if (!blocks_.set(block, setup)) return;
  realised_ = false;
  datapath_->configure(block);
}

std::optional<ProductTimes> Pe::start(int input, int output, const WindowPlace& window) {
  const bool realised = std::exchange(realised_, true);
  for (const int b : blocks_.active()) {
    const PeSetup& setup = blocks_.setup(b);
    if (!realised && setup.functional) cells_.realise(setup);
    ++products_;
    const BlockReads& reads = blocks_.reads(b);
    bit_steps_ += static_cast<unsigned>(reads.bit_steps);
    output_register_.begin(kOutputSlots * b + output, setup.functional ? setup.columns : 0);
    output_register_.count_reads(setup.columns, setup.sum_bits, reads.reads());
  }
  const auto image = static_cast<std::size_t>(window.image);
  return datapath_->start(
      input, output,
      {image < image_names_.size() ? image_names_[image] : static_cast<std::uint32_t>(window.image),
       window.y, window.x});
}

void Pe::bus_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
  const std::uint64_t block = trans.get_address() / 2;
  if (block >= static_cast<std::uint64_t>(blocks_.size())) {
    trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const int slot = static_cast<int>(trans.get_address());
  const PeSetup& setup = blocks_.setup(static_cast<int>(block));
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
  trans.set_response_status(access_cells(trans) ? tlm::TLM_OK_RESPONSE
                                                : tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

unsigned Pe::cell_debug(tlm::tlm_generic_payload& trans) {
  return access_cells(trans) ? trans.get_data_length() : 0;
}

bool Pe::access_cells(tlm::tlm_generic_payload& trans) {
  const reg::Address address = trans.get_address();
  if (!trans.is_write()) return cells_.read(address, trans.get_data_ptr(), trans.get_data_length());
  realised_ = false;
  datapath_->cells_changed();
  return cells_.write(address, trans.get_data_ptr(), trans.get_data_length());
}

}  // namespace kirchhoff::hw
