#include "base/address_space.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <vector>

#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace kirchhoff {
namespace {

/// Of OpenBLAS's buffers: 128 MiB and the allocator's own page (BUFFER_SIZE in its
/// common_x86_64.h).
constexpr std::size_t kBufferBytes = (std::size_t{128} << 20) + 8192;

template <typename Function>
Function* symbol(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

bool is_limited() {
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit = {};
    if (::getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) return true;
  }
  return false;
}

bool can_map(std::size_t bytes) {
  void* const room = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) return false;
  ::munmap(room, bytes);
  return true;
}

}  // namespace

void require_address_space() {
  auto* const threads_of = symbol<int()>("openblas_get_num_threads");
  if (threads_of == nullptr || !is_limited()) return;
  const auto threads = static_cast<std::size_t>(std::max(threads_of(), 1));
  // One for each of its threads, and one for each of ours that may call it at the same time.
  if (!can_map(2 * threads * kBufferBytes)) {
    std::fprintf(stderr,
                 "kirchhoff: error: too little address space: the buffers of %zu threads need %zu "
                 "MiB more%s; OPENBLAS_NUM_THREADS=1 needs the least\n",
                 threads, 2 * threads * kBufferBytes >> 20, address_space_hint());
    // Not exit(): it would wait for threads that wait for memory.
    ::_exit(1);
  }
  auto* const take = symbol<void*(int)>("blas_memory_alloc");
  auto* const give_back = symbol<void(void*)>("blas_memory_free");
  if (take == nullptr || give_back == nullptr) return;
  std::vector<void*> buffers;
  for (std::size_t i = 0; i < threads; ++i) buffers.push_back(take(0));
  for (void* const buffer : buffers) give_back(buffer);
}

const char* address_space_hint() {
  return is_limited() ? " (the limit is that of ulimit -v or -d)" : "";
}

}  // namespace kirchhoff
