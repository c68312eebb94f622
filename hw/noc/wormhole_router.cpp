#include "hw/noc/wormhole_router.h"

#include <algorithm>
#include <cassert>

#include <fmt/core.h>

namespace kirchhoff::hw {

WormholeRouter::WormholeRouter(Fabric& fabric, RouterId number)
    : fabric_(fabric),
      number_(number),
      channels_(static_cast<std::size_t>(kVirtualNetworks * fabric.config_.vcs)) {
  const auto ports = static_cast<std::size_t>(fabric.topology_.ports());
  inputs_.resize(ports);
  outputs_.resize(ports);
  for (Input& in : inputs_) {
    in.channels.resize(channels_);
    for (Channel& c : in.channels)
      c.ring.resize(static_cast<std::size_t>(fabric.config_.buffer_flits));
  }
  for (Output& out : outputs_) out.arbiter = out.channel_arbiter = RoundRobin(ports * channels_);
  occupied_.reserve(ports * channels_);
  candidates_.reserve(ports * channels_);
}

void WormholeRouter::connect(int port, WormholeRouter& next, int next_port) {
  Output& out = outputs_[static_cast<std::size_t>(port)];
  out.next = &next;
  out.next_port = next_port;
  next.set_feeder(next_port, Fabric::part_of(number_), out.credits);
}

void WormholeRouter::reset() {
  for (Input& in : inputs_) {
    in.sent_at = kNever;
    for (Channel& c : in.channels) {
      c.first = c.size = c.high_water = 0;
      c.out_channel = -1;
      c.switch_from = 0;
    }
  }
  for (Output& out : outputs_) {
    out.credits.reset(channels_, fabric_.config_.buffer_flits);
    out.owner.assign(channels_, -1);
    out.arbiter.reset();
    out.channel_arbiter.reset();
    out.flits = out.stall_cycles = 0;
  }
  occupied_.clear();
}

void WormholeRouter::begin_turn() {
  for (Input& in : inputs_) in.sent_at = kNever;
  for (Output& out : outputs_) {
    out.credits.restart();
    out.owner.assign(channels_, -1);
    out.arbiter.reset();
    out.channel_arbiter.reset();
  }
}

void WormholeRouter::accept(int port, int vc, int number, bool head, bool tail, Cycle arrival) {
  Channel& c = inputs_[static_cast<std::size_t>(port)].channels[static_cast<std::size_t>(vc)];
  const int places = static_cast<int>(c.ring.size());
  assert(c.size < places);
  int at = c.first + c.size;
  if (at >= places) at -= places;
  c.ring[static_cast<std::size_t>(at)] = {arrival, number, head, tail};
  c.high_water = std::max(c.high_water, ++c.size);
  if (head) fabric_.arrive(fabric_.transit(number), number_, arrival + fabric_.setup_);
  if (c.size > 1) return;
  c.switch_from = arrival;
  const std::size_t i = static_cast<std::size_t>(port) * channels_ + static_cast<std::size_t>(vc);
  occupied_.insert(std::lower_bound(occupied_.begin(), occupied_.end(), i), i);
  fabric_.calendar_.schedule(Fabric::part_of(number_),
                             arrival + (head ? static_cast<Cycle>(fabric_.config_.rc_cycles) : 0));
}

int WormholeRouter::front_of(int port, int vc) const {
  const Channel& c = inputs_[static_cast<std::size_t>(port)].channels[static_cast<std::size_t>(vc)];
  return c.size > 0 ? c.front().transit : -1;
}

void WormholeRouter::step(Cycle now) {
  allot_channels(now);
  allot_switch(now);
  wake_for_buffered(now);
  if (fabric_.on_buffered) fabric_.on_buffered(number_, buffered());
}

// RC and VA of the heads at the front of their channels: each output hands its free virtual
// channels to requesters in turn.
void WormholeRouter::allot_channels(Cycle now) {
  candidates_.clear();
  std::uint32_t wanted = 0;
  for (const std::size_t i : occupied_) {
    Channel& c = channel(i);
    if (c.out_channel >= 0) continue;
    const Flit& front = c.front();
    if (front.arrival + static_cast<Cycle>(fabric_.config_.rc_cycles) > now) continue;
    c.out_port = fabric_.transit(front.transit).output;
    candidates_.push_back(i);
    wanted |= std::uint32_t{1} << c.out_port;
  }
  for (std::size_t port = 0; wanted != 0; ++port, wanted >>= 1) {
    if ((wanted & 1u) == 0) continue;
    Output& out = outputs_[port];
    while (true) {
      const std::size_t winner = out.channel_arbiter.pick_from(candidates_, [&](std::size_t i) {
        const Channel& c = channel(i);
        return c.out_port == static_cast<int>(port) && c.out_channel < 0 &&
               free_channel(out, fabric_.transit(c.front().transit), now) >= 0;
      });
      if (winner == inputs_.size() * channels_) break;
      Channel& c = channel(winner);
      Transit& t = fabric_.transit(c.front().transit);
      c.out_channel = free_channel(out, t, now);
      c.switch_from = now + static_cast<Cycle>(fabric_.config_.va_cycles);
      out.owner[static_cast<std::size_t>(c.out_channel)] = c.front().transit;
      if (!out.next) fabric_.begin_delivery(t);
    }
  }
}

// Virtual channel behind an output that the packet may have, or -1.
int WormholeRouter::free_channel(const Output& out, const Transit& t, Cycle now) const {
  const int first = t.network * fabric_.config_.vcs;
  for (int vc = first; vc < first + fabric_.config_.vcs; ++vc) {
    const int owner = out.owner[static_cast<std::size_t>(vc)];
    if (owner >= 0) continue;
    if (owner == kDraining && !out.credits.empty(static_cast<std::size_t>(vc), now)) continue;
    return out.next || fabric_.may_deliver(t) ? vc : -1;
  }
  return -1;
}

// SA: every output grants one channel, every input port sends one flit.
void WormholeRouter::allot_switch(Cycle now) {
  candidates_.clear();
  std::uint32_t wanted = 0;
  for (const std::size_t i : occupied_) {
    const Channel& c = channel(i);
    if (c.out_channel < 0 || c.switch_from > now || c.front().arrival > now) continue;
    const Output& out = output_of(c);
    if (out.next && out.credits.available(static_cast<std::size_t>(c.out_channel), now) == 0)
      continue;
    candidates_.push_back(i);
    wanted |= std::uint32_t{1} << c.out_port;
  }
  if (candidates_.size() == 1) {
    const std::size_t only = candidates_.front();
    output_of(channel(only)).arbiter.grant(only);
    forward(only, now);
    return;
  }
  for (std::size_t k = 0; wanted != 0 && k < outputs_.size(); ++k) {
    const std::size_t port = (k + now - fabric_.turn_) % outputs_.size();
    if (!(wanted >> port & 1u)) continue;
    wanted &= ~(std::uint32_t{1} << port);
    const std::size_t winner = outputs_[port].arbiter.pick_from(candidates_, [&](std::size_t i) {
      return inputs_[i / channels_].sent_at != now && channel(i).out_port == static_cast<int>(port);
    });
    if (winner == inputs_.size() * channels_) continue;
    candidates_.erase(std::lower_bound(candidates_.begin(), candidates_.end(), winner));
    forward(winner, now);
  }
}

// The winner leaves its buffer: a credit goes back, the flit crosses switch and link.
void WormholeRouter::forward(std::size_t i, Cycle now) {
  Input& in = inputs_[i / channels_];
  const std::size_t in_channel = i % channels_;
  Channel& c = in.channels[in_channel];
  const Flit flit = c.front();
  Transit& t = fabric_.transit(flit.transit);
  Output& out = output_of(c);
  const auto out_channel = static_cast<std::size_t>(c.out_channel);
  const Cycle earliest = flit.head ? t.ready : std::max(flit.arrival, c.switch_from);

  in.sent_at = now;
  ++c.first;
  if (c.first == static_cast<int>(c.ring.size())) c.first = 0;
  if (--c.size == 0) occupied_.erase(std::lower_bound(occupied_.begin(), occupied_.end(), i));
  const Cycle credited = now + static_cast<Cycle>(fabric_.config_.credit_cycles);
  // Before a late credit is there, the sender may use up what places it has; and a head may wait
  // for the whole channel.
  const bool missed = in.feeder_credits->give(in_channel, now, credited);
  if (missed || fabric_.config_.credit_cycles > 1 || fabric_.tail_credit_)
    fabric_.calendar_.schedule(in.feeder, credited);
  c.switch_from = now + 1;

  ++out.flits;
  out.stall_cycles += now - earliest;
  fabric_.last_move_ = std::max(fabric_.last_move_, now);
  LayerTraffic& traffic = fabric_.layer(t);
  ++traffic.router_flits;
  if (flit.tail) {
    out.owner[out_channel] = fabric_.tail_credit_ && out.next ? kDraining : -1;
    c.out_channel = -1;
    fabric_.calendar_.schedule(Fabric::part_of(number_), now + 1);
  }
  if (out.next) {
    ++traffic.link_flits;
    out.credits.take(out_channel, now);
    out.next->accept(out.next_port, static_cast<int>(out_channel), flit.transit, flit.head,
                     flit.tail, now + fabric_.onward_);
  } else {
    fabric_.deliver(flit.transit, 1, now + fabric_.onward_);
    if (flit.tail) fabric_.end_delivery(flit.transit, now + fabric_.onward_);
  }
}

// Whoever waits for a credit, a channel or an end point is woken by it; the others by their own
// time.
void WormholeRouter::wake_for_buffered(Cycle now) {
  for (const std::size_t i : occupied_) {
    const Channel& c = channel(i);
    const Flit& front = c.front();
    if (c.out_channel < 0) {
      const Cycle routed = front.arrival + static_cast<Cycle>(fabric_.config_.rc_cycles);
      if (routed > now) fabric_.calendar_.schedule(Fabric::part_of(number_), routed);
      continue;
    }
    const Output& out = output_of(c);
    if (!out.next || out.credits.available(static_cast<std::size_t>(c.out_channel), now + 1) > 0) {
      fabric_.calendar_.schedule(Fabric::part_of(number_),
                                 std::max({now + 1, front.arrival, c.switch_from}));
    }
  }
}

int WormholeRouter::buffered() const {
  int sum = 0;
  for (const std::size_t i : occupied_) sum += channel(i).size;
  return sum;
}

void WormholeRouter::count(NocCounters& counters) const {
  const Topology& topology = fabric_.topology_;
  for (int port = 0; port < topology.ports(); ++port) {
    if (!topology.has_port(number_, port)) continue;
    const Output& out = outputs_[static_cast<std::size_t>(port)];
    counters.links.push_back({number_, port, topology.neighbour(number_, port),
                              topology.end_point(number_, port), out.flits, out.stall_cycles});
    const auto& channels = inputs_[static_cast<std::size_t>(port)].channels;
    for (std::size_t vc = 0; vc < channels.size(); ++vc)
      counters.buffers.push_back({number_, port, static_cast<int>(vc), channels[vc].high_water});
  }
}

// One line per packet, at its head; the flits behind it wait for it.
void WormholeRouter::waits(std::vector<Wait>& waits) const {
  for (const std::size_t i : occupied_) {
    const Channel& c = channel(i);
    int before = -1;
    for (int k = 0; k < c.size; ++k) {
      const Flit& flit = c.ring[static_cast<std::size_t>(c.first + k) % c.ring.size()];
      if (!flit.head) continue;
      const Transit& t = fabric_.transit(flit.transit);
      const Output& out = outputs_[static_cast<std::size_t>(t.output)];
      Wait wait = fabric_.wait_at(flit.transit, number_, static_cast<int>(i / channels_),
                                  static_cast<int>(i % channels_));
      if (k > 0) {
        wait.what = "waits for the packet before it";
        wait.on = before >= 0 ? before : c.front().transit;
      } else if (c.out_channel >= 0) {
        wait.what = fmt::format("waits for a credit of virtual channel {} at output {}",
                                c.out_channel, name_of_port(t.output));
        if (out.next) wait.on = out.next->front_of(out.next_port, c.out_channel);
      } else {
        const auto first = static_cast<std::size_t>(t.network * fabric_.config_.vcs);
        const auto last = first + static_cast<std::size_t>(fabric_.config_.vcs);
        const bool free = std::find(out.owner.begin() + static_cast<std::ptrdiff_t>(first),
                                    out.owner.begin() + static_cast<std::ptrdiff_t>(last),
                                    -1) != out.owner.begin() + static_cast<std::ptrdiff_t>(last);
        if (free && !out.next) {
          wait.what = fmt::format("waits for node {} to take a message",
                                  index(*fabric_.topology_.end_point(number_, t.output)));
        } else {
          wait.what =
              fmt::format("waits for a virtual channel of output {}", name_of_port(t.output));
          wait.on = std::max(out.owner[first], -1);
        }
      }
      waits.push_back(std::move(wait));
      before = flit.transit;
    }
  }
}

}  // namespace kirchhoff::hw
