#include "traces/vcd_writer.h"

#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/output_file.h"
#include "tests/base/scratch_directory.h"

namespace kirchhoff {
namespace {

class VcdWriterTest : public ::testing::Test {
 protected:
  std::string path() const { return scratch_.file("chip.vcd"); }
  std::string text() const { return contents_of(path()); }
  /// The file from the first time stamp on.
  std::string body() const {
    const std::string end = "$enddefinitions $end\n";
    const std::string file = text();
    const std::size_t begin = file.find(end);
    return begin == std::string::npos ? "no definitions" : file.substr(begin + end.size());
  }
  const ScratchDirectory scratch_;
};

TEST_F(VcdWriterTest, WritesScopesKindsAndChanges) {
  VcdWriter vcd(path());
  const VcdVariable busy = vcd.add_bits("chip", "busy", 1);
  const VcdVariable code = vcd.add_bits("chip.tile0.pe3.adc2", "code", 8);
  const VcdVariable sum = vcd.add_integer("chip.tile0.pe3.adc2", "sum");
  const VcdVariable state = vcd.add_text("chip.tile0.controller", "state", "at rest");
  const VcdVariable done = vcd.add_event("chip", "done");
  vcd.advance(0);
  vcd.change(busy, 0, 1);
  vcd.change(state, 0, "bit step");
  vcd.change(code, 1000, 5);
  vcd.change(sum, 1000, -3);
  vcd.trigger(done, 2500);
  vcd.change(sum, 2500, 6);
  vcd.change(busy, 2500, 0);
  vcd.advance(3000);
  vcd.close();
  EXPECT_EQ(text(),
            "$version Kirchhoff $end\n"
            "$timescale 1ps $end\n"
            "$scope module chip $end\n"
            "$var wire 1 ! busy $end\n"
            "$var event 1 % done $end\n"
            "$scope module tile0 $end\n"
            "$scope module pe3 $end\n"
            "$scope module adc2 $end\n"
            "$var wire 8 \" code [7:0] $end\n"
            "$var integer 32 # sum $end\n"
            "$upscope $end\n"
            "$upscope $end\n"
            "$scope module controller $end\n"
            "$var string 1 $ state $end\n"
            "$upscope $end\n"
            "$upscope $end\n"
            "$upscope $end\n"
            "$enddefinitions $end\n"
            "#0\n"
            "$dumpvars\n"
            "0!\n"
            "b0 \"\n"
            "b0 #\n"
            "sat_rest $\n"
            "$end\n"
            "1!\n"
            "sbit_step $\n"
            "#1000\n"
            "b101 \"\n"
            "b11111111111111111111111111111101 #\n"
            "#2500\n"
            "1%\n"
            "b110 #\n"
            "0!\n"
            "#3000\n");
  EXPECT_EQ(scratch_.names(), std::vector<std::string>{"chip.vcd"});
}

TEST_F(VcdWriterTest, OrdersChangesThatArePushedAhead) {
  VcdWriter vcd(path());
  const VcdVariable a = vcd.add_integer("", "a");
  const VcdVariable b = vcd.add_integer("", "b");
  vcd.advance(0);
  for (int sample = 0; sample < 4; ++sample) vcd.change(a, 100 * sample, sample);
  vcd.change(b, 150, 1);
  vcd.advance(160);
  vcd.change(b, 160, 2);
  vcd.change(b, 300, 3);  // after a's change at 300, which came first
  vcd.advance(1000);
  vcd.close();
  EXPECT_EQ(body(),
            "#0\n$dumpvars\nb0 !\nb0 \"\n$end\n#100\nb1 !\n#150\nb1 \"\n#160\nb10 \"\n#200\nb10 !\n"
            "#300\nb11 !\nb11 \"\n#1000\n");
}

TEST_F(VcdWriterTest, WritesOnlyWhatChangesAndEveryEvent) {
  VcdWriter vcd(path());
  const VcdVariable value = vcd.add_bits("", "value", 4);
  const VcdVariable state = vcd.add_text("", "state", "idle");
  const VcdVariable tick = vcd.add_event("", "tick");
  vcd.change(value, 0, 3);
  vcd.change(state, 0, "idle");
  for (int i = 1; i <= 3; ++i) {
    vcd.change(value, 10 * i, i < 3 ? 3 : 16 + 3);  // only four bits are kept
    vcd.change(state, 10 * i, "idle");
    if (i != 2) vcd.trigger(tick, 10 * i);
  }
  vcd.close();
  EXPECT_EQ(body(), "#0\n$dumpvars\nb0 !\nsidle \"\n$end\nb11 !\n#10\n1#\n#30\n1#\n");
}

TEST_F(VcdWriterTest, AWindowBeginsWithTheValuesThatHoldThereAndEndsAtItsStop) {
  VcdWriter vcd(path(), {200, 400});
  const VcdVariable a = vcd.add_integer("", "a");
  const VcdVariable b = vcd.add_integer("", "b");
  const VcdVariable event = vcd.add_event("", "e");
  for (int i = 0; i <= 6; ++i) {
    vcd.change(a, 100 * i, i);
    vcd.trigger(event, 100 * i);
    vcd.advance(100 * i + 50);
  }
  (void)b;
  vcd.close();
  EXPECT_EQ(body(),
            "#200\n$dumpvars\nb1 !\nb0 \"\n$end\nb10 !\n1#\n#300\nb11 !\n1#\n#400\nb100 !\n1#\n");
}

// What a module sets before anything happens is the state in which it was declared, and no news.
TEST_F(VcdWriterTest, WhatNeverLeavesItsFirstValueIsAtRest) {
  VcdWriter vcd(path(), {0, 200});
  const VcdVariable busy = vcd.add_bits("", "busy", 1), queue = vcd.add_level("", "queue", 4);
  const VcdVariable state = vcd.add_text("", "state", "idle"), late = vcd.add_integer("", "late");
  vcd.change(busy, 0, 0);
  vcd.change(state, 50, "idle");
  vcd.change(queue, 100, 3);
  vcd.change(queue, 150, 0);
  vcd.change(late, 201, 7);
  vcd.close();
  EXPECT_EQ(body(), "#0\n$dumpvars\n0!\nb0 \"\nsidle #\nb0 $\n$end\n#100\nb11 \"\n#150\nb0 \"\n");
  std::string moved;
  for (const VcdSignal& signal : vcd.signals()) moved += signal.moved_ps ? signal.name + " " : "";
  EXPECT_EQ(moved, "queue ");
}

TEST_F(VcdWriterTest, AWindowThatIsNeverReachedHoldsTheLastValues) {
  VcdWriter vcd(path(), {1000, 2000});
  const VcdVariable a = vcd.add_integer("", "a");
  vcd.change(a, 10, 2);
  vcd.advance(500);
  vcd.close();
  EXPECT_EQ(body(), "#1000\n$dumpvars\nb10 !\n$end\n");
}

TEST_F(VcdWriterTest, WideAndNegativeValuesKeepAllTheirBits) {
  VcdWriter vcd(path());
  const VcdVariable wide = vcd.add_bits("", "wide", 64);
  const VcdVariable narrow = vcd.add_integer("", "narrow", 9);
  vcd.change(wide, 0, -1);
  vcd.change(narrow, 0, -128);
  vcd.close();
  EXPECT_EQ(body(),
            "#0\n$dumpvars\nb0 !\nb0 \"\n$end\nb" + std::string(64, '1') + " !\nb110000000 \"\n");
}

TEST_F(VcdWriterTest, AFullFileEndsWithAWholeInstant) {
  VcdWriter vcd(path(), {}, nullptr, 2000);
  const VcdVariable a = vcd.add_integer("", "a"), b = vcd.add_integer("", "b");
  for (int i = 1; i < 5000; ++i) {
    vcd.advance(10 * i);
    vcd.change(a, 10 * i, i);
    vcd.change(b, 10 * i, i);
  }
  vcd.close();
  ASSERT_TRUE(vcd.stopped_ps());
  EXPECT_EQ(*vcd.stopped_ps(), vcd.written_ps() + 10);
  const std::string file = text();
  EXPECT_GE(file.size(), 2000u);
  EXPECT_LT(file.size(), 2050u);
  EXPECT_EQ(file.substr(file.rfind('#')).find('\n') + 1,
            std::string("#" + std::to_string(vcd.written_ps()) + "\n").size());
  EXPECT_EQ(
      std::count(file.begin() + static_cast<std::ptrdiff_t>(file.rfind('#')), file.end(), '\n'),
      3);  // the time and both values
}

TEST_F(VcdWriterTest, KnowsWhatItRecords) {
  ProbeSelection selection({"tile1.*"});
  VcdWriter vcd(path(), {}, &selection);
  EXPECT_FALSE(vcd.wants("chip.tile10.x"));
  ASSERT_TRUE(vcd.wants("chip.tile1.pe0.x"));
  vcd.add_bits("chip.tile1.pe0", "x", 1);
  EXPECT_TRUE(vcd.records("chip.tile1"));
  EXPECT_TRUE(vcd.records("chip.tile1.pe0"));
  EXPECT_FALSE(vcd.records("chip.tile10"));
  EXPECT_FALSE(vcd.records("chip.tile1.pe"));
}

TEST_F(VcdWriterTest, ManyVariablesHaveDistinctIdentifiers) {
  VcdWriter vcd(path());
  const int count = 94 + 94 * 94 + 5;
  for (int i = 0; i < count; ++i)
    vcd.add_bits("s" + std::to_string(i % 7), "v" + std::to_string(i), 1);
  vcd.close();
  std::set<std::string> ids;
  std::istringstream lines(body());
  for (std::string line; std::getline(lines, line);) {
    if (line[0] == '0') ids.insert(line.substr(1));
  }
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(count));
}

TEST_F(VcdWriterTest, ManyChangesInRandomOrderComeOutSorted) {
  VcdWriter vcd(path());
  const VcdVariable a = vcd.add_integer("", "a");
  std::uint64_t random = 1;
  const std::uint64_t step = 1000;
  std::map<std::uint64_t, int> expected;  // the last value of each instant
  for (std::uint64_t now = 0; now < 300 * step; now += step) {
    vcd.advance(now);
    for (int i = 0; i < 200; ++i) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      const std::uint64_t at = now + (random >> 33) % (20 * step);
      vcd.change(a, at, i);
      expected[at] = i;
    }
  }
  vcd.close();
  std::istringstream lines(body());
  std::uint64_t last = 0;
  int stamps = 0, values = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line[0] == 'b') ++values;
    if (line[0] != '#') continue;
    const std::uint64_t ps = std::stoull(line.substr(1));
    EXPECT_TRUE(ps > last || stamps == 0) << ps << " after " << last;
    last = ps;
    ++stamps;
  }
  int changes = 0, previous = 0;
  for (const auto& [at, value] : expected) {
    changes += value != previous;
    previous = value;
  }
  EXPECT_EQ(values, changes + 1);  // and the 0 at the beginning
}

