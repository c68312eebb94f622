#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hw/common/round_robin.h"
#include "hw/config/chip_config.h"
#include "hw/noc/calendar.h"
#include "hw/noc/noc_counters.h"
#include "hw/noc/packet.h"
#include "hw/noc/topology.h"
#include "hw/noc/wait_report.h"

namespace kirchhoff::hw {

/// A packet of a message on its way: one entry of a pool, named by its number.
struct Transit {
  int message = -1;
  int flits = 1;
  int network = 0;  ///< index of the virtual network
  LayerLabel layer{};
  RouterId router{};        ///< that the head has reached, or is about to
  int output = 0;           ///< port by which it leaves that router
  RouterId target{};        ///< of the destination
  int target_port = 0;      ///< local port of the destination
  int next = -1;            ///< packet behind it in the same buffer (cut-through)
  int to_deliver = 0;       ///< flits that have yet to leave the last router (wormhole)
  bool delivering = false;  ///< its head has left the last router
  Cycle ready = 0;          ///< first cycle in which the head may win the switch
};

/// A message on its way, from the send queue to the arrival of its last flit.
struct Message {
  PacketPtr packet;
  NodeId source{}, destination{};
  int network = 0;
  int hops = 0;
  long long payload_left = 0;     ///< flits of payload not yet in a packet
  int packets_left = 0;           ///< not yet begun at the source
  int heads_left = 0;             ///< packets whose head has not left the last router
  int tails_left = 0;             ///< packets that have not arrived
  int next = -1;                  ///< message behind it in the send queue
  int last_transit = -1;          ///< the packet that began last
  Cycle visible = 0;              ///< first cycle in which it may leave
  Cycle done = kNever;            ///< in which its last flit arrives, once that is certain
  std::uint64_t flit_cycles = 0;  ///< sum over the flits that arrived: arrival - visible
  std::uint64_t queued_to = 0;    ///< flits of its send queue up to and including its own
};

/// Routers, links and the link side of all network interfaces as plain objects: flits move here, in
/// whole cycles, without a kernel. The caller tells it what end points do (send, take) after it has
/// run everything up to the present cycle, so that the network may be simulated behind the kernel's
/// back and yet exactly. Derived classes are the two flow controls.
class Fabric {
 public:
  Fabric(const NocConfig& config, const Topology& topology, const Routing& routing);
  virtual ~Fabric() = default;
  Fabric(const Fabric&) = delete;
  Fabric& operator=(const Fabric&) = delete;

  /// Empty network, counters at zero, cycle 0.
  void reset();
  /// The network, which must be empty, behaves from cycle `now` on as after a reset in it. Counters
  /// go on.
  void begin_turn(Cycle now);

  const Topology& topology() const { return topology_; }
  const NocConfig& config() const { return config_; }

  // What end points do, after run(now).

  /// True while the send queue of an end point has no place in cycle `now`.
  bool full(NodeId end_point, int network, Cycle now) const;
  /// Queues a message that may leave in cycle `visible`; its number. The queue must not be full.
  int send(NodeId end_point, PacketPtr packet, Cycle visible);
  /// The end point took a message of a virtual network: its place is free from `visible` on.
  void take(NodeId end_point, int network, Cycle visible);

  // How time passes.

  /// Everything that happens up to and including `limit`.
  void run(Cycle limit) {
    if (calendar_.next() <= limit) {
      run_parts(limit);
    } else {
      calendar_.pass(limit);
    }
  }
  Cycle now() const { return calendar_.now(); }
  /// Next cycle in which a router or a source looks around; kNever when only end points can make
  /// anything happen.
  Cycle next() const { return calendar_.next(); }
  /// Cycle in which the message will have arrived, if that is certain, or a cycle before which it
  /// cannot; kNever when it cannot as long as no end point does anything.
  Cycle arrival_bound(int message) const;
  /// The same for the next free place in a send queue that is full.
  Cycle place_bound(NodeId end_point, int network) const;
  const Message& message(int number) const { return messages_[static_cast<std::size_t>(number)]; }
  /// Forgets a message that has arrived, after booking its latency.
  PacketPtr finish(int message);

  /// Messages that have been sent and have not arrived.
  int inside() const { return inside_; }
  /// Cycle in which a packet last moved.
  Cycle last_move() const { return last_move_; }
  NocCounters counters() const;
  LayerTraffic traffic_of(LayerLabel layer) const {
    return layers_.has(layer) ? layers_[layer] : LayerTraffic{};
  }
  /// Every packet that waits, sources included.
  std::vector<Wait> waits() const;
  /// Instrumentation, called whenever the value may have changed. Empty: costs nothing.
  std::function<void(RouterId router, int flits)> on_buffered;
  std::function<void(NodeId end_point, int messages)> on_queued;  ///< in its send queues

 protected:
  /// Sending side of one virtual network at an end point: a queue of whole messages.
  struct SendQueue {
    int front = -1, back = -1;  ///< messages
    int size = 0;
    std::uint64_t queued = 0, injected = 0;  ///< flits since the beginning
    Cycle place_free = 0;  ///< the message that left last keeps its place until then
  };
  struct Source {
    std::array<SendQueue, kVirtualNetworks> queues;
    RoundRobin arbiter{kVirtualNetworks};
    Cycle free_at = 0;  ///< of the link to the router
    RouterId router{};
    int port = 0;
    std::uint64_t flits = 0;
  };

