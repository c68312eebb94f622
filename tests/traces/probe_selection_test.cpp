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

// As a viewer shows names.
TEST(ProbeSelectionTest, TheLeadingChipMayStay) {
  ProbeSelection selection({"chip.tile0.pe0.*", "chip.host"});
  EXPECT_TRUE(selection.wants("chip.tile0.pe0.state"));
  EXPECT_TRUE(selection.wants("chip.host.image_row"));
  EXPECT_FALSE(selection.wants("chip.tile1.pe0.state"));
  ProbeSelection all({"chip"});
  EXPECT_TRUE(all.wants("chip.tile0.pe0.state"));
  EXPECT_EQ(error_of("chip.tile2"),
            "--probe 'chip.tile2': no signal matches: did you mean 'tile0'? the chip has host, "
            "tile0 to tile10");
}

std::string meant_by(const std::string& pattern) {
  const std::string error = error_of(pattern), lead = "did you mean '";
  const std::size_t begin = error.find(lead);
  if (begin == std::string::npos) return error;
  const std::size_t end = error.find("'? ", begin);
  const std::string meant = error.substr(begin + lead.size(), end - begin - lead.size());
  EXPECT_EQ(error_of(meant), "") << "the suggestion matches nothing";
  return meant;
}

TEST(ProbeSelectionTest, NamesInAnotherCaseWithoutTheirPlaceOrNumberAreUnderstood) {
  EXPECT_EQ(meant_by("Tile0.PE0"), "tile0.pe0");
  EXPECT_EQ(meant_by("tile0.PE0.ADC0.code"), "tile0.pe0.adc0.code");
  EXPECT_EQ(meant_by("chip.Tile0.*"), "tile0.*");
  EXPECT_EQ(meant_by("adc"), "*.adc*");
  EXPECT_EQ(meant_by("ADC"), "*.adc*");
  EXPECT_EQ(meant_by("pe1"), "*.pe1");
  EXPECT_EQ(meant_by("fetch_state"), "*.fetch_state");
  EXPECT_EQ(meant_by("pe0.adc1"), "*.pe0.adc1");
  EXPECT_EQ(meant_by("tile0.adc1.code"), "tile0.*.adc1.code");
  EXPECT_EQ(meant_by("tile"), "tile*");
  EXPECT_EQ(meant_by("tile0.pe"), "tile0.pe*");
}

}  // namespace
}  // namespace kirchhoff
