#include "sim/counters.h"

#include <gtest/gtest.h>

#include "hw/config/components.h"

namespace kirchhoff {
namespace {

// An event whose counter nobody has would cost nothing without a word.
TEST(Counters, EveryEventOfAComponentIsCounted) {
  for (const hw::Component& component : hw::components()) {
    for (const hw::CostEvent& event : component.events)
      EXPECT_EQ(sim::counter_meanings().count(event.counter), 1u) << event.counter;
  }
}

TEST(Counters, AmountsAddUpAndMomentsDoNot) {
  sim::Counters sums;
  sim::add_counters({{"begin_cycle", 7}, {"end_cycle", 50}, {"conversions", 3}}, sums);
  sim::add_counters({{"begin_cycle", 5}, {"end_cycle", 40}, {"conversions", 4}}, sums);
  EXPECT_EQ(sums, (sim::Counters{{"begin_cycle", 5}, {"end_cycle", 50}, {"conversions", 7}}));
  EXPECT_TRUE(sim::is_extreme("buffer_rows"));
  EXPECT_FALSE(sim::is_extreme("conversions"));
}

TEST(Counters, FlitsBelongToLayers) {
  EXPECT_TRUE(sim::counter_meanings().at("router_flits").of_layer_only);
  EXPECT_FALSE(sim::counter_meanings().at("noc_latency_ps").of_layer_only);
}

}  // namespace
}  // namespace kirchhoff
