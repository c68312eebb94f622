#include "hw/noc/cut_through_router.h"

#include <algorithm>

#include <fmt/core.h>

namespace kirchhoff::hw {

CutThroughRouter::CutThroughRouter(Fabric& fabric, int number)
    : fabric_(fabric),
      number_(number),
      channels_(static_cast<std::size_t>(kVirtualNetworks * fabric.config_.vcs)) {
  const auto ports = static_cast<std::size_t>(fabric.topology_.ports());
  inputs_.resize(ports);
  outputs_.resize(ports);
  for (Output& out : outputs_) out.arbiter = RoundRobin(ports * channels_);
  for (Input& in : inputs_) in.buffers.resize(channels_);
  // Room for all that can ever stand in them: no allocation while packets move.
  occupied_.reserve(ports * channels_);
  ready_.reserve(ports * channels_);
}

void CutThroughRouter::connect(int port, CutThroughRouter& next, int next_port) {
  outputs_[static_cast<std::size_t>(port)].next = &next;
  outputs_[static_cast<std::size_t>(port)].next_port = next_port;
  next.set_feeder(next_port, number_);
}

void CutThroughRouter::reset() {
  for (Input& in : inputs_) {
    in.free_at = 0;
    in.feeder_waits = false;
    for (Buffer& b : in.buffers) b = {};
  }
  for (Output& out : outputs_) {
    out.free_at = 0;
    out.flits = out.stall_cycles = 0;
    out.arbiter.reset();
  }
  occupied_.clear();
}

int CutThroughRouter::channel_with_room(int port, int network, int flits, Cycle now) const {
  const auto& buffers = inputs_[static_cast<std::size_t>(port)].buffers;
  const int first = network * fabric_.config_.vcs;
  int best = -1, most = flits - 1;
  for (int vc = first; vc < first + fabric_.config_.vcs; ++vc) {
    const int room =
        fabric_.config_.buffer_flits - buffers[static_cast<std::size_t>(vc)].used_at(now);
    if (room > most) {
      best = vc;
      most = room;
    }
  }
  return best;
}

void CutThroughRouter::accept(int port, int channel, int number, Cycle ready) {
  Transit& t = fabric_.transit(number);
  t.next = -1;
  fabric_.arrive(t, number_, ready);
  Buffer& b = inputs_[static_cast<std::size_t>(port)].buffers[static_cast<std::size_t>(channel)];
  b.settle(fabric_.now());
  b.used += t.flits;
  b.high_water = std::max(b.high_water, b.used);
  if (b.front < 0) {
    b.front = number;
    const std::size_t i =
        static_cast<std::size_t>(port) * channels_ + static_cast<std::size_t>(channel);
    occupied_.insert(std::lower_bound(occupied_.begin(), occupied_.end(), i), i);
  } else {
    fabric_.transit(b.back).next = number;
  }
  b.back = number;
  fabric_.calendar_.schedule(number_, ready);
}

void CutThroughRouter::wait_for_room(int port, int network, Cycle now) {
  Input& in = inputs_[static_cast<std::size_t>(port)];
  in.feeder_waits = true;
  const int first = network * fabric_.config_.vcs;
  for (int vc = first; vc < first + fabric_.config_.vcs; ++vc) {
    const Buffer& b = in.buffers[static_cast<std::size_t>(vc)];
    if (b.release > now) fabric_.calendar_.schedule(in.feeder, b.release);
  }
}

int CutThroughRouter::in_the_way(int port, int network) const {
  const auto& buffers = inputs_[static_cast<std::size_t>(port)].buffers;
  return buffers[static_cast<std::size_t>(network * fabric_.config_.vcs)].front;
}

bool CutThroughRouter::can_go(std::size_t channel, Cycle now) const {
  const Transit& t = fabric_.transit(buffer(channel).front);
  const Output& out = outputs_[static_cast<std::size_t>(t.output)];
  if (out.free_at > now || inputs_[channel / channels_].free_at > now) return false;
  return out.next ? out.next->channel_with_room(out.next_port, t.network, t.flits, now) >= 0
                  : fabric_.may_deliver(t);
}

void CutThroughRouter::step(Cycle now) {
  ready_.clear();
  for (const std::size_t channel : occupied_) {
    if (fabric_.transit(buffer(channel).front).ready <= now) ready_.push_back(channel);
  }
  if (ready_.size() == 1) {
    const std::size_t channel = ready_.front();
    if (can_go(channel, now)) {
      outputs_[static_cast<std::size_t>(fabric_.transit(buffer(channel).front).output)]
          .arbiter.grant(channel);
      grant(channel, now);
    } else {
      wake_for(channel, now);
    }
  } else if (!ready_.empty()) {
    arbitrate(now);
  }
  if (fabric_.on_buffered) fabric_.on_buffered(number_, buffered());
}

// Every output grants one channel, every input port sends one packet. The order in which outputs
// are served turns with the cycle, so that none is preferred.
void CutThroughRouter::arbitrate(Cycle now) {
  std::uint32_t wanted = 0;
  for (const std::size_t channel : ready_)
    wanted |= std::uint32_t{1} << fabric_.transit(buffer(channel).front).output;
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    const std::size_t port = (k + now) % outputs_.size();
    if (!(wanted >> port & 1u) || outputs_[port].free_at > now) continue;
    const std::size_t winner = outputs_[port].arbiter.pick_from(ready_, [&](std::size_t channel) {
      return inputs_[channel / channels_].free_at <= now &&
             fabric_.transit(buffer(channel).front).output == static_cast<int>(port) &&
             can_go(channel, now);
    });
    if (winner == inputs_.size() * channels_) continue;
    grant(winner, now);
    ready_.erase(std::lower_bound(ready_.begin(), ready_.end(), winner));
  }
  for (const std::size_t channel : ready_) wake_for(channel, now);
}

