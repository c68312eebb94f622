#include "quant/torch/threads.h"

#include <algorithm>

#include <dlfcn.h>
#include <sched.h>
#include <torch/torch.h>

namespace kirchhoff::quant {

int set_torch_threads(int threads) {
  if (threads == 0) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    threads = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
  }
  threads = std::max(threads, 1);
  at::set_num_threads(threads);
  // LibTorch may run on a BLAS with a thread pool of its own, which it does not know how to limit.
  using SetThreads = void (*)(int);
  if (const auto set_blas_threads =
          reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
    set_blas_threads(threads);
  }
  // The mode belongs to a thread: one piece of work for each of them.
  at::globalContext().setFlushDenormal(true);
  at::parallel_for(0, threads, 1,
                   [](int64_t, int64_t) { at::globalContext().setFlushDenormal(true); });
  return threads;
}

}  // namespace kirchhoff::quant
