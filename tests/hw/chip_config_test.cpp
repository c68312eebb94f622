#include "hw/config/chip_config.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/hw/config_error.h"

namespace kirchhoff::hw {
namespace {

TEST(ChipConfigTest, ContradictionsBetweenKeysAreRefused) {
  EXPECT_NE(error_of_text("[cost]\nalpha = 0.5\n"), "");
  EXPECT_NE(error_of_text("[chip]\nmesh_width = 3\n"), "");
  const std::string packet = error_of_text("[noc]\npacket_flits = 33\n");
  EXPECT_NE(packet.find("noc.packet_flits = 33"), std::string::npos) << packet;
  EXPECT_NE(packet.find("noc.buffer_flits = 32"), std::string::npos) << packet;
  EXPECT_NE(error_of_text("[noc]\npacket_flits = 0\n"), "");
  EXPECT_NE(error_of_text("[noc]\nflow_control = wormhole\npacket_flits = 1\n"), "");
  EXPECT_EQ(error_of_text("[noc]\nflow_control = wormhole\npacket_flits = 0\n"), "");
  EXPECT_NE(error_of_text("[noc]\ntopology = cmesh\nconcentration = 5\n"), "");
  const std::string reuse = error_of_text("[noc]\nvc_reuse = tail_credit\n");
  EXPECT_NE(reuse.find("noc.flow_control = wormhole"), std::string::npos) << reuse;
  const std::string credit = error_of_text("[noc]\ncredit_cycles = 2\n");
  EXPECT_NE(credit.find("noc.flow_control = wormhole"), std::string::npos) << credit;
  EXPECT_EQ(error_of_text("[noc]\nflow_control = wormhole\nvc_reuse = tail_credit\n"
                          "credit_cycles = 2\n"),
            "");
  // Four hops of 5 + 1 cycles for the head and 32 flits; a longer hop needs more patience.
  EXPECT_EQ(error_of_text("[noc]\nwatchdog_cycles = 152\n"), "");
  const std::string watchdog = error_of_text("[noc]\nwatchdog_cycles = 151\n");
  EXPECT_NE(watchdog.find("noc.watchdog_cycles = 151: must be 0, or at least 152"),
            std::string::npos)
      << watchdog;
  EXPECT_NE(error_of_text("[noc]\nwatchdog_cycles = 152\nlink_cycles = 16\n"), "");
  EXPECT_EQ(error_of_text("[noc]\nwatchdog_cycles = 0\nlink_cycles = 16\n"), "");
  EXPECT_EQ(error_of_text("[noc]\ntopology = cmesh\nconcentration = 9\n"), "");
}

}  // namespace
}  // namespace kirchhoff::hw
