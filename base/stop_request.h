#pragma once

#include <atomic>
#include <cstdint>

#include "base/error.h"

namespace kirchhoff {

/// The run ended because somebody asked for it: no fault. The program says so and exits with what a
/// shell shows for the signal, 130 for Ctrl-C.
class Stopped : public RunError {
 public:
  using RunError::RunError;
};

/// Asks whatever this process does to end: what the handler of `signal` calls, and
/// async-signal-safe. Of several requests the first counts.
void request_stop(int signal = 0) noexcept;
/// The signal of the request; 0: none, or no signal's.
int stop_signal() noexcept;
/// Takes the request back, for tests.
void withdraw_stop() noexcept;

namespace detail {
/// Monotonic nanoseconds of the first request; 0: none.
inline std::atomic<std::int64_t> stop_requested_ns{0};
inline std::atomic<int> stop_signal{0};
bool patience_is_over() noexcept;
}  // namespace detail

/// Whether a stop was asked for. For loops that can end in good order between two pieces of work:
/// episodes, images, points of a curve.
inline bool stop_requested() noexcept {
  return detail::stop_requested_ns.load(std::memory_order_relaxed) != 0;
}

/// Whether a stop was asked for a quarter of a second ago or longer. For loops inside such a piece
/// of work: a short one is finished, so that nothing of it is lost, a long one is given up.
inline bool stop_overdue() noexcept { return stop_requested() && detail::patience_is_over(); }

/// Throws Stopped when stop_overdue(). Every loop that can last over a second calls this, or asks
/// stop_requested(), several times a second.
void give_up_if_stopped();

}  // namespace kirchhoff
