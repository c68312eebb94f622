#include "base/processor.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string_view>

namespace kirchhoff::base {
namespace {

/// What base/each_processor.inc compiles for.
Processor best() {
#if defined(__x86_64__)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("popcnt");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512vnni") &&
                      __builtin_cpu_supports("avx512vpopcntdq");
  if (avx2) return avx512 ? Processor::kAvx512 : Processor::kAvx2;
#endif
  return Processor::kAny;
}

Processor chosen() {
  const char* const kernels = std::getenv("KIRCHHOFF_KERNELS");
  const std::string_view name = kernels == nullptr ? "" : kernels;
  if (name == "any") return Processor::kAny;
  return name == "avx2" ? std::min(Processor::kAvx2, best()) : best();
}

std::atomic<Processor>& current() {
  static std::atomic<Processor> processor = chosen();
  return processor;
}

}  // namespace

Processor processor() { return current().load(std::memory_order_relaxed); }

std::vector<Processor> processors() {
  std::vector<Processor> all;
  for (const Processor kind : {Processor::kAny, Processor::kAvx2, Processor::kAvx512}) {
    if (kind <= processor()) all.push_back(kind);
  }
  return all;
}

ForceProcessor::ForceProcessor(Processor processor) : before_(current().exchange(processor)) {}
ForceProcessor::~ForceProcessor() { current() = before_; }

}  // namespace kirchhoff::base
