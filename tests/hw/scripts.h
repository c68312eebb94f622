#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>

#include "hw/ports/transfer.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {

/// Runs a function as a thread.
struct Script : sc_core::sc_module {
  std::function<void()> body;
  sc_core::sc_time finished;
  Script(const sc_core::sc_module_name& name, std::function<void()> b)
      : sc_module(name), body(std::move(b)) {
    SC_HAS_PROCESS(Script);
    SC_THREAD(run);
  }
  void run() {
    begin_thread();
    body();
    finished = sc_core::sc_time_stamp();
  }
};

/// Likewise, with a socket to a bus or a buffer.
struct BusMaster : sc_core::sc_module {
  tlm_utils::multi_passthrough_initiator_socket<BusMaster> socket{"socket"};
  Transfer transfer;
  sc_core::sc_time finished;
  std::vector<std::int32_t> data;
  std::function<void(BusMaster&)> body;
  BusMaster(const sc_core::sc_module_name& name, std::function<void(BusMaster&)> b)
      : sc_module(name), body(std::move(b)) {
    SC_HAS_PROCESS(BusMaster);
    SC_THREAD(run);
  }
  void run() {
    begin_thread();
    body(*this);
    finished = sc_core::sc_time_stamp();
  }
  tlm::tlm_response_status transport(tlm::tlm_command command, std::uint64_t address) {
    sc_core::sc_time delay;
    socket[0]->b_transport(transfer.prepare(command, address, data.empty() ? nullptr : data.data(),
                                            sizeof(std::int32_t) * data.size()),
                           delay);
    return transfer.prepare(command, address).get_response_status();
  }
};

}  // namespace kirchhoff::hw
