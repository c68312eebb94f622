#pragma once

#include <cstddef>

namespace kirchhoff::hw {

// What AddressSanitizer has to be told of coroutines beyond what libsystemc says. Nothing of this
// does anything in builds without it.

#if defined(__SANITIZE_ADDRESS__)

/// Makes frames several times as large.
inline constexpr std::size_t kStackFactor = 8;

/// libsystemc announces every switch between its coroutines, but knows the bounds of those stacks
/// only that it has made. Back on the first one, the program's own, the sanitizer takes the stack
/// for empty, does not clear what an exception leaves behind there, and reports later frames as
/// overflows. Called on that stack, after a switch back to it.
void announce_main_stack();

/// A stack of `bytes` lies where an older one may have been given up with all its frames, whose
/// marks are still there. Called by the first function on it.
void announce_new_stack(std::size_t bytes);

#else

inline constexpr std::size_t kStackFactor = 1;
inline void announce_main_stack() {}
inline void announce_new_stack(std::size_t) {}

#endif

}  // namespace kirchhoff::hw
