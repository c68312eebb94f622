#pragma once

#include <cfenv>

namespace kirchhoff::agent {

/// Makes LibTorch round the same way whatever else the process computes: one thread, because a
/// matrix product that is divided differently rounds differently (and networks as small as an
/// agent's gain nothing from more), and denormal floats flushed to zero. Every use of LibTorch in
/// an agent is in such a scope, which leaves everything as it was.
class TorchScope {
 public:
  TorchScope();
  ~TorchScope();
  TorchScope(const TorchScope&) = delete;
  TorchScope& operator=(const TorchScope&) = delete;

 private:
  const int threads_before_;
  std::fenv_t float_mode_before_{};
  void (*restore_blas_)(int) = nullptr;
  int blas_before_ = 0;
};

}  // namespace kirchhoff::agent
