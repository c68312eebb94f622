#include "mapping/program.h"

#include <gtest/gtest.h>

#include "quant/network/networks.h"

namespace kirchhoff::mapping {
namespace {

TEST(ProgramTest, TimingOnlyProgramsWriteNoCells) {
  const auto network = quant::lenet5();
  const auto policy = quant::Policy::uniform(network, 8, 8);
  const hw::ChipConfig config = resolve_mesh(network, {});
  const Mapping mapping = map_network(network, policy, config);
  for (const Write& write : assemble(network, policy, mapping, config).writes) {
    EXPECT_LT(write.address % hw::reg::kTileStride, hw::reg::kCellBase);
  }
  const auto integers = quant::random_integer_network(network, policy, 1);
  std::size_t arrays = 0;
  for (const Write& write : assemble(integers, mapping, config).writes) {
    arrays += write.address % hw::reg::kTileStride >= hw::reg::kCellBase;
  }
  EXPECT_EQ(arrays, 144u);
}

}  // namespace
}  // namespace kirchhoff::mapping
