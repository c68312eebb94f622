#include "cli/options/hardware_options.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/quote.h"
#include "cosim/resources.h"

namespace kirchhoff::cli {
namespace {

void load_preset(hw::ConfigLoader& loader, const std::string& name) {
  loader.load_file(cosim::resource_file("presets", name, ".ini", "preset"), name + ".ini");
}

void print_notes(const hw::ConfigLoader& loader) {
  for (const std::string& note : loader.notes()) fmt::print(stderr, "note: {}\n", note);
}

/// Whether a name is that of a preset; else it is a file's.
bool names_preset(const std::string& name, const std::string& where) {
  const std::vector<std::string> presets = cosim::resource_names("presets", ".ini");
  if (std::find(presets.begin(), presets.end(), name) != presets.end()) return true;
  std::error_code error;
  if (std::filesystem::exists(name, error)) return false;
  const std::string near = nearest(name, presets);
  throw InputError(fmt::format(
      "{}: {}: no preset and no file ({})", where, shown_path(name),
      near.empty() ? "kirchhoff list presets has their names" : "did you mean " + near + "?"));
}

}  // namespace

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
  if (!preset.empty()) load_preset(loader, preset);
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
  print_notes(loader_);
}

void HardwareOptions::name_chip(const std::string& name, const std::string& where) {
  if (preset_given_ || !file_.empty()) {
    throw InputError(fmt::format("{}: {}: not with --{}: leave one of them out", where,
                                 shown_path(name), preset_given_ ? "preset" : "config"));
  }
  if (names_preset(name, where)) {
    preset_ = name;
    preset_given_ = true;
  } else {
    file_ = name;
  }
}

void load_chip(hw::ConfigLoader& loader, const std::string& name, const std::string& where) {
  if (names_preset(name, where)) {
    load_preset(loader, name);
  } else {
    loader.load_file(name);
  }
  loader.finish();
  print_notes(loader);
}

}  // namespace kirchhoff::cli
