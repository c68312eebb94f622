#include "hw/noc/router.h"

#include <algorithm>

#include <fmt/core.h>

namespace kirchhoff::hw {

Router::Router(const sc_core::sc_module_name& name, int index, const Mesh& mesh,
               const NocConfig& config, const Clock& clock, const Tracer* tracer)
    : sc_module(name),
      index_(index),
      mesh_(mesh),
      config_(config),
      clock_(clock),
      channels_(kVirtualNetworks * config.vcs),
      flits_probe_(Probe::bits(tracer, *this, "buffered_flits", 16)) {
  const int x = index % mesh.width, y = index / mesh.width;
  present_ = {y > 0, x + 1 < mesh.width, y + 1 < mesh.height, x > 0};
  for (int i = 0; i < mesh.local_ports(index); ++i) present_.push_back(true);

  const std::size_t ports = present_.size();
  inputs_.resize(ports);
  outputs_.resize(ports);
  for (std::size_t p = 0; p < ports; ++p) {
    if (!present_[p]) continue;
    InputPort& in = inputs_[p];
    in.socket = std::make_unique<Input>(("in" + std::to_string(p)).c_str());
    in.socket->register_nb_transport_fw(this, &Router::receive_flit, static_cast<int>(p));
    in.channels.resize(static_cast<std::size_t>(channels_));
    OutputPort& out = outputs_[p];
    out.socket = std::make_unique<Output>(("out" + std::to_string(p)).c_str());
    out.socket->register_nb_transport_bw(this, &Router::receive_credit, static_cast<int>(p));
    out.switch_arbiter = RoundRobin(ports * static_cast<std::size_t>(channels_));
  }
  credit_.set_extension(&credit_extension_);
  reset();

  SC_HAS_PROCESS(Router);
  SC_METHOD(step);
  sensitive << step_event_;
  dont_initialize();
}

void Router::reset() {
  step_event_.cancel();
  occupied_.clear();
  for (InputPort& in : inputs_) {
    for (InputChannel& channel : in.channels) {
      for (const Buffered& flit : channel.flits) flit.trans->release();
      channel = {};
    }
  }
  for (OutputPort& out : outputs_) {
    if (!out.socket) continue;
    out.credits.assign(static_cast<std::size_t>(channels_), config_.buffer_flits);
    out.returning.clear();
    out.owned.assign(static_cast<std::size_t>(channels_), false);
    out.switch_arbiter.reset();
  }
  counters_ = {};
}

tlm::tlm_sync_enum Router::receive_flit(int port, tlm::tlm_generic_payload& trans, tlm::tlm_phase&,
                                        sc_core::sc_time& delay) {
  const FlitExtension& flit = FlitExtension::of(trans);
  InputChannel& channel =
      inputs_[static_cast<std::size_t>(port)].channels[static_cast<std::size_t>(flit.vc)];
  sc_assert(static_cast<int>(channel.flits.size()) < config_.buffer_flits);
  const Cycle arrival = clock_.cycle_at(sc_core::sc_time_stamp() + delay);
  channel.flits.push_back({&trans, arrival});
  if (channel.flits.size() == 1) {
    channel.switch_from = arrival;
    const std::size_t index = static_cast<std::size_t>(port * channels_ + flit.vc);
    occupied_.insert(std::lower_bound(occupied_.begin(), occupied_.end(), index), index);
  }
  wake_at(arrival + (flit.is_head() ? static_cast<Cycle>(config_.rc_cycles) : 0));
  return tlm::TLM_ACCEPTED;
}

tlm::tlm_sync_enum Router::receive_credit(int port, tlm::tlm_generic_payload& trans,
                                          tlm::tlm_phase&, sc_core::sc_time& delay) {
  const Cycle cycle = clock_.cycle_at(sc_core::sc_time_stamp() + delay);
  outputs_[static_cast<std::size_t>(port)].returning.emplace_back(cycle,
                                                                  FlitExtension::of(trans).vc);
  wake_at(cycle);
  return tlm::TLM_ACCEPTED;
}

// An earlier pending wake-up stays; a process may run once too often, never too late.
void Router::wake_at(Cycle cycle) {
  step_event_.notify(clock_.until(std::max(cycle, clock_.now())));
}

void Router::step() {
  const Cycle now = clock_.now();
  take_credits(now);
  allocate_channels(now);
  allocate_switch(now);
  wake_for_buffered(now);
}

void Router::take_credits(Cycle now) {
  for (OutputPort& out : outputs_) {
    while (!out.returning.empty() && out.returning.front().first <= now) {
      ++out.credits[static_cast<std::size_t>(out.returning.front().second)];
      out.returning.pop_front();
    }
  }
}

// RC and VA of the heads at the front of their channels. The order of service turns with the cycle,
// so that no port is preferred and nothing depends on the history of wake-ups.
void Router::allocate_channels(Cycle now) {
  const std::size_t all = inputs_.size() * static_cast<std::size_t>(channels_);
  const auto first = std::lower_bound(occupied_.begin(), occupied_.end(), now % all);
  for (auto it = first; it != occupied_.end(); ++it) allocate_channel(channel(*it), now);
  for (auto it = occupied_.begin(); it != first; ++it) allocate_channel(channel(*it), now);
}

void Router::allocate_channel(InputChannel& channel, Cycle now) {
  if (channel.out_vc >= 0) return;
  const Buffered& front = channel.flits.front();
  if (front.arrival + static_cast<Cycle>(config_.rc_cycles) > now) return;
  const FlitExtension& flit = FlitExtension::of(*front.trans);
  sc_assert(flit.is_head());
  channel.out_port = mesh_.route(index_, flit.packet->destination);
  OutputPort& out = outputs_[static_cast<std::size_t>(channel.out_port)];
  const int first = static_cast<int>(network_of(flit.packet->kind)) * config_.vcs;
  for (int vc = first; vc < first + config_.vcs; ++vc) {
    if (out.owned[static_cast<std::size_t>(vc)]) continue;
    out.owned[static_cast<std::size_t>(vc)] = true;
    channel.out_vc = vc;
    channel.switch_from = now + static_cast<Cycle>(config_.va_cycles);
    break;
  }
}

// SA: every output grants one channel, every input port sends one flit.
void Router::allocate_switch(Cycle now) {
  candidates_.clear();
  for (const std::size_t i : occupied_) {
    const InputChannel& c = channel(i);
    if (c.out_vc >= 0 && c.switch_from <= now && c.flits.front().arrival <= now &&
        outputs_[static_cast<std::size_t>(c.out_port)].credits[static_cast<std::size_t>(c.out_vc)] >
            0) {
      candidates_.push_back(i);
    }
  }
  if (candidates_.empty()) return;
  for (InputPort& in : inputs_) in.granted = false;
  const auto channels = static_cast<std::size_t>(channels_);
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    const std::size_t port = (k + now) % outputs_.size();
    OutputPort& out = outputs_[port];
    if (!out.socket) continue;
    const std::size_t winner = out.switch_arbiter.pick_from(candidates_, [&](std::size_t i) {
      return !inputs_[i / channels].granted && channel(i).out_port == static_cast<int>(port);
    });
    if (winner == inputs_.size() * channels) continue;
    inputs_[winner / channels].granted = true;
    forward(winner / channels, winner % channels, now);
  }
}

