#include "base/sanitized_stacks.h"

#if defined(__SANITIZE_ADDRESS__)

#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

namespace kirchhoff {

namespace {

struct Bounds {
  void* bottom = nullptr;
  std::size_t bytes = 0;
};

Bounds bounds_of_this_thread() {
  Bounds bounds;
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return bounds;
  pthread_attr_getstack(&attributes, &bounds.bottom, &bounds.bytes);
  pthread_attr_destroy(&attributes);
  return bounds;
}

const Bounds& main_stack() {
  static const Bounds bounds = bounds_of_this_thread();
  return bounds;
}

}  // namespace

StackSwitches::StackSwitches(void* bottom, std::size_t bytes) : bottom_(bottom), bytes_(bytes) {
  // Where an older stack may have been given up with all its frames.
  ASAN_UNPOISON_MEMORY_REGION(bottom, bytes);
}

void StackSwitches::leave_main() { __sanitizer_start_switch_fiber(&main_frames_, bottom_, bytes_); }

void StackSwitches::arrive_on_main() {
  __sanitizer_finish_switch_fiber(main_frames_, nullptr, nullptr);
}

void StackSwitches::leave_own() {
  __sanitizer_start_switch_fiber(&own_frames_, main_stack().bottom, main_stack().bytes);
}

void StackSwitches::leave_own_for(const StackSwitches& other) {
  __sanitizer_start_switch_fiber(&own_frames_, other.bottom_, other.bytes_);
}

void StackSwitches::arrive_on_own() {
  __sanitizer_finish_switch_fiber(own_frames_, nullptr, nullptr);
}

void StackSwitches::end_own() {
  __sanitizer_start_switch_fiber(nullptr, main_stack().bottom, main_stack().bytes);
}

void announce_new_stack(std::size_t bytes) {
  // The far end holds the page that guards it, and this frame does not begin at the very top.
  constexpr std::size_t kMargin = 16384;
  char* const here = static_cast<char*>(__builtin_frame_address(0));
  ASAN_UNPOISON_MEMORY_REGION(here - (bytes - kMargin), bytes - kMargin);
}

}  // namespace kirchhoff

#endif
