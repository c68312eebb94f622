#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "hw/config/config_loader.h"
#include "sim/constants.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// One summand of a quantity.
struct Part {
  std::string name;     ///< a quantity of its own where it can be explained further
  double value = 0;     ///< in the unit of the whole
  std::string formula;  ///< with its numbers; empty: explain the part
};

/// A number that the chip counted or that the policy allocates.
struct Count {
  std::string name;
  double value = 0;
  std::string how;                    ///< how it comes about, with its numbers
  std::optional<double> closed_form;  ///< what `how` gives; none: only the simulation knows
};

/// A second way to the same total.
struct Check {
  std::string name;
  double value = 0;
};

/// Where a number of a report comes from.
struct Explanation {
  std::string quantity;  ///< "layer3.energy.adc"
  std::string meaning, unit, formula;
  std::vector<Part> parts;  ///< sum to `result`; empty: the formula is no sum
  std::vector<Count> counts;
  std::vector<Constant> constants;
  std::vector<Check> checks;
  std::vector<std::string> notes;
  double result = 0;               ///< recomputed from parts, counts and constants
  std::optional<double> reported;  ///< the number of the report; none: it does not print this one

  /// True when the report's number, every check and every closed form agree with the recomputed
  /// ones to 1e-12 of their value.
  bool reconciles() const;
};

/// A report with what its ratios were divided by.
struct ExplainedReport {
  CostReport report;
  std::vector<hw::ConfigEntry> config;  ///< of the chip, as printed
  std::optional<CostTotals> reference;  ///< W8A8 on the same chip
  /// Numbers as a file gives them, by quantity; the others follow from `report`.
  std::map<std::string, double> reported;
};

struct Scope;
struct LeakageTimes;
class Scopes;

/// Explains the numbers of one report: "latency", "layer3.energy.adc", "tile2.power.rated",
/// "layer1.conversions", … Layers and tiles count from 0, as in the report.
class Explainer {
 public:
  explicit Explainer(ExplainedReport report);
  ~Explainer();

  /// Every quantity that can be explained, in the order of the report.
  const std::vector<std::string>& quantities() const { return names_; }
  /// A layer may be named by index ("layer3.energy") or name ("F6.energy"); what is a quantity as
  /// it stands means that, whatever layers are called. InputError with the nearest names when there
  /// is no such quantity.
  Explanation explain(const std::string& quantity) const;

 private:
  std::pair<const Scope*, std::string> split(const std::string& quantity) const;
  [[noreturn]] void refuse(const std::string& quantity) const;
  bool explain_scope(Explanation& e, const Scope& scope, const std::string& rest) const;
  bool explain_sum(Explanation& e, const Scope& scope, const std::string& rest) const;
  LeakageTimes leakage_times(const Scope& scope) const;
  bool explain_chip(Explanation& e, const std::string& quantity) const;
  bool explain_total(Explanation& e, const std::string& quantity) const;
  void explain_average_power(Explanation& e) const;
  void explain_cost(Explanation& e) const;
  bool explain_ratio(Explanation& e, const std::string& quantity) const;
  void add_tile_check(Explanation& e, const Scope& layer, const std::string& rest) const;
  void add_component_check(Explanation& e, const std::string& quantity) const;

  ExplainedReport report_;
  const Constants constants_;
  bool batch_ = false;  ///< ratios are of all images of the run (cost.batch)
  std::unique_ptr<const Scopes> scopes_;
  std::vector<std::string> names_;
  std::unordered_set<std::string> known_;  ///< the same
};

}  // namespace kirchhoff::sim
