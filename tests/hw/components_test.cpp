#include "hw/config/components.h"

#include <cstddef>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include "hw/config/chip_config.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::hw {
namespace {

TEST(ComponentsTest, EachIsFoundByItsNameAndItsCounters) {
  for (const Component& component : components()) {
    EXPECT_EQ(find_component(component.name), &component);
    for (const CostEvent& event : component.events) EXPECT_EQ(find_event(event.counter), &event);
  }
  EXPECT_EQ(find_component("flux_capacitor"), nullptr);
  EXPECT_EQ(find_event("flux_capacitor"), nullptr);
}

TEST(ComponentsTest, TheyFollowTheWayOfTheData) {
  const std::vector<Component>& all = components();
  ASSERT_GE(all.size(), 19u);
  EXPECT_EQ(all.front().name, "crossbar");
  EXPECT_EQ(all[18].name, "link");
}

TEST(ComponentsTest, AnEventCostsWhatItsKeySays) {
  ChipConfig config;
  config.tile.pe.shift_adder.add = Energy::picojoules(0.75);
  EXPECT_EQ(event_pj(ConfigNumbers(config), "shift_adds"), 0.75);
}

// A chip that was configured without a component would not charge for it.
TEST(ComponentsTest, OneThatComesTooLateIsRefused) {
  const std::size_t before = components().size();
  EXPECT_THROW(AddComponent(Component("late", Expression("adc.bits"))), std::logic_error);
  EXPECT_EQ(components().size(), before);
}

}  // namespace
}  // namespace kirchhoff::hw
