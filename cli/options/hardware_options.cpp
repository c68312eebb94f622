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

void HardwareOptions::load() {
  // The defaults are preset table4, so that they need no file.
  if (preset_given_) {
    loader_.load_file(cosim::resource_file("presets", preset_, ".ini", "preset"), preset_ + ".ini");
  }
  if (!file_.empty()) loader_.load_file(file_);
  for (const auto& [key, value] : flags_) loader_.set_from_flag(key, value);
  loader_.finish();
  for (const std::string& note : loader_.notes()) fmt::print(stderr, "note: {}\n", note);
}

}  // namespace kirchhoff::cli
