#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "hw/common/agenda.h"
#include "hw/common/clock.h"
#include "hw/common/observer.h"
#include "hw/common/probe.h"
#include "hw/config/chip_config.h"
#include "hw/controller/input_tracker.h"
#include "hw/controller/register_file.h"
#include "hw/controller/sequence.h"
#include "hw/controller/window.h"
#include "hw/noc/network_interface.h"
#include "hw/pe/pe.h"
#include "hw/tile/line_buffer.h"
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

/// Initiators of the tile bus, in the order in which they are bound.
enum class BusUser : std::uint8_t { kFetch, kDrain, kComplete, kReceive };
inline constexpr std::size_t kBusUsers = 4;
/// Ports of the eDRAM buffer, likewise.
enum class EdramUser : std::uint8_t { kFetch, kReceive };
inline constexpr std::size_t kEdramUsers = 2;

struct ControllerCounters {
  std::uint64_t commands = 0;  ///< to components of the tile
  std::uint64_t windows = 0;   ///< completed
  Cycle begin = 0;             ///< cycle of the tile clock in which the first window was fetched
  Cycle end = 0;               ///< cycle in which the last window was handed on
  int buffer_rows = 0;         ///< most rows of the input map that lay in the buffer at a time
  int partial_windows = 0;     ///< most windows of partial sums that a group held at a time
};

/// Where the time from `begin` to `end` went. The entries sum to it: products (kMultiply), the way
/// of the first window to the PEs and of the last one from them (`fill`), and what the PEs waited
/// for in between.
struct TileTimes {
  std::uint64_t fill = 0;  ///< picoseconds
  ActivityTimes by{};
};

/// The controller of a tile: memory-mapped registers that the host reads and writes over TLM-2.0,
/// and the five sequences that they steer, one fibre each, coupled by bounded buffers:
///   fetch     input map -> line buffer -> input registers of the PEs, once the pixels are there
///   compute   matrix-vector products of all PEs
///   drain     output registers -> tile shift-adder, all row blocks of a group in one transfer
///   complete  remote partial sums, SFU, next hops
///   receive   packets -> eDRAM buffer, partial sums, credits
class Controller final : public sc_core::sc_module, public PeListenerIf {
 public:
  tlm_utils::simple_target_socket<Controller> config_socket{"config_socket"};
  tlm_utils::multi_passthrough_initiator_socket<Controller> cell_sockets{
      "cell_sockets"};  ///< one per PE
  tlm_utils::multi_passthrough_initiator_socket<Controller> bus_sockets{
      "bus_sockets"};  ///< one per BusUser
  tlm_utils::multi_passthrough_initiator_socket<Controller> edram_sockets{
      "edram_sockets"};  ///< one per EdramUser
  sc_core::sc_port<PeControlIf, 0> pes{"pes"};
  sc_core::sc_export<PeListenerIf> pe_listener{"pe_listener"};
  sc_core::sc_port<LineBufferIf> line_buffer{"line_buffer"};
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
  TileTimes times() const;
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
  /// Sums of one window of a group in the tile's output register, before all parts have come.
  struct Partial {
    int arrived = 0;  ///< from other tiles
    bool loaded = false;
    Sums sum;
    std::vector<NodeId> senders;
  };
  struct Hop {
    HopRegisters registers;
    long long allowed = 0;  ///< rows that the destination takes, counted over the stream
  };
  /// One block on a PE.
  struct Unit {
    int pe, block, columns;
    std::vector<BusTarget> target;  ///< none when a PE in step stands for it
  };
  struct Group {
    GroupRegisters registers;
    std::vector<Unit> units;
    std::vector<Hop> hops;
    std::map<int, Partial> partials;  ///< by window
    int credits = 0;                  ///< windows that the aggregator can take, at a sender
    Sums maximum;                     ///< max-pool register
  };
  /// A packet that may end a wait, and the account of `receive` when it took the packet.
  struct Arrival {
    std::uint64_t sent_ps = 0, arrived_ps = 0;
    std::uint64_t serialisation_ps = 0, contention_ps = 0;
    ActivityTimes before{};
  };
  /// Blocks that hold the same rows, fed by one broadcast.
  struct RowSlice {
    int row_begin, rows;
    std::vector<BusTarget> targets;  ///< without those for which a PE in step stands
    std::vector<std::int32_t> values;
  };

