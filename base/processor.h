#pragma once

#include <vector>

namespace kirchhoff::base {

/// Kinds of processor for which the kernels are compiled, each with what the one before has:
/// any x86-64 (or any at all), with AVX2 and fused multiply-adds (Haswell, Zen), and with AVX-512
/// with 16-bit products and population counts (Ice Lake, Zen 4). All compute the same bits.
enum class Processor { kAny, kAvx2, kAvx512 };

/// Whose kernels run: those of the best kind that this machine is, or of a lower one that the
/// environment's KIRCHHOFF_KERNELS names: any, avx2 or avx512.
Processor processor();

/// All kinds up to this one, for tests that compare them.
std::vector<Processor> processors();

/// While it lives, the kernels of one of processors() run, in all threads.
class ForceProcessor {
 public:
  explicit ForceProcessor(Processor processor);
  ~ForceProcessor();
  ForceProcessor(const ForceProcessor&) = delete;
  ForceProcessor& operator=(const ForceProcessor&) = delete;

 private:
  Processor before_;
};

}  // namespace kirchhoff::base
