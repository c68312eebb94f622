#include "hw/config/allocation.h"

#include <gtest/gtest.h>

#include "hw/config/pe_config.h"

namespace kirchhoff::hw {
namespace {

TEST(AllocationTest, ABlockTakesItsRowsAndColumnsOnEverySlice) {
  PeConfig pe;
  pe.adc.per_pair = 8;
  Allocation allocation;
  allocation.add_block(pe, {100, 20, PeId{0}}, 3);
  EXPECT_EQ(allocation.pairs, 3);
  EXPECT_EQ(allocation.dacs, 3 * 100);
  EXPECT_EQ(allocation.columns, 3 * 20);
  EXPECT_EQ(allocation.adcs, 3 * 8);
  EXPECT_EQ(allocation.cells, 2 * 3 * 100 * 20);
  EXPECT_EQ(allocation.pes, 0) << "blocks may share a PE: whoever counts them knows";
}

TEST(AllocationTest, NoMoreAdcsThanColumnsThatAreRead) {
  PeConfig pe;
  pe.adc.per_pair = 8;
  pe.encoding = Encoding::kOffset;
  Allocation allocation;
  allocation.add_block(pe, {10, 5, PeId{0}}, 2);
  EXPECT_EQ(allocation.adcs, 2 * 6) << "with the unit column";
  EXPECT_EQ(allocation.cells, 2 * 10 * 6) << "one array per slice";
  pe.input_sum = InputSum::kDigital;
  Allocation digital;
  digital.add_block(pe, {10, 5, PeId{0}}, 2);
  EXPECT_EQ(digital.adcs, 2 * 5);
}

TEST(AllocationTest, WhatIsAddedCanBeTakenAway) {
  Allocation sum;
  for (int i = 1; i <= 3; ++i) {
    Allocation part;
    Allocation::visit(
        [i](const char*, auto& amount) {
          amount = static_cast<std::remove_reference_t<decltype(amount)>>(i);
        },
        part);
    part.routers = part.links = 1.0 / 3;
    sum += part;
  }
  Allocation::visit([](const char* name, const auto& amount) { EXPECT_GT(amount, 0) << name; },
                    sum);
  EXPECT_EQ(sum.cells, 6);
  Allocation rest = sum;
  rest -= sum;
  Allocation::visit([](const char* name, const auto& amount) { EXPECT_EQ(amount, 0) << name; },
                    rest);
  Allocation shares = sum;
  for (int i = 0; i < 4; ++i) {
    Allocation third;
    third.routers = 1.0 / 3;
    shares -= third;
  }
  EXPECT_EQ(shares.routers, 0) << "shares of routers never fall below nothing";
}

}  // namespace
}  // namespace kirchhoff::hw
