#include "hw/common/shared_resource.h"

#include <algorithm>

namespace kirchhoff::hw {

SharedResource::SharedResource(const sc_core::sc_module_name& name, const Clock& clock,
                               std::vector<const char*> requesters, const Tracer* tracer)
    : sc_module(name),
      clock_(clock),
      names_(std::move(requesters)),
      watched_(tracer != nullptr),
      round_robin_(names_.size()),
      winner_(names_.size()),
      owner_(Probe::text(tracer, *this, "owner", "free")) {
  for (std::size_t i = 0; i < names_.size(); ++i)
    requests_.push_back(std::make_unique<Request>(*agenda_));
}

void SharedResource::reset() {
  grant_method_.cancel();
  for (auto& request : requests_) {
    request->pending = false;
    request->served.cancel();
  }
  round_robin_.reset();
  pending_ = 0;
  winner_ = requests_.size();
  grant_ps_ = kNever;
  next_ = 0;
  busy_cycles_ = stall_cycles_ = 0;
}

void SharedResource::restart() {
  settle();
  sc_assert(pending_ == 0);
  round_robin_.reset();
  next_ = 0;
}

void SharedResource::occupy(std::size_t requester, Cycle cycles, GrantListener* listener) {
  settle();
  Request& request = *requests_[requester];
  sc_assert(!request.pending);
  const Cycle now = clock_.now();
  // A request made exactly on edge k is seen at edge k + 1; one made between edges, at the next
  // edge.
  request.since = clock_.on_edge() ? now + 1 : now;
  request.cycles = cycles;
  request.listener = listener;
  request.pending = true;
  if (++pending_ == 1) {
    foresee(requester, std::max(request.since, next_));
  } else {
    foresee();
  }
  request.served.wait();
  settle();
}

// The grant that is foreseen stands when its edge has come; then the next one is foreseen.
void SharedResource::settle() {
  while (grant_ps_ <= now_ps()) {
    Request& request = *requests_[winner_];
    request.pending = false;
    --pending_;
    stall_cycles_ += grant_ - request.since;
    busy_cycles_ += request.cycles;
    next_ = grant_ + std::max<Cycle>(request.cycles, 1);
    round_robin_.grant(winner_);
    if (watched_) {
      owner_.set(names_[winner_]);
      owner_.set_at(clock_.edge_ps(grant_ + request.cycles), "free");
      if (request.listener) request.listener->granted(now_ps());
    }
    winner_ = requests_.size();
    grant_ps_ = kNever;
    foresee();
  }
}

// Of those that have asked: who wins at the next edge at which somebody can win.
void SharedResource::foresee() {
  if (pending_ == 0) return;
  Cycle first = kNever;
  for (const auto& request : requests_) {
    if (request->pending) first = std::min(first, request->since);
  }
  const Cycle grant = std::max(first, next_);
  RoundRobin turn = round_robin_;
  const std::size_t winner = turn.pick(
      [&](std::size_t i) { return requests_[i]->pending && requests_[i]->since <= grant; });
  if (winner == winner_ && grant == grant_) return;
  if (winner_ < requests_.size()) revoke();
  foresee(winner, grant);
}

void SharedResource::foresee(std::size_t winner, Cycle grant) {
  winner_ = winner;
  grant_ = grant;
  grant_ps_ = clock_.edge_ps(grant);
  Request& request = *requests_[winner];
  request.served.at(clock_.edge_ps(grant + request.cycles));
  if (watched_) {
    grant_method_.move_to(grant_ps_);
  } else if (request.listener) {
    request.listener->granted(grant_ps_);
  }
}

void SharedResource::revoke() {
  Request& request = *requests_[winner_];
  request.served.cancel();
  if (!watched_ && request.listener) request.listener->granted(kNever);
}

}  // namespace kirchhoff::hw
