#include "hw/config/register_map.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

template <typename Bank>
class RegisterMapTest : public testing::Test {};
using Banks =
    testing::Types<LayerRegisters, BlockRegisters, GroupRegisters, HopRegisters, ProducerRegister>;
TYPED_TEST_SUITE(RegisterMapTest, Banks);

TYPED_TEST(RegisterMapTest, ListsEveryFieldOnceInTheOrderOfAddresses) {
  EXPECT_EQ(std::size(reg::kRegisters<TypeParam>) * sizeof(int), sizeof(TypeParam));
  std::set<std::string> names;
  reg::Address next = 0;
  TypeParam bank;
  for (const auto& r : reg::kRegisters<TypeParam>) {
    EXPECT_GE(r.offset, next) << r.name;
    EXPECT_EQ(r.offset % 4, 0u) << r.name;
    EXPECT_LT(r.offset, reg::kPlace<TypeParam>.stride) << r.name;
    EXPECT_LE(r.low, r.high) << r.name;
    EXPECT_TRUE(names.insert(r.name).second) << r.name;
    EXPECT_EQ((bank.*r.field)++, 0) << r.name;  // no other register has the field
    next = r.offset + 4;
  }
}

TYPED_TEST(RegisterMapTest, DecodesWhatItAssembles) {
  TypeParam bank;
  int value = 100;
  for (const auto& r : reg::kRegisters<TypeParam>) bank.*r.field = value++;
  const std::vector<std::uint32_t> words = reg::words_of(bank);
  const auto back = reg::decode<TypeParam>(
      2, [&](reg::Address address) { return words[(address - reg::first_of<TypeParam>(2)) / 4]; });
  for (const auto& r : reg::kRegisters<TypeParam>) EXPECT_EQ(back.*r.field, bank.*r.field);
}

TEST(RegisterMapLayoutTest, BanksDoNotOverlap) {
  EXPECT_LE(reg::kPlace<LayerRegisters>.end(), reg::kPlace<ProducerRegister>.base);
  EXPECT_LE(reg::kPlace<ProducerRegister>.end(), reg::kPlace<GroupRegisters>.base);
  EXPECT_LE(reg::kPlace<GroupRegisters>.end(), reg::kPlace<HopRegisters>.base);
  EXPECT_LE(reg::kPlace<HopRegisters>.end(), reg::kPlace<BlockRegisters>.base);
  EXPECT_LE(reg::kPlace<BlockRegisters>.end(), reg::kMultiplierBase);
}

TEST(RegisterMapLayoutTest, WhatMustNotBeZeroHasToBeProgrammed) {
  LayerRegisters layer;
  EXPECT_FALSE(reg::programmed(layer));
  for (const auto& r : reg::kRegisters<LayerRegisters>) layer.*r.field = static_cast<int>(r.low);
  EXPECT_TRUE(reg::programmed(layer));
  layer.pool = 0;
  EXPECT_FALSE(reg::programmed(layer));
}

}  // namespace
}  // namespace kirchhoff::hw
