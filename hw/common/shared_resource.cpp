#include "hw/common/shared_resource.h"

namespace kirchhoff::hw {

SharedResource::SharedResource(const sc_core::sc_module_name& name, const Clock& clock,
                               std::vector<const char*> requesters, const Tracer* tracer)
    : sc_module(name),
      clock_(clock),
      names_(std::move(requesters)),
      round_robin_(names_.size()),
      owner_(Probe::text(tracer, *this, "owner")) {
  for (std::size_t i = 0; i < names_.size(); ++i) requests_.push_back(std::make_unique<Request>());
  SC_HAS_PROCESS(SharedResource);
  SC_METHOD(arbitrate);
  sensitive << arbitrate_event_;
  dont_initialize();
}

void SharedResource::reset() {
  arbitrate_event_.cancel();
  for (auto& request : requests_) {
    request->pending = false;
    request->served.cancel();
  }
  round_robin_.reset();
  pending_ = 0;
  free_at_ = 0;
  busy_cycles_ = stall_cycles_ = 0;
}

void SharedResource::occupy(std::size_t requester, Cycle cycles, GrantListener* listener) {
  Request& request = *requests_[requester];
  sc_assert(!request.pending);
  const Cycle now = clock_.now();
  // A request made exactly on edge k is seen at edge k + 1; one made between edges, at the next
  // edge.
  request.since = clock_.edge(now) == sc_core::sc_time_stamp() ? now + 1 : now;
  request.cycles = cycles;
  request.listener = listener;
  request.pending = true;
  ++pending_;
  arbitrate_event_.notify(clock_.until(std::max(request.since, free_at_)));
  wait(request.served);
}

void SharedResource::arbitrate() {
  const Cycle now = clock_.now();
  if (now < free_at_) {
    if (pending_ > 0) arbitrate_event_.notify(clock_.until(free_at_));
    return;
  }
  const std::size_t winner = round_robin_.pick(
      [&](std::size_t i) { return requests_[i]->pending && requests_[i]->since <= now; });
  if (winner == requests_.size()) return;  // whoever asked too late for this edge comes again
  Request& request = *requests_[winner];
  request.pending = false;
  --pending_;
  stall_cycles_ += now - request.since;
  busy_cycles_ += request.cycles;
  free_at_ = now + request.cycles;
  owner_.set(names_[winner]);
  owner_.set_at(clock_.edge(free_at_), "free");
  if (request.listener) request.listener->granted();
  request.served.notify(clock_.until(free_at_));
  if (pending_ > 0) arbitrate_event_.notify(clock_.until(std::max(free_at_, now + 1)));
}

}  // namespace kirchhoff::hw
