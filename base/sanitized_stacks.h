#pragma once

#include <cstddef>

namespace kirchhoff {

// What AddressSanitizer has to be told of coroutines. Nothing of this does anything in builds
// without it.

#if defined(__SANITIZE_ADDRESS__)

/// Makes frames several times as large.
inline constexpr std::size_t kStackFactor = 8;

/// Announces the switches between the program's own stack, or another such, and one of `bytes`
/// bytes from `bottom`. libsystemc announces those of its own coroutines, but knows the bounds only
/// of the stacks that it has made: back on the program's own, the sanitizer takes that for empty,
/// does not clear what an exception leaves behind there, and reports later frames as overflows. So
/// each switch back says what it is.
class StackSwitches {
 public:
  StackSwitches(void* bottom, std::size_t bytes);
  void leave_main();
  void arrive_on_main();
  void leave_own();
  void leave_own_for(const StackSwitches& other);
  void arrive_on_own();
  /// As leave_own(), for the last time.
  void end_own();

 private:
  void *const bottom_, *main_frames_ = nullptr, *own_frames_ = nullptr;
  const std::size_t bytes_;
};

/// A stack of `bytes` bytes lies where an older one may have been given up with all its frames,
/// whose marks are still there. Called by the first function on it.
void announce_new_stack(std::size_t bytes);

#else

inline constexpr std::size_t kStackFactor = 1;

class StackSwitches {
 public:
  StackSwitches(void*, std::size_t) {}
  void leave_main() {}
  void arrive_on_main() {}
  void leave_own() {}
  void leave_own_for(const StackSwitches&) {}
  void arrive_on_own() {}
  void end_own() {}
};

inline void announce_new_stack(std::size_t) {}

#endif

}  // namespace kirchhoff
