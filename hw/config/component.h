#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hw/config/expression.h"

namespace kirchhoff::hw {

/// What one of something costs: the value of a key, or a formula with that key in it. The source of
/// the number is the key's.
struct Rate {
  Rate(std::string key_name) : key(std::move(key_name)) {}  // NOLINT(google-explicit-constructor)
  Rate(const char* key_name) : key(key_name) {}             // NOLINT(google-explicit-constructor)
  Rate(const char* key_name, Expression of) : key(key_name), formula(std::move(of)) {}
  /// The key, or the formula where the key is below 0: "-1 = by resolution".
  static Rate or_else(const char* key_name, Expression of);
  /// The same with another formula on chips of this kind.
  Rate or_on(const char* kind_key, const char* kind, Expression of) &&;

  /// The formula that holds for these values; null: the key itself.
  const Expression* formula_for(const KeyValues& keys) const;
  double value(const KeyValues& keys) const;

  std::string key;
  std::optional<Expression> formula;
  bool below_zero_only = false;
  /// The chips that have a formula of their own: whose key has this value.
  struct Kind {
    const char* key;
    const char* value;
    Expression formula;
  };
  std::optional<Kind> kind;
};

/// How often something happens, where the shape of a layer says so.
struct ClosedForm {
  Expression count;
  Condition known;  ///< null: always
};

/// Something that a component does and its module counts.
struct CostEvent {
  CostEvent(const char* name, const char* meaning) : counter(name), counts(meaning) {}
  /// In pJ. Without it the event is counted, not charged; with a condition, charged where it holds.
  CostEvent costs(Rate each, Condition condition = {}) &&;
  CostEvent expected(Expression count, Condition condition = {}) &&;

  std::string counter;  ///< of reports: "conversions"
  std::string counts;   ///< what one is, and when it happens
  std::optional<Rate> energy;
  Condition charged;  ///< null: always
  std::optional<ClosedForm> closed_form;
};

/// (size / size for which the constant was given) ^ exponent. An exponent of 0 says that the
/// constant stays although it should follow: the run names it (ConfigLoader::notes()).
struct Factor {
  Factor(Expression of, double power, std::string reason = "")
      : size(std::move(of)), name(size.as_name()), exponent(power), stays(std::move(reason)) {}
  Factor(const char* key, double power, std::string reason = "")
      : Factor(Expression(key), power, std::move(reason)) {}

  Expression size;
  std::string name;  ///< of the size: "crossbar.rows", or a formula over keys
  double exponent;
  std::string stays;  ///< with an exponent of 0: why the constant stays
};

/// How one constant follows the sizes of the chip: constant x product of the factors. ConfigLoader
/// applies it (hw/config/scaling.h), `explain` shows it, docs/costs.md has the sources.
struct ScalingLaw {
  std::string key;
  std::vector<Factor> factors;
  std::string source{};  ///< of the law; empty where every exponent is 0
  std::string leak{};    ///< of a rated power: the leakage in it, which follows its own law
  bool whole = false;    ///< a number of cycles: rounded up, 1 at least
};

/// All that a component costs. Ledger, allocation, `explain`, reports and docs/costs.md read it
/// here; a module that does something new says so in its component's events and nowhere else.
struct Component {
  /// With the keys NAME.leak_mw, NAME.rated_mw and NAME.area_um2.
  Component(const std::string& component, Expression count);

  std::string name;
  Condition present;  ///< which chips have it; null: all
  Expression instances;
  std::vector<CostEvent> events;
  std::optional<Rate> leak;  ///< of one instance, in mW; none: it does not leak
  bool sleeps = true;        ///< off between its layer's windows: chip.unused = gated_layers
  Rate rated;                ///< of one instance at full activity, in mW
  std::optional<Rate> area;  ///< of one instance, in um2; none: it takes no silicon
  std::vector<ScalingLaw> laws;

  /// That of `leak`, `rated` and `area` which `key` sets; null: none.
  const Rate* rate(const std::string& key) const;
  const CostEvent* event(const std::string& counter) const;
};

}  // namespace kirchhoff::hw
