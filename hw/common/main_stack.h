#pragma once

namespace kirchhoff::hw {

/// Tells AddressSanitizer where the stack of the kernel's first coroutine lies, the program's own.
/// libsystemc announces every switch between its coroutines, but knows the bounds of the stacks only
/// that it has made: back on the first one the sanitizer takes the stack for empty, does not clear
/// what an exception leaves behind there, and reports later frames as overflows. Called on that
/// stack, after a switch back to it. Does nothing in builds without the sanitizer.
#if defined(__SANITIZE_ADDRESS__)
void announce_main_stack();
#else
inline void announce_main_stack() {}
#endif

}  // namespace kirchhoff::hw
