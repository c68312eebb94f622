#include "cli/options/hardware_options.h"

#include <algorithm>
#include <cstdio>

#include <fmt/core.h>

#include "cosim/resources.h"

namespace kirchhoff::cli {

HardwareOptions::HardwareOptions(Options& options) {
  options.section("Hardware");
  options.custom("preset", "NAME", "a chip that comes along", preset_,
                 [this](const std::string& value) {
                   preset_ = value;
                   preset_given_ = true;
                 });
  options.text("config", file_, "FILE", "an INI file whose keys replace the preset's");
  options.note("--SECTION.KEY VALUE",
               "any key that `kirchhoff config` prints, such as --adc.bits 6");
  for (const hw::ConfigEntry& entry : loader_.entries()) {
    options.custom(
        entry.key, "VALUE", entry.meaning, "",
        [this, key = entry.key](const std::string& value) { flags_.emplace_back(key, value); });
    options.hide(entry.key);
  }
}

bool HardwareOptions::given(const std::string& key) const {
  return std::any_of(flags_.begin(), flags_.end(),
                     [&](const auto& flag) { return flag.first == key; });
}

void HardwareOptions::fill(hw::ConfigLoader& loader, const std::string& preset) const {
  if (!preset.empty())
    loader.load_file(cosim::resource_file("presets", preset, ".ini", "preset"), preset + ".ini");
  if (!file_.empty()) loader.load_file(file_);
  for (const auto& [key, value] : flags_) loader.set_from_flag(key, value);
}

std::unique_ptr<hw::ConfigLoader> HardwareOptions::with(
    const std::string& preset, const std::vector<std::pair<std::string, std::string>>& keys) const {
  auto loader = std::make_unique<hw::ConfigLoader>();
  fill(*loader, !preset.empty() ? preset : preset_given_ ? preset_ : "");
  for (const auto& [key, value] : keys) loader->set_from_flag(key, value);
  loader->finish();
  return loader;
}

void HardwareOptions::load() {
  // The defaults are preset table4, so that they need no file.
  fill(loader_, preset_given_ ? preset_ : "");
  loader_.finish();
  for (const std::string& note : loader_.notes()) fmt::print(stderr, "note: {}\n", note);
}

}  // namespace kirchhoff::cli
