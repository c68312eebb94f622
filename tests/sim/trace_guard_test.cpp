#include "sim/trace_guard.h"

#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"
#include "sim/own_kernel.h"
#include "sim/simulator.h"
#include "tests/base/scratch_directory.h"
#include "tests/support/systemc_test.h"
#include "traces/vcd_writer.h"

namespace kirchhoff {
namespace {

/// The waveforms of one image, bit by bit.
std::string trace(const quant::Network& network, std::uint64_t limit = kNoTraceLimit) {
  const ScratchDirectory folder;
  return sim::on_own_kernel([&] {
    VcdWriter vcd(folder.file("t.vcd"), {}, nullptr, limit);
    const Tracer tracer{&vcd, nullptr};
    sim::Simulator simulator(network, {}, {hw::Fidelity::kBit, &tracer});
    simulator.load(
        quant::random_integer_network(network, quant::Policy::uniform(network, 6, 4), 3));
    simulator.run_image(quant::random_image(network.image, 4));
    vcd.close();
    return contents_of(folder.file("t.vcd"));
  });
}

class TraceGuardTest : public SystemCTest {};

TEST_F(TraceGuardTest, ATooLargeTraceIsRefusedWithAnEstimateNearItsSize) {
  const quant::Network network = quant::lenet5();
  const auto size = static_cast<double>(trace(network).size());
  try {
    trace(network, static_cast<std::uint64_t>(size / 2));
    FAIL() << "not refused";
  } catch (const InputError& error) {
    const std::string message = error.what();
    const std::string lead = "would grow to about ";
    ASSERT_NE(message.find(lead), std::string::npos) << message;
    const double estimate = std::stod(message.substr(message.find(lead) + lead.size()));
    EXPECT_NEAR(estimate, size / 1e6, 0.4 * size / 1e6) << message;
    EXPECT_NE(message.find("--from"), std::string::npos);
  }
}

TEST_F(TraceGuardTest, OneThatFitsIsNotRefused) {
  const quant::Network network = quant::lenet5();
  const std::string whole = trace(network);
  EXPECT_EQ(trace(network, 2 * whole.size()), whole);
}

}  // namespace
}  // namespace kirchhoff
