#include "traces/probe_selection.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace kirchhoff {
namespace {

void offer_chip(ProbeSelection& selection) {
  for (const char* name :
       {"chip.host.image_row", "chip.tile0.pe0.state", "chip.tile0.pe0.adc0.code",
        "chip.tile0.pe0.adc1.code", "chip.tile0.pe1.state", "chip.tile1.pe0.state",
        "chip.tile10.pe0.state", "chip.tile1.controller.fetch_state"}) {
    selection.wants(name);
  }
}

std::string error_of(const std::string& pattern, const std::string& hint = "") {
  ProbeSelection selection({"host.*", pattern});
  offer_chip(selection);
  try {
    selection.check(hint);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(ProbeSelectionTest, WithoutPatternsEverythingIsWanted) {
  ProbeSelection all;
  EXPECT_TRUE(all.wants("chip.tile0.pe0.state"));
  EXPECT_NO_THROW(all.check());
}

TEST(ProbeSelectionTest, StarsCrossDotsAndModulesStandForTheirInside) {
  ProbeSelection selection({"tile0.pe0.*", "tile1"});
  EXPECT_TRUE(selection.wants("chip.tile0.pe0.adc1.code"));
  EXPECT_TRUE(selection.wants("chip.tile0.pe0.state"));
  EXPECT_FALSE(selection.wants("chip.tile0.pe1.state"));
  EXPECT_TRUE(selection.wants("chip.tile1.pe0.state"));
  EXPECT_FALSE(selection.wants("chip.tile10.pe0.state"));
  EXPECT_NO_THROW(selection.check());
  ProbeSelection codes({"*.adc[0-3].code"});
  EXPECT_TRUE(codes.wants("chip.tile0.pe0.adc1.code"));
  EXPECT_FALSE(codes.wants("chip.tile0.pe0.state"));
}

TEST(ProbeSelectionTest, APatternWithoutMatchIsExplained) {
  EXPECT_EQ(error_of("tile2.*"),
            "--probe 'tile2.*': no signal matches: did you mean 'tile0'? the chip has host, "
            "tile0 to tile10");
  EXPECT_EQ(error_of("tile0.pe0.adc2.*"),
            "--probe 'tile0.pe0.adc2.*': no signal matches: did you mean 'adc0'? tile0.pe0 has "
            "adc0 to adc1, state");
  EXPECT_EQ(error_of("tile0.pe0.stale", "only at night"),
            "--probe 'tile0.pe0.stale': no signal matches: did you mean 'state'? tile0.pe0 has "
            "adc0 to adc1, state (only at night)");
  EXPECT_EQ(error_of("tile0.pe0.adc?.code"), "");
  EXPECT_NE(error_of(""), "");
}

}  // namespace
}  // namespace kirchhoff