void CutThroughRouter::grant(std::size_t channel, Cycle now) {
  Input& in = inputs_[channel / channels_];
  Buffer& b = buffer(channel);
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
    b.back = -1;
    occupied_.erase(std::lower_bound(occupied_.begin(), occupied_.end(), channel));
  } else {
    fabric_.calendar_.schedule(number_, over);
  }

  out.flits += length;
  out.stall_cycles += now - t.ready;
  fabric_.last_move_ = over;
  LayerTraffic& traffic = fabric_.layer(t);
  traffic.router_flits += length;
  if (out.next) {
    traffic.link_flits += length;
    const int next = out.next->channel_with_room(out.next_port, t.network, t.flits, now);
    out.next->accept(out.next_port, next, number, now + fabric_.onward_ + fabric_.setup_);
  } else {
    fabric_.begin_delivery(t);
    fabric_.deliver(number, t.flits, over - 1 + fabric_.onward_);
    fabric_.end_delivery(number, over - 1 + fabric_.onward_);
  }
}

// A packet that could not go looks again when its ports are free, or when there may be room.
// Whoever takes a port before it does so in a step of this router, which comes by here again.
void CutThroughRouter::wake_for(std::size_t channel, Cycle now) {
  const Transit& t = fabric_.transit(buffer(channel).front);
  const Output& out = outputs_[static_cast<std::size_t>(t.output)];
  const Cycle free = std::max(out.free_at, inputs_[channel / channels_].free_at);
  if (free > now) {
    fabric_.calendar_.schedule(number_, free);
  } else if (out.next) {
    out.next->wait_for_room(out.next_port, t.network, now);
  }
  // A full end point calls when it has a place.
}

int CutThroughRouter::buffered() const {
  int sum = 0;
  for (const Input& in : inputs_) {
    for (const Buffer& b : in.buffers) sum += b.used_at(fabric_.now());
  }
  return sum;
}

void CutThroughRouter::count(NocCounters& counters) const {
  const Topology& topology = fabric_.topology_;
  for (int port = 0; port < topology.ports(); ++port) {
    if (!topology.has_port(number_, port)) continue;
    const Output& out = outputs_[static_cast<std::size_t>(port)];
    counters.links.push_back({number_, port, topology.neighbour(number_, port),
                              topology.end_point(number_, port), out.flits, out.stall_cycles});
    const auto& buffers = inputs_[static_cast<std::size_t>(port)].buffers;
    for (std::size_t vc = 0; vc < buffers.size(); ++vc)
      counters.buffers.push_back({number_, port, static_cast<int>(vc), buffers[vc].high_water});
  }
}

void CutThroughRouter::waits(std::vector<Wait>& waits) const {
  for (const std::size_t channel : occupied_) {
    int before = -1;
    for (int n = buffer(channel).front; n >= 0; n = fabric_.transit(n).next) {
      const Transit& t = fabric_.transit(n);
      const Output& out = outputs_[static_cast<std::size_t>(t.output)];
      Wait wait = fabric_.wait_at(n, number_, static_cast<int>(channel / channels_),
                                  static_cast<int>(channel % channels_));
      if (before >= 0) {
        wait.what = "waits for the packet before it";
        wait.on = before;
      } else if (!out.next) {
        wait.what = fmt::format("waits for node {} to take a message",
                                fabric_.topology_.end_point(number_, t.output));
      } else {
        wait.what = fmt::format("waits for room in router {}", out.next->number_);
        wait.on = out.next->in_the_way(out.next_port, t.network);
      }
      waits.push_back(std::move(wait));
      before = n;
    }
  }
}

}  // namespace kirchhoff::hw
