#include "hw/noc/traffic_bench.h"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/format.h>

#include "base/error.h"
#include "base/stop_request.h"

namespace kirchhoff::hw {

TrafficNode::TrafficNode(const sc_core::sc_module_name& name, TileId tile, const NocConfig& config,
                         const Topology& topology, const Clock& clock)
    : sc_module(name), tile_(tile), config_(config), topology_(topology), clock_(clock) {
  to_noc.register_nb_transport_bw(this, &TrafficNode::room);
  from_noc.register_nb_transport_fw(this, &TrafficNode::arrived);
  SC_HAS_PROCESS(TrafficNode);
  SC_METHOD(generate);
  sensitive << generate_event_;
  dont_initialize();
  SC_METHOD(send);
  sensitive << send_event_;
  dont_initialize();
}

void TrafficNode::reset() {
  generate_event_.cancel();
  send_event_.cancel();
  queue_.clear();
  created_.clear();
  arrivals_.clear();
}

void TrafficNode::begin(const Traffic& traffic) {
  traffic_ = traffic;
  std::seed_seq seed{static_cast<std::uint32_t>(traffic.seed),
                     static_cast<std::uint32_t>(traffic.seed >> 32),
                     static_cast<std::uint32_t>(tile_)};
  engine_.seed(seed);
  next_ = gap(traffic_, engine_);
  generate_event_.notify(clock_.until(next_));
}

void TrafficNode::generate() {
  const Cycle now = clock_.now();
  // A run that ended in the cycle of a packet leaves the process ready to run: not in this one.
  if (now != next_) return;
  queue_.push_back({now, destination_of(traffic_, topology_, tile_, engine_)});
  created_.push_back(now);
  if (queue_.size() == 1) send();
  next_ = now + gap(traffic_, engine_);
  generate_event_.notify(clock_.until(next_));
}

// As much as the network interface takes; it calls when it has a place again.
void TrafficNode::send() {
  while (!queue_.empty()) {
    auto packet = make_packet();
    packet->id = static_cast<std::uint64_t>(tile_) * 100000000u + created_.size() - queue_.size();
    packet->source = node_of(tile_);
    packet->destination = node_of(queue_.front().destination);
    packet->created = queue_.front().created;
    packet->payload_bits = static_cast<long long>(traffic_.packet_flits - 1) * config_.flit_bits;
    tlm::tlm_phase phase = MESSAGE;
    sc_core::sc_time delay;
    auto& trans = sent_.with(std::move(packet), VirtualNetwork::kActivations);
    if (to_noc->nb_transport_fw(trans, phase, delay) != tlm::TLM_COMPLETED) {
      sent_.take_back();
      return;
    }
    queue_.pop_front();
  }
}

tlm::tlm_sync_enum TrafficNode::room(tlm::tlm_generic_payload&, tlm::tlm_phase&,
                                     sc_core::sc_time&) {
  send_event_.notify(sc_core::SC_ZERO_TIME);
  return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum TrafficNode::arrived(tlm::tlm_generic_payload& trans, tlm::tlm_phase&,
                                        sc_core::sc_time&) {
  const PacketPtr packet = std::move(MessageExtension::of(trans).packet);
  Arrival arrival;
  arrival.created = packet->created;
  arrival.arrived = clock_.now();
  arrival.source = TileId{index(packet->source)};
  arrival.hops = topology_.hops(packet->source, packet->destination);
  arrival.flits = packet->flits;
  arrival.flit_latency = static_cast<double>(packet->entered - packet->created) +
                         static_cast<double>(packet->flit_cycles) / packet->flits;
  arrivals_.push_back(arrival);
  tlm::tlm_phase phase = TAKEN;
  sc_core::sc_time delay;
  from_noc->nb_transport_bw(taken_.with(nullptr, network_of(packet->kind)), phase, delay);
  return tlm::TLM_COMPLETED;
}

TrafficBench::TrafficBench(int width, int height, const NocConfig& config, int mhz)
    : config_(config), clock_(mhz), noc_("noc", config, Topology(width, height, config), clock_) {
  for (const TileId tile : ids<TileId>(noc_.topology().tiles())) {
    give_up_if_stopped();
    nodes_.push_back(std::make_unique<TrafficNode>(("node" + std::to_string(index(tile))).c_str(),
                                                   tile, config, noc_.topology(), clock_));
    nodes_.back()->to_noc.bind(noc_.from_interfaces);
    noc_.to_interfaces.bind(nodes_.back()->from_noc);
  }
  sc_core::sc_report_handler::set_actions(sc_core::SC_ID_NO_SC_START_ACTIVITY_,
                                          sc_core::SC_DO_NOTHING);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
}

void TrafficBench::advance_to(Cycle cycle) {
  const sc_core::sc_time length = clock_.until(cycle);
  if (length > sc_core::SC_ZERO_TIME) sc_core::sc_start(length);
  give_up_if_stopped();
  if (!noc_.stuck()) return;
  std::vector<std::string> lines;
  noc_.report_waiting(lines);
  lines.resize(std::min<std::size_t>(lines.size(), 20));
  throw RunError(fmt::format("the network is deadlocked\n  {}", fmt::join(lines, "\n  ")));
}

TrafficPoint TrafficBench::run(const Traffic& traffic, Cycle warmup, Cycle cycles) {
  clock_.restart();
  noc_.reset();
  for (auto& node : nodes_) {
    node->reset();
    node->begin(traffic);
  }
  const Topology& topology = noc_.topology();
  const Cycle longest =
      zero_load_cycles(config_, topology.columns() + topology.rows() - 2, traffic.packet_flits);
  const Cycle end = warmup + cycles, limit = end + std::max(2 * cycles, 10 * longest);
  const auto measured = [&](Cycle cycle) { return cycle >= warmup && cycle < end; };

  advance_to(warmup);
  const NocCounters before = noc_.counters();
  advance_to(end);
  TrafficPoint point;
  point.links = noc_.counters().links;
  for (std::size_t i = 0; i < point.links.size(); ++i) {
    point.links[i].flits -= before.links[i].flits;
    point.links[i].stall_cycles -= before.links[i].stall_cycles;
  }
  std::stable_sort(point.links.begin(), point.links.end(),
                   [](const LinkLoad& a, const LinkLoad& b) { return a.flits > b.flits; });

  std::uint64_t created = 0;
  point.sources.resize(nodes_.size());
  for (const TileId n : nodes_.ids()) {
    for (const Cycle cycle : nodes_[n]->created()) point.sources[n].packets += measured(cycle);
    created += point.sources[n].packets;
  }
  std::vector<Cycle> latencies;
  const auto collect = [&] {
    latencies.clear();
    for (const auto& node : nodes_) {
      for (const TrafficNode::Arrival& a : node->arrivals()) {
        if (measured(a.created)) latencies.push_back(a.arrived - a.created);
      }
    }
    return latencies.size() == created;
  };
  Cycle now = end;
  while (!collect() && now < limit)
    advance_to(now = std::min(limit, now + std::max<Cycle>(cycles / 8, 1)));

  std::uint64_t flits = 0;
  IndexedVector<TileId, std::uint64_t> finished(nodes_.size(), 0);
  double sum = 0, flit_sum = 0, hops = 0, zero_load = 0;
  for (const auto& node : nodes_) {
    for (const TrafficNode::Arrival& a : node->arrivals()) {
      TrafficSource& source = point.sources[a.source];
      if (measured(a.arrived)) {
        flits += static_cast<std::uint64_t>(a.flits);
        ++source.arrived_packets;
        source.accepted += static_cast<double>(a.flits) / static_cast<double>(cycles);
      }
      if (!measured(a.created)) continue;
      sum += static_cast<double>(a.arrived - a.created);
      source.mean += static_cast<double>(a.arrived - a.created);
      ++finished[a.source];
      flit_sum += a.flit_latency;
      hops += a.hops;
      zero_load += 1.0 + static_cast<double>(zero_load_cycles(config_, a.hops, a.flits));
    }
  }
  for (const TileId n : nodes_.ids()) {
    if (finished[n] > 0) point.sources[n].mean /= static_cast<double>(finished[n]);
  }
  const double node_cycles = static_cast<double>(cycles) * nodes_.size();
  const auto arrived = static_cast<double>(latencies.size());
  point.offered = static_cast<double>(created) * traffic.packet_flits / node_cycles;
  point.accepted = static_cast<double>(flits) / node_cycles;
  point.packets = created;
  point.unfinished = created - latencies.size();
  point.saturated = point.unfinished > 0;
  if (latencies.empty()) return point;
  std::sort(latencies.begin(), latencies.end());
  const auto percentile = [&](double share) {
    return static_cast<double>(
        latencies[static_cast<std::size_t>(share * static_cast<double>(latencies.size() - 1))]);
  };
  point.mean = sum / arrived;
  point.p50 = percentile(0.5);
  point.p95 = percentile(0.95);
  point.p99 = percentile(0.99);
  point.flit_mean = flit_sum / arrived;
  point.hops = hops / arrived;
  point.zero_load = zero_load / arrived;
  // By Little's law a network that delays packets by three times the least latency holds three
  // times as many cycles' worth of the offered flits: those arrive after the end, others before.
  const double held = 3 * point.zero_load / static_cast<double>(cycles);
  point.saturated = point.saturated || point.mean > 3 * point.zero_load ||
                    point.accepted < (1 - std::max(0.05, held)) * point.offered;
  return point;
}

}  // namespace kirchhoff::hw
