#pragma once

#include <algorithm>
#include <vector>

#include "hw/common/round_robin.h"
#include "hw/noc/fabric.h"

namespace kirchhoff::hw {

/// An input-queued router under virtual cut-through: buffers and channels are allotted in units of
/// whole packets (packet-buffer flow control). A head may leave when its output is idle and a
/// buffer behind that output has room for the whole packet; from then on input and output port
/// belong to the packet until its tail has passed, one flit per cycle, so that nothing can stop it
/// half-way. All of that is decided in the cycle of the head's grant: a packet costs one event per
/// router, however long it is. The buffer's room is free again one cycle after the tail has left
/// it.
class CutThroughRouter {
 public:
  /// One virtual channel of an input port.
  struct Buffer {
    int front = -1, back = -1;  ///< packets whose heads are here or on the link
    Cycle ready = 0;            ///< of the one at the front
    int used = 0;               ///< flits: those that came, those to come, and those leaving
    int leaving = 0;            ///< flits of the packet on its way out …
    Cycle release = 0;          ///< … and the cycle from which their room is free
    int high_water = 0;
    int port = 0;  ///< of the router

    int used_at(Cycle now) const { return release <= now ? used - leaving : used; }
    void settle(Cycle now) {
      if (release > now) return;
      used -= leaving;
      leaving = 0;
    }
  };
  CutThroughRouter(Fabric& fabric, RouterId number);
  /// Binds output `port` to the router behind it.
  void connect(int port, CutThroughRouter& next, int next_port);
  void reset();
  /// As Fabric::begin_turn().
  void begin_turn();
  void step(Cycle now);

  /// What the sender in front of an input port may do.
  void set_feeder(int port, int part) { inputs_[static_cast<std::size_t>(port)].feeder = part; }
  /// Virtual channel of the port with room for `flits` more, the emptiest; -1 when there is none.
  int channel_with_room(int port, int network, int flits, Cycle now) const {
    const std::size_t first = first_channel(port, network);
    int best = -1, most = flits - 1;
    for (int vc = 0; vc < vcs_; ++vc) {
      const int room = places_ - buffers_[first + static_cast<std::size_t>(vc)].used_at(now);
      if (room <= most) continue;
      best = network * vcs_ + vc;
      most = room;
    }
    return best;
  }
  /// Takes a packet whose head reaches the buffer in cycle `ready` less the set-up cycles.
  void accept(int port, int channel, int transit, Cycle ready);
  /// The sender waits for room: it steps again when there may be some.
  void wait_for_room(int port, int network, Cycle now);
  /// Packet at the front of the first buffer that is in the way; -1 when there is room.
  int in_the_way(int port, int network) const;

  void count(NocCounters& counters) const;
  void waits(std::vector<Wait>& waits) const;
  int buffered() const;

 private:
  struct Output {
    CutThroughRouter* next = nullptr;  ///< null: an end point
    int next_port = -1;
    Cycle free_at = 0;
    RoundRobin arbiter{1};
    std::uint64_t flits = 0, stall_cycles = 0;
  };

  struct Input {
    Cycle free_at = 0;          ///< first cycle in which the port may send again
    int feeder = -1;            ///< part that sends into this port
    bool feeder_waits = false;  ///< for room
  };

  std::size_t first_channel(int port, int network) const {
    return static_cast<std::size_t>(port) * channels_ + static_cast<std::size_t>(network * vcs_);
  }
  const Transit& front(std::size_t channel) const {
    return fabric_.transit(buffers_[channel].front);
  }
  int way_out(const Buffer& buffer, const Transit& t, Cycle now) const;
  void serve(std::size_t channel, Cycle now);
  void arbitrate(Cycle now);
  void grant(std::size_t channel, int next_channel, Cycle now);
  void leave(std::size_t channel);
  void wake_for(std::size_t channel, Cycle now);

  Fabric& fabric_;
  const RouterId number_;
  const int vcs_, places_;       ///< virtual channels of a virtual network; flits of a buffer
  const std::size_t channels_;   ///< per port, over all virtual networks
  std::vector<Buffer> buffers_;  ///< port * channels_ + channel: the number of a channel below
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<std::size_t> occupied_;  ///< channels with packets, in no order
  std::vector<std::size_t> ready_;     ///< of one step: those whose head may ask for the switch
};

inline void CutThroughRouter::accept(int port, int channel, int number, Cycle ready) {
  Transit& t = fabric_.transit(number);
  t.next = -1;
  fabric_.arrive(t, number_, ready);
  const std::size_t i =
      static_cast<std::size_t>(port) * channels_ + static_cast<std::size_t>(channel);
  Buffer& b = buffers_[i];
  b.settle(fabric_.now());
  b.used += t.flits;
  b.high_water = std::max(b.high_water, b.used);
  if (b.front < 0) {
    b.front = number;
    b.ready = ready;
    occupied_.push_back(i);
    fabric_.calendar_.schedule(Fabric::part_of(number_), ready);
  } else {
    fabric_.transit(b.back).next = number;
  }
  b.back = number;
}

}  // namespace kirchhoff::hw
