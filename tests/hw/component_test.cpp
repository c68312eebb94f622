#include "hw/config/component.h"

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "hw/config/components.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::hw {
namespace {

class ComponentTest : public ::testing::Test {
 protected:
  ComponentTest() {
    for (const ConfigEntry& entry : ConfigLoader().entries()) entries_[entry.key] = entry;
  }
  std::string cost(const Rate& rate) const {
    return fmt::format("{:.6g} | {}", rate.value(keys_), entries_.at(rate.key).source);
  }
  static std::string formula(const Rate& rate) {
    if (!rate.formula) return "`" + rate.key + "`";
    const std::string text = rate.formula->text();
    if (!rate.below_zero_only) return text;
    const std::string on = rate.kind ? fmt::format("; with `{} = {}` {}", rate.kind->key,
                                                   rate.kind->value, rate.kind->formula.text())
                                     : "";
    return fmt::format("`{}`; below 0: {}{}", rate.key, text, on);
  }

  const ChipConfig config_;
  const ConfigNumbers keys_{config_};
  std::map<std::string, ConfigEntry> entries_;
};

TEST_F(ComponentTest, EveryCostHasAKeyWithASource) {
  std::set<std::string> names, counters;
  for (const Component& component : components()) {
    EXPECT_TRUE(names.insert(component.name).second) << component.name;
    std::vector<Rate> rates = {component.rated};
    if (component.leak) rates.push_back(*component.leak);
    if (component.area) rates.push_back(*component.area);
    for (const CostEvent& event : component.events) {
      EXPECT_TRUE(counters.insert(event.counter).second) << event.counter;
      EXPECT_FALSE(event.counts.empty()) << event.counter;
      if (event.energy) rates.push_back(*event.energy);
    }
    for (const Rate& rate : rates) {
      ASSERT_EQ(entries_.count(rate.key), 1u) << rate.key;
      EXPECT_FALSE(entries_.at(rate.key).source.empty()) << rate.key;
      EXPECT_GE(rate.value(keys_), 0) << rate.key;
      if (!rate.formula) continue;
      for (const std::string& key : rate.formula->keys()) EXPECT_EQ(entries_.count(key), 1u) << key;
    }
  }
}

TEST_F(ComponentTest, AnAdcCostsWhatItsResolutionSaysUnlessItIsGiven) {
  const Component& adc = *find_component("adc");
  const double conversion = 0.19488 * 8 + 4.2005e-4 * 256;
  EXPECT_DOUBLE_EQ(event_pj(keys_, "conversions"), 0.9 * conversion);
  EXPECT_DOUBLE_EQ(adc.leak->value(keys_), 0.1 * conversion * 1.2);
  EXPECT_DOUBLE_EQ(adc.area->value(keys_), 81.73 * 8 + 2.1335 * 256);
  ChipConfig given;
  given.tile.pe.adc.conversion = Energy::picojoules(3);
  EXPECT_EQ(event_pj(ConfigNumbers(given), "conversions"), 3);
}

// The tables of docs/costs.md are these rows; paste what a failure prints.
TEST_F(ComponentTest, ThePageHasEveryCost) {
  std::string events, leakage, instances;
  for (const Component& c : components()) {
    for (const CostEvent& event : c.events) {
      if (!event.energy || (event.charged && !event.charged({keys_}))) continue;
      events += fmt::format("| {} | `{}` | {} | {} | {} |\n", c.name, event.counter, event.counts,
                            formula(*event.energy), cost(*event.energy));
    }
    if (c.leak) {
      leakage += fmt::format("| {} | {} | {} | {} | {} |\n", c.name, c.instances.text(),
                             formula(*c.leak), cost(*c.leak), c.sleeps ? "yes" : "no");
    }
    instances += fmt::format("| {} | {} | {} | {} | {} |\n", c.name, c.instances.text(),
                             formula(c.rated), cost(c.rated),
                             c.area ? formula(*c.area) + " | " + cost(*c.area) : "none | 0 |");
  }
  std::ifstream file(KIRCHHOFF_COSTS_PAGE);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const std::string& table : {events, leakage, instances})
    EXPECT_NE(page.find("|---|\n" + table + "\n"), std::string::npos) << table;
}

}  // namespace
}  // namespace kirchhoff::hw
