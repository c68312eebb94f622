#include "base/lanes.h"

#include <cstdlib>
#include <cstring>

namespace kirchhoff::base {

bool has_fused_lanes() {
#if defined(__x86_64__)
  static const bool has = [] {
    const char* const kernels = std::getenv("KIRCHHOFF_KERNELS");
    if (kernels != nullptr && std::strcmp(kernels, "any") == 0) return false;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  }();
  return has;
#else
  return false;
#endif
}

}  // namespace kirchhoff::base