TEST_F(VcdWriterTest, AWriterThatIsNotClosedLeavesNothing) {
  {
    VcdWriter vcd(path());
    vcd.change(vcd.add_bits("", "a", 1), 0, 1);
    vcd.advance(10);
    ASSERT_EQ(scratch_.names().size(), 1u);
    EXPECT_TRUE(is_output_remnant(scratch_.names().front()));
  }
  EXPECT_TRUE(scratch_.names().empty());
}

TEST_F(VcdWriterTest, ReportsMisuseWhenItIsClosed) {
  const auto fault_of = [this](const auto& misuse) -> std::string {
    VcdWriter vcd(path());
    const VcdVariable number = vcd.add_integer("chip.pe0", "n");
    const VcdVariable word = vcd.add_text("", "t", "idle");
    misuse(vcd, number, word);
    try {
      vcd.close();
    } catch (const std::logic_error& error) {
      return std::string(error.what()).substr(path().size() + 2);
    }
    return "";
  };
  EXPECT_EQ(fault_of([](VcdWriter& vcd, VcdVariable n, VcdVariable) {
              vcd.advance(100);
              vcd.change(n, 99, 1);
            }),
            "chip.pe0.n changes before the last advance() at 99 ps");
  EXPECT_EQ(fault_of([](VcdWriter& vcd, VcdVariable, VcdVariable t) { vcd.change(t, 7, 1); }),
            "t gets a value of another kind at 7 ps");
  EXPECT_EQ(fault_of([](VcdWriter& vcd, VcdVariable n, VcdVariable) {
              vcd.advance(100);
              vcd.change(n, 100, 1);
            }),
            "");
  EXPECT_EQ(scratch_.names(), std::vector<std::string>{"chip.vcd"});
}

