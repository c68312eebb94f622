#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hw/config/component.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::sim {

/// A constant of the ledger, as the keys of a configuration give it.
struct Constant {
  std::string name;  ///< the key that stands in the ledger: "adc.conversion_pj"
  double value = 0;
  std::string unit;                     ///< "pJ", "mW", "um2", …
  std::string formula;                  ///< over the inputs; empty: the key's value itself
  std::vector<hw::ConfigEntry> inputs;  ///< the keys, with source and origin
};

/// The constants of the ledger computed anew from a printed configuration, so that a report can be
/// checked against it: a constant that follows the sizes of the chip is scaled again from what it
/// was given as. (The ledger itself takes them from hw::ChipConfig.)
class Constants final : public hw::KeyValues {
 public:
  explicit Constants(const std::vector<hw::ConfigEntry>& entries);

  const hw::ConfigEntry& entry(const std::string& key) const;
  /// The key's value, recomputed where it was scaled. InputError when the key is unknown or no
  /// number.
  double number(const std::string& key) const override;
  /// InputError when the key is unknown.
  bool is(const std::string& key, const std::string& value) const override {
    return entry(key).value == value;
  }
  /// The constant that a key is.
  Constant resolve(const std::string& key) const;
  /// The constant that a rate is, in `unit` where it is more than its key.
  Constant resolve(const hw::Rate& rate, const std::string& unit) const;

 private:
  double printed(const std::string& key) const;
  std::optional<hw::GivenConstant> leak_of(const hw::ScalingLaw& law) const;

  std::map<std::string, hw::ConfigEntry> entries_;
  std::map<std::string, std::size_t> place_;  ///< of a key in the order of the configuration
  hw::Sizes sizes_;
};

}  // namespace kirchhoff::sim
