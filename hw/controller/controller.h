#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "hw/common/clock.h"
#include "hw/common/observer.h"
#include "hw/common/probe.h"
#include "hw/config/chip_config.h"
#include "hw/controller/input_tracker.h"
#include "hw/controller/register_file.h"
#include "hw/controller/window.h"
#include "hw/noc/network_interface.h"
#include "hw/pe/pe.h"
#include "hw/tile/sfu.h"
#include "hw/tile/tile_shift_adder.h"
#include "hw/tile/transfer.h"

namespace kirchhoff::hw {

/// What the controller asks of the tile around it.
struct TileIf : virtual sc_core::sc_interface {
  /// The tile's counters, as the counter registers show them.
  virtual std::vector<std::uint64_t> counter_values() const = 0;
  /// Counters and contents of PEs, buffer, bus, adder and SFU back to their reset state; cells
  /// stay. The network interface keeps the packets that wait for START.
  virtual void rewind_datapath() = 0;
};

/// Initiators of the tile bus and ports of the eDRAM, in the order in which they are bound.
enum class BusUser : std::uint8_t { kFetch, kDrain, kComplete, kReceive };
inline constexpr std::size_t kBusUsers = 4;

struct ControllerCounters {
  std::uint64_t commands = 0;  ///< to components of the tile
  std::uint64_t windows = 0;   ///< completed
  Cycle wait_input = 0;        ///< cycles that the fetch waited for pixels
  Cycle wait_products = 0;     ///< cycles that the fetch waited for a free input slot
  Cycle wait_partials = 0;  ///< cycles that a group waited for remote partial sums or for credits
  Cycle begin = 0;          ///< cycle of the tile clock in which the first window was fetched
  Cycle end = 0;            ///< cycle in which the last window was handed on
};

/// The controller of a tile: memory-mapped registers that the host reads and writes over TLM-2.0,
/// and the five sequences that they steer, one thread each, coupled by bounded buffers:
///   fetch     input map -> input registers of the PEs, as soon as the window's pixels are there
///   compute   matrix-vector products of all PEs
///   drain     output registers -> tile shift-adder, row block by row block
///   complete  remote partial sums, SFU, next hops
///   receive   packets -> eDRAM buffer, partial sums, credits
class Controller final : public sc_core::sc_module, public PeListenerIf {
 public:
  tlm_utils::simple_target_socket<Controller> config_socket{"config_socket"};
  tlm_utils::multi_passthrough_initiator_socket<Controller> cell_sockets{
      "cell_sockets"};  ///< one per PE
  tlm_utils::multi_passthrough_initiator_socket<Controller> bus_sockets{
      "bus_sockets"};  ///< one per BusUser
  tlm_utils::simple_initiator_socket<Controller> edram_socket{"edram_socket"};
  sc_core::sc_port<PeControlIf, 0> pes{"pes"};
  sc_core::sc_export<PeListenerIf> pe_listener{"pe_listener"};
  sc_core::sc_port<TileAdderIf> adder{"adder"};
  sc_core::sc_port<SfuIf> sfu{"sfu"};
  sc_core::sc_port<NetworkIf> network{"network"};
  sc_core::sc_port<TileIf> tile{"tile"};

  Controller(const sc_core::sc_module_name& name, NodeId node, const ChipConfig& config,
             const Clock& clock, const Tracer* tracer = nullptr, Observer* observer = nullptr);

  /// Registers, counters and sequences as after elaboration. Only between runs.
  void reset();
  /// Counters and sequences for another run of the same program.
  void rewind();
  const ControllerCounters& counters() const { return counters_; }
  const RegisterFile& registers() const { return registers_; }
  /// What every sequence waits for, if the tile is running.
  void report_waiting(std::vector<std::string>& lines) const;

  void pe_ready(PeId pe) override;
  void pe_done(PeId pe) override;

 private:
  /// The sums of one group for one window, on their way from the drain to the completion.
  struct GroupSums {
    int window, group;
    Sums values;
  };
  /// Remote partial sums of one window of a group.
  struct Partial {
    int arrived = 0;
    Sums sum;
    std::vector<NodeId> senders;
  };
  struct Group {
    GroupRegisters registers;
    std::vector<int> pes;
    std::vector<HopRegisters> hops;
    std::map<int, Partial> partials;  ///< by window
    int credits = 0;                  ///< windows that the aggregator can take, at a sender
    Sums maximum;                     ///< max-pool register
  };
  /// PEs that hold the same rows, fed by one broadcast.
  struct RowSlice {
    int row_begin, rows;
    std::vector<int> pes;
  };

  void config_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  unsigned config_debug(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status access(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status access_words(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status read_counters(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status write_tables(tlm::tlm_generic_payload& trans);
  bool descriptors_fit() const;
  static bool windows_fit(const LayerRegisters& layer);
  void start();

  void fetch_thread();
  void compute_thread();
  void drain_thread();
  void complete_thread();
  void receive_thread();
  void mvm_done();

  void fetch_window(int n);
  void gather(const Footprint& footprint, const RowSlice& slice);
  void send_partial(GroupSums& sums, Group& group);
  void add_remote(GroupSums& sums, Group& group);
  void deliver_result(const GroupSums& sums, const Group& group, const Window& window);
  void activate(GroupSums& sums, Group& group, const Window& window);
  void receive_activation(const Packet& packet);
  void receive_partial(const Packet& packet);
  void move(BusUser user, long long bits);
  void align();

  const NodeId node_;
  const ChipConfig config_;
  const Clock& clock_;
  Observer* const observer_;
  RegisterFile registers_;
  ControllerCounters counters_;

  // Program, decoded at start.
  LayerRegisters layer_{};
  std::vector<Group> groups_;
  std::vector<RowSlice> slices_;
  std::vector<int> active_pes_;
  std::vector<BlockRegisters> blocks_;

  // Progress of the sequences, in windows.
  bool running_ = false;
  bool accepting_ =
      false;  ///< started since the last reset: packets may come in, also after the last window
  InputTracker input_;
  int fetched_ = 0, ready_ = 0, done_ = 0, drained_ = 0, completed_ = 0;
  int ready_pes_ = 0;
  std::vector<int> done_of_pe_;
  std::deque<GroupSums> sums_;
  std::deque<sc_core::sc_time> mvm_done_;  ///< fidelity=mvm: ends of the products under way

  sc_core::sc_event start_event_, input_event_, fetched_event_, ready_event_, done_event_,
      drained_event_, sums_event_, space_event_, partial_event_, mvm_done_event_;

  Transfer fetch_read_, fetch_bus_, drain_bus_, complete_bus_, receive_bus_;
  std::vector<std::int32_t> window_values_, slice_values_, pixel_values_;
  Probe fetch_state_, compute_state_, drain_state_, sum_state_, receive_state_, layer_probe_,
      weight_bits_, activation_bits_, output_bits_, window_probe_;
};

}  // namespace kirchhoff::hw
