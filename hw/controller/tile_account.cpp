#include "hw/controller/tile_account.h"

#include <algorithm>

namespace kirchhoff::hw {

TileAccount::TileAccount(const Tracer* tracer, const sc_core::sc_object& controller, int noc_mhz)
    : fetch(tracer, controller, "fetch"),
      compute(tracer, controller, "compute"),
      drain(tracer, controller, "drain"),
      complete(tracer, controller, "complete"),
      receive(tracer, controller, "receive"),
      noc_mhz_(noc_mhz) {}

void TileAccount::reset() {
  for (SequenceAccount* account : all_) account->reset();
  last_ready_ps_ = 0;
  at_begin_ = at_first_product_ = at_last_ready_ = complete_at_last_ready_ = complete_at_end_ = {};
}

void TileAccount::keep_times(bool keep) {
  keeps_times_ = keep;
  for (SequenceAccount* account : all_) account->keep_times(keep);
}

void TileAccount::last_ready() {
  at_last_ready_ = compute.blame();
  complete_at_last_ready_ = complete.blame();
  last_ready_ps_ = now_ps();
}

TileTimes TileAccount::times() const {
  TileTimes times;
  if (!keeps_times_) return times;
  for (std::size_t i = 0; i < kActivities; ++i) {
    const std::uint64_t head = at_first_product_[i] - at_begin_[i];
    const std::uint64_t tail = complete_at_end_[i] - complete_at_last_ready_[i];
    const auto activity = static_cast<Activity>(i);
    // The last product's conversions are the end of the pipeline, no matter who waits for them.
    (is_service(activity) ? times.fill : times.by[i]) += head;
    (is_service(activity) || activity == Activity::kWaitProducts ? times.fill : times.by[i]) +=
        tail;
    times.by[i] += at_last_ready_[i] - at_first_product_[i];
  }
  return times;
}

Arrival TileAccount::arrival_of(const Packet& packet) const {
  if (!keeps_times_) return {};
  const auto noc_ps = [&](Cycle cycles) {
    return cycles * 1000000u / static_cast<unsigned>(noc_mhz_);
  };
  Arrival arrival;
  arrival.sent_ps = packet.sent_ps;
  arrival.arrived_ps = packet.arrived_ps;
  arrival.serialisation_ps = noc_ps(static_cast<Cycle>(packet.flits - 1));
  arrival.contention_ps = noc_ps(packet.contention_cycles);
  arrival.before = receive.blame();
  return arrival;
}

// The account of the last product's end may lie within this wait.
void TileAccount::explain_complete(const Arrival& arrival, std::uint64_t begin_ps) {
  if (!keeps_times_) return;
  explain(complete, arrival).correct(begin_ps, last_ready_ps_, complete_at_last_ready_);
}

// The wait that a packet has ended, from its end backwards: what `receive` did with the packet, and
// with those before it; the flits behind the first head, which come last; contention; the head's
// way. Before that the packet did not exist.
Hindsight TileAccount::explain(SequenceAccount& waiter, const Arrival& arrival) {
  const std::uint64_t now = now_ps();
  const std::uint64_t transit = arrival.arrived_ps - arrival.sent_ps;
  const std::uint64_t serialisation = std::min(arrival.serialisation_ps, transit);
  const std::uint64_t contention = std::min(arrival.contention_ps, transit - serialisation);
  std::uint64_t queued = now - arrival.arrived_ps;
  std::vector<SequenceAccount::WaitPart> taking;
  const ActivityTimes after = receive.blame();
  for (const Activity activity :
       {Activity::kWaitBus, Activity::kBus, Activity::kWaitEdram, Activity::kEdram}) {
    const auto i = static_cast<std::size_t>(activity);
    taking.push_back({activity, after[i] - arrival.before[i]});
    queued -= taking.back().ps;
  }
  std::vector<SequenceAccount::WaitPart> parts = {
      {Activity::kNocLatency, transit - serialisation - contention},
      {Activity::kNocContention, contention},
      {Activity::kNocSerialisation, serialisation},
      {Activity::kWaitReceive, queued}};
  parts.insert(parts.end(), taking.begin(), taking.end());
  return waiter.explain_wait(parts, all_);
}

}  // namespace kirchhoff::hw
