#include "hw/noc/packet.h"

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

TEST(SegmentsTest, EveryPacketHasAHeadAndNoneIsLongerThanAllowed) {
  NocConfig config;
  config.packet_flits = 16;
  EXPECT_EQ(segments_of(0, config).packets, 1);
  EXPECT_EQ(segments_of(0, config).flits, 1);
  EXPECT_EQ(segments_of(15 * 32, config).packets, 1);
  EXPECT_EQ(segments_of(15 * 32, config).flits, 16);
  EXPECT_EQ(segments_of(15 * 32 + 1, config).packets, 2);
  EXPECT_EQ(segments_of(15 * 32 + 1, config).flits, 18);
  config.packet_flits = 0;
  EXPECT_EQ(segments_of(1000 * 32, config).packets, 1);
  EXPECT_EQ(segments_of(1000 * 32, config).flits, 1001);
}

TEST(PacketTest, WhatMustNotWaitForEachOtherHasANetworkOfItsOwn) {
  EXPECT_EQ(network_of(PacketKind::kActivation), VirtualNetwork::kActivations);
  EXPECT_EQ(network_of(PacketKind::kResult), VirtualNetwork::kActivations);
  EXPECT_EQ(network_of(PacketKind::kPartialSum), VirtualNetwork::kPartialSums);
  EXPECT_EQ(network_of(PacketKind::kCredit), VirtualNetwork::kCredits);
  EXPECT_EQ(network_of(PacketKind::kBufferCredit), VirtualNetwork::kCredits);
}

TEST(PacketTest, AMessageTakesACyclePerFlitBehindItsHead) {
  NocConfig config;
  config.rc_cycles = config.va_cycles = config.sa_cycles = config.st_cycles = 1;
  config.link_cycles = 2;
  EXPECT_EQ(hop_cycles(config), 6u);
  EXPECT_EQ(zero_load_cycles(config, 0, 1), 2u + 6);
  EXPECT_EQ(zero_load_cycles(config, 3, 1), 2u + 4 * 6);
  EXPECT_EQ(zero_load_cycles(config, 3, 33), 2u + 4 * 6 + 32);
}

TEST(PacketTest, SaysWhatItIs) {
  Packet packet;
  packet.id = 12;
  packet.kind = PacketKind::kPartialSum;
  packet.source = NodeId{3};
  packet.destination = NodeId{4};
  packet.flits = 33;
  EXPECT_EQ(packet.describe(), "partial sum packet 12 (33 flits) from node 3 to node 4");
}

}  // namespace
}  // namespace kirchhoff::hw
