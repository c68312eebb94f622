#include "hw/config/expression.h"

#include <map>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

class FixedKeys final : public KeyValues {
 public:
  double number(const std::string& key) const override { return numbers.at(key); }
  bool is(const std::string& key, const std::string& value) const override {
    return words.at(key) == value;
  }
  std::map<std::string, double> numbers = {{"adc.bits", 8}, {"x.share", 0.25}, {"x.word", 128}};
  std::map<std::string, std::string> words = {{"x.present", "true"}};
};

class ExpressionTest : public ::testing::Test {
 protected:
  ExpressionTest() {
    work_.windows = 10;
    work_.slices = 3;
    work_.blocks = {{128, 64, PeId{0}}, {72, 64, PeId{1}}};
  }
  double value(const Expression& e) const { return e.value({keys_, nullptr, &work_}); }
  std::string numbers(const Expression& e) const { return e.text({keys_, nullptr, &work_}); }

  FixedKeys keys_;
  Work work_;
  const Expression windows_ = amount("windows", [](const Bindings& b) { return b.work->windows; });
  const Expression slices_ = amount("slices", [](const Bindings& b) { return b.work->slices; });
  const Expression rows_ =
      block_amount("rows", [](const Bindings& b) { return 1.0 * b.block->rows; });
};

TEST_F(ExpressionTest, OneFormulaIsEvaluatedAndPrinted) {
  const Expression bits = "adc.bits";
  const Expression conversion = 0.9_n * (0.19488_n * bits + 4.2005e-4_n * two_to(bits));
  EXPECT_EQ(value(conversion), 0.9 * (0.19488 * 8 + 4.2005e-4 * 256));
  EXPECT_EQ(conversion.text(), "0.9 x (0.19488 x adc.bits + 4.2005e-4 x 2^adc.bits)");
  EXPECT_EQ(conversion.keys(), std::vector<std::string>{"adc.bits"});
}

TEST_F(ExpressionTest, ParenthesesStandWhereTheyAreNeeded) {
  const Expression a = "a.a", b = "b.b", c = "c.c";
  EXPECT_EQ((a + b + c).text(), "a.a + b.b + c.c");
  EXPECT_EQ((a - (b - c)).text(), "a.a - (b.b - c.c)");
  EXPECT_EQ((a * (b + c)).text(), "a.a x (b.b + c.c)");
  EXPECT_EQ((a * (b / c)).text(), "a.a x b.b / c.c");
  EXPECT_EQ((a / (b * c)).text(), "a.a / (b.b x c.c)");
  EXPECT_EQ((reciprocal(two_to(a) - 1_n) * b).text(), "b.b / (2^a.a - 1)");
  EXPECT_EQ(a.as_name(), "a.a");
  EXPECT_EQ((a / b).as_name(), "(a.a / b.b)");
}

TEST_F(ExpressionTest, NumbersStandBesideTheirNames) {
  const Expression word = Expression("x.word").as("bits");
  const Expression reads = windows_ * per_block(rounded_up(rows_ / word));
  EXPECT_EQ(value(reads), 10 * (1 + 1));
  EXPECT_EQ(numbers(reads), "10 windows x rows / 128 bits, rounded up (sum over 2 blocks)");
  EXPECT_EQ(numbers(per_block(slices_ * shown_summed(rows_))),
            "3 slices x 200 rows (sum over 2 blocks)");
  EXPECT_EQ(value(per_block(slices_ * shown_summed(rows_))), 600);
  EXPECT_EQ(numbers(per_block(rows_)), "200 rows in 2 blocks");
  EXPECT_EQ(numbers(named("cells", per_block(slices_ * rows_))),
            "600 cells (3 slices x rows, sum over 2 blocks)");
  EXPECT_EQ(numbers(windows_.as("")), "10");
}

TEST_F(ExpressionTest, ConditionsSayWhyThereIsNothing) {
  const Condition absent = key_is("x.present", "false");
  const Expression count = windows_.none_if(absent, "there is none");
  const Expression twice = windows_ * (2_n).only_if(absent);
  EXPECT_EQ(numbers(count), "10 windows");
  EXPECT_EQ(numbers(twice), "10 windows");
  EXPECT_EQ(value(twice), 10);
  keys_.words["x.present"] = "false";
  EXPECT_EQ(numbers(count), "there is none");
  EXPECT_EQ(value(count), 0);
  EXPECT_EQ(numbers(twice), "10 windows x 2");
  EXPECT_EQ(value(twice), 20);
}

}  // namespace
}  // namespace kirchhoff::hw