  friend class CutThroughRouter;
  friend class WormholeRouter;

  /// Runs the calendar with the steps of routers and sources.
  virtual void run_parts(Cycle limit) = 0;
  virtual void reset_parts() = 0;
  virtual void begin_turn_of_parts() = 0;
  virtual void count(NocCounters& counters) const = 0;
  virtual void wait_in_routers(std::vector<Wait>& waits) const = 0;

  /// Parts of the calendar: the routers, then the sources.
  static int part_of(RouterId router) { return index(router); }
  int part_of(NodeId source) const { return topology_.routers() + index(source); }
  template <typename Step, typename Inject>
  void run_part(int part, Step&& step, Inject&& inject) {
    if (part < routers_) {
      step(RouterId{part});
    } else {
      inject(NodeId{part - routers_});
    }
  }
  Transit& transit(int number) { return transits_[static_cast<std::size_t>(number)]; }
  const Transit& transit(int number) const { return transits_[static_cast<std::size_t>(number)]; }
  Message& message_at(int number) { return messages_[static_cast<std::size_t>(number)]; }
  LayerTraffic& layer(const Transit& t) { return layers_[t.layer]; }

  /// A report of a packet in an input channel of a router; the caller says what it waits for.
  Wait wait_at(int number, RouterId router, int port, int channel) const;

  /// Flits of the packet that the message at the front of a queue sends next.
  int next_packet_flits(const SendQueue& queue) const {
    const Message& m = message(queue.front);
    const long long longest = config_.packet_flits == 0 ? m.payload_left : config_.packet_flits - 1;
    return 1 + static_cast<int>(std::min(m.payload_left, longest));
  }
  /// Begins that packet; its number.
  int begin_packet(SendQueue& queue, int flits);
  /// The message at the front has left; its place is free from `place_free` on.
  void leave_queue(NodeId end_point, SendQueue& queue, Cycle place_free);

  /// The head stands at `router` now; chooses its output there.
  void arrive(Transit& t, RouterId router, Cycle ready) {
    t.router = router;
    t.ready = ready;
    t.output = router == t.target ? t.target_port : direction(router, t.target);
  }
  /// True when the end point has a place for the message, or the packet is not its last.
  bool may_deliver(const Transit& t) {
    const Message& m = message(t.message);
    if (m.heads_left > 1) return true;
    Sink& sink = sinks_[m.destination];
    if (sink.places[static_cast<std::size_t>(t.network)] > 0) return true;
    sink.wanted = true;
    return false;
  }
  /// The head leaves the last router; the last packet of a message takes the place.
  void begin_delivery(Transit& t) {
    t.delivering = true;
    Message& m = message_at(t.message);
    if (--m.heads_left > 0) return;
    --sinks_[m.destination].places[static_cast<std::size_t>(t.network)];
  }
  /// `flits` arrive at the end point in successive cycles, the last one in cycle `last`.
  void deliver(int number, int flits, Cycle last) {
    Transit& t = transit(number);
    Message& m = message_at(t.message);
    const auto count = static_cast<std::uint64_t>(flits);
    m.flit_cycles += count * (last - m.visible) - count * (count - 1) / 2;
    t.to_deliver -= flits;
  }
  /// The tail was the last of them.
  void end_delivery(int number, Cycle cycle) {
    Transit& t = transit(number);
    Message& m = message_at(t.message);
    if (--m.tails_left == 0) m.done = cycle;
    last_move_ = std::max(last_move_, cycle);  // still on its way there
    t.message = -1;
    free_transits_.push_back(number);
  }

  const NocConfig config_;
  const Topology topology_;
  const Routing& routing_;
  const Cycle hop_;         ///< head through a router and its link
  const Cycle onward_;      ///< any flit from its grant to the next buffer: SA + ST + LT
  const Cycle setup_;       ///< head in a buffer until it may ask for the switch: RC + VA
  const bool tail_credit_;  ///< noc.vc_reuse
  Calendar calendar_;
  Cycle last_move_ = 0;
  Cycle turn_ = 0;  ///< in which the present turn, or the run, began
  IndexedVector<NodeId, Source> sources_;

 private:
  int direction(RouterId router, RouterId target) const {
    return directions_.empty()
               ? routing_.direction(topology_, router, target)
               : directions_[static_cast<std::size_t>(index(router) * routers_ + index(target))];
  }
  void show_queue(NodeId end_point) const;

  const int routers_;
  std::vector<std::int8_t> directions_;  ///< router x target; empty on very large meshes
  std::vector<Transit> transits_;
  std::vector<int> free_transits_;
  std::vector<Message> messages_;
  std::vector<int> free_messages_;
  struct Sink {
    std::array<int, kVirtualNetworks> places{};  ///< of the receive queue, free
    bool wanted = false;                         ///< a packet waits at the router for one
  };
  IndexedVector<NodeId, Sink> sinks_;
  IndexedVector<LayerLabel, LayerTraffic> layers_;
  int inside_ = 0;
};

/// The fabric of `config.flow_control`.
std::unique_ptr<Fabric> make_fabric(const NocConfig& config, const Topology& topology,
                                    const Routing& routing);

}  // namespace kirchhoff::hw