TEST_F(VcdWriterTest, DeclarationsAreCheckedAtOnce) {
  VcdWriter vcd(path());
  vcd.add_bits("chip", "a", 1);
  EXPECT_THROW(vcd.add_text("chip", "a", "idle"), std::logic_error);
  EXPECT_NO_THROW(vcd.add_text("chip.tile0", "a", "idle"));
  EXPECT_THROW(vcd.add_bits("chip", "b", 0), std::logic_error);
  EXPECT_THROW(vcd.add_bits("chip", "b", 65), std::logic_error);
  vcd.advance(0);
  EXPECT_THROW(vcd.add_bits("chip", "b", 1), std::logic_error);
}

TEST_F(VcdWriterTest, ADirectoryThatIsMissingIsARunError) {
  EXPECT_THROW(VcdWriter vcd(scratch_.file("missing/chip.vcd")), RunError);
}

TEST_F(VcdWriterTest, CloseMayBeCalledTwiceAndLaterChangesAreIgnored) {
  VcdWriter vcd(path());
  const VcdVariable a = vcd.add_bits("", "a", 1);
  vcd.change(a, 0, 1);
  vcd.close();
  const std::string before = text();
  vcd.change(a, 10, 0);
  vcd.advance(20);
  vcd.close();
  EXPECT_EQ(text(), before);
}

}  // namespace
}  // namespace kirchhoff
