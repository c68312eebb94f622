#include <algorithm>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "hw/config/chip_config.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::hw {
namespace {

namespace fs = std::filesystem;

fs::path presets() { return KIRCHHOFF_PRESETS; }

TEST(Presets, Table4ListsEveryKeyWithItsDefaultAndSource) {
  ConfigLoader defaults, table4;
  table4.load_file((presets() / "table4.ini").string(), "table4.ini");
  const auto expected = defaults.entries(), found = table4.entries();
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(found[i].value, expected[i].value) << expected[i].key;
    EXPECT_EQ(found[i].source, expected[i].source) << expected[i].key;
    EXPECT_NE(found[i].origin, "default")
        << expected[i].key << " is missing; kirchhoff config --ini "
        << "hw/presets/table4.ini writes the file anew";
  }
}

TEST(Presets, EachIsValidAndNamesTheSourceOfEachValue) {
  int count = 0;
  for (const auto& file : fs::directory_iterator(presets())) {
    if (file.path().extension() != ".ini") continue;
    ++count;
    const std::string name = file.path().filename().string();
    ConfigLoader loader;
    loader.load_file(file.path().string(), name);
    EXPECT_NO_THROW(loader.finish()) << name;
    for (const ConfigEntry& entry : loader.entries()) {
      EXPECT_FALSE(entry.source.empty()) << entry.origin << ": " << entry.key << " has no source";
    }
  }
  EXPECT_GE(count, 2);
}

TEST(Presets, PaperHoldsOnlyWhatDiffers) {
  const ConfigLoader defaults;
  ConfigLoader paper;
  paper.load_file((presets() / "paper.ini").string(), "paper.ini");
  const auto before = defaults.entries(), after = paper.entries();
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (after[i].origin == "default" || after[i].value != before[i].value) continue;
    // A constant of the same value is there because it would follow sizes that differ.
    const auto followed = sizes_followed(after[i].key);
    EXPECT_TRUE(std::any_of(followed.begin(), followed.end(),
                            [&](const std::string& size) {
                              return sizes_of(ConfigNumbers(defaults.finish())).at(size) !=
                                     sizes_of(ConfigNumbers(paper.finish())).at(size);
                            }))
        << after[i].origin << ": " << after[i].key;
  }
}

}  // namespace
}  // namespace kirchhoff::hw
