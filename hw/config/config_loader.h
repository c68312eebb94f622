#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hw/config/chip_config.h"
#include "hw/config/scaling.h"

namespace kirchhoff::hw {

/// One key of the configuration as it stands, for people to read.
struct ConfigEntry {
  std::string key;      ///< "adc.bits"
  std::string value;    ///< exact: reading it back gives the same number
  std::string unit;     ///< "pJ", "bit", …; empty for a plain number or a name
  std::string allowed;  ///< "an integer in [1, 12]"
  std::string origin;   ///< "default", "paper.ini:12" or "--adc.bits"
  std::string source;   ///< where the number comes from; empty when nobody said so
  std::string meaning;
  /// Of a constant that follows the sizes of the chip (hw/config/scaling.h): what it was given as,
  /// and for which sizes. Empty where `value` is that.
  std::optional<GivenConstant> given;
};

/// Builds a ChipConfig in layers: the defaults, then files, then single keys; a later layer wins.
/// Every mistake is an InputError of one line that names file and line (or flag), key, value and
/// what is allowed.
///
/// A constant that is given holds for the sizes that its own layer ends with: sizes that a later
/// layer changes scale it, by the laws of hw/config/scaling.h. All flags are one layer.
///
/// A file consists of [sections] with lines `key = value ; source`. The comment beside a value says
/// where the number comes from and is shown as its source; '#' begins a comment, too.
class ConfigLoader {
 public:
  ConfigLoader();
  ~ConfigLoader();
  ConfigLoader(const ConfigLoader&) = delete;
  ConfigLoader& operator=(const ConfigLoader&) = delete;

  /// Reads a file over what is there. Messages and origins call it `name`.
  void load_file(const std::string& path, const std::string& name);
  void load_file(const std::string& path) { load_file(path, path); }
  /// The same for the text of a file.
  void load_text(const std::string& text, const std::string& name);
  /// Sets one key from the command line flag `--key value`.
  void set_from_flag(const std::string& key, const std::string& value);

  /// All keys, in the order in which they are printed.
  std::vector<ConfigEntry> entries() const;
  /// What files of a run tell of the chip: all keys but those that came later and have the value
  /// that runs of before went by, or are of hardware that the chip does not have, so that these can
  /// be resumed and compared.
  std::vector<ConfigEntry> settings() const;
  /// The configuration, after the checks of relations between keys.
  const ChipConfig& finish() const;
  /// One line per constant that should follow a size that was changed and does not: nobody says
  /// how.
  std::vector<std::string> notes() const;
  /// A file with all keys, their values and sources, that gives this configuration when it is
  /// loaded.
  std::string to_ini() const;

 private:
  struct Key;
  class Binder;
  Key* find(const std::string& name) const;
  std::vector<std::string> names() const;
  void settle(const std::set<std::string>& layer);
  std::optional<GivenConstant> leak_of(const ScalingLaw& law) const;

  ChipConfig config_;
  const ConfigNumbers numbers_{config_};
  std::map<std::string, GivenConstant> given_;  ///< constants that have a law
  Sizes sizes_;                                 ///< now
  std::set<std::string> flags_;                 ///< keys of the present layer, if it is of flags
  std::vector<std::unique_ptr<Key>> keys_;
};

}  // namespace kirchhoff::hw
