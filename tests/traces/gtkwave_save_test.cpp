#include "traces/gtkwave_save.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/base/scratch_directory.h"

namespace kirchhoff {
namespace {

class GtkwaveSaveTest : public ::testing::Test {
 protected:
  std::string path() const { return scratch_.file("chip.vcd"); }
  const ScratchDirectory scratch_;
};

/// Lines that begin with `lead`.
int count(const std::string& text, const std::string& lead) {
  std::istringstream lines(text);
  int found = 0;
  for (std::string line; std::getline(lines, line);) found += line.rfind(lead, 0) == 0;
  return found;
}

TEST_F(GtkwaveSaveTest, ShowsWhatMovedWithItsHierarchyFormatsAndTime) {
  VcdWriter vcd(path(), {1000, 3300});
  const VcdVariable owner = vcd.add_text("chip.tile0.bus.wires", "owner", "free");
  const VcdVariable queue = vcd.add_level("chip.tile0.network_interface", "receive_queue", 8);
  const VcdVariable rows = vcd.add_level("chip.tile0.controller", "buffered_rows", 16);
  const VcdVariable state = vcd.add_text("chip.tile0.controller", "fetch_state", "idle");
  const VcdVariable bits = vcd.add_bits("chip.tile0.controller", "weight_bits", 5);
  const VcdVariable window = vcd.add_bits("chip.tile0.controller", "window", 24);
  const VcdVariable slot = vcd.add_bits("chip.tile0.controller", "slot", 1);
  vcd.add_text("chip.tile0.controller", "drain_state", "idle");  // never leaves it
  const VcdVariable sum = vcd.add_integer("chip.tile0.shift_adder", "value");
  vcd.describe("chip.tile0", "C1 W6A4");
  vcd.change(bits, 10, 6);
  vcd.change(rows, 10, 32);  // and stays
  vcd.advance(500);
  vcd.change(owner, 1100, "fetch");
  vcd.change(queue, 1200, 2);
  vcd.change(state, 1200, "edram");
  vcd.change(window, 1300, 1);
  vcd.change(slot, 1300, 1);
  vcd.change(sum, 3260, -7);
  vcd.close();
  EXPECT_EQ(gtkwave_save(vcd, "traces/chip.vcd", "pair"),
            "[*] Written by kirchhoff simulate --gtkw\n"
            "[dumpfile] \"traces/chip.vcd\"\n"
            "[timestart] 1000\n"
            "[size] 1500 900\n"
            "[pos] -1 -1\n"
            "*-8.78 1000 -1\n"  // 2^8.78 ps in 200 pixels: 2,260 ps in 1,030
            "[sst_expanded] 0\n"
            "[signals_width] 400\n"
            "@800200\n"
            "-tile0 C1 W6A4\n"
            "@22\n"
            "+{bus wires owner} chip.tile0.bus.wires.owner\n"
            "@8024\n"
            "+{network_interface receive_queue} chip.tile0.network_interface.receive_queue[7:0]\n"
            "@20000\n"
            "-\n"
            "-\n"
            "@420\n"
            "+{shift_adder value} chip.tile0.shift_adder.value\n"
            "@800200\n"
            "-controller\n"
            "@24\n"
            "+{buffered_rows} chip.tile0.controller.buffered_rows[15:0]\n"
            "@22\n"
            "+{fetch_state} chip.tile0.controller.fetch_state\n"
            "@24\n"
            "+{weight_bits} chip.tile0.controller.weight_bits[4:0]\n"
            "+{window} chip.tile0.controller.window[23:0]\n"
            "@28\n"
            "+{slot} chip.tile0.controller.slot\n"
            "@1000200\n"
            "-controller\n"
            "-tile0 C1 W6A4\n");
}

/// Two tiles of two PEs with two pairs of three modules.
std::string save_of_two_tiles(const std::string& path, int signals) {
  VcdWriter vcd(path);
  std::vector<VcdVariable> all;
  for (const char* pe : {"tile0.pe0", "tile0.pe1", "tile1.pe0", "tile1.pe1"}) {
    for (const char* module : {"adc10", "adc2", "dac10", "dac2", "hold10", "hold2"}) {
      for (int i = 0; i < signals; ++i)
        all.push_back(
            vcd.add_bits(std::string("chip.") + pe + "." + module, "s" + std::to_string(i), 1));
    }
  }
  for (const VcdVariable one : all) vcd.change(one, 10, 1);
  vcd.close();
  return gtkwave_save(vcd, "t.vcd", "pair");
}

TEST_F(GtkwaveSaveTest, ModulesOfOneNumberAreALaneInTheOrderOfNumbers) {
  const std::string save = save_of_two_tiles(path(), 2);
  const std::size_t two = save.find("-pair 2\n"), ten = save.find("-pair 10\n");
  ASSERT_NE(two, std::string::npos) << save;
  EXPECT_LT(two, ten);
  EXPECT_NE(save.find("+{hold2 s1} chip.tile0.pe0.hold2.s1\n"), std::string::npos) << save;
  EXPECT_EQ(count(save, "-pair"), 4 * 2 * 2);  // begin and end
}

TEST_F(GtkwaveSaveTest, TheModulesOfALaneFollowEachOtherAsTheyAreReached) {
  VcdWriter vcd(path(), {500, 1000});
  const VcdVariable reading = vcd.add_bits("chip.pe0.crossbar0", "reading", 1);
  const VcdVariable code = vcd.add_integer("chip.pe0.adc0", "code", 16);
  const VcdVariable busy = vcd.add_bits("chip.pe0.dac0", "busy", 1);
  for (int step = 0; step < 10; ++step) {  // also before the window
    vcd.change(busy, 100 * step + 1, step % 2 == 0);
    vcd.change(reading, 100 * step + 2, step % 2 == 0);
    vcd.change(code, 100 * step + 3, step + 1);
  }
  vcd.close();
  const std::string save = gtkwave_save(vcd, "t.vcd", "pair");
  EXPECT_LT(save.find("+{pe0 dac0 busy}"), save.find("+{pe0 crossbar0 reading}")) << save;
  EXPECT_LT(save.find("+{pe0 crossbar0 reading}"), save.find("+{pe0 adc0 code}")) << save;
}

TEST_F(GtkwaveSaveTest, OfMoreThanAScreenOnlyTheFirstOfNumberedGroupsIsOpen) {
  const std::string all_open = save_of_two_tiles(path(), 1);  // 24 signals
  EXPECT_EQ(all_open.find("@c00200"), std::string::npos) << all_open;
  const std::string save = save_of_two_tiles(path(), 4);
  std::istringstream lines(save);
  std::string flags, open, closed;
  for (std::string line; std::getline(lines, line);) {
    if (line[0] == '@') flags = line;
    if (line[0] != '-') continue;
    if (flags == "@800200") open += line + " ";
    if (flags == "@c00200") closed += line + " ";
  }
  EXPECT_EQ(open, "-tile0 -pe0 -pair 2 ");
  // Those inside a closed group are as closed.
  EXPECT_EQ(closed,
            "-pair 10 -pe1 -pair 2 -pair 10 "
            "-tile1 -pe0 -pair 2 -pair 10 -pe1 -pair 2 -pair 10 ");
  EXPECT_EQ(count(save, "+{"), 4 * 6 * 4);
}

TEST_F(GtkwaveSaveTest, AListOfMoreThanAScreenBeginsClosed) {
  VcdWriter vcd(path());
  for (int router = 0; router < 50; ++router) {
    const std::string scope = "chip.noc.router" + std::to_string(router);
    vcd.change(vcd.add_level(scope, "buffered_flits", 16), 10, 1);
  }
  vcd.close();
  const std::string save = gtkwave_save(vcd, "t.vcd", "pair");
  EXPECT_NE(save.find("@c00200\n-noc\n"), std::string::npos) << save;
  EXPECT_NE(save.find("@1401200\n-noc\n"), std::string::npos) << save;
}

TEST_F(GtkwaveSaveTest, WhereNothingMovedEverythingIsShown) {
  VcdWriter vcd(path(), {100, 200});
  vcd.add_bits("chip.tile0", "a", 1);
  vcd.add_text("chip.host", "b", "idle");
  vcd.close();
  const std::string save = gtkwave_save(vcd, "chip.vcd", "pair");
  EXPECT_EQ(count(save, "+{"), 2) << save;
  EXPECT_NE(save.find("[timestart] 100\n"), std::string::npos);
}

}  // namespace
}  // namespace kirchhoff
