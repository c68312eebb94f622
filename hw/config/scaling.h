#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hw/config/chip_config.h"
#include "hw/config/component.h"

namespace kirchhoff::hw {

/// The laws of all components, in their order.
const std::vector<ScalingLaw>& scaling_laws();
/// Null when the constant follows nothing.
const ScalingLaw* scaling_law(const std::string& key);
/// Names of the sizes that the constant follows, by its leakage, too.
std::vector<std::string> sizes_followed(const std::string& key);
/// A size by its name; std::logic_error when no law has it.
const Expression& size_named(const std::string& name);

/// Sizes by name.
using Sizes = std::map<std::string, double>;
Sizes sizes_of(const KeyValues& keys);

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

/// The keys of a configuration, which must outlive this, to be read and written by name, in the
/// key's unit.
class ConfigNumbers final : public KeyValues {
 public:
  explicit ConfigNumbers(ChipConfig& config);
  /// To be read only.
  explicit ConfigNumbers(const ChipConfig& config);
  explicit ConfigNumbers(const PeConfig& config);

  double number(const std::string& key) const override { return numbers_.at(key).get(); }
  bool is(const std::string& key, const std::string& value) const override {
    return words_.at(key)() == value;
  }
  void set(const std::string& key, double value) const { numbers_.at(key).set(value); }

 private:
  class Visitor;
  struct Access {
    std::function<double()> get;
    std::function<void(double)> set;
  };
  std::map<std::string, Access> numbers_;
  std::map<std::string, std::function<std::string()>> words_;
};

}  // namespace kirchhoff::hw
