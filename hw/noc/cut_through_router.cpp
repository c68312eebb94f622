#include "hw/noc/cut_through_router.h"

#include <algorithm>

#include <fmt/core.h>

namespace kirchhoff::hw {

CutThroughRouter::CutThroughRouter(Fabric& fabric, RouterId number)
    : fabric_(fabric),
      number_(number),
      vcs_(fabric.config_.vcs),
      places_(fabric.config_.buffer_flits),
      channels_(static_cast<std::size_t>(kVirtualNetworks * vcs_)) {
  const auto ports = static_cast<std::size_t>(fabric.topology_.ports());
  inputs_.resize(ports);
  outputs_.resize(ports);
  buffers_.resize(ports * channels_);
  for (std::size_t i = 0; i < buffers_.size(); ++i)
    buffers_[i].port = static_cast<int>(i / channels_);
  for (Output& out : outputs_) out.arbiter = RoundRobin(buffers_.size());
  // Room for all that can ever stand in them: no allocation while packets move.
  occupied_.reserve(buffers_.size());
  ready_.reserve(buffers_.size());
}

void CutThroughRouter::connect(int port, CutThroughRouter& next, int next_port) {
  outputs_[static_cast<std::size_t>(port)].next = &next;
  outputs_[static_cast<std::size_t>(port)].next_port = next_port;
  next.set_feeder(next_port, Fabric::part_of(number_));
}

void CutThroughRouter::reset() {
  for (Input& in : inputs_) {
    in.free_at = 0;
    in.feeder_waits = false;
  }
  for (Buffer& b : buffers_) {
    const int port = b.port;
    b = {};
    b.port = port;
  }
  for (Output& out : outputs_) {
    out.free_at = 0;
    out.flits = out.stall_cycles = 0;
    out.arbiter.reset();
  }
  occupied_.clear();
}

void CutThroughRouter::begin_turn() {
  for (Input& in : inputs_) {
    in.free_at = 0;
    in.feeder_waits = false;
  }
  for (Buffer& b : buffers_) {
    b.used = b.leaving = 0;
    b.release = 0;
  }
  for (Output& out : outputs_) {
    out.free_at = 0;
    out.arbiter.reset();
  }
}

void CutThroughRouter::wait_for_room(int port, int network, Cycle now) {
  Input& in = inputs_[static_cast<std::size_t>(port)];
  in.feeder_waits = true;
  const std::size_t first = first_channel(port, network);
  for (std::size_t i = first; i < first + static_cast<std::size_t>(vcs_); ++i) {
    if (buffers_[i].release > now) fabric_.calendar_.schedule(in.feeder, buffers_[i].release);
  }
}

int CutThroughRouter::in_the_way(int port, int network) const {
  return buffers_[first_channel(port, network)].front;
}

// The virtual channel behind its output that the packet at the front would get; -1 when it cannot
// go in this cycle.
inline int CutThroughRouter::way_out(const Buffer& buffer, const Transit& t, Cycle now) const {
  const Output& out = outputs_[static_cast<std::size_t>(t.output)];
  if (out.free_at > now || inputs_[static_cast<std::size_t>(buffer.port)].free_at > now) return -1;
  if (out.next) return out.next->channel_with_room(out.next_port, t.network, t.flits, now);
  return fabric_.may_deliver(t) ? 0 : -1;
}

void CutThroughRouter::step(Cycle now) {
  if (occupied_.size() == 1) {  // mostly
    const std::size_t channel = occupied_.front();
    if (buffers_[channel].ready <= now) serve(channel, now);
  } else {
    ready_.clear();
    for (const std::size_t channel : occupied_) {
      if (buffers_[channel].ready <= now) ready_.push_back(channel);
    }
    if (ready_.size() == 1) {
      serve(ready_.front(), now);
    } else if (!ready_.empty()) {
      arbitrate(now);
    }
  }
  if (fabric_.on_buffered) fabric_.on_buffered(number_, buffered());
}

// Nobody else asks.
void CutThroughRouter::serve(std::size_t channel, Cycle now) {
  const int next = way_out(buffers_[channel], front(channel), now);
  if (next >= 0) {
    grant(channel, next, now);
  } else {
    wake_for(channel, now);
  }
}

// Every output grants one channel, the one whose turn comes first, and every input port sends one
// packet. The order in which outputs are served turns with the cycle, so that none is preferred.
void CutThroughRouter::arbitrate(Cycle now) {
  std::uint32_t wanted = 0;
  for (const std::size_t channel : ready_) wanted |= std::uint32_t{1} << front(channel).output;
  const auto ports = static_cast<unsigned>(outputs_.size());
  unsigned port = static_cast<unsigned>(now - fabric_.turn_) % ports;
  for (; wanted != 0; port = port + 1 == ports ? 0 : port + 1) {
    if (!(wanted >> port & 1u)) continue;
    wanted &= ~(std::uint32_t{1} << port);
    if (outputs_[port].free_at > now) continue;
    std::size_t winner = 0, nearest = buffers_.size() + 1;
    int way = -1;
    for (std::size_t r = 0; r < ready_.size(); ++r) {
      const Transit& t = front(ready_[r]);
      if (t.output != static_cast<int>(port)) continue;
      const std::size_t distance = outputs_[port].arbiter.distance(ready_[r]);
      if (distance >= nearest) continue;
      const int next = way_out(buffers_[ready_[r]], t, now);
      if (next < 0) continue;
      winner = r;
      nearest = distance;
      way = next;
    }
    if (way < 0) continue;
    grant(ready_[winner], way, now);
    ready_[winner] = ready_.back();
    ready_.pop_back();
  }
  for (const std::size_t channel : ready_) wake_for(channel, now);
}

inline void CutThroughRouter::grant(std::size_t channel, int next_channel, Cycle now) {
  Buffer& b = buffers_[channel];
  Input& in = inputs_[static_cast<std::size_t>(b.port)];
  const int number = b.front;
  Transit& t = fabric_.transit(number);
  Output& out = outputs_[static_cast<std::size_t>(t.output)];
  const auto length = static_cast<Cycle>(t.flits);
  const Cycle over = now + length;

  // A port sends one packet at a time, so the one that left before has released its room by now.
  b.settle(now);
  b.leaving = t.flits;
  b.release = over;
  in.free_at = out.free_at = over;
  if (in.feeder_waits) {
    in.feeder_waits = false;
    fabric_.calendar_.schedule(in.feeder, over);
  }
  b.front = t.next;
  if (b.front < 0) {
    leave(channel);
  } else {
    b.ready = fabric_.transit(b.front).ready;
    fabric_.calendar_.schedule(Fabric::part_of(number_), std::max(over, b.ready));
  }

  out.arbiter.grant(channel);
  out.flits += length;
  out.stall_cycles += now - t.ready;
  fabric_.last_move_ = std::max(fabric_.last_move_, over);
  LayerTraffic& traffic = fabric_.layer(t);
  traffic.router_flits += length;
  if (out.next) {
    traffic.link_flits += length;
    out.next->accept(out.next_port, next_channel, number, now + fabric_.onward_ + fabric_.setup_);
  } else {
    fabric_.begin_delivery(t);
    fabric_.deliver(number, t.flits, over - 1 + fabric_.onward_);
    fabric_.end_delivery(number, over - 1 + fabric_.onward_);
  }
}

/// The channel is empty.
inline void CutThroughRouter::leave(std::size_t channel) {
  if (occupied_.size() > 1)
    *std::find(occupied_.begin(), occupied_.end(), channel) = occupied_.back();
  occupied_.pop_back();
}

// A packet that could not go looks again when its ports are free, or when there may be room.
// Whoever takes a port before it does so in a step of this router, which comes by here again.
void CutThroughRouter::wake_for(std::size_t channel, Cycle now) {
  const Transit& t = front(channel);
  const Output& out = outputs_[static_cast<std::size_t>(t.output)];
  const Cycle free =
      std::max(out.free_at, inputs_[static_cast<std::size_t>(buffers_[channel].port)].free_at);
  if (free > now) {
    fabric_.calendar_.schedule(Fabric::part_of(number_), free);
  } else if (out.next) {
    out.next->wait_for_room(out.next_port, t.network, now);
  }
  // A full end point calls when it has a place.
}

int CutThroughRouter::buffered() const {
  int sum = 0;
  for (const Buffer& b : buffers_) sum += b.used_at(fabric_.now());
  return sum;
}

void CutThroughRouter::count(NocCounters& counters) const {
  const Topology& topology = fabric_.topology_;
  for (int port = 0; port < topology.ports(); ++port) {
    if (!topology.has_port(number_, port)) continue;
    const Output& out = outputs_[static_cast<std::size_t>(port)];
    counters.links.push_back({number_, port, topology.neighbour(number_, port),
                              topology.end_point(number_, port), out.flits, out.stall_cycles});
    const std::size_t first = first_channel(port, 0);
    for (std::size_t vc = 0; vc < channels_; ++vc) {
      counters.buffers.push_back(
          {number_, port, static_cast<int>(vc), buffers_[first + vc].high_water});
    }
  }
}

void CutThroughRouter::waits(std::vector<Wait>& waits) const {
  for (const std::size_t channel : occupied_) {
    int before = -1;
    for (int n = buffers_[channel].front; n >= 0; n = fabric_.transit(n).next) {
      const Transit& t = fabric_.transit(n);
      const Output& out = outputs_[static_cast<std::size_t>(t.output)];
      Wait wait = fabric_.wait_at(n, number_, static_cast<int>(channel / channels_),
                                  static_cast<int>(channel % channels_));
      if (before >= 0) {
        wait.what = "waits for the packet before it";
        wait.on = before;
      } else if (!out.next) {
        wait.what = fmt::format("waits for node {} to take a message",
                                index(*fabric_.topology_.end_point(number_, t.output)));
      } else {
        wait.what = fmt::format("waits for room in router {}", index(out.next->number_));
        wait.on = out.next->in_the_way(out.next_port, t.network);
      }
      waits.push_back(std::move(wait));
      before = n;
    }
  }
}

}  // namespace kirchhoff::hw
