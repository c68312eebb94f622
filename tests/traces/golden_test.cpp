#include "tests/traces/golden.h"

#include <gtest/gtest.h>

namespace kirchhoff {
namespace {

const std::string kVcd =
    "$timescale 1ps $end\n$scope module pe $end\n$scope module adc0 $end\n$var wire 1 ! busy $end\n"
    "$var integer 16 \" code $end\n$upscope $end\n$var string 1 # state $end\n$upscope $end\n"
    "$enddefinitions $end\n#0\n$dumpvars\nx!\nbx \"\nsx #\n$end\n#100\n1!\nb101 \"\n#200\nsheld #\n"
    "0!\n";

TEST(TraceDifferenceTest, NamesTheFirstSignalAndTimeThatDiffer) {
  EXPECT_EQ(trace_difference(kVcd, kVcd, "vcd"), "");
  std::string other = kVcd;
  other.replace(other.find("b101"), 4, "b111");
  EXPECT_EQ(trace_difference(kVcd, other, "vcd"),
            "first difference at step 8 of 10 expected and 10 found\n"
            "            0 ps pe.adc0.code = x\n"
            "            0 ps pe.state = x\n"
            "            100 ps pe.adc0.busy = 1\n"
            "  expected: 100 ps pe.adc0.code = 101\n"
            "            200 ps pe.adc0.busy = 0\n"
            "            200 ps pe.state = held\n"
            "  found:    100 ps pe.adc0.code = 111\n"
            "            200 ps pe.adc0.busy = 0\n"
            "            200 ps pe.state = held\n");
  other = kVcd;
  other.replace(other.find("#200"), 4, "#210");
  EXPECT_NE(trace_difference(kVcd, other, "vcd").find("  expected: 200 ps pe.adc0.busy = 0\n"),
            std::string::npos);
  other = kVcd;
  other.replace(other.find("integer 16"), 10, "integer 32");
  EXPECT_NE(trace_difference(kVcd, other, "vcd")
                .find("  found:    declaration of pe.adc0.code, integer of 32\n"),
            std::string::npos);
}

TEST(TraceDifferenceTest, TheOrderWithinAnInstantDoesNotMatter) {
  std::string other = kVcd;
  other.replace(other.find("sheld #\n0!"), 10, "0!\nsheld #");
  EXPECT_NE(other, kVcd);
  EXPECT_EQ(trace_difference(kVcd, other, "vcd"), "");
  EXPECT_EQ(trace_difference("time\n5,a\n5,b\n10,c\n", "time\n10,c\n5,b\n5,a\n", "csv"), "");
}

TEST(TraceDifferenceTest, OneThatEndsEarlyIsShown) {
  EXPECT_EQ(trace_difference("a\nb\n", "a\n", "csv"),
            "first difference at step 2 of 2 expected and 1 found\n            a\n"
            "  expected: b\n  found:    the end\n");
}

}  // namespace
}  // namespace kirchhoff
