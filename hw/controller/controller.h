#pragma once

#include <memory>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>

#include "hw/common/agenda.h"
#include "hw/common/clock.h"
#include "hw/common/observer.h"
#include "hw/common/probe.h"
#include "hw/config/chip_config.h"
#include "hw/controller/access.h"
#include "hw/controller/channels.h"
#include "hw/controller/complete_sequence.h"
#include "hw/controller/compute_sequence.h"
#include "hw/controller/drain_sequence.h"
#include "hw/controller/fetch_sequence.h"
#include "hw/controller/input_map.h"
#include "hw/controller/receive_sequence.h"
#include "hw/controller/register_file.h"
#include "hw/controller/tile_account.h"
#include "hw/controller/tile_program.h"
#include "hw/noc/network_interface.h"
#include "hw/ports/blocking_target.h"
#include "hw/ports/line_buffer_port.h"
#include "hw/ports/pe_ports.h"
#include "hw/ports/sfu_port.h"
#include "hw/ports/tile_adder_port.h"
#include "hw/ports/tile_port.h"

namespace kirchhoff::hw {

/// The controller of a tile: memory-mapped registers that the host reads and writes over TLM-2.0,
/// the program that START decodes from them, and the five sequences that run it, a class each, with
/// the channels between them:
///
///   fetch     -> input_slots_ -> compute -> output_slots_ -> drain -> sums_ -> complete
///   receive   -> input_ -> fetch;  residual_, partials_, partial_credits_, row_credits_ ->
///   complete complete  -> completed_ -> fetch, where windows do not overlap
class Controller final : public sc_core::sc_module, public PeListenerIf {
 public:
  BlockingTarget<Controller> config_socket{"config_socket"};
  ControllerSockets cell_sockets{"cell_sockets"};    ///< one per PE
  ControllerSockets bus_sockets{"bus_sockets"};      ///< one per BusUser
  ControllerSockets edram_sockets{"edram_sockets"};  ///< one per EdramUser
  sc_core::sc_port<PeControlIf, 0> pes{"pes"};
  sc_core::sc_export<PeListenerIf> pe_listener{"pe_listener"};
  sc_core::sc_port<LineBufferIf> line_buffer{"line_buffer"};
  sc_core::sc_port<TileAdderIf> adder{"adder"};
  sc_core::sc_port<SfuIf> sfu{"sfu"};
  sc_core::sc_port<NetworkIf> network{"network"};
  sc_core::sc_port<TileIf> tile{"tile"};

  Controller(const sc_core::sc_module_name& name, TileId tile_id, const ChipConfig& config,
             const Clock& clock, const Tracer* tracer = nullptr, Observer* observer = nullptr,
             Turns* turns = nullptr);

  /// Registers, counters and sequences as after elaboration. Only between runs.
  void reset();
  /// Counters and sequences for another run of the same program.
  void rewind();

  // Of runs in which some layers have turns and others do not.

  /// Takes packets of the loaded program as after START, and computes nothing.
  void accept();
  /// Both operands are taken to be there, after START: InputMap::assume_complete().
  void assume_inputs();

  ControllerCounters counters() const;
  TileTimes times() const { return account_.times(); }
  /// TileAccount::keep_times(), for the runs to come.
  void keep_times(bool keep) { account_.keep_times(keep); }
  const RegisterFile& registers() const { return registers_; }
  /// What every sequence waits for, if the tile is running.
  void report_waiting(std::vector<std::string>& lines) const;

  void pe_ready(PeId) override { compute_.pe_ready(); }
  void pe_done(PeId pe) override { compute_.pe_done(pe); }

 private:
  void config_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  unsigned config_debug(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status access(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status access_cells(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status access_words(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status read_word(reg::Address address, std::uint32_t& value) const;
  tlm::tlm_response_status write_word(reg::Address address, std::uint32_t value);
  tlm::tlm_response_status control(std::uint32_t value);
  tlm::tlm_response_status read_counters(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status write_tables(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status write_weights(tlm::tlm_generic_payload& trans);
  void start();
  void decode();
  void configure_pes();
  PeId leader_of(PeId pe) const;

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  const TileId tile_;
  const ChipConfig config_;
  const StageClock stage_;
  RegisterFile registers_;
  TileProgram program_;
  RunState state_{*agenda_};
  ControllerCounters counters_;
  TileAccount account_;
  Probe layer_probe_, weight_bits_, activation_bits_, output_bits_, window_probe_;

  InputMap input_, residual_;
  WindowSlots input_slots_, output_slots_;
  ReducedWindows windows_;
  SumsSlot sums_{*agenda_};
  PartialSums partials_{*agenda_};
  PartialCredits partial_credits_{*agenda_};
  RowCredits row_credits_{*agenda_};
  WindowCount completed_{*agenda_};

  const SequenceContext context_;
  FetchSequence fetch_;
  ComputeSequence compute_;
  DrainSequence drain_;
  CompleteSequence complete_;
  ReceiveSequence receive_;
};

}  // namespace kirchhoff::hw
