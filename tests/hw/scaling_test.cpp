#include "hw/config/scaling.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::hw {
namespace {

using Flags = std::vector<std::pair<const char*, const char*>>;

/// A chip of a preset ("": the defaults), a file and flags.
ConfigLoader& load(ConfigLoader& loader, const std::string& preset, const std::string& text,
                   const Flags& flags) {
  if (!preset.empty())
    loader.load_file(std::string(KIRCHHOFF_PRESETS) + "/" + preset + ".ini", preset + ".ini");
  if (!text.empty()) loader.load_text(text, "chip.ini");
  for (const auto& [key, value] : flags) loader.set_from_flag(key, value);
  return loader;
}

double value_of(const ConfigLoader& loader, const std::string& key) {
  for (const ConfigEntry& entry : loader.entries())
    if (entry.key == key) return std::stod(entry.value);
  ADD_FAILURE() << key;
  return 0;
}

double with(const Flags& flags, const std::string& key, const std::string& preset = "",
            const std::string& text = "") {
  ConfigLoader loader;
  return value_of(load(loader, preset, text, flags), key);
}

TEST(Scaling, EveryLawIsOfOneConstantAndOfSizesThatExist) {
  std::set<std::string> keys, constants;
  for (const ConfigEntry& entry : ConfigLoader().entries()) keys.insert(entry.key);
  for (const ScalingLaw& law : scaling_laws()) {
    EXPECT_EQ(keys.count(law.key), 1u) << law.key;
    EXPECT_TRUE(constants.insert(law.key).second) << law.key << " has two laws";
    EXPECT_FALSE(law.factors.empty()) << law.key;
    bool follows = false;
    for (const Factor& factor : law.factors) {
      follows |= factor.exponent != 0;
      EXPECT_EQ(factor.exponent == 0, factor.stays[0] != '\0') << law.key;
      for (const std::string& key : factor.size.keys()) EXPECT_EQ(keys.count(key), 1u) << key;
    }
    EXPECT_EQ(follows, law.source[0] != '\0') << law.key;
  }
}

// What a preset gives holds for the sizes that it gives: nothing is scaled, nothing is said.
TEST(Scaling, PresetsKeepTheirFigures) {
  for (const char* preset : {"", "table4", "paper", "isaac"}) {
    ConfigLoader loader;
    load(loader, preset, "", {});
    EXPECT_TRUE(loader.notes().empty()) << preset << ": " << loader.notes().front();
    for (const ConfigEntry& entry : loader.entries()) {
      // A line buffer of no bytes has no figures of its own.
      if (entry.key.compare(0, 12, "line_buffer.") == 0 && entry.value == "0") continue;
      EXPECT_FALSE(entry.given.has_value()) << preset << ": " << entry.key;
    }
  }
}

/// Laws of one kind as a line of the table in docs/costs.md.
std::string line_of(const std::vector<const ScalingLaw*>& laws) {
  std::string keys, factors;
  for (const ScalingLaw* law : laws) keys += (keys.empty() ? "`" : ", `") + law->key + "`";
  for (const Factor& factor : laws.front()->factors) {
    if (factor.exponent == 0) {
      factors += fmt::format("; stays when `{}` changes: {}", factor.name, factor.stays);
    } else {
      factors += fmt::format(" · `{}`", factor.name);
      if (factor.exponent != 1) factors += fmt::format("^{}", factor.exponent);
    }
  }
  factors.erase(0, factors.front() == ';' ? 2 : 4);
  if (!laws.front()->leak.empty())
    factors = fmt::format("`{}` in it; the rest: {}", laws.front()->leak, factors);
  return fmt::format("| {} | {} | {} |", keys, factors, laws.front()->source);
}

bool alike(const ScalingLaw& a, const ScalingLaw& b) {
  return line_of({&a}).substr(line_of({&a}).find(" | ")) ==
         line_of({&b}).substr(line_of({&b}).find(" | "));
}

TEST(Scaling, ThePageHasEveryLaw) {
  std::ifstream file(KIRCHHOFF_COSTS_PAGE);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::vector<ScalingLaw>& laws = scaling_laws();
  for (std::size_t i = 0; i < laws.size();) {
    std::vector<const ScalingLaw*> kind;
    for (; i < laws.size() && (kind.empty() || alike(laws[i], *kind.front())); ++i)
      kind.push_back(&laws[i]);
    EXPECT_NE(page.find(line_of(kind) + "\n"), std::string::npos) << line_of(kind);
  }
}

TEST(Scaling, ConstantsFollowTheLaws) {
  const Flags array = {{"crossbar.rows", "512"}, {"crossbar.cols", "256"}};
  EXPECT_DOUBLE_EQ(with(array, "crossbar.area_um2"), 25.0 * 4 * 2);
  EXPECT_DOUBLE_EQ(with(array, "crossbar.rated_mw"), 0.3 * 4 * 2);
  EXPECT_DOUBLE_EQ(with(array, "dac.drive_pj"), 0.351 * 2);
  EXPECT_DOUBLE_EQ(with(array, "dac.area_um2"), 0.166 * 2);
  EXPECT_EQ(with(array, "crossbar.lrs_read_pj"), 0.00711);  // of one cell

  const Flags flit = {{"noc.flit_bits", "64"}};
  EXPECT_DOUBLE_EQ(with(flit, "router.flit_pj"), 2.65 * 2);
  EXPECT_DOUBLE_EQ(with(flit, "router.area_um2"), 32000);
  EXPECT_DOUBLE_EQ(with(flit, "link.flit_mm_pj"), 1.56 * 2);
  EXPECT_DOUBLE_EQ(with(flit, "link.rated_mm_mw"), 1.575 * 2);
  EXPECT_DOUBLE_EQ(with({{"noc.vcs", "4"}}, "router.leak_mw"), 1.3 * 4);
  EXPECT_DOUBLE_EQ(with({{"noc.buffer_flits", "64"}}, "router.area_um2"), 32000);
  EXPECT_DOUBLE_EQ(with({{"noc.buffer_flits", "64"}}, "router.flit_pj"), 2.65 * std::pow(2, 0.16));
  EXPECT_DOUBLE_EQ(with({{"noc.topology", "cmesh"}}, "router.area_um2"),
                   16000 * std::pow(8 / 5.0, 1.3));

  EXPECT_DOUBLE_EQ(with({{"edram.kb", "8192"}}, "edram.area_um2"), 83000 * 128.0);
  EXPECT_DOUBLE_EQ(with({{"edram.kb", "8192"}}, "edram.leak_mw"), 0.46 * 128);
  EXPECT_DOUBLE_EQ(with({{"edram.kb", "256"}}, "edram.read_pj"), 17.2 * 2);
  EXPECT_DOUBLE_EQ(with({{"edram.kb", "256"}}, "edram.rated_mw"), (20.7 - 0.46) * 2 + 0.46 * 4);
  EXPECT_DOUBLE_EQ(with({{"edram.word_bits", "512"}}, "edram.read_pj"), 17.2 * 2);
  EXPECT_DOUBLE_EQ(with({{"input_register.bytes", "4096"}}, "input_register.area_um2"), 4200);
  EXPECT_DOUBLE_EQ(with({{"bus.width_bits", "512"}}, "bus.area_um2"), 180000);
  EXPECT_EQ(with({{"bus.width_bits", "512"}}, "bus.byte_pj"), 0.43);
  EXPECT_DOUBLE_EQ(with({{"sfu.lanes", "16"}}, "sfu.area_um2"), 9680);
  EXPECT_DOUBLE_EQ(with({{"clock.tile_mhz", "600"}}, "bus.rated_mw"), (7.0 - 1.0) / 2 + 1.0);
  EXPECT_DOUBLE_EQ(with({{"clock.tile_mhz", "600"}}, "controller.rated_mw"),
                   (0.525 - 0.05) / 2 + 0.05);
  EXPECT_DOUBLE_EQ(with({{"tile.pes", "64"}}, "link.mm"), 1.22);
  // No buffer, no leakage; what it would cost to read it stays what it was.
  EXPECT_EQ(with({{"line_buffer.bytes", "0"}}, "line_buffer.area_um2"), 0);
  EXPECT_EQ(with({{"line_buffer.bytes", "0"}}, "line_buffer.rated_mw"), 0);
  EXPECT_EQ(with({{"line_buffer.bytes", "0"}}, "line_buffer.read_pj"), 1.89);
  EXPECT_DOUBLE_EQ(with({{"line_buffer.bytes", "8192"}}, "line_buffer.area_um2", "isaac"), 18200);
}

TEST(Scaling, ConversionsTakeAsLongAsTheKindOfConverterNeeds) {
  EXPECT_EQ(with({{"adc.bits", "4"}}, "adc.cycles", "paper"), 6);  // (4 + 2) / 1.2 GS/s
  EXPECT_EQ(with({{"adc.bits", "16"}}, "adc.cycles", "paper"), 18);
  EXPECT_EQ(with({{"adc.bits", "4"}}, "adc.cycles"), 1);
  EXPECT_EQ(with({{"adc.bits", "9"}}, "adc.cycles"), 2);  // more than the cycle of eight bits
  EXPECT_EQ(with({{"adc.bits", "9"}, {"adc.kind", "flash"}}, "adc.cycles"), 1);
  EXPECT_EQ(with({{"adc.bits", "9"}, {"adc.kind", "integrate_fire"}}, "adc.cycles"), 1);
  EXPECT_EQ(with({{"adc.bits", "9"}, {"adc.cycles", "1"}}, "adc.cycles"), 1);
  // Energy and power that were given for 8 bits.
  const auto conversion_pj = [](int b) { return 0.19488 * b + 4.2005e-4 * (1 << b); };
  const double ratio = conversion_pj(4) / conversion_pj(8);
  EXPECT_DOUBLE_EQ(with({{"adc.bits", "4"}}, "adc.conversion_pj", "paper"), 16.667 * ratio);
  EXPECT_DOUBLE_EQ(with({{"adc.bits", "4"}}, "adc.rated_mw", "paper"), 2 * ratio * 10 / 6);
  EXPECT_EQ(with({{"adc.bits", "4"}}, "adc.conversion_pj"), -1);  // by resolution anyway
}

// A constant holds for the sizes that its own layer ends with.
TEST(Scaling, AGivenConstantHoldsForTheSizesOfItsLayer) {
  const std::string file = "[crossbar]\narea_um2 = 100\nrows = 256\n";
  EXPECT_EQ(with({}, "crossbar.area_um2", "", file), 100);
  EXPECT_DOUBLE_EQ(with({{"crossbar.rows", "512"}}, "crossbar.area_um2", "", file), 200);
  EXPECT_DOUBLE_EQ(with({{"crossbar.rows", "128"}}, "crossbar.area_um2", "", file), 50);
  EXPECT_DOUBLE_EQ(with({}, "crossbar.rated_mw", "", file), 0.6);
  EXPECT_EQ(with({{"crossbar.rows", "512"}, {"crossbar.area_um2", "7"}}, "crossbar.area_um2"), 7);
  EXPECT_EQ(with({{"crossbar.area_um2", "7"}, {"crossbar.rows", "512"}}, "crossbar.area_um2"), 7);
  // A rated power and its leakage from different layers.
  const std::string leak = "[edram]\nkb = 128\nleak_mw = 4\n";
  EXPECT_DOUBLE_EQ(with({{"edram.kb", "256"}}, "edram.rated_mw", "", leak), (20.7 - 2) * 2 + 2 * 4);
}

TEST(Scaling, AnIniOfScaledConstantsGivesTheSameChip) {
  ConfigLoader first, second;
  load(first, "paper", "[edram]\nkb = 100\n",
       {{"crossbar.rows", "96"}, {"noc.flit_bits", "48"}, {"adc.bits", "5"}, {"tile.pes", "7"}});
  second.load_text(first.to_ini(), "again.ini");
  const auto a = first.entries(), b = second.entries();
  std::size_t scaled = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].value, b[i].value) << a[i].key;
    EXPECT_FALSE(b[i].given.has_value()) << a[i].key;
    if (!a[i].given) continue;
    ++scaled;
    EXPECT_NE(a[i].source.find("scaled: "), std::string::npos) << a[i].key;
  }
  EXPECT_GT(scaled, 10u);
}

