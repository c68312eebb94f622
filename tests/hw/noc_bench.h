#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hw/noc/network_interface.h"
#include "hw/noc/noc.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {

/// A network with a source and a sink per end point, the host's included.
class NocBench {
 public:
  struct Arrival {
    PacketPtr packet;
    sc_core::sc_time at;
  };
  struct EndPoint : sc_core::sc_module {
    sc_core::sc_port<NetworkIf> network{"network"};
    std::vector<PacketPtr> to_send;
    std::vector<Arrival> received;
    bool take = true;
    sc_core::sc_event taken, go;
    explicit EndPoint(const sc_core::sc_module_name& name) : sc_module(name) {
      SC_HAS_PROCESS(EndPoint);
      SC_THREAD(send);
      SC_THREAD(receive);
    }
    void send() {
      begin_thread();
      while (true) {
        for (auto& packet : to_send) network->send(packet);
        to_send.clear();
        wait(go);
      }
    }
    void receive() {
      begin_thread();
      while (true) {
        while (!take) wait(taken);
        if (auto packet = network->receive()) {
          received.push_back({packet, sc_core::sc_time_stamp()});
        } else {
          network->received().wait();
        }
      }
    }
  };

  NocBench(int width, int height, const NocConfig& config, const Routing* routing = nullptr,
           const Tracer* tracer = nullptr)
      : clock(1000), noc("noc", config, Topology(width, height, config), clock, tracer, routing) {
    noc.reset();
    for (int n = 0; n < noc.topology().end_points(); ++n) {
      interfaces.push_back(
          std::make_unique<NetworkInterface>(("ni" + std::to_string(n)).c_str(), NodeId{n}));
      ends.push_back(std::make_unique<EndPoint>(("end" + std::to_string(n)).c_str()));
      ends.back()->network(interfaces.back()->port);
      interfaces.back()->to_noc.bind(noc.from_interfaces);
      noc.to_interfaces.bind(interfaces.back()->from_noc);
    }
  }

  /// A message of `payload` flits of 32 bits besides its heads.
  static PacketPtr packet(int to, int payload, PacketKind kind = PacketKind::kActivation) {
    auto p = std::make_shared<Packet>();
    p->kind = kind;
    p->destination = NodeId{to};
    p->payload_bits = 32LL * payload;
    return p;
  }
  EndPoint& end(int n) { return *ends[static_cast<std::size_t>(n)]; }
  void reset() {
    clock.restart();
    noc.reset();
    for (auto& interface : interfaces) interface->reset();
    for (auto& e : ends) e->received.clear();
  }
  std::vector<std::string> waiting() const {
    std::vector<std::string> lines;
    for (auto& interface : interfaces) interface->report_waiting(lines);
    noc.report_waiting(lines);
    return lines;
  }

  Clock clock;
  Noc noc;
  std::vector<std::unique_ptr<NetworkInterface>> interfaces;
  std::vector<std::unique_ptr<EndPoint>> ends;
};

}  // namespace kirchhoff::hw