  void config_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  unsigned config_debug(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status access(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status access_words(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status control(std::uint32_t value);
  tlm::tlm_response_status read_counters(tlm::tlm_generic_payload& trans);
  tlm::tlm_response_status write_tables(tlm::tlm_generic_payload& trans);
  bool descriptors_fit() const;
  bool blocks_fit(const LayerRegisters& layer) const;
  static bool windows_fit(const LayerRegisters& layer);
  void start();
  void decode_blocks();
  void decode_block(int pe, int block, bool leads);
  int leader_of(int pe) const;

  void fetch_sequence();
  void compute_sequence();
  void drain_sequence();
  void complete_sequence();
  void receive_sequence();
  void mvm_done();

  long long total_windows() const {
    return static_cast<long long>(layer_.images) * layer_.windows();
  }
  int map_pixels() const { return layer_.input_height * layer_.input_width; }
  void wake_up();
  void read_pixels(int image, const Window& window, const Footprint& footprint);
  void read_patch(int image, const Patch& patch);
  void send_window(int n, const Footprint& footprint);
  void gather(const Footprint& footprint, RowSlice& slice);
  void free_rows(int image, int next_row);
  void start_products(int n);
  void drain_group(int n, std::size_t g);
  void add_drained(int n, Group& group, GroupSums& sums);
  void send_partial(GroupSums& sums, Group& group);
  void take_partials(GroupSums& sums, Group& group);
  void deliver_result(const GroupSums& sums, const Group& group, int pixel);
  void activate(GroupSums& sums, Group& group, int image, const Window& window);
  void send_outputs(Group& group, int image, const Window& window);
  void receive_activation(const Packet& packet);
  void receive_partial(const Packet& packet);
  void receive_credit(const Packet& packet);
  void move(Sequence& sequence, Transfer& transfer, BusUser user, long long bits, int adds = 0);
  void send(Sequence& sequence, PacketPtr packet);
  Arrival arrival_of(const Packet& packet) const;
  Hindsight account_for(Sequence& waiter, const Arrival& arrival);
  void align();
  void align_to_clock();

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  const NodeId node_;
  const ChipConfig config_;
  const Clock& clock_;
  const Cycle stage_;  ///< cycles of a beat
  Observer* const observer_;
  RegisterFile registers_;
  ControllerCounters counters_;

  // Program, decoded at start.
  LayerRegisters layer_{};
  std::vector<Group> groups_;
  std::vector<RowSlice> slices_;
  std::vector<int> active_pes_;
  std::vector<int>
      leading_pes_;            ///< those that are started: the others are in step with one of them
  bool reuse_ = false;         ///< the line buffer holds the pixels under a pooling window
  long long window_bits_ = 0;  ///< of one window on the bus

  // Progress of the sequences, in windows.
  bool running_ = false;
  bool accepting_ =
      false;  ///< started since the last reset: packets may come in, also after the last window
  InputTracker input_;
  int fetched_ = 0, ready_ = 0, done_ = 0, drained_ = 0, completed_ = 0;
  int ready_pes_ = 0;
  std::vector<int> done_of_pe_;
  std::deque<GroupSums> sums_;
  std::deque<std::uint64_t> mvm_done_;  ///< fidelity=mvm: ends of the products under way
  long long allowed_rows_ = 0;          ///< rows that the producers may send, over the stream
  long long freed_rows_ = 0;
  long long newest_row_ = 0;  ///< one behind the last row that pixels have come of

  // The pixels under the current windows.
  Patch patch_;
  int patch_image_ = -1;
  std::vector<std::int32_t> patch_values_, burst_values_;

  Signal start_signal_{*agenda_}, input_signal_{*agenda_}, fetched_signal_{*agenda_},
      ready_signal_{*agenda_}, done_signal_{*agenda_}, drained_signal_{*agenda_},
      sums_signal_{*agenda_}, space_signal_{*agenda_}, completed_signal_{*agenda_},
      partial_signal_{*agenda_}, next_layer_signal_{*agenda_};
  Alarm mvm_done_alarm_{*agenda_, [this] { mvm_done(); }};
  Fibre fetch_fibre_{*agenda_, [this] { fetch_sequence(); }},
      compute_fibre_{*agenda_, [this] { compute_sequence(); }},
      drain_fibre_{*agenda_, [this] { drain_sequence(); }},
      complete_fibre_{*agenda_, [this] { complete_sequence(); }},
      receive_fibre_{*agenda_, [this] { receive_sequence(); }};

  Transfer fetch_read_, fetch_bus_, drain_bus_, complete_bus_, receive_bus_, receive_write_;
  std::vector<Sums> drained_values_;
  std::vector<std::int32_t> pixel_values_;
  Sequence fetch_, compute_, drain_, complete_, receive_;
  const std::vector<Sequence*> sequences_{&fetch_, &compute_, &drain_, &complete_, &receive_};
  Arrival input_arrival_, partial_arrival_;  ///< the last ones
  std::uint64_t last_ready_ps_ = 0;
  ActivityTimes at_begin_{}, at_first_product_{}, at_last_ready_{}, complete_at_last_ready_{},
      complete_at_end_{};
  Probe layer_probe_, weight_bits_, activation_bits_, output_bits_, window_probe_, rows_probe_;
  Gauge rows_gauge_;
};

}  // namespace kirchhoff::hw
