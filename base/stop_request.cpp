#include "base/stop_request.h"

#include <ctime>

namespace kirchhoff {

namespace {

constexpr std::int64_t kPatienceNs = 250'000'000;

// POSIX lets a signal handler call clock_gettime, but no clock of std::chrono.
std::int64_t now_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

static_assert(std::atomic<std::int64_t>::is_always_lock_free &&
                  std::atomic<int>::is_always_lock_free,
              "a signal handler writes them");

}  // namespace

void request_stop(int signal) noexcept {
  std::int64_t none = 0;
  // 0 stands for no request.
  const std::int64_t now = now_ns();
  if (detail::stop_requested_ns.compare_exchange_strong(none, now == 0 ? 1 : now))
    detail::stop_signal = signal;
}

int stop_signal() noexcept { return detail::stop_signal; }

void withdraw_stop() noexcept {
  detail::stop_requested_ns = 0;
  detail::stop_signal = 0;
}

bool detail::patience_is_over() noexcept {
  return now_ns() - detail::stop_requested_ns.load(std::memory_order_relaxed) >= kPatienceNs;
}

void give_up_if_stopped() {
  if (stop_overdue()) throw Stopped("stopped before the work was done");
}

}  // namespace kirchhoff
