#include "hw/noc/network_interface.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

/// A network that takes as many messages as the test gives it room for.
struct FakeNoc : sc_core::sc_module {
  tlm_utils::simple_target_socket<FakeNoc> from_interface{"from_interface"};
  tlm_utils::simple_initiator_socket<FakeNoc> to_interface{"to_interface"};

  explicit FakeNoc(const sc_core::sc_module_name& name) : sc_module(name) {
    from_interface.register_nb_transport_fw(this, &FakeNoc::message);
    to_interface.register_nb_transport_bw(this, &FakeNoc::taken);
  }
  tlm::tlm_sync_enum message(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                             sc_core::sc_time&) {
    EXPECT_EQ(phase, MESSAGE);
    MessageExtension& extension = MessageExtension::of(trans);
    if (room == 0) return tlm::TLM_ACCEPTED;
    --room;
    messages.push_back(std::move(extension.packet));
    return tlm::TLM_COMPLETED;
  }
  tlm::tlm_sync_enum taken(tlm::tlm_generic_payload& trans, tlm::tlm_phase& phase,
                           sc_core::sc_time&) {
    EXPECT_EQ(phase, TAKEN);
    places.push_back(MessageExtension::of(trans).network);
    return tlm::TLM_COMPLETED;
  }
  /// There is room for one more message of a network.
  void give_room(VirtualNetwork network) {
    ++room;
    tlm::tlm_phase phase = ROOM;
    sc_core::sc_time delay;
    from_interface->nb_transport_bw(payload.with(nullptr, network), phase, delay);
  }
  void arrive(const Packet& packet) {
    tlm::tlm_phase phase = ARRIVED;
    sc_core::sc_time delay;
    to_interface->nb_transport_fw(
        payload.with(std::make_shared<Packet>(packet), network_of(packet.kind)), phase, delay);
  }

  int room = 0;
  std::vector<PacketPtr> messages;
  std::vector<VirtualNetwork> places;  ///< in the receive queue that are free again
  MessagePayload payload;
};

class NetworkInterfaceTest : public SystemCTest {
 protected:
  NetworkInterfaceTest() {
    dut_.to_noc.bind(noc_.from_interface);
    noc_.to_interface.bind(dut_.from_noc);
  }
  /// Sends a packet of each kind, one after the other.
  void send(const std::vector<PacketKind>& kinds) {
    threads_.push_back(std::make_unique<Thread>(*agenda_, [this, kinds] {
      for (const PacketKind kind : kinds) {
        auto packet = std::make_shared<Packet>();
        packet->kind = kind;
        dut_.send(std::move(packet));
      }
    }));
  }
  void at(std::uint64_t ps, const std::function<void()>& act) {
    threads_.push_back(std::make_unique<Thread>(*agenda_, [ps, act] {
      wait_until(ps);
      act();
    }));
  }

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  NetworkInterface dut_{"dut", NodeId{3}};
  FakeNoc noc_{"noc"};
  std::vector<std::unique_ptr<Thread>> threads_;
};

TEST_F(NetworkInterfaceTest, PacketsGetANameAndASource) {
  noc_.room = 2;
  send({PacketKind::kActivation, PacketKind::kCredit});
  elaborate();
  sc_core::sc_start();
  ASSERT_EQ(noc_.messages.size(), 2u);
  EXPECT_EQ(noc_.messages[0]->id, 3000000u);
  EXPECT_EQ(noc_.messages[1]->id, 3000001u);
  EXPECT_EQ(noc_.messages[0]->source, NodeId{3});
}

TEST_F(NetworkInterfaceTest, AFullQueueHoldsTheSenderUntilItsOwnNetworkHasRoom) {
  noc_.room = 1;
  send({PacketKind::kPartialSum, PacketKind::kPartialSum});
  at(40, [&] { noc_.give_room(VirtualNetwork::kActivations); });  // nobody waits for that
  at(60, [&] {
    noc_.room = 0;
    noc_.give_room(VirtualNetwork::kPartialSums);
  });
  elaborate();
  sc_core::sc_start();
  ASSERT_EQ(noc_.messages.size(), 2u);
  EXPECT_EQ(noc_.messages[0]->sent_ps, 0u);
  EXPECT_EQ(noc_.messages[1]->sent_ps, 60u);
}

TEST_F(NetworkInterfaceTest, PacketsAreTakenInTheOrderOfTheirArrival) {
  std::vector<std::string> taken;
  Thread reader(*agenda_, [&] {
    while (taken.size() < 2) {
      while (const PacketPtr packet = dut_.receive()) {
        taken.push_back(std::to_string(packet->index) + "@" + std::to_string(packet->arrived_ps) +
                        " taken@" + std::to_string(now_ps()));
        wait_until(now_ps() + 100);
      }
      if (taken.size() < 2) dut_.received().wait();
    }
  });
  const auto arrive = [&](PacketKind kind, int number) {
    Packet packet;
    packet.kind = kind;
    packet.index = number;
    noc_.arrive(packet);
  };
  at(20, [&] { arrive(PacketKind::kPartialSum, 1); });
  at(30, [&] {
    arrive(PacketKind::kActivation, 2);
    std::vector<std::string> lines;
    dut_.report_waiting(lines);
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_NE(lines[0].find("in the receive queue of node 3, waits for the tile"),
              std::string::npos);
  });
  elaborate();
  sc_core::sc_start();
  EXPECT_EQ(taken, (std::vector<std::string>{"1@20 taken@20", "2@30 taken@120"}));
  EXPECT_EQ(noc_.places, (std::vector<VirtualNetwork>{VirtualNetwork::kPartialSums,
                                                      VirtualNetwork::kActivations}));
}

// Who waits for a packet takes it when it comes, but sleeps on until an edge. What comes meanwhile
// waits.
TEST_F(NetworkInterfaceTest, PacketsAreHandedOverOnAnEdge) {
  const Clock clock(1000);
  bool accepting = true;
  std::vector<std::string> taken;
  Thread reader(*agenda_, [&] {
    while (taken.size() < 3) {
      PacketPtr packet = dut_.receive();
      if (!packet) packet = dut_.wait_for_packet(clock, accepting);
      if (!packet) continue;
      taken.push_back(std::to_string(packet->index) + "@" + std::to_string(packet->arrived_ps) +
                      " taken@" + std::to_string(now_ps()));
    }
  });
  const auto arrive = [&](int number) {
    Packet packet;
    packet.index = number;
    noc_.arrive(packet);
  };
  at(20, [&] { arrive(1); });
  at(30, [&] {
    EXPECT_EQ(noc_.places.size(), 1u) << "its place is free at once";
    arrive(2);
  });
  at(40, [&] { EXPECT_EQ(noc_.places.size(), 1u); });
  at(1500, [&] {
    accepting = false;
    arrive(3);
    EXPECT_EQ(noc_.places.size(), 2u) << "who does not accept any is told, and looks himself";
  });
  elaborate();
  sc_core::sc_start();
  EXPECT_EQ(taken,
            (std::vector<std::string>{"1@20 taken@1000", "2@30 taken@1000", "3@1500 taken@1500"}));
}

TEST_F(NetworkInterfaceTest, AResetForgetsWhatNobodyTook) {
  elaborate();
  noc_.arrive({});
  dut_.reset();
  EXPECT_EQ(dut_.receive(), nullptr);
  EXPECT_TRUE(noc_.places.empty());
}

}  // namespace
}  // namespace kirchhoff::hw
