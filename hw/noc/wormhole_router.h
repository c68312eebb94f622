#pragma once

#include <vector>

#include "hw/common/round_robin.h"
#include "hw/noc/fabric.h"

namespace kirchhoff::hw {

/// What a sender knows of the buffers in front of it: free places per virtual channel. Credits for
/// places that became free come back in the order in which they were given.
class Credits {
 public:
  void reset(std::size_t channels, int places) {
    places_.assign(channels, places);
    all_ = places;
    returning_.clear();
  }
  /// Every place is free, and no credit on its way.
  void restart() { reset(places_.size(), all_); }
  int available(std::size_t channel, Cycle now) const {
    int places = places_[channel];
    for (const Credit& credit : returning_) places += credit.at <= now && credit.channel == channel;
    return places;
  }
  /// Nothing of a channel is on its way or in its buffer, as far as the sender knows.
  bool empty(std::size_t channel, Cycle now) const { return available(channel, now) == all_; }
  void take(std::size_t channel, Cycle now) {
    settle(now);
    --places_[channel];
  }
  /// In cycle `now`: a place is free from cycle `at` on. True when the sender had none.
  bool give(std::size_t channel, Cycle now, Cycle at) {
    settle(now);
    returning_.push_back({channel, at});
    return places_[channel] == 0;
  }

 private:
  struct Credit {
    std::size_t channel;
    Cycle at;
  };
  void settle(Cycle now) {
    std::size_t back = 0;
    while (back < returning_.size() && returning_[back].at <= now)
      ++places_[returning_[back++].channel];
    returning_.erase(returning_.begin(), returning_.begin() + static_cast<std::ptrdiff_t>(back));
  }
  std::vector<int> places_;
  int all_ = 0;
  std::vector<Credit> returning_;  ///< on their way: one per cycle of it at most
};

/// An input-queued router under wormhole flow control: buffers and channels are allotted flit by
/// flit. A head computes its route (RC), is allotted a virtual channel of the output (VA), and then
/// each flit asks for the switch (SA) when the buffer behind the output has a place for it; flits
/// of packets in different virtual channels take turns on a link. One flit per cycle, output and
/// input port. A place is free again noc.credit_cycles after its flit has won the switch. With
/// noc.vc_reuse = tail_credit a channel has another owner only once its buffer is empty again and
/// the sender knows it.
class WormholeRouter {
 public:
  WormholeRouter(Fabric& fabric, RouterId number);
  /// Binds output `port` to the router behind it.
  void connect(int port, WormholeRouter& next, int next_port);
  void reset();
  /// As Fabric::begin_turn().
  void begin_turn();
  void step(Cycle now);

  /// Who sends into an input port, and the credits that it keeps.
  void set_feeder(int port, int part, Credits& credits) {
    inputs_[static_cast<std::size_t>(port)].feeder = part;
    inputs_[static_cast<std::size_t>(port)].feeder_credits = &credits;
  }
  /// Takes a flit that reaches the buffer in cycle `arrival`; there must be a place.
  void accept(int port, int channel, int transit, bool head, bool tail, Cycle arrival);
  /// Packet at the front of a virtual channel, or -1.
  int front_of(int port, int channel) const;

  void count(NocCounters& counters) const;
  void waits(std::vector<Wait>& waits) const;
  int buffered() const;

 private:
  static constexpr int kDraining = -2;
  struct Flit {
    Cycle arrival = 0;
    int transit = -1;
    bool head = false, tail = false;
  };
  /// One virtual channel of an input port: a ring of flits.
  struct Channel {
    std::vector<Flit> ring;
    int first = 0, size = 0, high_water = 0;
    int out_port = -1;      ///< of the packet at the front, once its route is computed
    int out_channel = -1;   ///< … and once one is allotted; -1 before
    Cycle switch_from = 0;  ///< first cycle in which the flit at the front may ask for the switch

    const Flit& front() const { return ring[static_cast<std::size_t>(first)]; }
  };
  struct Input {
    std::vector<Channel> channels;
    int feeder = -1;
    Credits* feeder_credits = nullptr;
    Cycle sent_at = kNever;  ///< last cycle in which the port sent
  };
  struct Output {
    WormholeRouter* next = nullptr;  ///< null: an end point, which takes every flit
    int next_port = -1;
    Credits credits;
    /// Packet that a virtual channel behind the output belongs to; -1: none, kDraining: the tail of
    /// one has been sent, its credit is not back.
    std::vector<int> owner;
    RoundRobin arbiter{1};          ///< of the switch
    RoundRobin channel_arbiter{1};  ///< of its virtual channels
    std::uint64_t flits = 0, stall_cycles = 0;
  };

  Channel& channel(std::size_t i) { return inputs_[i / channels_].channels[i % channels_]; }
  const Channel& channel(std::size_t i) const {
    return inputs_[i / channels_].channels[i % channels_];
  }
  Output& output_of(const Channel& c) { return outputs_[static_cast<std::size_t>(c.out_port)]; }
  void allot_channels(Cycle now);
  int free_channel(const Output& out, const Transit& t, Cycle now) const;
  void allot_switch(Cycle now);
  void forward(std::size_t i, Cycle now);
  void wake_for_buffered(Cycle now);

  Fabric& fabric_;
  const RouterId number_;
  const std::size_t channels_;  ///< per port, over all virtual networks
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<std::size_t> occupied_;    ///< channels with flits: port * channels_ + channel
  std::vector<std::size_t> candidates_;  ///< of one switch allocation
};

}  // namespace kirchhoff::hw
