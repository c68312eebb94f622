#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/common/round_robin.h"
#include "hw/config/chip_config.h"
#include "hw/noc/flit.h"
#include "hw/noc/routing.h"

namespace kirchhoff::hw {

/// Flits that a router moved, per layer that sent them.
struct RouterCounters {
  std::vector<std::uint64_t> router_flits;  ///< index = Packet::layer; every output port counts
  std::vector<std::uint64_t> link_flits;    ///< those that left over a link to another router
  std::uint64_t stall_cycles =
      0;  ///< cycles that flits waited beyond the pipeline: channel, credit or switch
};

/// Input-queued wormhole router with virtual channels, credits and round-robin switch allocation.
/// Pipeline of a head flit: RC, VA, SA, ST, LT; body flits need SA, ST, LT. A free-standing process
/// runs only in cycles in which some flit may move. Forward path: phase FLIT, annotated with the
/// delay until the flit lies in the buffer. Backward path: CREDIT.
class Router final : public sc_core::sc_module {
 public:
  using Input = tlm_utils::simple_target_socket_tagged<Router>;
  using Output = tlm_utils::simple_initiator_socket_tagged<Router>;

  Router(const sc_core::sc_module_name& name, int index, const Mesh& mesh, const NocConfig& config,
         const Clock& clock, const Tracer* tracer = nullptr);
  ~Router() override { credit_.clear_extension(&credit_extension_); }
  void reset();

  Input& input(int port) { return *inputs_[static_cast<std::size_t>(port)].socket; }
  Output& output(int port) { return *outputs_[static_cast<std::size_t>(port)].socket; }
  /// True when the port leads somewhere: edges of the mesh have fewer.
  bool has_port(int port) const { return present_[static_cast<std::size_t>(port)]; }
  int ports() const { return static_cast<int>(present_.size()); }
  const RouterCounters& counters() const { return counters_; }
  /// One line per packet whose head waits here, with what it waits for.
  void report_waiting(std::vector<std::string>& lines) const;

 private:
  struct Buffered {
    tlm::tlm_generic_payload* trans;
    Cycle arrival;
  };
  /// One virtual channel of an input port.
  struct InputChannel {
    std::deque<Buffered> flits;
    int out_port = -1;      ///< of the packet at the front; -1 until its route is computed
    int out_vc = -1;        ///< -1 until allocated
    Cycle switch_from = 0;  ///< first cycle in which the flit at the front may ask for the switch
  };
  struct InputPort {
    std::unique_ptr<Input> socket;
    std::vector<InputChannel> channels;
    bool granted = false;
  };
  struct OutputPort {
    std::unique_ptr<Output> socket;
    std::vector<int> credits;
    std::deque<std::pair<Cycle, int>>
        returning;  ///< credits on their way: first cycle of use, virtual channel
    std::vector<bool> owned;
    RoundRobin switch_arbiter{1};
  };

  tlm::tlm_sync_enum receive_flit(int port, tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                                  sc_core::sc_time& delay);
  tlm::tlm_sync_enum receive_credit(int port, tlm::tlm_generic_payload& trans,
                                    tlm::tlm_phase& phase, sc_core::sc_time& delay);
  void step();
  void take_credits(Cycle now);
  void allocate_channels(Cycle now);
  void allocate_channel(InputChannel& channel, Cycle now);
  void allocate_switch(Cycle now);
  void forward(std::size_t in_port, std::size_t in_vc, Cycle now);
  void wake_for_buffered(Cycle now);
  InputChannel& channel(std::size_t index) {
    const auto channels = static_cast<std::size_t>(channels_);
    return inputs_[index / channels].channels[index % channels];
  }
  void wake_at(Cycle cycle);

  const int index_;
  const Mesh mesh_;
  const NocConfig config_;
  const Clock& clock_;
  const int channels_;  ///< per port, over all virtual networks
  std::vector<bool> present_;
  std::vector<InputPort> inputs_;
  std::vector<OutputPort> outputs_;
  std::vector<std::size_t>
      occupied_;  ///< channels with flits: port * channels_ + channel, ascending
  std::vector<std::size_t> candidates_;  ///< of one switch allocation
  tlm::tlm_generic_payload credit_;
  FlitExtension credit_extension_;
  sc_core::sc_event step_event_;
  RouterCounters counters_;
  Probe flits_probe_;
};

}  // namespace kirchhoff::hw