// The winner leaves its buffer: a credit goes back, the flit crosses switch and link.
void Router::forward(std::size_t in_port, std::size_t in_vc, Cycle now) {
  InputPort& in = inputs_[in_port];
  InputChannel& channel = in.channels[in_vc];
  OutputPort& out = outputs_[static_cast<std::size_t>(channel.out_port)];
  const Buffered front = channel.flits.front();
  channel.flits.pop_front();
  if (channel.flits.empty()) {
    const std::size_t index = in_port * static_cast<std::size_t>(channels_) + in_vc;
    occupied_.erase(std::lower_bound(occupied_.begin(), occupied_.end(), index));
  }
  FlitExtension& flit = FlitExtension::of(*front.trans);

  const auto pipeline =
      static_cast<Cycle>(flit.is_head() ? config_.rc_cycles + config_.va_cycles : 0);
  const Cycle earliest =
      flit.is_head() ? front.arrival + pipeline : std::max(front.arrival, channel.switch_from);
  counters_.stall_cycles += now - earliest;
  const auto layer = static_cast<std::size_t>(flit.packet->layer);
  if (counters_.router_flits.size() <= layer) {
    counters_.router_flits.resize(layer + 1, 0);
    counters_.link_flits.resize(layer + 1, 0);
  }
  ++counters_.router_flits[layer];
  if (channel.out_port < kLocal) ++counters_.link_flits[layer];

  tlm::tlm_phase credit_phase = CREDIT;
  credit_extension_.vc = static_cast<int>(in_vc);
  sc_core::sc_time credit_delay = clock_.delay(1);
  (*in.socket)->nb_transport_bw(credit_, credit_phase, credit_delay);

  flit.vc = channel.out_vc;
  --out.credits[static_cast<std::size_t>(channel.out_vc)];
  const bool tail = flit.is_tail();
  if (tail) {
    out.owned[static_cast<std::size_t>(channel.out_vc)] = false;
    wake_at(now + 1);
  }
  tlm::tlm_phase phase = FLIT;
  sc_core::sc_time delay =
      clock_.delay(static_cast<Cycle>(config_.sa_cycles + config_.st_cycles + config_.link_cycles));
  (*out.socket)->nb_transport_fw(*front.trans, phase, delay);

  channel.switch_from = now + 1;
  if (tail) channel.out_port = channel.out_vc = -1;
}

// Whoever waits for a credit or for a channel is woken by its return; the others by their own time.
void Router::wake_for_buffered(Cycle now) {
  std::size_t buffered = 0;
  for (const std::size_t i : occupied_) {
    const InputChannel& c = channel(i);
    buffered += c.flits.size();
    const Buffered& front = c.flits.front();
    if (c.out_vc < 0) {
      const Cycle routed = front.arrival + static_cast<Cycle>(config_.rc_cycles);
      if (routed > now) wake_at(routed);
    } else if (outputs_[static_cast<std::size_t>(c.out_port)]
                   .credits[static_cast<std::size_t>(c.out_vc)] > 0) {
      wake_at(std::max({now + 1, front.arrival, c.switch_from}));
    }
  }
  flits_probe_.set(static_cast<std::int64_t>(buffered));
}

void Router::report_waiting(std::vector<std::string>& lines) const {
  for (std::size_t p = 0; p < inputs_.size(); ++p) {
    for (std::size_t v = 0; v < inputs_[p].channels.size(); ++v) {
      const InputChannel& channel = inputs_[p].channels[v];
      if (channel.flits.empty()) continue;
      const FlitExtension& flit = FlitExtension::of(*channel.flits.front().trans);
      std::string why = "waits for the switch";
      if (channel.out_vc < 0) {
        why = "waits for a free virtual channel";
      } else if (outputs_[static_cast<std::size_t>(channel.out_port)]
                     .credits[static_cast<std::size_t>(channel.out_vc)] == 0) {
        why = fmt::format("waits for a credit of virtual channel {} at output {}", channel.out_vc,
                          channel.out_port);
      }
      lines.push_back(fmt::format("{}: router {}, input {}, virtual channel {}: {}",
                                  flit.packet->describe(), index_, p, v, why));
    }
  }
}

}  // namespace kirchhoff::hw
