#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "hw/config/config_loader.h"

namespace kirchhoff::cli {

/// What two configurations differ in.
struct ConfigDiff {
  struct Key {
    std::string key, unit, a, b;  ///< values as ConfigEntry has them
  };
  std::string a, b;       ///< what the configurations are called
  std::vector<Key> keys;  ///< in the order of the entries
};

/// The keys whose values differ; where a value comes from does not matter. Both lists have the
/// same keys.
ConfigDiff config_diff(const std::string& name_a, const std::vector<hw::ConfigEntry>& a,
                       const std::string& name_b, const std::vector<hw::ConfigEntry>& b);

/// A line per key, or one that says that there is none.
std::string diff_table(const ConfigDiff& diff);
/// {"a": NAME, "b": NAME, "keys": {"adc.bits": {"a": 8, "b": 6, "unit": "bit"}, …}}
nlohmann::ordered_json diff_json(const ConfigDiff& diff);

}  // namespace kirchhoff::cli