TEST(Scaling, SaysWhichConstantStaysBehind) {
  const auto notes = [](const std::string& preset, const Flags& flags) {
    ConfigLoader loader;
    return load(loader, preset, "", flags).notes();
  };
  const auto read = notes("", {{"crossbar.rows", "256"}});
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0],
            "crossbar.read_ns = 3.16 ns was given for crossbar.rows = 128 and stays so at 256: how "
            "longer lines settle is not modelled");
  EXPECT_TRUE(notes("", {{"crossbar.rows", "256"}, {"crossbar.read_ns", "5"}}).empty());
  EXPECT_EQ(notes("", {{"edram.kb", "128"}}).size(), 1u);
  EXPECT_EQ(notes("", {{"noc.ni_packets", "8"}}).size(), 1u);
}

// Whatever sizes are allowed, what follows them can be written down and read again.
TEST(Scaling, TheLargestChipHasConstantsInTheirRanges) {
  for (const char* preset : {"table4", "paper", "isaac"}) {
    ConfigLoader loader;
    load(loader, preset, "",
         {{"crossbar.rows", "512"},
          {"crossbar.cols", "512"},
          {"adc.per_pair", "512"},
          {"adc.bits", "16"},
          {"input_register.bytes", "16777216"},
          {"input_register.word_bits", "4096"},
          {"output_register.bytes", "16777216"},
          {"output_register.word_bits", "4096"},
          {"edram.kb", "65536"},
          {"edram.word_bits", "4096"},
          {"edram.banks", "64"},
          {"line_buffer.bytes", "16777216"},
          {"line_buffer.word_bits", "4096"},
          {"bus.width_bits", "4096"},
          {"tile_adder.lanes", "1024"},
          {"tile_register.bytes", "16777216"},
          {"tile_register.word_bits", "4096"},
          {"sfu.lanes", "1024"},
          {"tile.pes", "256"},
          {"noc.flit_bits", "1024"},
          {"noc.vcs", "8"},
          {"noc.buffer_flits", "256"},
          {"noc.topology", "cmesh"},
          {"noc.concentration", "16"},
          {"clock.pe_mhz", "10000"},
          {"clock.tile_mhz", "10000"},
          {"clock.noc_mhz", "10000"}});
    EXPECT_NO_THROW(loader.finish()) << preset;
  }
  ConfigLoader beyond;
  load(beyond, "", "[adc]\ncycles = 1024\nbits = 1\n", {{"adc.bits", "16"}});
  try {
    beyond.finish();
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "adc.cycles = 6144, scaled from 1024: must be an integer in [1, 1024]; give it, "
                 "too");
  }
}

}  // namespace
}  // namespace kirchhoff::hw
