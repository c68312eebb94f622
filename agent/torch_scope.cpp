#include "agent/torch_scope.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace kirchhoff::agent {

TorchScope::TorchScope() : threads_before_(at::get_num_threads()) {
  std::fegetenv(&float_mode_before_);
  at::globalContext().setFlushDenormal(true);
  at::set_num_threads(1);
  // LibTorch does not reach the threads of OpenBLAS, if that is the BLAS behind it.
  static const auto set_blas_threads =
      reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  static const auto blas_threads =
      reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
  if (set_blas_threads != nullptr && blas_threads != nullptr) {
    restore_blas_ = set_blas_threads;
    blas_before_ = blas_threads();
    set_blas_threads(1);
  }
}

TorchScope::~TorchScope() {
  at::set_num_threads(threads_before_);
  std::fesetenv(&float_mode_before_);
  if (restore_blas_ != nullptr) restore_blas_(blas_before_);
}

}  // namespace kirchhoff::agent
