#include "hw/config/config_loader.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/hw/config_error.h"

namespace kirchhoff::hw {
namespace {

std::string error_of_flag(const std::string& key, const std::string& value) {
  ConfigLoader loader;
  try {
    loader.set_from_flag(key, value);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

ConfigEntry entry_of(const ConfigLoader& loader, const std::string& key) {
  for (const ConfigEntry& entry : loader.entries()) {
    if (entry.key == key) return entry;
  }
  ADD_FAILURE() << "no key " << key;
  return {};
}

TEST(ConfigLoader, TheDefaultsAreThoseOfTheStructs) {
  const ConfigLoader loader;
  const ChipConfig defaults;
  EXPECT_EQ(loader.finish().tile.pe.adc.bits, defaults.tile.pe.adc.bits);
  const ConfigEntry adc_bits = entry_of(loader, "adc.bits");
  EXPECT_EQ(adc_bits.value, "8");
  EXPECT_EQ(adc_bits.unit, "bit");
  EXPECT_EQ(adc_bits.origin, "default");
  EXPECT_EQ(adc_bits.source, "paper Table 4");
  EXPECT_EQ(entry_of(loader, "link.flit_mm_pj").unit, "pJ/mm");
  EXPECT_EQ(entry_of(loader, "crossbar.read_ns").unit, "ns");
  EXPECT_EQ(entry_of(loader, "pe.overlap").unit, "");
}

TEST(ConfigLoader, EveryKeyHasAMeaningASourceAndASectionOfItsOwn) {
  const ConfigLoader loader;
  std::vector<std::string> sections;
  for (const ConfigEntry& entry : loader.entries()) {
    EXPECT_FALSE(entry.meaning.empty()) << entry.key;
    EXPECT_FALSE(entry.source.empty()) << entry.key;
    ASSERT_EQ(std::count(entry.key.begin(), entry.key.end(), '.'), 1) << entry.key;
    const std::string section = entry.key.substr(0, entry.key.find('.'));
    if (sections.empty() || sections.back() != section) sections.push_back(section);
  }
  std::vector<std::string> distinct = sections;
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  EXPECT_EQ(distinct.size(), sections.size()) << "a section is printed in two places";
}

TEST(ConfigLoader, EveryDefaultIsAllowed) {
  const ConfigLoader defaults;
  for (const ConfigEntry& entry : defaults.entries()) {
    EXPECT_EQ(error_of_flag(entry.key, entry.value), "") << entry.key;
  }
}

TEST(ConfigLoader, ReadsAllTypes) {
  ConfigLoader loader;
  loader.load_text(
      "\xef\xbb\xbf# a chip\r\n"
      "[adc]\r\n"
      "bits=6\r\n"
      "  conversion_pj = 1.25e0 ; source: measured\r\n"
      "[ chip ]\n"
      "schedule = pipelined # paper\n"
      "\n"
      "[pe]\n"
      "overlap = false",
      "chip.ini");
  const ChipConfig& chip = loader.finish();
  EXPECT_EQ(chip.tile.pe.adc.bits, 6);
  EXPECT_EQ(chip.tile.pe.adc.conversion, Energy::picojoules(1.25));
  EXPECT_EQ(chip.schedule, Schedule::kPipelined);
  EXPECT_FALSE(chip.tile.pe.overlap);
  EXPECT_EQ(entry_of(loader, "adc.conversion_pj").source, "measured");
  EXPECT_EQ(entry_of(loader, "adc.conversion_pj").origin, "chip.ini:4");
  EXPECT_EQ(entry_of(loader, "adc.bits").source, "");
  EXPECT_EQ(entry_of(loader, "chip.schedule").source, "paper");
}

// So that runs of before it was there are resumed and compared.
TEST(ConfigLoader, ABatchOfOneIsNoSetting) {
  ConfigLoader loader;
  const auto said = [&] {
    const std::vector<ConfigEntry> settings = loader.settings();
    return std::any_of(settings.begin(), settings.end(),
                       [](const ConfigEntry& entry) { return entry.key == "cost.batch"; });
  };
  EXPECT_FALSE(said());
  loader.set_from_flag("cost.batch", "16");
  EXPECT_TRUE(said());
}

// Nor are the numbers of what a chip does not have.
TEST(ConfigLoader, MultipliersAreSettingsWhereTheyWork) {
  ConfigLoader loader;
  const std::size_t all = loader.entries().size();
  // 19 of cells that are ideal; 14 that came later and say nothing: a batch of one, one copy, a
  // chip of any size, all rows at once, a bit a step, ADCs without errors. Four of cells came later
  // than the others.
  EXPECT_EQ(loader.settings().size(), all - 12 - 19 - 14);
  loader.set_from_flag("mapping.depthwise", "digital");
  EXPECT_EQ(loader.settings().size(), all - 19 - 14);
  loader.set_from_flag("cells.stuck_low", "0.1");
  loader.set_from_flag("dac.bits", "2");
  EXPECT_EQ(loader.settings().size(), all - 17);
}

// Which chip it is counts as soon as something of it is drawn.
TEST(ConfigLoader, TheSeedIsASettingWithRealConverters) {
  ConfigLoader loader;
  const std::size_t ideal = loader.settings().size();
  loader.set_from_flag("adc.offset_sigma", "0.5");
  EXPECT_EQ(loader.settings().size(), ideal + 15 + 1);
}

TEST(ConfigLoader, LaterLayersWin) {
  ConfigLoader loader;
  loader.load_text("[adc]\nbits = 7\nlsb = 2 ; first\n", "preset.ini");
  loader.load_text("[adc]\nbits = 6\n", "mine.ini");
  loader.set_from_flag("adc.bits", "5");
  EXPECT_EQ(loader.finish().tile.pe.adc.bits, 5);
  EXPECT_EQ(entry_of(loader, "adc.bits").origin, "--adc.bits");
  EXPECT_EQ(entry_of(loader, "adc.lsb").origin, "preset.ini:3");
}

TEST(ConfigLoader, MistakesNameFileLineKeyValueAndWhatIsAllowed) {
  EXPECT_EQ(error_of_text("[adc]\n\nbits = 17\n"),
            "chip.ini:3: adc.bits = 17: must be an integer in [1, 16]");
  EXPECT_EQ(error_of_text("[adc]\nbits = 8.0\n"),
            "chip.ini:2: adc.bits = 8.0: must be an integer in [1, 16]");
  EXPECT_EQ(error_of_text("[adc]\nbits = 8 bit\n"),
            "chip.ini:2: adc.bits = 8 bit: must be an integer in [1, 16]");
  EXPECT_EQ(error_of_text("[adc]\nbits = 99999999999999999999\n"),
            "chip.ini:2: adc.bits = 99999999999999999999: must be an integer in [1, 16]");
  EXPECT_EQ(error_of_text("[adc]\nbits =\n"),
            "chip.ini:2: adc.bits = (nothing): must be an integer in [1, 16]");
  EXPECT_EQ(error_of_text("[link]\nmm = nan\n"),
            "chip.ini:2: link.mm = nan: must be a number in [0, 100]");
  EXPECT_EQ(error_of_text("[link]\nmm = 0x1\n"),
            "chip.ini:2: link.mm = 0x1: must be a number in [0, 100]");
  EXPECT_EQ(error_of_text("[link]\nmm = -0.5\n"),
            "chip.ini:2: link.mm = -0.5: must be a number in [0, 100]");
  EXPECT_EQ(error_of_text("[pe]\noverlap = 1\n"),
            "chip.ini:2: pe.overlap = 1: must be true or false");
  EXPECT_EQ(error_of_text("[chip]\nschedule = serial\n"),
            "chip.ini:2: chip.schedule = serial: must be sequential or pipelined");
}

TEST(ConfigLoader, UnknownAndRepeatedKeysAreRefused) {
  EXPECT_EQ(error_of_text("[adc]\nbit = 8\n"),
            "chip.ini:2: adc.bit = 8: unknown key (did you mean adc.bits?)");
  EXPECT_EQ(error_of_text("[adc]\nfrobnicate_level = 8\n"),
            "chip.ini:2: adc.frobnicate_level = 8: unknown key; kirchhoff config lists all keys");
  EXPECT_EQ(error_of_text("[crosbar]\n"),
            "chip.ini:1: [crosbar]: unknown section (did you mean [crossbar]?)");
  EXPECT_EQ(error_of_text("bits = 8\n"),
            "chip.ini:1: bits = 8: unknown key; kirchhoff config lists all keys");
  EXPECT_EQ(error_of_text("[adc]\nbits = 8\n[pe]\n[adc]\nbits = 8\n"),
            "chip.ini:5: adc.bits = 8: given twice, first in line 2");
}

TEST(ConfigLoader, LinesThatAreNeitherAreRefused) {
  EXPECT_EQ(error_of_text("[adc\n"), "chip.ini:1: [adc: must be [section]");
  EXPECT_EQ(error_of_text("[]\n"), "chip.ini:1: []: must be [section]");
  EXPECT_EQ(error_of_text("[adc]\nbits\n"), "chip.ini:2: bits: must be key = value");
}

TEST(ConfigLoader, FlagsNameTheFlag) {
  EXPECT_EQ(error_of_flag("adc.bits", "0"), "--adc.bits 0: must be an integer in [1, 16]");
  EXPECT_EQ(error_of_flag("adc.bit", "8"), "--adc.bit: unknown key");
}

TEST(ConfigLoader, FilesThatCannotBeReadAreNamed) {
  ConfigLoader loader;
  EXPECT_THROW(loader.load_file("/no/such/file.ini"), InputError);
  EXPECT_THROW(loader.load_file("/"), InputError);
}

TEST(ConfigLoader, ItsIniGivesTheSameConfigurationAgain) {
  ConfigLoader first;
  first.load_text("[adc]\nbits = 5 ; a survey\n[cost]\nalpha = 0.1\nbeta = 0.2\ngamma = 0.7\n",
                  "a.ini");
  first.set_from_flag("link.mm", "0.1");
  ConfigLoader second;
  second.load_text(first.to_ini(), "b.ini");
  const auto a = first.entries(), b = second.entries();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].value, b[i].value) << a[i].key;
    EXPECT_EQ(a[i].source.empty() ? "set by " + a[i].origin : a[i].source, b[i].source) << a[i].key;
  }
}

}  // namespace
}  // namespace kirchhoff::hw
