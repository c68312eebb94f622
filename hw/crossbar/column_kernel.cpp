#include "hw/crossbar/column_kernel.h"

#include <algorithm>
#include <utility>

#include "base/kernels.h"

namespace kirchhoff::hw {
namespace {

struct Kernels {
  void (*sum_columns)(const ColumnCells& array, const std::uint64_t* lines, std::int32_t* sums);
};

#define KIRCHHOFF_KERNELS "hw/crossbar/column_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

void sum_columns(const ColumnCells& array, const std::uint64_t* lines, std::int32_t* sums) {
  kernels().sum_columns(array, lines, sums);
}

}  // namespace kirchhoff::hw
