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
  free_at_ = 0;
  busy_cycles_ = stall_cycles_ = 0;
}

void SharedResource::occupy(std::size_t requester, Cycle cycles) {
  Request& request = *requests_[requester];
  sc_assert(!request.pending);
  const Cycle now = clock_.now();
  // A request made exactly on edge k is seen at edge k + 1; one made between edges, at the next
  // edge.
  request.since = clock_.edge(now) == sc_core::sc_time_stamp() ? now + 1 : now;
  request.cycles = cycles;
  request.pending = true;
  arbitrate_event_.notify(clock_.until(std::max(request.since, free_at_)));
  wait(request.served);
}

void SharedResource::arbitrate() {
  const Cycle now = clock_.now();
  if (now < free_at_) {
    arbitrate_event_.notify(clock_.until(free_at_));
    return;
  }
  const std::size_t winner = round_robin_.pick(
      [&](std::size_t i) { return requests_[i]->pending && requests_[i]->since <= now; });
  if (winner == requests_.size()) {
    owner_.set("free");
    return;
  }
  Request& request = *requests_[winner];
  request.pending = false;
  stall_cycles_ += now - request.since;
  busy_cycles_ += request.cycles;
  free_at_ = now + request.cycles;
  owner_.set(names_[winner]);
  request.served.notify(clock_.until(free_at_));
  // The end of this service is the next chance of whoever waits; with tracing it also ends the
  // owner's mark.
  arbitrate_event_.notify(clock_.until(std::max(free_at_, now + 1)));
}

}  // namespace kirchhoff::hw
