#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "hw/noc/noc.h"
#include "hw/noc/traffic.h"

namespace kirchhoff::hw {

/// An end point of the traffic bench: sends open-loop traffic out of an endless queue and takes
/// whatever arrives at once.
class TrafficNode final : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<TrafficNode> to_noc{"to_noc"};
  tlm_utils::simple_target_socket<TrafficNode> from_noc{"from_noc"};

  TrafficNode(const sc_core::sc_module_name& name, TileId tile, const NocConfig& config,
              const Topology& topology, const Clock& clock);
  /// Nothing to send; the next packets are counted from zero.
  void reset();
  /// At cycle 0 of the clock.
  void begin(const Traffic& traffic);

  /// A packet that arrived, in the order of arrival.
  struct Arrival {
    Cycle created = 0, arrived = 0;
    double flit_latency = 0;  ///< mean over its flits, from `created`
    TileId source{};
    int hops = 0;
    int flits = 0;
  };
  const std::vector<Arrival>& arrivals() const { return arrivals_; }
  const std::vector<Cycle>& created() const { return created_; }

 private:
  struct Waiting {
    Cycle created;
    TileId destination;
  };
  void generate();
  void send();
  tlm::tlm_sync_enum room(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                          sc_core::sc_time& delay);
  tlm::tlm_sync_enum arrived(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                             sc_core::sc_time& delay);

  const TileId tile_;
  const NocConfig config_;
  const Topology topology_;
  const Clock& clock_;
  Traffic traffic_;
  std::mt19937_64 engine_;
  Cycle next_ = 0;  ///< in which the next packet is created
  std::deque<Waiting> queue_;
  std::vector<Cycle> created_;
  std::vector<Arrival> arrivals_;
  MessagePayload sent_, taken_;
  sc_core::sc_event generate_event_, send_event_;
};

/// What one tile got through the network in the measured cycles.
struct TrafficSource {
  std::uint64_t packets = 0;          ///< created
  std::uint64_t arrived_packets = 0;  ///< whenever they were created
  double accepted = 0;                ///< flits of those per cycle
  double mean = 0;                    ///< latency of the packets created that have arrived; 0: none
};

/// One point of a latency curve. Rates are flits per node and cycle; latencies are cycles of
/// packets that were created in the measured cycles, from creation to the arrival of the last flit,
/// waiting in the source's queue included.
struct TrafficPoint {
  double offered = 0;   ///< rate of the packets that were created
  double accepted = 0;  ///< rate of the flits that arrived
  /// Packets stayed behind; the mean latency is more than three times that of an idle network; or
  /// more than 5 % of the offered flits did not arrive in the measured cycles, and more than a
  /// network with that latency holds at any time.
  bool saturated = false;
  std::uint64_t packets = 0, unfinished = 0;
  double mean = 0, p50 = 0, p95 = 0, p99 = 0;
  double flit_mean = 0;         ///< of single flits
  double hops = 0;              ///< mean number of links between routers
  double zero_load = 0;         ///< mean of 1 + zero_load_cycles: what an idle network would give
  std::vector<LinkLoad> links;  ///< in the measured cycles, the busiest first
  IndexedVector<TileId, TrafficSource> sources;
};

/// A network with a traffic node per tile, elaborated once; every run begins with an empty network.
class TrafficBench {
 public:
  TrafficBench(int width, int height, const NocConfig& config, int mhz);

  /// Runs `warmup` cycles, then measures `cycles`, then waits for the packets created in them, for
  /// twice as many cycles at most, or ten times the longest way through an idle network where that
  /// is more; new packets keep coming all the time. Throws RunError when the watchdog stops the
  /// network.
  TrafficPoint run(const Traffic& traffic, Cycle warmup, Cycle cycles);
  const Topology& topology() const { return noc_.topology(); }

 private:
  void advance_to(Cycle cycle);

  const NocConfig config_;
  Clock clock_;
  Noc noc_;
  IndexedVector<TileId, std::unique_ptr<TrafficNode>> nodes_;
};

}  // namespace kirchhoff::hw
