// The arithmetic of a PE without its events: what bounds functional runs from below.

#include <cstdint>
#include <random>
#include <vector>

#include <Eigen/Core>
#include <benchmark/benchmark.h>

#include "base/processor.h"
#include "hw/crossbar/crossbar_array.h"
#include "hw/pe/block_weights.h"

namespace {

using namespace kirchhoff;
using namespace kirchhoff::hw;

/// All columns of one 128 x 128 array in one bit step; arguments: whose kernels (base::Processor),
/// bits of a cell.
void crossbar_sums(benchmark::State& state) {
  const auto kind = static_cast<base::Processor>(state.range(0));
  if (kind > base::processor()) {
    state.SkipWithError("not on this processor");
    return;
  }
  const base::ForceProcessor forced(kind);
  CrossbarArray array(128, 128, static_cast<int>(state.range(1)));
  std::mt19937_64 engine(1);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(array.row_bytes()));
  for (int r = 0; r < 128; ++r) {
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(engine());
    array.write_row(r, bytes.data());
  }
  const LinePlane lines{engine(), engine()};
  Columns sums(128);
  const ColumnCells cells{array.plane(0, 0), 128, array.cell_bits(), array.words()};
  for (auto _ : state) {
    sum_columns(cells, lines.data(), sums.data());
    benchmark::DoNotOptimize(sums.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(crossbar_sums)->ArgsProduct({{0, 1, 2}, {1, 2}});

/// One product of a 128 x 128 block at fidelity=mvm; the argument is the width of weights and
/// inputs.
void block_product(benchmark::State& state) {
  PeSetup setup;
  setup.rows = setup.columns = 128;
  setup.activation_bits = static_cast<int>(state.range(0));
  const int limit = (1 << (setup.activation_bits - 1)) - 1;
  std::mt19937_64 engine(1);
  BlockWeights::Weights weights(128, 128);
  for (int i = 0; i < 128 * 128; ++i) {
    weights.data()[i] = static_cast<int>(engine() % static_cast<unsigned>(2 * limit + 1)) - limit;
  }
  std::vector<std::int32_t> inputs(128);
  for (auto& x : inputs) x = static_cast<std::int32_t>(engine() % (1u << setup.activation_bits));
  BlockWeights block;
  block.assign(setup, weights);
  Sums sums(128);
  for (auto _ : state) {
    block.multiply(inputs.data(), sums.data());
    benchmark::DoNotOptimize(sums.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 128 * 128);
}
BENCHMARK(block_product)->Arg(8)->Arg(16);

}  // namespace
