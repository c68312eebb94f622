#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hw/config/chip_config.h"

namespace kirchhoff::hw {

/// What constants follow: a key of the configuration, or a number that some keys give.
struct Size {
  const char* name;               ///< "crossbar.rows", or a formula over keys
  std::vector<const char*> keys;  ///< that it is made of
  double (*of)(const ChipConfig&);
};

/// (size / size for which the constant was given) ^ exponent. An exponent of 0 says that the
/// constant stays although it should follow: the run names it (ConfigLoader::notes()).
struct Factor {
  const char* size;
  double exponent;
  const char* stays = "";  ///< with an exponent of 0: why the constant stays
};

/// How one constant follows the sizes of the chip: constant x product of the factors. Every
/// constant that follows something is here once; ConfigLoader applies it, `explain` shows it,
/// docs/costs.md has the sources.
struct ScalingLaw {
  const char* key;
  std::vector<Factor> factors;
  const char* source = "";  ///< of the law; empty where every exponent is 0
  const char* leak = "";    ///< of a rated power: the leakage in it, which follows its own law
  bool whole = false;       ///< a number of cycles: rounded up, 1 at least
};

const std::vector<ScalingLaw>& scaling_laws();
/// Null when the constant follows nothing.
const ScalingLaw* scaling_law(const std::string& key);
/// Names of the sizes that the constant follows, by its leakage, too.
std::vector<std::string> sizes_followed(const std::string& key);
const Size& size_named(const std::string& name);

/// Sizes by name.
using Sizes = std::map<std::string, double>;
Sizes sizes_of(const ChipConfig& config);

/// A constant with the sizes for which it was given.
struct GivenConstant {
  double value = 0;
  Sizes at;
};

/// The constant at the sizes `now`. `leak`: what law.leak was given as, where the law names one. A
/// constant below 0 ("by resolution") and one whose sizes are as given come back unchanged, to the
/// last bit. A size of 0 has no ratio: a constant given for it stays, and so does what an access
/// costs that no longer happens.
double scaled(const ScalingLaw& law, const GivenConstant& given,
              const std::optional<GivenConstant>& leak, const Sizes& now);
/// The same as text, with the given numbers: "25 x (crossbar.rows / 128)".
std::string scaled_formula(const ScalingLaw& law, const GivenConstant& given,
                           const std::optional<GivenConstant>& leak, const Sizes& now);
/// True when a size that the constant follows is another one now.
bool follows_change(const ScalingLaw& law, const GivenConstant& given, const Sizes& now);

/// Every numeric key of a configuration, which must outlive this, to be read and written by its
/// name, in the key's unit.
class ConfigNumbers {
 public:
  explicit ConfigNumbers(ChipConfig& config);
  double get(const std::string& key) const { return all_.at(key).get(); }
  void set(const std::string& key, double value) const { all_.at(key).set(value); }

 private:
  class Visitor;
  struct Access {
    std::function<double()> get;
    std::function<void(double)> set;
  };
  std::map<std::string, Access> all_;
};

}  // namespace kirchhoff::hw
