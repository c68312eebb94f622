#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/options/options.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::cli {

/// The options that describe the chip, the same for every subcommand that needs one: `--preset
/// NAME`,
/// `--config FILE`, and each key of the configuration as a flag (`--adc.bits 6`). They apply in
/// this order.
///
///   Options options("simulate", "…");
///   HardwareOptions hardware(options);
///   if (!options.parse(arguments)) return 0;
///   hardware.load();
///   run(hardware.chip());
class HardwareOptions {
 public:
  explicit HardwareOptions(Options& options);
  HardwareOptions(const HardwareOptions&) = delete;
  HardwareOptions& operator=(const HardwareOptions&) = delete;

  /// True when the command line says anything about the chip.
  bool given() const { return preset_given_ || !file_.empty() || !flags_.empty(); }
  /// True when the command line has that key as a flag.
  bool given(const std::string& key) const;
  /// As if the command line had the key as a flag; before load().
  void set(const std::string& key, const std::string& value) { flags_.emplace_back(key, value); }
  /// As if the command line had this chip as its --preset or, where no preset is called so, as its
  /// --config; before load(). InputError, beginning with `where`, when it has one of them already
  /// or there is no such file either.
  void name_chip(const std::string& name, const std::string& where);
  /// Call after Options::parse(). Throws InputError.
  void load();
  bool preset_given() const { return preset_given_; }
  /// What people may call the chip: its preset, and whether a file or flags change it.
  std::string name() const {
    return preset_ + (file_.empty() && flags_.empty() ? "" : ", changed");
  }
  const std::string& config_file() const { return file_; }
  /// The configuration, after its checks, of another preset, unless that is empty, and with these
  /// keys besides, as if the command line had them. InputError.
  std::unique_ptr<hw::ConfigLoader> with(
      const std::string& preset,
      const std::vector<std::pair<std::string, std::string>>& keys) const;
  /// The configuration; the defaults before load().
  const hw::ChipConfig& chip() const { return loader_.finish(); }
  /// The same with origin, source and meaning of each key, and as a file for a run's folder.
  const hw::ConfigLoader& loader() const { return loader_; }

 private:
  void fill(hw::ConfigLoader& loader, const std::string& preset) const;

  std::string preset_ = "table4", file_;
  bool preset_given_ = false;
  std::vector<std::pair<std::string, std::string>> flags_;
  hw::ConfigLoader loader_;
};

/// Reads the chip of that name, a preset or else an INI file, into a loader that is new.
/// InputError, beginning with `where`, when there is none.
void load_chip(hw::ConfigLoader& loader, const std::string& name, const std::string& where);

}  // namespace kirchhoff::cli
