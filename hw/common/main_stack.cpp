#include "hw/common/main_stack.h"

#if defined(__SANITIZE_ADDRESS__)

#include <cstddef>

#include <pthread.h>
#include <sanitizer/common_interface_defs.h>

namespace kirchhoff::hw {

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

}  // namespace

void announce_main_stack() {
  static const Bounds bounds = bounds_of_this_thread();
  // As if from this stack to itself.
  void* frames = nullptr;
  __sanitizer_start_switch_fiber(&frames, bounds.bottom, bounds.bytes);
  __sanitizer_finish_switch_fiber(frames, nullptr, nullptr);
}

}  // namespace kirchhoff::hw

#endif
