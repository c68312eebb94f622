#include "hw/common/shared_resource.h"

#include <gtest/gtest.h>

#include "tests/hw/scripts.h"

namespace kirchhoff::hw {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

class SharedResourceTest : public SystemCTest {
 protected:
  Clock clock_{1000};
};

TEST_F(SharedResourceTest, AResourceServesOneRequestAtATimeWithAnArbitrationCycle) {
  SharedResource resource("resource", clock_, {"a", "b"});
  Script a("a", [&] { resource.occupy(0, 10); });
  Script b("b", [&] { resource.occupy(1, 5); });
  sc_core::sc_start();
  EXPECT_EQ(a.finished, sc_time(11, SC_NS));
  EXPECT_EQ(b.finished, sc_time(16, SC_NS));
  EXPECT_EQ(resource.busy_cycles(), 15u);
  EXPECT_EQ(resource.stall_cycles(), 10u);
}

// Whoever runs first within an instant must not matter.
TEST_F(SharedResourceTest, ProcessOrderWithinAnInstantDoesNotDecide) {
  SharedResource resource("resource", clock_, {"a", "b"});
  Script b("b", [&] { resource.occupy(1, 5); });
  Script a("a", [&] { resource.occupy(0, 10); });
  sc_core::sc_start();
  EXPECT_EQ(a.finished, sc_time(11, SC_NS));
  EXPECT_EQ(b.finished, sc_time(16, SC_NS));
}

}  // namespace
}  // namespace kirchhoff::hw
