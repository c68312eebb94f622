#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "hw/config/chip_config.h"

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
};

/// Builds a ChipConfig in layers: the defaults, then files, then single keys; a later layer wins.
/// Every mistake is an InputError of one line that names file and line (or flag), key, value and
/// what is allowed.
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
  /// The configuration, after the checks of relations between keys.
  const ChipConfig& finish() const;
  /// A file with all keys, their values and sources, that gives this configuration when it is
  /// loaded.
  std::string to_ini() const;

 private:
  struct Key;
  class Binder;
  Key* find(const std::string& name);
  std::vector<std::string> names() const;

  ChipConfig config_;
  std::vector<std::unique_ptr<Key>> keys_;
};

}  // namespace kirchhoff::hw
