#include "hw/noc/noc.h"

#include <algorithm>

#include <fmt/core.h>

namespace kirchhoff::hw {

Noc::Noc(const sc_core::sc_module_name& name, const NocConfig& config, const Topology& topology,
         const Clock& clock, const Tracer* tracer, const Routing* routing)
    : sc_module(name),
      clock_(clock),
      fabric_(make_fabric(config, topology, routing ? *routing : xy_)),
      room_watched_(topology.end_points()) {
  from_interfaces.register_nb_transport_fw(this, &Noc::message_sent);
  to_interfaces.register_nb_transport_bw(this, &Noc::message_taken);
  if (tracer && tracer->vcd) {
    const auto add = [&](const std::string& scope, const char* signal, auto& probes) {
      scopes_.push_back(std::make_unique<Scope>(scope));
      probes.push_back(Probe::level(tracer, *scopes_.back(), signal, 16));
    };
    for (int r = 0; r < topology.routers(); ++r)
      add("router" + std::to_string(r), "buffered_flits", buffered_);
    for (int e = 0; e < topology.end_points(); ++e)
      add("node" + std::to_string(e), "send_queue", queued_);
    const auto on = [](const Probe& probe) { return static_cast<bool>(probe); };
    every_cycle_ = std::any_of(buffered_.begin(), buffered_.end(), on) ||
                   std::any_of(queued_.begin(), queued_.end(), on);
  }
  if (every_cycle_) {
    fabric_->on_buffered = [this](RouterId router, int flits) {
      buffered_[router].set(std::int64_t{flits});
    };
    fabric_->on_queued = [this](NodeId end_point, int messages) {
      queued_[end_point].set(std::int64_t{messages});
    };
  }
}

void Noc::reset() {
  wake_.cancel();
  watchdog_.cancel();
  fabric_->reset();
  watches_ = {};
  parked_.clear();
  for (auto& watched : room_watched_) watched.fill(false);
  armed_ = kNever;
  waking_ = stuck_ = false;
}

void Noc::begin_turn() {
  const Cycle now = last_edge();
  fabric_->run(now);
  fabric_->begin_turn(now);
}

// Everything at or before this edge has been decided by what end points did before it.
Cycle Noc::last_edge() const { return clock_.last(); }

tlm::tlm_sync_enum Noc::message_sent(int socket, tlm::tlm_generic_payload& trans, tlm::tlm_phase&,
                                     sc_core::sc_time&) {
  const NodeId end_point{socket};
  const Cycle now = last_edge();
  fabric_->run(now);
  MessageExtension& message = MessageExtension::of(trans);
  const int network = static_cast<int>(message.network);
  if (fabric_->full(end_point, network, now)) {
    bool& watched = room_watched_[end_point][static_cast<std::size_t>(network)];
    if (!watched) watch_again({0, -1, end_point, network});
    watched = true;
    arm();
    return tlm::TLM_ACCEPTED;
  }
  const int number = fabric_->send(end_point, std::move(message.packet), now + 1);
  watch_again({0, number, end_point, network});
  arm();
  return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum Noc::message_taken(int socket, tlm::tlm_generic_payload& trans, tlm::tlm_phase&,
                                      sc_core::sc_time&) {
  const NodeId end_point{socket};
  const Cycle now = last_edge();
  fabric_->run(now);
  fabric_->take(end_point, static_cast<int>(MessageExtension::of(trans).network), now + 1);
  arm();
  return tlm::TLM_ACCEPTED;
}

void Noc::wake() {
  armed_ = kNever;
  waking_ = true;
  const Cycle now = last_edge();
  fabric_->run(now);
  while (!watches_.empty() && watches_.top().cycle <= now) {
    const Watch watch = watches_.top();
    watches_.pop();
    if (!happens(watch, now)) watch_again(watch);
  }
  waking_ = false;
  arm();
}

bool Noc::happens(const Watch& watch, Cycle now) {
  tlm::tlm_phase phase = ARRIVED;
  sc_core::sc_time delay;
  if (watch.message >= 0) {
    const Message& message = fabric_->message(watch.message);
    if (message.done > now) return false;
    const int to = index(message.destination);
    const auto network = static_cast<VirtualNetwork>(message.network);
    to_interfaces[to]->nb_transport_fw(arrived_.with(fabric_->finish(watch.message), network),
                                       phase, delay);
    return true;
  }
  if (fabric_->full(watch.end_point, watch.network, now)) return false;
  room_watched_[watch.end_point][static_cast<std::size_t>(watch.network)] = false;
  phase = ROOM;
  from_interfaces[index(watch.end_point)]->nb_transport_bw(
      room_.with(nullptr, static_cast<VirtualNetwork>(watch.network)), phase, delay);
  return true;
}

Cycle Noc::bound_of(const Watch& watch) const {
  return watch.message >= 0 ? fabric_->arrival_bound(watch.message)
                            : fabric_->place_bound(watch.end_point, watch.network);
}

void Noc::watch_again(Watch watch) {
  watch.cycle = bound_of(watch);
  if (watch.cycle == kNever) {
    parked_.push_back(watch);
  } else {
    watches_.push(watch);
  }
}

// When the network has something to do again, so may those have whom it could not serve.
void Noc::arm() {
  if (waking_) return;
  if (!parked_.empty() && fabric_->next() != kNever) {
    std::vector<Watch> parked;
    parked.swap(parked_);
    for (const Watch& watch : parked) watch_again(watch);
  }
  Cycle cycle = watches_.empty() ? kNever : watches_.top().cycle;
  if (every_cycle_) cycle = std::min(cycle, fabric_->next());
  if (cycle != kNever) {
    if (cycle >= armed_) return;
    armed_ = cycle;
    wake_.at(clock_.edge_ps(cycle));
  } else if (fabric_->inside() > 0 && fabric_->config().watchdog_cycles > 0) {
    watchdog_.at(clock_.edge_ps(std::max(fabric_->last_move(), fabric_->now()) +
                                static_cast<Cycle>(fabric_->config().watchdog_cycles)));
  }
}

// The watchdog: an earlier look may have been overtaken by packets that moved since.
void Noc::look() {
  const Cycle now = last_edge();
  fabric_->run(now);
  const auto patience = static_cast<Cycle>(fabric_->config().watchdog_cycles);
  if (fabric_->inside() == 0 || fabric_->next() != kNever) return;
  if (fabric_->last_move() + patience > now) {
    watchdog_.at(clock_.edge_ps(fabric_->last_move() + patience));
    return;
  }
  stuck_ = true;
  agenda_->pause();
}

NocCounters Noc::counters() const {
  fabric_->run(last_edge());
  return fabric_->counters();
}

LayerTraffic Noc::traffic_of(LayerLabel layer) const {
  fabric_->run(last_edge());
  return fabric_->traffic_of(layer);
}

void Noc::report_waiting(std::vector<std::string>& lines) const {
  if (stuck_) {
    lines.push_back(fmt::format("no packet of the network has moved for {} cycles",
                                fabric_->config().watchdog_cycles));
  }
  for (std::string& line : wait_report(fabric_->waits())) lines.push_back(std::move(line));
}

}  // namespace kirchhoff::hw
