// A request to stop ends a simulation wherever it is, traced or not.

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "base/stop_request.h"
#include "quant/network/networks.h"
#include "sim/own_kernel.h"
#include "sim/simulator.h"
#include "tests/base/scratch_directory.h"
#include "tests/support/systemc_test.h"
#include "traces/vcd_writer.h"

namespace kirchhoff {
namespace {

class StopTest : public SystemCTest {
 protected:
  ~StopTest() override { withdraw_stop(); }
};

TEST_F(StopTest, ARunIsGivenUp) {
  const quant::Network network = quant::lenet5();
  const quant::Policy policy = quant::Policy::uniform(network, 8, 8);
  const ScratchDirectory folder;
  for (const bool traced : {false, true}) {
    for (const hw::Fidelity fidelity : {hw::Fidelity::kMvm, hw::Fidelity::kBit}) {
      sim::on_own_kernel([&] {
        VcdWriter vcd(folder.file("t.vcd"));
        const Tracer tracer{&vcd, nullptr};
        sim::SimulatorOptions options;
        options.fidelity = fidelity;
        options.tracer = traced ? &tracer : nullptr;
        sim::Simulator simulator(network, {}, options);
        simulator.cost(policy);
        // From another thread, as a signal would; a hundred thousand images take minutes.
        std::thread other([] {
          std::this_thread::sleep_for(std::chrono::milliseconds(50));
          request_stop();
        });
        EXPECT_THROW(simulator.cost(policy, 100000), Stopped);
        other.join();
        withdraw_stop();
        return true;
      });
    }
  }
}

}  // namespace
}  // namespace kirchhoff
