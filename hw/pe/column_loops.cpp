#include "hw/pe/column_loops.h"

#include <algorithm>

#include "base/kernels.h"

namespace kirchhoff::hw {
namespace {

struct Kernels {
  void (*multiply_narrow)(const std::int16_t*, const std::int16_t*, int columns, int rows, Sum*);
  void (*multiply_wide)(const std::int32_t*, const std::int32_t*, int columns, int rows, Sum*);
  void (*add_scaled)(const std::int32_t*, int count, std::int32_t factor, Sum*);
  std::uint32_t (*saturate)(const std::int32_t*, std::int32_t*, int count, std::int32_t low,
                            std::int32_t high);
};

#define KIRCHHOFF_KERNELS "hw/pe/column_loops.inc"
#include "base/each_processor.inc"

}  // namespace

void multiply_narrow(const std::int16_t* weights, const std::int16_t* inputs, int columns, int rows,
                     Sum* sums) {
  kernels().multiply_narrow(weights, inputs, columns, rows, sums);
}

void multiply_wide(const std::int32_t* weights, const std::int32_t* inputs, int columns, int rows,
                   Sum* sums) {
  kernels().multiply_wide(weights, inputs, columns, rows, sums);
}

void add_scaled(const std::int32_t* codes, int count, std::int32_t factor, Sum* sums) {
  kernels().add_scaled(codes, count, factor, sums);
}

std::uint32_t saturate(const std::int32_t* values, std::int32_t* codes, int count, std::int32_t low,
                       std::int32_t high) {
  return kernels().saturate(values, codes, count, low, high);
}

}  // namespace kirchhoff::hw
